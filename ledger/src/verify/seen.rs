//! Whether an id was there before, in a fixed amount of memory.
//!
//! A Bloom filter never says that an id is new when it is not. When it says that one may be old, the partition is read
//! once more, for those ids alone, and that reading decides. With its full size a filter is wrong about one id in ten
//! billion among half a million, and about one in a thousand among five million.

use std::collections::BTreeSet;

use bincode::{Decode, Encode};
use schemas::Event;
use schemas::ids::CentreNumber;

/// The bits of one block: eight words, which lie in one or two lines of the processor's cache.
const WORDS: usize = 8;
/// How many bits of its block an id sets.
const BITS: u32 = 8;
/// The most blocks: 8 MiB.
const MOST_BLOCKS: u64 = 1 << 17;
/// So many values of the log share a block, if the most blocks allow it.
const VALUES_A_BLOCK: u64 = 8;
/// So many ids are looked for in a second reading.
const MOST_SUSPECTS: usize = 100_000;

/// What an id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(super) enum Kind {
    Registration,
    Hold,
    Change,
    Access,
}

/// A thing that begins with an event, and never again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(super) struct Beginning {
    centre: CentreNumber,
    kind: Kind,
    id: [u8; 16],
}

impl Beginning {
    pub(super) fn of(centre: CentreNumber, event: &Event) -> Option<Self> {
        let (kind, id) = match event {
            Event::RegistrationAccepted(event) => (Kind::Registration, event.registration.0),
            Event::HoldPlaced(event) => (Kind::Hold, event.hold.0),
            Event::BookingRescheduled(event) => (Kind::Change, event.change.0),
            Event::AccessReissued(event) => (Kind::Access, event.access.0),
            _ => return None,
        };
        Some(Self { centre, kind, id })
    }

    /// That of a registration which is to be erased.
    pub(super) fn of_erased(centre: CentreNumber, event: &Event) -> Option<Self> {
        let Event::ErasureOrdered(event) = event else { return None };
        Some(Self { centre, kind: Kind::Registration, id: event.registration.0 })
    }

    fn hash(&self) -> u64 {
        let [low, high] = halves(self.id);
        let own = (u64::from(self.centre.0) << 8) | self.kind as u64;
        mixed(mixed(low ^ own) ^ high)
    }
}

impl std::fmt::Display for Beginning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = match self.kind {
            Kind::Registration => "registration",
            Kind::Hold => "hold",
            Kind::Change => "change",
            Kind::Access => "access",
        };
        write!(f, "{what} {}", schemas::ids::HoldId(self.id))
    }
}

/// What has begun in a partition.
#[derive(Debug, Clone, Default, Encode, Decode)]
pub(super) struct Seen {
    blocks: Vec<[u64; WORDS]>,
    /// What may have begun again.
    suspects: BTreeSet<Beginning>,
    /// How much else there was that may have, beyond what is looked for.
    beyond: u64,
}

impl Seen {
    /// With room for what so many values can begin.
    pub(super) fn for_values(values: u64) -> Self {
        Self::with_blocks((values / VALUES_A_BLOCK).next_power_of_two().clamp(1, MOST_BLOCKS))
    }

    fn with_blocks(blocks: u64) -> Self {
        let blocks = vec![[0; WORDS]; usize::try_from(blocks).unwrap_or(1)];
        Self { blocks, suspects: BTreeSet::new(), beyond: 0 }
    }

    /// Takes a beginning in.
    pub(super) fn insert(&mut self, beginning: &Beginning) {
        let (block, bits) = self.bits(beginning);
        let Some(block) = self.blocks.get_mut(block) else { return };
        let mut old = true;
        for (word, bit) in block.iter_mut().zip(bits) {
            old &= *word & bit == bit;
            *word |= bit;
        }
        if old && self.suspects.len() < MOST_SUSPECTS {
            self.suspects.insert(*beginning);
        } else if old {
            self.beyond += 1;
        }
    }

    /// Whether it may have begun; what has begun is never denied.
    pub(super) fn contains(&self, beginning: &Beginning) -> bool {
        let (block, bits) = self.bits(beginning);
        self.blocks
            .get(block)
            .is_some_and(|block| block.iter().zip(bits).all(|(word, bit)| word & bit == bit))
    }

    /// Which block it is in, and its bits in each word of it.
    fn bits(&self, beginning: &Beginning) -> (usize, [u64; WORDS]) {
        let hash = beginning.hash();
        let blocks = u64::try_from(self.blocks.len()).unwrap_or(u64::MAX).max(1);
        let block = usize::try_from(hash % blocks).unwrap_or(0);
        let mut chance = mixed(hash);
        let mut words = [0; WORDS];
        for _ in 0..BITS {
            let word = usize::try_from((chance >> 6) & 7).unwrap_or(0);
            if let Some(word) = words.get_mut(word) {
                *word |= 1 << (chance & 63);
            }
            chance = chance.rotate_right(7);
        }
        (block, words)
    }

    /// What may have begun again.
    pub(super) fn suspects(&self) -> &BTreeSet<Beginning> {
        &self.suspects
    }

    /// How much else may have, and is not looked for.
    pub(super) fn beyond(&self) -> u64 {
        self.beyond
    }
}

fn halves(id: [u8; 16]) -> [u64; 2] {
    let both = u128::from_le_bytes(id);
    #[expect(clippy::cast_possible_truncation, reason = "that is what halves are")]
    [both as u64, (both >> 64) as u64]
}

/// A bijection that spreads every bit over all others (the finalizer of SplitMix64).
fn mixed(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beginning(number: u64, kind: Kind) -> Beginning {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&mixed(number).to_le_bytes());
        id[8..].copy_from_slice(&number.to_le_bytes());
        Beginning { centre: CentreNumber(1), kind, id }
    }

    #[test]
    fn what_is_old_is_always_suspected_and_what_is_new_hardly_ever() {
        let mut seen = Seen::for_values(200_000);
        (0..100_000).for_each(|number| seen.insert(&beginning(number, Kind::Hold)));
        (0..100_000).for_each(|number| seen.insert(&beginning(number, Kind::Change)));
        assert!(seen.suspects().len() < 50, "{} of 200,000 new ones", seen.suspects().len());
        (0..1_000).for_each(|number| seen.insert(&beginning(number * 97, Kind::Hold)));
        let found = (0..1_000).filter(|number| seen.suspects().contains(&beginning(number * 97, Kind::Hold)));
        assert_eq!(found.count(), 1_000);
    }

    #[test]
    fn a_filter_that_is_full_says_how_much_it_cannot_tell() {
        let mut seen = Seen::with_blocks(1);
        let all = u64::try_from(MOST_SUSPECTS).unwrap() + 5_000;
        (0..all).for_each(|number| seen.insert(&beginning(number, Kind::Hold)));
        assert_eq!(seen.suspects().len(), MOST_SUSPECTS);
        assert!(seen.beyond() > 0);
    }
}
