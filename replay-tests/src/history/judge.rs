//! PROTOCOL 2 once more, in its own words: which records count, and what no honest log has.

use schemas::hashing::{first_head, next_head};
use schemas::ids::{Head, Partition};
use schemas::{Body, Instant, Position, Prefix, RecordKind};

/// A record that counts.
#[derive(Debug, Clone)]
pub struct Counting {
    /// Its prefix.
    pub prefix: Prefix,
    /// Its body.
    pub body: Body,
    /// Its place among those that count.
    pub seq: u64,
    /// The head after it.
    pub head: Head,
    /// Where it stands in the log.
    pub offset: usize,
    /// The greatest time up to here.
    pub fold_time: Instant,
}

impl Counting {
    /// Without what it says, once that was heard.
    #[must_use]
    pub fn without_body(self) -> Self {
        Self { body: Body::Barrier, ..self }
    }
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It counts.
    Counts,
    /// It was counted before.
    Repeat,
    /// It does not count.
    Void,
    /// No honest writer leaves this, or nobody may read on.
    Damage(String),
}

/// Reads a partition from its beginning and keeps what counts.
#[derive(Debug)]
pub struct Judge {
    partition: Partition,
    epoch: u64,
    fold_version: u16,
    /// What counts.
    pub counting: Vec<Counting>,
    /// How many values were repeats.
    pub repeats: u64,
    /// How many were void.
    pub void: u64,
    read: usize,
}

impl Judge {
    /// Has read nothing yet.
    pub fn new(partition: Partition) -> Self {
        let (epoch, fold_version, read) = (0, 0, 0);
        Self { partition, epoch, fold_version, counting: Vec::new(), repeats: 0, void: 0, read }
    }

    /// The position after the last record that counts.
    pub fn position(&self) -> Option<Position> {
        self.counting.last().map(|last| Position::new(self.partition, last.seq, &last.head))
    }

    /// Reads the next value.
    pub fn read(&mut self, value: &[u8]) -> Verdict {
        let offset = self.read;
        self.read += 1;
        let verdict = match (Prefix::split(value), self.counting.last()) {
            (Err(error), None) => Verdict::Damage(format!("it does not begin with genesis: {error}")),
            (Err(_), Some(_)) => Verdict::Void,
            (Ok((prefix, body)), None) => self.begin(prefix, body, value),
            (Ok((prefix, body)), Some(_)) => self.go_on(prefix, body, value, offset),
        };
        match verdict {
            Verdict::Repeat => self.repeats += 1,
            Verdict::Void => self.void += 1,
            Verdict::Counts | Verdict::Damage(_) => {}
        }
        verdict
    }

    fn begin(&mut self, prefix: Prefix, body: &[u8], value: &[u8]) -> Verdict {
        let ours = prefix.partition == self.partition && prefix.seq == 0 && prefix.epoch == 0;
        if prefix.kind != RecordKind::Genesis as u8 || !ours {
            return Verdict::Damage("it does not begin with genesis of this partition".to_owned());
        }
        self.count(prefix, body, first_head(value), 0)
    }

    fn go_on(&mut self, prefix: Prefix, body: &[u8], value: &[u8], offset: usize) -> Verdict {
        let Some((first, last)) = self.counting.first().zip(self.counting.last()) else {
            return Verdict::Void;
        };
        let next = last.seq + 1;
        let ours = prefix.partition == self.partition && prefix.ledger == first.prefix.ledger;
        if !ours || prefix.kind == RecordKind::Genesis as u8 {
            return Verdict::Void;
        }
        let head = next_head(&last.head, value);
        if prefix.kind == RecordKind::Claim as u8 {
            let follows = prefix.epoch == self.epoch + 1;
            return if follows { self.count(prefix, body, head, offset) } else { Verdict::Void };
        }
        if prefix.epoch != self.epoch || prefix.seq > next {
            return Verdict::Void;
        }
        if prefix.seq < next {
            return Verdict::Repeat;
        }
        if prefix.prev != last.head {
            return Verdict::Damage(format!("record {next} of the reign in force rests on another head"));
        }
        if prefix.fold_version != self.fold_version {
            Verdict::Void
        } else {
            self.count(prefix, body, head, offset)
        }
    }

    fn count(&mut self, prefix: Prefix, body: &[u8], head: Head, offset: usize) -> Verdict {
        let body = match Body::read(prefix.kind, body) {
            Ok(body) => body,
            Err(error) => return Verdict::Damage(format!("what would count cannot be read: {error}")),
        };
        let Some(time) = Instant::from_millis(prefix.time_ms) else {
            return Verdict::Damage("what would count has no time".to_owned());
        };
        match &body {
            Body::Genesis(genesis) => self.fold_version = genesis.fold_version,
            Body::Raise(raise) => self.fold_version = raise.fold_version,
            Body::Claim(claim) if claim.knows_fold < self.fold_version => return Verdict::Void,
            _ => {}
        }
        let fold_time = self.counting.last().map_or(time, |last| last.fold_time.max(time));
        let seq = self.counting.len() as u64;
        self.epoch = prefix.epoch;
        self.counting.push(Counting { prefix, body, seq, head, offset, fold_time });
        Verdict::Counts
    }
}
