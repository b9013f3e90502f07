//! The closed vocabularies: each word has one written number, which is never reused.

use std::fmt;
use std::str::FromStr;

use bincode::de::{BorrowDecoder, Decoder};
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{BorrowDecode, Decode, Encode};

use crate::ids::{IdError, text_form};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident ($what:literal) { $($(#[$word_doc:meta])* $word:ident = $number:literal $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub enum $name {
            $($(#[$word_doc])* #[serde(rename = $text)] $word = $number,)*
        }

        impl $name {
            /// Every word, by number.
            pub const ALL: &'static [Self] = &[$(Self::$word,)*];

            /// The written number.
            pub const fn number(self) -> u8 {
                self as u8
            }

            /// The word with this number.
            pub fn from_number(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$word),)*
                    _ => None,
                }
            }

            /// The word as it stands in JSON and in paths.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$word => $text,)*
                }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                match text {
                    $($text => Ok(Self::$word),)*
                    _ => Err(IdError::new($what, text, concat!("it must be one of:", $(" ", $text,)*))),
                }
            }
        }
        impl Encode for $name {
            fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
                self.number().encode(encoder)
            }
        }
        impl<C> Decode<C> for $name {
            fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
                let number = u8::decode(decoder)?;
                Self::from_number(number)
                    .ok_or_else(|| DecodeError::OtherString(format!("{number} is no {}", $what)))
            }
        }
        impl<'de, C> BorrowDecode<'de, C> for $name {
            fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
                Self::decode(decoder)
            }
        }
    )*};
}

words! {
    /// Where a command came in.
    Channel ("channel") {
        /// The writer itself: expiry, flow-back, claims.
        Writer = 0 "writer",
        /// Citizens.
        Web = 1 "web",
        /// Agents on the phone.
        Hotline = 2 "hotline",
        /// Other systems that book.
        Partner = 3 "partner",
        /// A centre's own desk.
        Centre = 4 "centre",
        /// Operators.
        Admin = 5 "admin",
        /// Auditors and analysts.
        Audit = 6 "audit",
        /// The program's own follow-ups, for example the end of an erasure.
        Reactor = 7 "reactor",
    }
    /// A part of a first-dose slot's places that is set aside for a channel.
    Contingent ("contingent") {
        /// For the web.
        Web = 1 "web",
        /// For the hotline.
        Hotline = 2 "hotline",
        /// For every channel.
        Open = 3 "open",
    }
    /// Which dose a slot is for.
    Dose ("dose") {
        /// The first, or the only one.
        First = 1 "first",
        /// The second.
        Second = 2 "second",
    }
    /// Who filled in a registration.
    MadeBy ("made_by") {
        /// The person.
        SelfMade = 1 "self",
        /// Somebody for the person.
        Proxy = 2 "proxy",
        /// A hotline agent.
        Agent = 3 "agent",
    }
    /// Why a hold was given back.
    ReleaseReason ("release reason") {
        /// By its holder.
        GivenUp = 1 "given_up",
        /// For another hold in the same decision.
        Replaced = 2 "replaced",
        /// Its registration was withdrawn.
        Withdrawn = 3 "withdrawn",
    }
    /// Which doses a cancellation gives back.
    CancelDoses ("doses") {
        /// All that are left of the booking.
        Both = 1 "both",
        /// Only the second.
        Second = 2 "second",
    }
    /// Why a booking was cancelled.
    CancelReason ("cancel reason") {
        /// At the person's wish.
        Person = 1 "person",
        /// Ill.
        Ill = 2 "ill",
        /// Vaccinated elsewhere.
        Elsewhere = 3 "elsewhere",
        /// Died.
        Died = 4 "died",
        /// Did not come.
        Missed = 5 "missed",
        /// The registration was withdrawn.
        Withdrawn = 6 "withdrawn",
    }
    /// Why a registration was withdrawn.
    WithdrawReason ("withdraw reason") {
        /// At the person's wish.
        Person = 1 "person",
        /// Because the person's data are to be erased.
        Erasure = 2 "erasure",
    }
    /// Why a booking was moved.
    ChangeCause ("cause") {
        /// It was asked for.
        Asked = 1 "asked",
        /// A plan after a cut delivery.
        Plan = 2 "plan",
    }
    /// Why places were removed.
    ShrinkReason ("shrink reason") {
        /// Fewer doses came.
        Delivery = 1 "delivery",
        /// The centre is closed.
        Closure = 2 "closure",
        /// Too few people at work.
        Staffing = 3 "staffing",
        /// A lot was called back.
        Recall = 4 "recall",
    }
    /// Whether a channel takes commands.
    ChannelState ("channel state") {
        /// It does.
        Open = 1 "open",
        /// What is begun may be finished; nothing new begins.
        Draining = 2 "draining",
        /// It does not.
        Closed = 3 "closed",
    }
    /// What a credential allows.
    Role ("role") {
        /// A hotline agent.
        Agent = 1 "agent",
        /// A centre's desk, bound to centre ids.
        Centre = 2 "centre",
        /// Reads everything raw.
        Auditor = 3 "auditor",
        /// Reads pseudonymous streams and tables.
        Analyst = 4 "analyst",
        /// Runs the ledger.
        Admin = 5 "admin",
    }
}

/// An age band of five years by its lower end divided by five; 18 and above is `90+`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgeBand(u8);

impl AgeBand {
    const TOP: u8 = 18;

    /// The band that a person of `years` completed years is in.
    pub fn of_years(years: u32) -> Self {
        Self(u8::try_from(years / 5).unwrap_or(Self::TOP).min(Self::TOP))
    }
}

impl fmt::Display for AgeBand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let low = u32::from(self.0) * 5;
        if self.0 == Self::TOP { write!(f, "90+") } else { write!(f, "{low}-{}", low + 4) }
    }
}

impl FromStr for AgeBand {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        (0..=Self::TOP)
            .map(Self)
            .find(|band| band.to_string() == text)
            .ok_or_else(|| IdError::new("age band", text, "it must be like 80-84, or 90+"))
    }
}
text_form!(AgeBand, "^([0-9]{1,2}-[0-9]{1,2}|90\\+)$");

impl Encode for AgeBand {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.0.encode(encoder)
    }
}

impl<C> Decode<C> for AgeBand {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let number = u8::decode(decoder)?;
        if number > Self::TOP {
            return Err(DecodeError::OtherString(format!("{number} is no age band")));
        }
        Ok(Self(number))
    }
}

impl<'de, C> BorrowDecode<'de, C> for AgeBand {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}
