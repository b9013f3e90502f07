//! Histories made by hand, right and wrong ones.

use schemas::hashing::{first_head, next_head};
use schemas::ids::{ClaimId, Head, LedgerId, NodeId, Partition};
use schemas::vocabulary::Channel;
use schemas::{Body, Claim, Clock, Genesis, Instant, Prefix, RecordKind};

use super::super::rules::Rule;
use super::super::{Chain, Verdict};

pub(super) const LEDGER: LedgerId = LedgerId([7; 16]);
pub(super) const PARTITION: Partition = Partition(1);

/// Writes a history value by value. It knows the head of what it believes to count, and nothing of the rules.
pub(super) struct Forge {
    pub(super) values: Vec<(u64, Vec<u8>)>,
    pub(super) head: Head,
    pub(super) seq: u64,
    pub(super) epoch: u64,
    pub(super) newest_fold: u16,
}

pub(super) fn prefix(kind: RecordKind) -> Prefix {
    Prefix::new(kind, Channel::Writer, LEDGER, PARTITION)
}

pub(super) fn bytes(prefix: &Prefix, body: &Body) -> Vec<u8> {
    prefix.with_body(&body.to_bytes().unwrap()).unwrap()
}

pub(super) fn genesis() -> Body {
    Body::Genesis(Genesis { partitions: 3, fold_version: 1, clock: Clock::Wall })
}

pub(super) fn claim(number: u8, knows_fold: u16) -> Body {
    let (claim, node) = (ClaimId([number; 16]), NodeId([number; 16]));
    Body::Claim(Claim { claim, node, knows_fold, clock_accepted: false, url: String::new() })
}

impl Forge {
    /// With nothing in it.
    pub(super) fn empty() -> Self {
        Self { values: Vec::new(), head: Head([0; 32]), seq: 0, epoch: 0, newest_fold: 1 }
    }

    /// With genesis.
    pub(super) fn begun() -> Self {
        let mut forge = Self::empty();
        let value = bytes(&prefix(RecordKind::Genesis), &genesis());
        forge.head = first_head(&value);
        forge.seq = 1;
        forge.push(value);
        forge
    }

    /// With genesis and a first claim.
    pub(super) fn claimed() -> Self {
        Self::begun().good_claim(1)
    }

    /// A claim that counts.
    pub(super) fn good_claim(mut self, number: u8) -> Self {
        self.epoch += 1;
        let value = self.claim(self.epoch, &claim(number, self.newest_fold));
        self.head = next_head(&self.head, &value);
        self.seq += 1;
        self.push(value);
        self
    }

    /// A record that counts.
    pub(super) fn good(mut self, body: &Body) -> Self {
        let value = bytes(&self.next(body.kind()), body);
        self.head = next_head(&self.head, &value);
        self.seq += 1;
        self.push(value);
        self
    }

    /// Whatever bytes.
    pub(super) fn raw(mut self, value: Vec<u8>) -> Self {
        self.push(value);
        self
    }

    /// The prefix of the record that counts next.
    pub(super) fn next(&self, kind: RecordKind) -> Prefix {
        let mut prefix = prefix(kind);
        (prefix.epoch, prefix.seq, prefix.prev) = (self.epoch, self.seq, self.head);
        prefix
    }

    /// The record that counts next, a barrier, but for what `change` does to its prefix.
    pub(super) fn but(self, change: impl FnOnce(&mut Prefix)) -> Self {
        let mut prefix = self.next(RecordKind::Barrier);
        change(&mut prefix);
        self.raw(bytes(&prefix, &Body::Barrier))
    }

    pub(super) fn claim(&self, epoch: u64, body: &Body) -> Vec<u8> {
        let mut prefix = prefix(RecordKind::Claim);
        prefix.epoch = epoch;
        bytes(&prefix, body)
    }

    fn push(&mut self, value: Vec<u8>) {
        self.values.push((self.values.len() as u64, value));
    }

    /// What the chain says of each value, until it halts, with some rules taken away.
    pub(super) fn judged_without(&self, taken_away: [Option<Rule>; 2]) -> Vec<String> {
        let mut chain = Chain::new(Some(LEDGER), PARTITION);
        chain.rules.taken_away = taken_away;
        chain.rules.newest_fold = self.newest_fold;
        let mut said = Vec::new();
        for (offset, value) in &self.values {
            match chain.judge(*offset, value) {
                Ok(Verdict::Counts(counted)) => said.push(format!("counts as {}", counted.mark.seq)),
                Ok(Verdict::Repeat) => said.push("repeat".to_owned()),
                Ok(Verdict::Void(reason)) => said.push(format!("void: {reason}")),
                Err(halt) => {
                    said.push(format!("halt: {halt}"));
                    return said;
                }
            }
        }
        said
    }

    /// The fold's time after all values.
    pub(super) fn time(&self) -> Instant {
        let mut chain = Chain::new(Some(LEDGER), PARTITION);
        for (offset, value) in &self.values {
            chain.judge(*offset, value).unwrap();
        }
        chain.time()
    }

    pub(super) fn judged(&self) -> Vec<String> {
        self.judged_without([None; 2])
    }
}
