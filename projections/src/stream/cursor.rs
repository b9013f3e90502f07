//! A place in the stream of all events, as a client keeps it: opaque, and of one history alone.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemas::ids::LedgerId;
use sha2::{Digest as _, Sha256};

const VERSION: u8 = 1;
const CHECK_BYTES: usize = 8;
/// No cursor of ours is longer: 16 bytes a partition would be generous.
const MAX_TEXT: usize = 64 * 1024;

/// Why a cursor leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// It is not what was given out.
    #[error("it is no cursor that was given out here")]
    Malformed,
    /// It was given out by another ledger.
    #[error("it is of ledger {0}")]
    ForeignLedger(LedgerId),
    /// It goes on from other records than those that stand here.
    #[error("it is of another history of this ledger")]
    ForeignHistory,
    /// It lies past the end.
    #[error("it lies past the end of the log")]
    Future,
}

/// How far each partition was given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) ledger: LedgerId,
    /// The seq that comes next, by partition.
    pub(super) next: Vec<u64>,
    /// Of the record that comes next in one partition, so many events were given out.
    pub(super) within: Option<(usize, usize)>,
    /// Of the heads before `next`.
    pub(super) check: [u8; CHECK_BYTES],
}

/// Tells a history: the heads before the records that come next.
pub(super) fn check_of(heads: impl IntoIterator<Item = (u64, [u8; 8])>) -> [u8; CHECK_BYTES] {
    let mut digest = Sha256::new();
    for (next, head) in heads {
        digest.update(next.to_be_bytes());
        digest.update(head);
    }
    digest.finalize().first_chunk().copied().unwrap_or_default()
}

impl Cursor {
    /// As clients keep it.
    pub(super) fn to_text(&self) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&self.ledger.0);
        put(&mut bytes, number(self.next.len()));
        self.next.iter().for_each(|&next| put(&mut bytes, next));
        let (partition, events) = self.within.map_or((0, 0), |(partition, events)| (partition + 1, events));
        put(&mut bytes, number(partition));
        put(&mut bytes, number(events));
        bytes.extend_from_slice(&self.check);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// # Errors
    /// When it was not made by [`Self::to_text`].
    pub(super) fn from_text(text: &str) -> Result<Self, CursorError> {
        if text.len() > MAX_TEXT {
            return Err(CursorError::Malformed);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError::Malformed)?;
        read(&bytes).ok_or(CursorError::Malformed)
    }
}

fn read(bytes: &[u8]) -> Option<Cursor> {
    let (&VERSION, rest) = bytes.split_first()? else { return None };
    let (ledger, mut rest) = rest.split_first_chunk::<16>()?;
    let count = usize::try_from(take(&mut rest)?).ok()?;
    // Each takes a byte at least, so that no count makes us set memory aside.
    let next: Vec<u64> = if count <= rest.len() {
        (0..count).map(|_| take(&mut rest)).collect::<Option<_>>()?
    } else {
        return None;
    };
    let partition = usize::try_from(take(&mut rest)?).ok()?;
    let events = usize::try_from(take(&mut rest)?).ok()?;
    let within = partition.checked_sub(1).map(|partition| (partition, events));
    let check = rest.try_into().ok()?;
    Some(Cursor { ledger: LedgerId(*ledger), next, within, check })
}

/// Seven bits a byte, the least first.
fn put(bytes: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        bytes.push(u8::try_from(value & 0x7f).unwrap_or(0) | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap_or(0));
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            return None;
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn number(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_out_is_read_again_and_nothing_else_is() {
        let cursor = Cursor {
            ledger: LedgerId([7; 16]),
            next: vec![0, 127, 128, u64::MAX],
            within: Some((2, 300)),
            check: [9; CHECK_BYTES],
        };
        let text = cursor.to_text();
        assert_eq!(Cursor::from_text(&text), Ok(cursor));
        for cut in 0..text.len() {
            assert_eq!(Cursor::from_text(&text[..cut]), Err(CursorError::Malformed), "{cut}");
        }
        assert_eq!(Cursor::from_text("no cursor"), Err(CursorError::Malformed));
        assert_eq!(Cursor::from_text(&format!("{text}AAAA")), Err(CursorError::Malformed));
    }
}
