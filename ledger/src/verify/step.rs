//! What goes from whoever reads and judges to whoever recounts: a batch.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemas::Body;
use schemas::record::PREFIX_BYTES;

use crate::chain::{Chain, Counted, VoidReason};

/// A batch that was read and judged.
pub(super) struct Step {
    /// The chain after it.
    pub(super) chain: Chain,
    pub(super) values: u64,
    pub(super) bytes: u64,
    pub(super) judged: Vec<Judged>,
    /// Events by kind and version, as written.
    pub(super) payloads: BTreeMap<(u16, u8), u64>,
    pub(super) fold_versions: BTreeMap<u16, u64>,
    /// The last value.
    pub(super) last: Option<Arc<[u8]>>,
    /// Where and why reading cannot go on.
    pub(super) halted: Option<(u64, String)>,
}

/// What was found at an offset.
pub(super) struct Judged {
    pub(super) offset: u64,
    pub(super) what: What,
}

/// What a value is, or something that says that it stands behind it.
pub(super) enum What {
    Counts(Counted),
    Repeat { seq: u64, head: [u8; 8] },
    Void(VoidReason),
    Stands,
    Differs(String),
}

impl Step {
    pub(super) fn new(chain: Chain) -> Self {
        let (judged, payloads, fold_versions) = Default::default();
        Self { chain, values: 0, bytes: 0, judged, payloads, fold_versions, last: None, halted: None }
    }

    pub(super) fn halted(chain: Chain, offset: u64, what: String) -> Self {
        Self { halted: Some((offset, what)), ..Self::new(chain) }
    }

    pub(super) fn tally(&mut self, counted: &Counted, value: &[u8]) {
        *self.fold_versions.entry(counted.prefix.fold_version).or_default() += 1;
        if let Body::Decision(_) = counted.body {
            let body = value.get(PREFIX_BYTES..).unwrap_or_default();
            each_payload(body, |kind, version| *self.payloads.entry((kind, version)).or_default() += 1);
        }
    }
}

/// Kind and version of each event as it is written, before anything brings it to a newer version.
fn each_payload(body: &[u8], mut see: impl FnMut(u16, u8)) {
    let mut rest = body.get(2..).unwrap_or_default();
    while let Some(([k0, k1, version, l0, l1, l2, l3], payload)) = rest.split_first_chunk::<7>() {
        see(u16::from_le_bytes([*k0, *k1]), *version);
        let length = u32::from_le_bytes([*l0, *l1, *l2, *l3]);
        rest = payload.get(usize::try_from(length).unwrap_or(usize::MAX)..).unwrap_or_default();
    }
}
