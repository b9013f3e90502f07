//! Which records count: PROTOCOL 2 as a pure function, for writer, projector and verifier alike.
//!
//! A verdict depends only on what stands before a record in its partition, so it is final when it is read. The rules,
//! in the order in which they are asked:
//!
//! 1. Offsets run from 0 without a gap, and genesis stands at 0; anything else **halts**.
//! 2. What is no record at all, a second genesis, and what belongs to another ledger or partition is **void**.
//! 3. A claim counts when its epoch is the next one and its claimant knows the fold version in force, wherever it lands.
//! 4. A record of this epoch whose seq was taken is a **repeat**.
//! 5. Any other counts when epoch, seq, prev and fold version are those in force; else it is void.
//! 6. What would count but cannot be read **halts**: its format, kind, channel, time, version or payload is of a newer
//!    program, or damaged. A time outside the range of [`Instant`] is among these: the rules that make a record void
//!    speak of its place alone, and to pass over one that has the right place would fork the history.
//!
//! A second genesis is void also where its epoch and seq would make it a repeat: PROTOCOL counts it among what cannot
//! be parsed. A raise to a version that this program does not know halts at the raise itself; one to a lower version
//! than the one in force counts and moves nothing.

mod pending;
mod rules;
#[cfg(test)]
mod tests;
mod verdict;

use bincode::{Decode, Encode};
use schemas::hashing::{first_head, next_head};
use schemas::ids::{ClaimId, Head, LedgerId, NodeId, Partition};
use schemas::record::FORMAT;
use schemas::vocabulary::Channel;
use schemas::{Body, Claim, Genesis, Instant, Position, Prefix, RecordKind};

pub use pending::{Origin, Pended, Pending, claim_value, genesis_value};
use rules::{Rule, Rules};
pub use verdict::{Counted, Halt, Unreadable, Verdict, VoidReason};

use crate::rejection::Mark;

/// The newest version of `decide`, `apply` and these rules that this program knows.
pub const FOLD_VERSION: u16 = 1;

/// A reader's place in one partition, and all that the next verdict depends on. It can be stored and read on from.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Chain {
    ledger: Option<LedgerId>,
    partition: Partition,
    genesis: Option<Genesis>,
    next_offset: u64,
    epoch: u64,
    next_seq: u64,
    head: Head,
    fold_version: u16,
    time: Instant,
    claim: Option<(ClaimId, NodeId)>,
    rules: Rules,
}

impl Chain {
    /// At the beginning of a partition. With no `ledger` given it is taken from genesis.
    pub fn new(ledger: Option<LedgerId>, partition: Partition) -> Self {
        Self {
            ledger,
            partition,
            genesis: None,
            next_offset: 0,
            epoch: 0,
            next_seq: 0,
            head: Head([0; 32]),
            fold_version: 0,
            time: Instant::EPOCH,
            claim: None,
            rules: Rules::ALL,
        }
    }

    /// Judges the value at `offset`, which must be the next one, and advances.
    ///
    /// # Errors
    /// When reading cannot go on here. The chain is then as it was before.
    pub fn judge(&mut self, offset: u64, value: &[u8]) -> Result<Verdict, Halt> {
        if self.rules.broken(Rule::NoGap, offset == self.next_offset) {
            return Err(Halt::Gap { expected: self.next_offset, found: offset });
        }
        let verdict = if offset == 0 { self.judge_genesis(value)? } else { self.judge_after_genesis(value)? };
        self.next_offset = offset + 1;
        Ok(verdict)
    }

    fn judge_genesis(&mut self, value: &[u8]) -> Result<Verdict, Halt> {
        let (prefix, body) = Prefix::split(value).map_err(|error| Halt::NoGenesis(error.to_string()))?;
        if prefix.kind != RecordKind::Genesis as u8 {
            return Err(Halt::NoGenesis(format!("a record of kind {} stands there", prefix.kind)));
        }
        if let Some(expected) = self.ledger
            && self.rules.broken(Rule::GenesisLedger, prefix.ledger == expected)
        {
            return Err(Halt::ForeignLedger { expected, found: prefix.ledger });
        }
        if self.rules.broken(Rule::GenesisPartition, prefix.partition == self.partition) {
            return Err(Halt::ForeignPartition { expected: self.partition, found: prefix.partition });
        }
        let (time, body) = self.readable(&prefix, body)?;
        let Body::Genesis(genesis) = body else {
            return Err(Halt::NoGenesis("its body is of another kind".to_owned()));
        };
        self.check_genesis(&prefix, &genesis)?;
        self.ledger = Some(prefix.ledger);
        self.genesis = Some(genesis);
        self.fold_version = genesis.fold_version;
        Ok(self.count(prefix, body, time, first_head(value)))
    }

    fn check_genesis(&self, prefix: &Prefix, genesis: &Genesis) -> Result<(), Halt> {
        if self.rules.broken(Rule::GenesisPlace, prefix.seq == 0 && prefix.epoch == 0) {
            return Err(Halt::GenesisWrong("seq and epoch of genesis must be 0"));
        }
        let sound = genesis.partitions >= 2 && self.partition.0 < genesis.partitions;
        if self.rules.broken(Rule::GenesisCount, sound) {
            return Err(Halt::GenesisWrong("its count of partitions does not have this one, or is under 2"));
        }
        self.knows_fold(genesis.fold_version)
    }

    fn judge_after_genesis(&mut self, value: &[u8]) -> Result<Verdict, Halt> {
        let (prefix, body) = match Prefix::split(value) {
            Ok(split) => split,
            Err(error) => return Ok(Verdict::Void(VoidReason::NoRecord(error))),
        };
        if self.rules.broken(Rule::OneGenesis, prefix.kind != RecordKind::Genesis as u8) {
            return Ok(Verdict::Void(VoidReason::SecondGenesis));
        }
        if self.rules.broken(Rule::Ledger, Some(prefix.ledger) == self.ledger) {
            return Ok(Verdict::Void(VoidReason::ForeignLedger(prefix.ledger)));
        }
        if self.rules.broken(Rule::Partition, prefix.partition == self.partition) {
            return Ok(Verdict::Void(VoidReason::ForeignPartition(prefix.partition)));
        }
        if prefix.kind == RecordKind::Claim as u8 && !self.rules.without(Rule::ClaimAnywhere) {
            self.judge_claim(prefix, body, value)
        } else if self.is_repeat(&prefix) {
            Ok(Verdict::Repeat)
        } else {
            self.judge_record(prefix, body, value)
        }
    }

    fn is_repeat(&self, prefix: &Prefix) -> bool {
        let taken = prefix.epoch == self.epoch && prefix.seq < self.next_seq;
        taken && !self.rules.without(Rule::Repeat)
    }

    fn judge_claim(&mut self, prefix: Prefix, body: &[u8], value: &[u8]) -> Result<Verdict, Halt> {
        let next_epoch = self.epoch.saturating_add(1);
        if self.rules.broken(Rule::ClaimEpoch, prefix.epoch == next_epoch) {
            return Ok(Verdict::Void(VoidReason::ClaimEpoch { found: prefix.epoch, next: next_epoch }));
        }
        let (time, body) = self.readable(&prefix, body)?;
        if let Body::Claim(Claim { claim, node, knows_fold, .. }) = &body {
            if self.rules.broken(Rule::ClaimantKnows, *knows_fold >= self.fold_version) {
                let (knows, in_force) = (*knows_fold, self.fold_version);
                return Ok(Verdict::Void(VoidReason::ClaimantTooOld { knows, in_force }));
            }
            self.claim = Some((*claim, *node));
        }
        self.epoch = prefix.epoch;
        let head = next_head(&self.head, value);
        Ok(self.count(prefix, body, time, head))
    }

    fn judge_record(&mut self, prefix: Prefix, body: &[u8], value: &[u8]) -> Result<Verdict, Halt> {
        if let Some(reason) = self.misplaced(&prefix) {
            return Ok(Verdict::Void(reason));
        }
        let (time, body) = self.readable(&prefix, body)?;
        if let Body::Raise(raise) = &body {
            self.knows_fold(raise.fold_version)?;
            self.fold_version = self.fold_version.max(raise.fold_version);
        }
        let head = next_head(&self.head, value);
        Ok(self.count(prefix, body, time, head))
    }

    fn misplaced(&self, prefix: &Prefix) -> Option<VoidReason> {
        let Self { epoch, next_seq, fold_version, .. } = *self;
        if self.rules.broken(Rule::Epoch, prefix.epoch == epoch) {
            Some(VoidReason::Epoch { found: prefix.epoch, current: epoch })
        } else if self.rules.broken(Rule::Seq, prefix.seq == next_seq) {
            Some(VoidReason::Seq { found: prefix.seq, next: next_seq })
        } else if self.rules.broken(Rule::Prev, prefix.prev == self.head) {
            Some(VoidReason::Prev)
        } else if self.rules.broken(Rule::FoldVersion, prefix.fold_version == fold_version) {
            Some(VoidReason::FoldVersion { found: prefix.fold_version, in_force: fold_version })
        } else {
            None
        }
    }

    /// Time and body of a record that has the right place.
    fn readable(&self, prefix: &Prefix, body: &[u8]) -> Result<(Instant, Body), Halt> {
        let unreadable = |why| Halt::Unreadable { seq: self.next_seq, why };
        if self.rules.broken(Rule::Format, prefix.format == FORMAT) {
            return Err(unreadable(Unreadable::Format(prefix.format)));
        }
        if self.rules.broken(Rule::Channel, Channel::from_number(prefix.channel).is_some()) {
            return Err(unreadable(Unreadable::Channel(prefix.channel)));
        }
        let time = Instant::from_millis(prefix.time_ms)
            .or_else(|| self.rules.without(Rule::Time).then_some(self.time))
            .ok_or_else(|| unreadable(Unreadable::Time(prefix.time_ms)))?;
        let body = Body::read(prefix.kind, body).map_err(|error| unreadable(Unreadable::Body(error)))?;
        Ok((time, body))
    }

    fn knows_fold(&self, needed: u16) -> Result<(), Halt> {
        if self.rules.broken(Rule::FoldKnown, needed <= self.rules.newest_fold()) {
            return Err(Halt::FoldVersionUnknown { needed, known: FOLD_VERSION });
        }
        Ok(())
    }

    fn count(&mut self, prefix: Prefix, body: Body, time: Instant, head: Head) -> Verdict {
        let position = Position::new(self.partition, self.next_seq, &head);
        self.next_seq += 1;
        self.head = head;
        self.time = self.time.max(time);
        Verdict::Counts(Counted { prefix, body, mark: Mark { seq: position.seq, head: position.head, time } })
    }
}

impl Chain {
    /// The ledger; none before genesis when none was given.
    pub fn ledger(&self) -> Option<LedgerId> {
        self.ledger
    }

    /// The partition.
    pub fn partition(&self) -> Partition {
        self.partition
    }

    /// What genesis says; none before it.
    pub fn genesis(&self) -> Option<Genesis> {
        self.genesis
    }

    /// The reign: 0 until the first claim counts.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The seq that the next record to count takes.
    pub fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// The head after the last record that counted; zero before genesis.
    pub fn head(&self) -> Head {
        self.head
    }

    /// The greatest time of what counted.
    pub fn time(&self) -> Instant {
        self.time
    }

    /// The fold version in force; 0 before genesis.
    pub fn fold_version(&self) -> u16 {
        self.fold_version
    }

    /// The last claim that counted.
    pub fn claim(&self) -> Option<(ClaimId, NodeId)> {
        self.claim
    }

    /// The offset that is judged next.
    pub fn next_offset(&self) -> u64 {
        self.next_offset
    }

    /// The position after the last record that counted; before genesis seq 0 with a head of zeros.
    pub fn position(&self) -> Position {
        Position::new(self.partition, self.next_seq.saturating_sub(1), &self.head)
    }
}
