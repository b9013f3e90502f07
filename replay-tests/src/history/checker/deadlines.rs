//! Nothing is decided when nobody waits for it any more. See the checker's page for what can be seen of that.

use std::time::Duration;

use schemas::Instant;

use super::index::{Asking, Askings};
use super::partition::{PartitionWitness, Record};
use super::report::Report;
use super::violation::{LateWitness, Violation};
use super::{History, Settings};
use crate::history::CallId;

pub(super) fn check(
    partition: &PartitionWitness,
    askings: &Askings<'_>,
    history: &History,
    settings: &Settings,
    report: &mut Report,
) {
    // The latest moment at which a command of the chain so far was first asked, and by whom.
    let mut asked: Option<(u64, CallId)> = None;
    for record in &partition.records {
        let Some(asking) = record.key.as_ref().and_then(|key| askings.get(key)) else { continue };
        let first = asking.first().and_then(|first| history.calls.get(first));
        asked = asked.max(first.map(|call| (call.asked.asked_ns, call.id())));
        let Some((deadline_ns, last)) = asking.last_deadline(history) else { continue };
        let Some(call) = history.calls.get(last) else { continue };
        let late = by_the_chain(asked, deadline_ns)
            .or_else(|| by_the_clocks(record, asking, history, settings.clocks_within?));
        if let Some((late_ms, witness)) = late {
            let (position, call) = (record.position, call.id());
            report.add(Violation::DecidedTooLate { position, call, late_ms, witness });
        }
    }
}

fn by_the_chain(asked: Option<(u64, CallId)>, deadline_ns: u64) -> Option<(u64, LateWitness)> {
    let (asked_ns, who) = asked?;
    let late_ns = asked_ns.checked_sub(deadline_ns).filter(|&late_ns| late_ns > 0)?;
    Some((late_ns / 1_000_000, LateWitness::Asked(who)))
}

fn by_the_clocks(
    record: &Record,
    asking: &Asking<'_>,
    history: &History,
    within: Duration,
) -> Option<(u64, LateWitness)> {
    let within_ms = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
    let deadline = asking.last_deadline_at(history)?.plus_millis(within_ms);
    let late = |at: Instant| Some(at.millis_since(deadline)).filter(|&late_ms| late_ms > 0);
    let claim = record.reign.and_then(|(claim, at)| Some((late(at?)?, LateWitness::Claim(claim))));
    let own = record.moved_time.then_some(record.time).and_then(late);
    claim.or(own.map(|late_ms| (late_ms, LateWitness::OwnTime)))
}
