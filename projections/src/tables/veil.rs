//! Subjects under other names: what an export says instead of the ids that stand in the log.
//!
//! Each id is replaced by the HMAC of itself under a key that belongs to the export's purpose. Within one purpose equal
//! ids stay equal, so that tables join; two purposes share no name. Whoever has both can still compare what rows say.

use hmac::{Hmac, KeyInit as _, Mac as _};
use schemas::ids::{Partition, ReferencePrefix};
use schemas::{Instant, Reference};
use sha2::Sha256;

/// Bytes of the key that all purposes are derived from.
pub const KEY_BYTES: usize = 32;
const MINUTE_MS: i64 = 60_000;

/// What is shown in place of a subject.
#[derive(Clone)]
pub struct Veil(Option<Keyed>);

#[derive(Clone)]
struct Keyed {
    /// Under the purpose's key, with nothing in it yet.
    mac: Hmac<Sha256>,
    /// Whether places in the log and the seconds of an instant are hidden too.
    places: bool,
}

impl std::fmt::Debug for Veil {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_raw() { "Veil(raw)" } else { "Veil(keyed)" })
    }
}

impl Veil {
    /// Nothing is hidden: for auditors.
    pub fn raw() -> Self {
        Self(None)
    }

    /// Subjects are keyed for this purpose. Places in the log and instants stay, so that a reader can come back to one.
    pub fn stream(key: &[u8; KEY_BYTES], purpose: &str) -> Self {
        Self(Some(Keyed { mac: purpose_mac(key, purpose), places: false }))
    }

    /// As [`Self::stream`], and places in the log are keyed too and instants cut to the minute: files stay and travel.
    pub fn files(key: &[u8; KEY_BYTES], purpose: &str) -> Self {
        Self(Some(Keyed { mac: purpose_mac(key, purpose), places: true }))
    }

    /// Whether nothing is hidden.
    pub fn is_raw(&self) -> bool {
        self.0.is_none()
    }

    /// Which names these are: equal in two exports whose subjects have the same names. It tells nothing of the key.
    pub fn names(&self) -> Option<String> {
        let keyed = self.0.as_ref()?;
        Some(half(keyed.of("names", &[])).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// 16 bytes of a subject of this kind; zeros stand for "none" and stay.
    pub(super) fn bytes(&self, kind: &str, raw: [u8; 16]) -> [u8; 16] {
        let Some(keyed) = &self.0 else { return raw };
        if raw == [0; 16] { raw } else { half(keyed.of(kind, &raw)) }
    }

    /// The same for 32 bytes.
    pub(super) fn long_bytes(&self, kind: &str, raw: [u8; 32]) -> [u8; 32] {
        self.0.as_ref().map_or(raw, |keyed| keyed.of(kind, &raw))
    }

    /// The same for a UUID: what comes out is a UUID of version 4 in form.
    pub(super) fn uuid(&self, kind: &str, raw: [u8; 16]) -> [u8; 16] {
        let mut bytes = self.bytes(kind, raw);
        if !self.is_raw() && bytes != [0; 16] {
            let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
            *version = (*version & 0x0f) | 0x40;
            *variant = (*variant & 0x3f) | 0x80;
        }
        bytes
    }

    /// The same for a reference: the prefix stays, the number is another.
    pub(super) fn reference(&self, raw: &Reference) -> Reference {
        let Some(keyed) = &self.0 else { return *raw };
        let [a, b, c, d, e, f, g, h, ..] = keyed.of("reference", raw.to_string().as_bytes());
        let prefix: ReferencePrefix = *raw.prefix();
        Reference::new(prefix, u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }

    /// The name of an event: its place, or 32 hex digits where places are hidden.
    pub(super) fn event_id(&self, partition: Partition, seq: u64, index: usize) -> String {
        let place = format!("{partition}@{seq}.{index}");
        match &self.0 {
            Some(keyed) if keyed.places => {
                half(keyed.of("event", place.as_bytes())).iter().map(|byte| format!("{byte:02x}")).collect()
            }
            _ => place,
        }
    }

    /// An instant at which somebody did something.
    pub(super) fn instant(&self, at: Instant) -> Instant {
        match &self.0 {
            Some(keyed) if keyed.places => {
                Instant::from_millis(at.millis() - at.millis().rem_euclid(MINUTE_MS)).unwrap_or(at)
            }
            _ => at,
        }
    }
}

impl Keyed {
    fn of(&self, kind: &str, raw: &[u8]) -> [u8; 32] {
        let mut mac = self.mac.clone();
        // The kind has no zero byte, so that kind and id cannot run into one another.
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        mac.update(raw);
        mac.finalize().into_bytes().into()
    }
}

fn purpose_mac(key: &[u8; KEY_BYTES], purpose: &str) -> Hmac<Sha256> {
    let derived = hmac(key, &[b"terminbuch/export purpose 1\0", purpose.as_bytes()]);
    // A key of 32 bytes is taken as it is: neither padded to a shorter one's form nor hashed.
    keyed(&derived)
}

/// Tells a key from others without telling the key.
pub fn check_value(key: &[u8; KEY_BYTES]) -> [u8; 32] {
    hmac(key, &[b"terminbuch/export check 1\0"])
}

fn hmac(key: &[u8; KEY_BYTES], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = keyed(key);
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

fn keyed(key: &[u8; KEY_BYTES]) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes keys of every length"))
}

fn half(bytes: [u8; 32]) -> [u8; 16] {
    let (half, _) = bytes.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
    *half
}
