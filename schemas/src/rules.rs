//! A whole set of booking rules, dated and never code.

use bincode::de::{BorrowDecoder, Decoder};
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{BorrowDecode, Decode, Encode};

use crate::ids::{Cvx, Group, VaccineName};
use crate::time::Instant;

/// A share in basis points: 10,000 is the whole. More than the whole can neither be written nor read.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct BasisPoints(#[schemars(range(max = 10_000))] pub u16);

impl BasisPoints {
    /// The whole.
    pub const ONE: Self = Self(10_000);
}

impl Encode for BasisPoints {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        if *self > Self::ONE {
            return Err(EncodeError::Other("a share of more than 10,000 basis points"));
        }
        self.0.encode(encoder)
    }
}

impl<C> Decode<C> for BasisPoints {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let share = Self(u16::decode(decoder)?);
        if share > Self::ONE {
            return Err(DecodeError::Other("a share of more than 10,000 basis points"));
        }
        Ok(share)
    }
}

impl<'de, C> BorrowDecode<'de, C> for BasisPoints {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}

/// The rules of one centre from an instant on. The edge reads and writes their JSON file form.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct RuleSet {
    /// IANA name of the centre's time zone.
    pub time_zone: String,
    /// What may be offered.
    pub vaccines: Vec<VaccineRule>,
    /// How holds work.
    pub holds: HoldRules,
    /// Changes of a booking allowed on one civil day.
    pub changes_per_day: u32,
    /// A place can be booked until so many minutes before its slot begins.
    pub book_until_min: u32,
    /// How first-dose places are divided between the channels; the sum is 10,000.
    pub contingents: ContingentShares,
    /// When what is left of the contingents becomes open to all; none: never.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub contingents_flow_back_at: Option<Instant>,
    /// Least seconds that a returned place rests; above zero is reserved.
    pub rest_min_s: u32,
    /// Most seconds that a returned place rests; above zero is reserved.
    pub rest_max_s: u32,
    /// The grid on which a day is laid out.
    pub slot: SlotGrid,
    /// Who may hold places from when.
    pub cohorts: Vec<Cohort>,
}

/// One vaccine in the rules.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct VaccineRule {
    /// Its name in JSON.
    pub name: VaccineName,
    /// Its CVX code.
    pub cvx: Cvx,
    /// 1 or 2.
    pub doses: u8,
    /// Least civil days from the first dose to the second; 0 for a single dose.
    pub interval_min_days: u32,
    /// Most civil days from the first dose to the second; 0 for a single dose.
    pub interval_max_days: u32,
}

/// How holds work.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct HoldRules {
    /// Seconds that a hold from the web lives.
    pub web_s: u32,
    /// Seconds that a hold from any other channel lives.
    pub hotline_s: u32,
    /// Seconds that the one extension adds to the deadline.
    pub extension_s: u32,
    /// Holds that one registration may place on one civil day.
    pub per_registration_and_day: u32,
    /// The most that may be held of what is held or free, per contingent and first-dose date.
    pub held_share: BasisPoints,
}

/// How first-dose places are divided.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct ContingentShares {
    /// For the web.
    pub web: BasisPoints,
    /// For the hotline.
    pub hotline: BasisPoints,
    /// For every channel.
    pub open: BasisPoints,
}

/// The grid on which a day is laid out, in minutes after local midnight.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct SlotGrid {
    /// When the first slot of a day begins.
    pub opens_min: u32,
    /// When the last slot of a day has ended.
    pub closes_min: u32,
    /// Minutes of a slot.
    pub length_min: u32,
}

/// A priority group and the instant from which it may hold places.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct Cohort {
    /// The group.
    pub group: Group,
    /// From when.
    pub opens_at: Instant,
}

impl RuleSet {
    /// The rule of a vaccine, if it is among them.
    pub fn vaccine(&self, cvx: Cvx) -> Option<&VaccineRule> {
        self.vaccines.iter().find(|rule| rule.cvx == cvx)
    }

    /// From when a group may hold places, if it is among them.
    pub fn opens_at(&self, group: Group) -> Option<Instant> {
        self.cohorts.iter().find(|cohort| cohort.group == group).map(|cohort| cohort.opens_at)
    }
}
