//! Reads a partition and judges its values, a batch ahead of whoever recounts them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use schemas::hashing::next_head;
use schemas::{Body, Position, Prefix};

use super::VerifyError;
use super::beside::Standing;
use super::report::Fault;
use super::seen::{Beginning, Seen};
use super::step::{Judged, Step, What};
use super::wrong::Wrong;
use crate::chain::{Chain, Counted, Verdict};
use crate::log::{Entry, Log, LogError};

/// About how many bytes are read at once.
const BATCH_BYTES: usize = 1024 * 1024;

/// Reads from where the chain stands to `end`, and hands over what it says, until nobody listens or it halts.
pub(super) fn judge_all(
    log: &dyn Log,
    chain: Chain,
    end: u64,
    standings: &[&Standing],
    send: &SyncSender<Step>,
) -> Result<(), VerifyError> {
    let mut standings = standings.to_vec();
    standings.sort_by_key(|standing| standing.offset);
    // Where reading goes on, those up to here were looked at before.
    if chain.next_offset() > 0 {
        standings.retain(|standing| standing.offset > chain.next_offset());
    }
    let mut judge = Judge { chain, standings: &standings };
    while judge.chain.next_offset() < end {
        let step = judge.batch(log, end)?;
        let halted = step.halted.is_some();
        if send.send(step).is_err() || halted {
            break;
        }
    }
    Ok(())
}

struct Judge<'a> {
    chain: Chain,
    /// Those that are still to come, by offset.
    standings: &'a [&'a Standing],
}

impl Judge<'_> {
    fn batch(&mut self, log: &dyn Log, end: u64) -> Result<Step, VerifyError> {
        let from = self.chain.next_offset();
        let entries = match log.read(self.chain.partition(), from, BATCH_BYTES) {
            Err(LogError::Damaged(what) | LogError::Gap { what, .. }) => {
                return Ok(Step::halted(self.chain.clone(), from, what));
            }
            entries => entries?,
        };
        let mut step = Step::new(self.chain.clone());
        self.meet_standings(from, &mut step);
        for entry in entries.iter().take_while(|entry| entry.offset < end) {
            step.values += 1;
            step.bytes += u64::try_from(entry.value.len()).unwrap_or(0);
            if let Err(halt) = self.one(entry, &mut step) {
                step.halted = Some((entry.offset, halt.to_string()));
                break;
            }
            step.last = Some(Arc::clone(&entry.value));
        }
        if step.values == 0 {
            step.halted = Some((from, "the log shows nothing before its end".to_owned()));
        }
        step.chain = self.chain.clone();
        Ok(step)
    }

    fn one(&mut self, entry: &Entry, step: &mut Step) -> Result<(), crate::chain::Halt> {
        let what = match self.chain.judge(entry.offset, &entry.value)? {
            Verdict::Repeat => repeat(&entry.value),
            Verdict::Void(reason) => What::Void(reason),
            Verdict::Counts(counted) => {
                step.tally(&counted, &entry.value);
                What::Counts(counted)
            }
        };
        step.judged.push(Judged { offset: entry.offset, what });
        self.meet_standings(entry.offset, step);
        Ok(())
    }

    /// Whatever says that it stands here must stand here.
    fn meet_standings(&mut self, offset: u64, step: &mut Step) {
        while let Some((next, rest)) = self.standings.split_first()
            && next.offset <= self.chain.next_offset()
        {
            self.standings = rest;
            let position = self.chain.position();
            let here = (position.seq, self.chain.head(), self.chain.fold_version());
            let what = if here == (next.seq, next.head, next.fold_version) {
                What::Stands
            } else {
                let theirs = Position::new(next.partition, next.seq, &next.head);
                What::Differs(format!(
                    "{} stand at {theirs} after offset {}, where the log stands at {position}",
                    next.what,
                    next.offset.saturating_sub(1)
                ))
            };
            step.judged.push(Judged { offset, what });
        }
    }
}

/// The seq that a repeat names, and the head that its bytes lead to.
fn repeat(value: &[u8]) -> What {
    match Prefix::split(value) {
        Ok((prefix, _)) => {
            let [a, b, c, d, e, f, g, h, ..] = next_head(&prefix.prev, value).0;
            What::Repeat { seq: prefix.seq, head: [a, b, c, d, e, f, g, h] }
        }
        // The chain calls nothing a repeat that has no prefix.
        Err(_) => What::Repeat { seq: u64::MAX, head: [0; 8] },
    }
}

/// Reads a partition once more, as far as it was judged, for what may have begun again; none when told to stop.
pub(super) fn begun_again(
    log: &dyn Log,
    judged: &Chain,
    seen: &Seen,
    is_halted: &dyn Fn() -> bool,
) -> Result<Option<Vec<Fault>>, VerifyError> {
    let suspects = seen.suspects();
    let mut faults = Vec::new();
    if suspects.is_empty() {
        return Ok(Some(faults));
    }
    let mut begun: BTreeMap<Beginning, Position> = BTreeMap::new();
    let mut chain = Chain::new(judged.ledger(), judged.partition());
    while chain.next_offset() < judged.next_offset() {
        if is_halted() {
            return Ok(None);
        }
        for entry in log.read(judged.partition(), chain.next_offset(), BATCH_BYTES)? {
            if entry.offset >= judged.next_offset() {
                break;
            }
            let verdict = chain.judge(entry.offset, &entry.value);
            let verdict = verdict.map_err(|halt| LogError::Damaged(format!("read once more, {halt}")))?;
            let Verdict::Counts(Counted { prefix, body: Body::Decision(events), mark }) = verdict else {
                continue;
            };
            let position = mark.position(judged.partition());
            let beginnings = events.iter().filter_map(|event| Beginning::of(prefix.centre, event));
            for beginning in beginnings.filter(|beginning| suspects.contains(beginning)) {
                match begun.get(&beginning) {
                    None => _ = begun.insert(beginning, position),
                    Some(before) => faults.push(Fault {
                        partition: judged.partition(),
                        offset: Some(entry.offset),
                        position: Some(position),
                        wrong: Wrong::UsedAgain,
                        what: format!("{beginning} was there before, at {before}"),
                    }),
                }
            }
        }
    }
    Ok(Some(faults))
}
