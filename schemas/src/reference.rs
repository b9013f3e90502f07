//! The speakable reference of a registration (*Vorgangskennung*): `FRA-7K4M-92Q2-5`.
//!
//! Prefix of the centre, 40 bits in Crockford's base 32, and a check character: the number modulo 37, by
//! <https://www.crockford.com/base32.html>; the check values 32-36 are written `*~$=U`.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use bincode::de::{BorrowDecoder, Decoder};
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{BorrowDecode, Decode, Encode};

use crate::ids::{IdError, text_form};

const ALPHABET: &[u8; 37] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U";
const BITS: u32 = 40;
/// Longer texts are no reference, with whatever spaces and hyphens.
const MAX_TEXT_BYTES: usize = 40;

/// A reference as people say it on the phone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode)]
pub struct Reference {
    prefix: ReferencePrefix,
    number: u64,
}

impl Reference {
    /// From the centre's prefix and the low 40 bits of a random number.
    pub fn new(prefix: ReferencePrefix, random: u64) -> Self {
        Self { prefix, number: random & ((1 << BITS) - 1) }
    }

    /// The prefix of its centre.
    pub fn prefix(&self) -> &ReferencePrefix {
        &self.prefix
    }

    fn symbol(value: u64) -> char {
        usize::try_from(value).ok().and_then(|at| ALPHABET.get(at)).map_or('?', |&byte| char::from(byte))
    }

    fn value(symbol: char) -> Option<u64> {
        let symbol = match symbol.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        ALPHABET.iter().position(|&byte| char::from(byte) == symbol).and_then(|at| u64::try_from(at).ok())
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.prefix)?;
        for at in 0..8 {
            if at % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{}", Self::symbol((self.number >> (35 - 5 * at)) & 31))?;
        }
        write!(f, "-{}", Self::symbol(self.number % 37))
    }
}

impl<C> Decode<C> for Reference {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let prefix = ReferencePrefix::decode(decoder)?;
        let number = u64::decode(decoder)?;
        if number >> BITS != 0 {
            return Err(DecodeError::Other("a reference of more than 40 bits"));
        }
        Ok(Self { prefix, number })
    }
}

impl<'de, C> BorrowDecode<'de, C> for Reference {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reference({self})")
    }
}

impl FromStr for Reference {
    type Err = IdError;
    /// Takes lower case, missing hyphens, spaces, and the letters O, I and L for 0, 1 and 1; the check character must agree.
    ///
    /// It finds every single wrong character and every two neighbours in the wrong order among the last nine. Those of
    /// the prefix it does not cover: another prefix is another centre's, where nothing has such a number.
    fn from_str(text: &str) -> Result<Self, IdError> {
        let error = || {
            IdError::new(
                "reference",
                text,
                "it must be like FRA-7K4M-92Q2-5, and its last character must agree with the rest",
            )
        };
        if text.len() > MAX_TEXT_BYTES {
            return Err(error());
        }
        let symbols: Vec<char> = text.chars().filter(|&symbol| symbol != '-' && symbol != ' ').collect();
        let [a, b, c, digits @ .., check] = symbols.as_slice() else { return Err(error()) };
        let prefix = [a, b, c].iter().map(|letter| letter.to_ascii_uppercase()).collect::<String>();
        let prefix: ReferencePrefix = prefix.parse().map_err(|_| error())?;
        if digits.len() != 8 {
            return Err(error());
        }
        let number = digits.iter().try_fold(0, |sum: u64, &digit| {
            Self::value(digit).filter(|&value| value < 32).map(|value| sum * 32 + value)
        });
        let number = number.ok_or_else(error)?;
        if Self::value(*check) == Some(number % 37) { Ok(Self { prefix, number }) } else { Err(error()) }
    }
}
text_form!(Reference, "^[A-Z]{3}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z*~$=U]$");

/// The three letters that a centre's references begin with: `FRA`. A text in the bytes and three bytes in memory, for every
/// registration of the fold carries one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReferencePrefix([u8; 3]);

impl Ord for ReferencePrefix {
    /// That of the text.
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        let number = |[a, b, c]: [u8; 3]| u32::from_be_bytes([0, a, b, c]);
        number(self.0).cmp(&number(other.0))
    }
}

impl PartialOrd for ReferencePrefix {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl ReferencePrefix {
    /// The text.
    pub fn as_str(&self) -> &str {
        // Three letters A-Z are a text.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    fn of(bytes: &[u8]) -> Result<Self, IdError> {
        let letters =
            bytes.try_into().ok().filter(|letters: &[u8; 3]| letters.iter().all(u8::is_ascii_uppercase));
        let given = || String::from_utf8_lossy(bytes);
        letters
            .map(Self)
            .ok_or_else(|| IdError::new("reference prefix", &given(), "it must have three letters A-Z"))
    }
}

impl fmt::Display for ReferencePrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ReferencePrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReferencePrefix({self})")
    }
}

impl FromStr for ReferencePrefix {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::of(text.as_bytes())
    }
}
text_form!(ReferencePrefix, "^[A-Z]{3}$");

impl Encode for ReferencePrefix {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.as_str().encode(encoder)
    }
}

impl<C> Decode<C> for ReferencePrefix {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        if u64::decode(decoder)? != 3 {
            return Err(DecodeError::Other("a reference prefix that has not three letters"));
        }
        let letters = <[u8; 3]>::decode(decoder)?;
        Self::of(&letters).map_err(|error| DecodeError::OtherString(error.to_string()))
    }
}

impl<'de, C> BorrowDecode<'de, C> for ReferencePrefix {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}
