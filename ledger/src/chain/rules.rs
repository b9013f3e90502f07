//! The single rules by name, so that a test can take one away and see who notices.

use bincode::{Decode, Encode};

/// One rule of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[allow(missing_docs, reason = "each name is the condition beside which it stands in `judge`")]
pub(super) enum Rule {
    NoGap,
    GenesisLedger,
    GenesisPartition,
    GenesisPlace,
    GenesisCount,
    OneGenesis,
    Ledger,
    Partition,
    Repeat,
    ClaimAnywhere,
    ClaimEpoch,
    ClaimantKnows,
    Epoch,
    Seq,
    Prev,
    FoldVersion,
    Format,
    Channel,
    Time,
    FoldKnown,
}

#[cfg(test)]
impl Rule {
    pub(super) const ALL: &'static [Self] = &[
        Self::NoGap,
        Self::GenesisLedger,
        Self::GenesisPartition,
        Self::GenesisPlace,
        Self::GenesisCount,
        Self::OneGenesis,
        Self::Ledger,
        Self::Partition,
        Self::Repeat,
        Self::ClaimAnywhere,
        Self::ClaimEpoch,
        Self::ClaimantKnows,
        Self::Epoch,
        Self::Seq,
        Self::Prev,
        Self::FoldVersion,
        Self::Format,
        Self::Channel,
        Self::Time,
        Self::FoldKnown,
    ];
}

/// Which rules are asked: all of them, outside the tests of this module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rules {
    #[cfg(test)]
    pub(super) taken_away: [Option<Rule>; 2],
    #[cfg(test)]
    pub(super) newest_fold: u16,
}

#[cfg(not(test))]
impl Rules {
    pub(super) const ALL: Self = Self {};

    #[expect(clippy::unused_self, reason = "a test's rules do have something to say")]
    pub(super) const fn without(self, _rule: Rule) -> bool {
        false
    }

    #[expect(clippy::unused_self, reason = "a test's rules do have something to say")]
    pub(super) const fn newest_fold(self) -> u16 {
        super::FOLD_VERSION
    }
}

#[cfg(test)]
impl Rules {
    pub(super) const ALL: Self = Self { taken_away: [None; 2], newest_fold: super::FOLD_VERSION };

    pub(super) fn without(self, rule: Rule) -> bool {
        self.taken_away.contains(&Some(rule))
    }

    pub(super) fn newest_fold(self) -> u16 {
        self.newest_fold
    }
}

impl Rules {
    /// Whether `kept` is false, so that the rule speaks.
    pub(super) fn broken(self, rule: Rule, kept: bool) -> bool {
        !kept && !self.without(rule)
    }
}

// Rules are no state: a stored chain is read on under all of them.
impl Encode for Rules {
    fn encode<E: bincode::enc::Encoder>(&self, _: &mut E) -> Result<(), bincode::error::EncodeError> {
        Ok(())
    }
}

impl<C> Decode<C> for Rules {
    fn decode<D: bincode::de::Decoder<Context = C>>(_: &mut D) -> Result<Self, bincode::error::DecodeError> {
        Ok(Self::ALL)
    }
}

impl<'de, C> bincode::BorrowDecode<'de, C> for Rules {
    fn borrow_decode<D: bincode::de::BorrowDecoder<'de, Context = C>>(
        _: &mut D,
    ) -> Result<Self, bincode::error::DecodeError> {
        Ok(Self::ALL)
    }
}
