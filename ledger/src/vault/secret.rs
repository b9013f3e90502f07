//! The secret that opens a registration.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A registration's secret: its SHA-256, for the text itself is let go as soon as it is read.
///
/// The text is 22 to 128 characters of base64url without padding (22 of them are 128 bits). One of hexadecimal digits
/// alone needs 32, so that it too has 128 bits.
#[derive(Clone, Copy)]
pub struct Secret([u8; 32]);

/// Why a text is no secret. The text is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret must have 128 bits: 22 to 128 characters of base64url, or 32 to 128 hexadecimal digits")]
pub struct SecretError;

impl Secret {
    const MIN_CHARS: usize = 22;
    const MIN_HEX_CHARS: usize = 32;
    const MAX_CHARS: usize = 128;

    /// SHA-256 of the text as it was sent.
    pub fn hash(&self) -> [u8; 32] {
        self.0
    }

    /// Whether this is the secret with that hash, in constant time.
    pub(crate) fn is(&self, hash: &[u8; 32]) -> bool {
        bool::from(self.0.ct_eq(hash))
    }
}

impl FromStr for Secret {
    type Err = SecretError;
    fn from_str(text: &str) -> Result<Self, SecretError> {
        let base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let least = if hex { Self::MIN_HEX_CHARS } else { Self::MIN_CHARS };
        if !(least..=Self::MAX_CHARS).contains(&text.len()) || !text.bytes().all(base64url) {
            return Err(SecretError);
        }
        Ok(Self(Sha256::digest(text.as_bytes()).into()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
