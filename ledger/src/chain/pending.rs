//! Building records that will count: what a writer sends ahead of what it has read.

use std::sync::Arc;

use schemas::codec::CodecError;
use schemas::hashing::next_head;
use schemas::ids::{ActorId, CentreNumber, CommandId, Head, LedgerId, Partition};
use schemas::vocabulary::Channel;
use schemas::{Body, Claim, Genesis, Instant, Position, Prefix, RecordKind};

use super::Chain;
use crate::rejection::Mark;

/// Where a record comes from, as its prefix says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Where the command came in.
    pub channel: Channel,
    /// The command's id; nil: none.
    pub command: CommandId,
    /// Who; nil: the bearer of the registration's secret, or the writer.
    pub actor: ActorId,
    /// The centre it concerns; 0: none.
    pub centre: CentreNumber,
}

impl Origin {
    /// The writer itself, for no command and no centre.
    pub const WRITER: Self = Self {
        channel: Channel::Writer,
        command: CommandId::NIL,
        actor: ActorId::NIL,
        centre: CentreNumber::NONE,
    };
}

/// A record as it is to be sent, and the place it will have if it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pended {
    /// The bytes for the log.
    pub value: Arc<[u8]>,
    /// Its place and time.
    pub mark: Mark,
}

/// The end of the chain that a writer believes in: what it has read, and what it has sent since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    ledger: LedgerId,
    partition: Partition,
    fold_version: u16,
    epoch: u64,
    next_seq: u64,
    head: Head,
}

impl Pending {
    /// With nothing sent that was not read. Before genesis there is no ledger to write to, so it is given.
    pub fn after(chain: &Chain, ledger: LedgerId) -> Self {
        Self {
            ledger,
            partition: chain.partition(),
            fold_version: chain.fold_version(),
            epoch: chain.epoch(),
            next_seq: chain.next_seq(),
            head: chain.head(),
        }
    }

    /// The record that counts next if all before it do, and advances. Claims and genesis have values of their own.
    ///
    /// # Errors
    /// When the record would be over 60,000 bytes; nothing has advanced then.
    pub fn push(&mut self, origin: Origin, time: Instant, body: &Body) -> Result<Pended, CodecError> {
        let mut prefix = Prefix::new(body.kind(), origin.channel, self.ledger, self.partition);
        prefix.fold_version = self.fold_version;
        prefix.epoch = self.epoch;
        prefix.seq = self.next_seq;
        prefix.prev = self.head;
        prefix.time_ms = time.millis();
        prefix.command = origin.command;
        prefix.actor = origin.actor;
        prefix.centre = origin.centre;
        let value = value(&prefix, body)?;
        let head = next_head(&self.head, &value);
        let position = Position::new(self.partition, self.next_seq, &head);
        if let Body::Raise(raise) = body {
            self.fold_version = self.fold_version.max(raise.fold_version);
        }
        self.next_seq += 1;
        self.head = head;
        Ok(Pended { value: value.into(), mark: Mark { seq: position.seq, head: position.head, time } })
    }

    /// The seq that the next record takes.
    pub fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// The reign that it writes in.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The position after the last record sent.
    pub fn position(&self) -> Position {
        Position::new(self.partition, self.next_seq.saturating_sub(1), &self.head)
    }
}

/// The value of a claim that counts next, wherever it lands in the current epoch.
///
/// # Errors
/// When the URL does not fit into a record.
pub fn claim_value(
    chain: &Chain,
    ledger: LedgerId,
    claim: Claim,
    time: Instant,
) -> Result<Vec<u8>, CodecError> {
    let mut prefix = Prefix::new(RecordKind::Claim, Channel::Writer, ledger, chain.partition());
    prefix.fold_version = chain.fold_version();
    prefix.epoch = chain.epoch().saturating_add(1);
    prefix.time_ms = time.millis();
    value(&prefix, &Body::Claim(claim))
}

/// The value of genesis, for offset 0 of a partition.
///
/// # Errors
/// None in practice: genesis is small.
pub fn genesis_value(
    ledger: LedgerId,
    partition: Partition,
    genesis: Genesis,
    time: Instant,
) -> Result<Vec<u8>, CodecError> {
    let mut prefix = Prefix::new(RecordKind::Genesis, Channel::Writer, ledger, partition);
    prefix.fold_version = genesis.fold_version;
    prefix.time_ms = time.millis();
    value(&prefix, &Body::Genesis(genesis))
}

fn value(prefix: &Prefix, body: &Body) -> Result<Vec<u8>, CodecError> {
    let bytes = body.to_bytes()?;
    prefix
        .with_body(&bytes)
        .ok_or_else(|| CodecError::TooLarge(format!("{} bytes do not fit into a record", bytes.len())))
}
