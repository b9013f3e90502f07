//! What availability shows: drawn by the projector, swapped in as a whole, read without waiting.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use schemas::ids::{CentreId, Partition};
use schemas::{CivilDate, Instant, Position};
use sha2::{Digest, Sha256};

use super::drawn::Drawn;
use crate::availability::{DayFacts, Face, all_document, day_document};

/// A document about one centre.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// JSON.
    pub bytes: Drawn,
    /// The position of the centre's last change: the same bytes for as long as it stays.
    pub etag: Position,
    /// What the document is as of.
    pub as_of: Position,
    /// The fold's time there.
    pub at: Instant,
}

/// The document about all centres.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedAll {
    /// JSON.
    pub bytes: Drawn,
    /// A digest of the centres and the positions of their last changes.
    pub etag: String,
    /// What the document is as of: one position for each partition that has centres, ascending.
    pub as_of: Vec<Position>,
    /// The earliest of the folds' times there.
    pub at: Instant,
}

/// All that is shown at one moment.
#[derive(Default)]
pub(crate) struct Published {
    /// Where each partition stands.
    pub(crate) as_of: BTreeMap<Partition, (Position, Instant)>,
    /// The centres.
    pub(crate) centres: BTreeMap<CentreId, Arc<CentreShown>>,
    /// Put together by the first who asks.
    pub(crate) all: OnceLock<Arc<RenderedAll>>,
}

/// One centre as it is shown.
pub(crate) struct CentreShown {
    /// Where its records stand.
    pub(crate) partition: Partition,
    /// What its days have in common.
    pub(crate) face: Arc<Face>,
    /// The position of its last change.
    pub(crate) changed: Position,
    /// Minutes before its slots begin until which they can be booked.
    pub(crate) book_until_min: u32,
    /// The centre by day.
    pub(crate) bytes: Drawn,
    /// Its days.
    pub(crate) days: BTreeMap<CivilDate, Arc<DayShown>>,
}

/// One day as it is shown.
pub(crate) struct DayShown {
    /// What is known of it.
    pub(crate) facts: DayFacts,
    /// Its rows in the centre's document.
    pub(crate) rows: Vec<u8>,
    /// Its slots, drawn by the first who asks: most days change more often than anybody looks.
    pub(crate) document: OnceLock<Drawn>,
}

impl Published {
    /// A centre by day.
    pub(crate) fn centre(&self, centre: &CentreId) -> Option<Rendered> {
        let shown = self.centres.get(centre)?;
        self.rendered(shown, shown.bytes.clone())
    }

    /// The slots of a day.
    pub(crate) fn day(&self, centre: &CentreId, date: CivilDate) -> Option<Rendered> {
        let shown = self.centres.get(centre)?;
        let day = shown.days.get(&date)?;
        // Facts make JSON without fail; if they ever did not, an empty body would be shown and no reader harmed.
        let draw = || day_document(&shown.face, &day.facts).unwrap_or_default().into();
        self.rendered(shown, day.document.get_or_init(draw).clone())
    }

    fn rendered(&self, shown: &CentreShown, bytes: Drawn) -> Option<Rendered> {
        let &(as_of, at) = self.as_of.get(&shown.partition)?;
        Some(Rendered { bytes, etag: shown.changed, as_of, at })
    }

    /// All centres by day.
    pub(crate) fn all(&self) -> Arc<RenderedAll> {
        Arc::clone(self.all.get_or_init(|| Arc::new(self.draw_all())))
    }

    fn draw_all(&self) -> RenderedAll {
        let mut digest = Sha256::new();
        let mut as_of: BTreeMap<Partition, (Position, Instant)> = BTreeMap::new();
        for (centre, shown) in &self.centres {
            digest.update(format!("{centre} {}\n", shown.changed));
            as_of.extend(self.as_of.get(&shown.partition).map(|&at| (shown.partition, at)));
        }
        let digest: [u8; 32] = digest.finalize().into();
        RenderedAll {
            bytes: all_document(self.centres.values().map(|shown| &*shown.bytes)).into(),
            etag: digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect(),
            at: as_of.values().map(|&(_, at)| at).min().unwrap_or(Instant::EPOCH),
            as_of: as_of.into_values().map(|(position, _)| position).collect(),
        }
    }
}
