//! Typed ids: each is validated when it is parsed, and never again.
//!
//! Texts and district keys are validated when they are decoded, too. Of a UUID the bytes are taken as they are: that it is
//! of version 4 is asked of a client, not of the log.

use std::fmt;
use std::str::FromStr;

use bincode::de::{BorrowDecoder, Decoder};
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{BorrowDecode, Decode, Encode};

use crate::order::bytes_in_order;
pub use crate::reference::ReferencePrefix;

/// Why a text is not the id it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {given:?} is not valid: {rule}")]
pub struct IdError {
    /// What the id names, for example `hold`.
    pub what: &'static str,
    /// The text as it was given, cut to 80 characters.
    pub given: String,
    /// What a valid one looks like.
    pub rule: &'static str,
}

impl IdError {
    pub(crate) fn new(what: &'static str, given: &str, rule: &'static str) -> Self {
        Self { what, given: given.chars().take(80).collect(), rule }
    }
}

/// Serde and JSON Schema by way of `Display` and `FromStr`: the text form is the only JSON form.
macro_rules! text_form {
    ($name:ident, $pattern:expr) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    };
}
pub(crate) use text_form;

const UUID_PATTERN: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$";

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident = $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
        pub struct $name(pub [u8; 16]);
        bytes_in_order!($name);

        impl $name {
            /// All zero: stands for "none".
            pub const NIL: Self = Self([0; 16]);

            /// Whether this is [`Self::NIL`].
            pub fn is_nil(&self) -> bool {
                self.0 == [0; 16]
            }
        }
        impl From<uuid::Uuid> for $name {
            fn from(uuid: uuid::Uuid) -> Self {
                Self(uuid.into_bytes())
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", uuid::Uuid::from_bytes(self.0).as_hyphenated())
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            /// Takes the hyphenated form of a version 4 UUID (RFC 9562), in either case.
            fn from_str(text: &str) -> Result<Self, IdError> {
                parse_v4($what, text).map(Self)
            }
        }
        text_form!($name, UUID_PATTERN);
    )*};
}

fn parse_v4(what: &'static str, text: &str) -> Result<[u8; 16], IdError> {
    let rule = "it must be a version 4 UUID like 51c2a0de-0f4b-4c6e-9d3a-2f1b7c8e9a10";
    let parsed = (text.len() == 36).then(|| uuid::Uuid::try_parse(text).ok()).flatten();
    match parsed {
        Some(uuid) if uuid.get_version_num() == 4 && uuid.get_variant() == uuid::Variant::RFC4122 => {
            Ok(uuid.into_bytes())
        }
        _ => Err(IdError::new(what, text, rule)),
    }
}

uuid_ids! {
    /// A ledger: drawn at genesis.
    LedgerId = "ledger";
    /// A node that claims.
    NodeId = "node";
    /// One claim of one partition.
    ClaimId = "claim";
    /// The last UUID of a command's path.
    CommandId = "command";
    /// A credential, opaque; nil stands for the bearer of the registration's own secret.
    ActorId = "actor";
    /// A person's claim to a vaccination at one centre.
    RegistrationId = "registration";
    /// A hold, and the booking it may become.
    HoldId = "hold";
    /// A delivery of doses.
    DeliveryId = "delivery";
    /// A release of one day of first doses.
    ReleaseId = "release";
    /// One whole set of rules.
    RulesId = "rules";
    /// A removal of free places.
    ShrinkId = "shrink";
    /// A change of a booking.
    ChangeId = "change";
    /// A new secret for a registration.
    AccessId = "access";
}

/// A booking has the id of the hold it was.
pub type BookingId = HoldId;

macro_rules! hex_bytes {
    ($($(#[$doc:meta])* $name:ident[$len:literal] = $what:literal, $rule:literal, $pattern:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
        pub struct $name(pub [u8; $len]);
        bytes_in_order!($name);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                parse_hex(text).map(Self).ok_or_else(|| IdError::new($what, text, $rule))
            }
        }
        text_form!($name, $pattern);
    )*};
}

/// Exactly `N` bytes of lower-case hexadecimal digits.
pub(crate) fn parse_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    // `from_str_radix` alone would take a sign, too.
    if digits.len() != 2 * N || !digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

hex_bytes! {
    /// SHA-256 chain over the records of a partition up to one of them.
    Head[32] = "head", "it must have 64 hex digits", "^[0-9a-f]{64}$";
    /// SHA-256 over tag, salt and a person's data; the salt is only in the vault.
    Commitment[32] = "commitment", "it must have 64 hex digits", "^[0-9a-f]{64}$";
    /// The first 16 bytes of SHA-256 over a command as sent.
    ContentHash[16] = "content hash", "it must have 32 hex digits", "^[0-9a-f]{32}$";
    /// A random name for a person; only the vault knows whose.
    Pseudonym[16] = "pseudonym", "it must have 32 hex digits", "^[0-9a-f]{32}$";
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident($int:ty);)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode,
            serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub $int);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    )*};
}

numbers! {
    /// A slot of a centre, numbered in order of release from 1 and never reused.
    SlotId(u32);
    /// A vaccine by its CVX code (CDC code set: 208 is Comirnaty).
    Cvx(u16);
    /// A centre within its partition, from 1 in order of creation; 0 is none.
    CentreNumber(u32);
    /// A partition of the log; 0 is the office.
    Partition(u32);
    /// A priority group of the vaccination ordinance, from 1.
    Group(u16);
}

impl CentreNumber {
    /// Stands in records that concern no centre.
    pub const NONE: Self = Self(0);
}

impl Partition {
    /// What concerns the whole ledger.
    pub const OFFICE: Self = Self(0);
}

/// A district by its five-digit official key (*Kreisschlüssel*), for example `06412`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct District(u32);

impl District {
    /// From the key as a number: 6412 is `06412`.
    pub fn from_number(number: u32) -> Result<Self, IdError> {
        let rule = "it must be an official district key of five digits like 06412";
        if (1_000..=99_999).contains(&number) {
            Ok(Self(number))
        } else {
            Err(IdError::new("district", &number.to_string(), rule))
        }
    }

    /// The key as a number.
    pub fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for District {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:05}", self.0)
    }
}

impl fmt::Debug for District {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "District({self})")
    }
}

impl FromStr for District {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let error = || {
            IdError::new("district", text, "it must be an official district key of five digits like 06412")
        };
        if text.len() != 5 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(error());
        }
        Self::from_number(text.parse().map_err(|_| error())?).map_err(|_| error())
    }
}
text_form!(District, "^[0-9]{5}$");

impl Encode for District {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.0.encode(encoder)
    }
}

impl<C> Decode<C> for District {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::from_number(u32::decode(decoder)?).map_err(|error| DecodeError::OtherString(error.to_string()))
    }
}

impl<'de, C> BorrowDecode<'de, C> for District {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}

/// A checked text in the bytes: encoded as a string, validated again when decoded.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal, $pattern:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) { Ok(Self(text.into())) } else { Err(IdError::new($what, text, $rule)) }
            }
        }
        text_form!($name, $pattern);

        impl Encode for $name {
            fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
                self.as_str().encode(encoder)
            }
        }
        impl<C> Decode<C> for $name {
            fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
                String::decode(decoder)?
                    .parse()
                    .map_err(|error: IdError| DecodeError::OtherString(error.to_string()))
            }
        }
        impl<'de, C> BorrowDecode<'de, C> for $name {
            fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
                Self::decode(decoder)
            }
        }
    };
}

checked_text! {
    /// A vaccination centre's id, as it stands in paths: `frankfurt`.
    CentreId, "centre", "it must have 2 to 40 letters a-z, digits or hyphens and begin with a letter",
    "^[a-z][a-z0-9-]{1,39}$",
    |text| (2..=40).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

checked_text! {
    /// A vaccine's name in the rules: `comirnaty`.
    VaccineName, "vaccine", "it must have 2 to 40 letters a-z, digits or hyphens and begin with a letter",
    "^[a-z][a-z0-9-]{1,39}$",
    |text| (2..=40).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
