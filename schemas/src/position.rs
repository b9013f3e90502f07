//! A place in a partition's history.

use std::fmt;
use std::str::FromStr;

use bincode::{Decode, Encode};

use crate::ids::{Head, IdError, Partition, parse_hex, text_form};

/// Partition, sequence number and the first 8 bytes of the head there: `3@48213-9f3a61c2aa01b2c3`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Position {
    /// The partition.
    pub partition: Partition,
    /// The sequence number of the record; genesis is 0.
    pub seq: u64,
    /// The first 8 bytes of the head after that record.
    pub head: [u8; 8],
}

impl Position {
    /// The position after the record `seq`, where the head is `head`.
    pub fn new(partition: Partition, seq: u64, head: &Head) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = head.0;
        Self { partition, seq, head: [a, b, c, d, e, f, g, h] }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}-", self.partition, self.seq)?;
        self.head.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Position({self})")
    }
}

impl FromStr for Position {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let parse = || {
            let (partition, rest) = text.split_once('@')?;
            let (seq, head) = rest.split_once('-')?;
            let digits = |number: &str| number.bytes().all(|byte| byte.is_ascii_digit());
            if !digits(partition) || !digits(seq) {
                return None;
            }
            let partition = Partition(partition.parse().ok()?);
            Some(Self { partition, seq: seq.parse().ok()?, head: parse_hex(head)? })
        };
        parse().ok_or_else(|| IdError::new("position", text, "it must be like 3@48213-9f3a61c2aa01b2c3"))
    }
}
text_form!(Position, "^[0-9]+@[0-9]+-[0-9a-f]{16}$");
