//! What the projector keeps for each centre beside the fold: how it is called, and what of it has to be drawn anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bincode::{Decode, Encode};
use ledger::chain::Counted;
use ledger::fold::PartitionFold;
use schemas::codec::{self, CodecError};
use schemas::ids::{CentreNumber, Cvx, Partition, SlotId, VaccineName};
use schemas::{Body, Event, Instant, Position};

use crate::availability::{Face, ZoneClock};
use crate::mapping::changes_offer;

/// The centres of one partition.
pub(super) struct Tracks {
    partition: Partition,
    centres: BTreeMap<CentreNumber, Track>,
}

/// One centre.
pub(super) struct Track {
    /// What its days have in common.
    pub(super) face: Arc<Face>,
    /// The last record that can have changed what it offers.
    pub(super) changed: Position,
    /// What has to be drawn anew.
    pub(super) dirty: Dirty,
    /// What it was changed at when it was last drawn.
    drawn: Option<Position>,
    /// When sets of rules come into force that are not yet.
    coming: BTreeSet<Instant>,
}

/// What has to be drawn anew.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Dirty {
    /// Every day.
    All,
    /// The days of these slots.
    Slots(BTreeSet<SlotId>),
}

/// What of a track does not follow from the fold, for snapshots.
#[derive(Encode, Decode)]
struct Stored {
    number: CentreNumber,
    names: BTreeMap<Cvx, VaccineName>,
    changed: (u64, [u8; 8]),
    coming: BTreeSet<Instant>,
}

impl Tracks {
    /// As they were beside this fold.
    ///
    /// # Errors
    /// When the bytes are not [`Self::to_bytes`] of one that followed the same.
    pub(super) fn of(fold: &PartitionFold, bytes: &[u8]) -> Result<Self, CodecError> {
        let partition = fold.chain.partition();
        let mut tracks = Self::new(partition);
        for Stored { number, names, changed: (seq, head), coming } in
            codec::from_large_bytes::<Vec<Stored>>(bytes)?
        {
            let description = fold.state.by_number(number).and_then(|centre| centre.description());
            let description =
                description.ok_or_else(|| CodecError::Malformed(format!("there is no centre {number}")))?;
            let clock = ZoneClock::new(&description.time_zone);
            let face = Arc::new(Face { centre: description.id.clone(), clock, names });
            let changed = Position { partition, seq, head };
            tracks.centres.insert(number, Track { face, changed, dirty: Dirty::All, drawn: None, coming });
        }
        Ok(tracks)
    }

    /// For a snapshot. Empty, which nobody reads as tracks, when it cannot be written.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let stored = self.centres.iter().map(|(&number, track)| Stored {
            number,
            names: track.face.names.clone(),
            changed: (track.changed.seq, track.changed.head),
            coming: track.coming.clone(),
        });
        let mut bytes = Vec::new();
        match codec::feed(&stored.collect::<Vec<_>>(), |piece| bytes.extend_from_slice(piece)) {
            Ok(()) => bytes,
            Err(_) => Vec::new(),
        }
    }

    pub(super) fn new(partition: Partition) -> Self {
        Self { partition, centres: BTreeMap::new() }
    }

    /// The centres.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (CentreNumber, &mut Track)> {
        self.centres.iter_mut().map(|(&number, track)| (number, track))
    }

    /// Takes a record in that counts.
    pub(super) fn record(&mut self, record: &Counted) {
        let Body::Decision(events) = &record.body else { return };
        let at = record.mark.position(self.partition);
        let number = record.prefix.centre;
        for event in events {
            if let Event::CentreDescribed(described) = event {
                let names =
                    self.centres.get(&number).map(|track| track.face.names.clone()).unwrap_or_default();
                let clock = ZoneClock::new(&described.time_zone);
                let face = Arc::new(Face { centre: described.id.clone(), clock, names });
                let coming = self.centres.remove(&number).map(|track| track.coming).unwrap_or_default();
                let track = Track { face, changed: at, dirty: Dirty::All, drawn: None, coming };
                self.centres.insert(number, track);
            }
        }
        if let Some(track) = self.centres.get_mut(&number) {
            track.record(events, at, record.mark.time);
        }
    }

    /// Slots of a centre have other counts than before.
    pub(super) fn touch(&mut self, number: CentreNumber, slots: BTreeSet<SlotId>) {
        if let Some(Track { dirty: Dirty::Slots(dirty), .. }) = self.centres.get_mut(&number) {
            dirty.extend(slots);
        }
    }
}

impl Track {
    /// Whether anything has to be drawn anew.
    pub(super) fn is_dirty(&self) -> bool {
        self.dirty != Dirty::Slots(BTreeSet::new()) || self.drawn != Some(self.changed)
    }

    /// Notes that all is drawn.
    pub(super) fn clean(&mut self) {
        self.dirty = Dirty::Slots(BTreeSet::new());
        self.drawn = Some(self.changed);
    }

    fn record(&mut self, events: &[Event], at: Position, time: Instant) {
        for event in events {
            if let Event::RulesSet(rules) = event {
                let mut face = Face::clone(&self.face);
                face.names.extend(rules.set.vaccines.iter().map(|rule| (rule.cvx, rule.name.clone())));
                self.face = Arc::new(face);
                self.coming.insert(rules.effective_at);
                self.dirty = Dirty::All;
            }
        }
        // Rules that have come into force meanwhile change the limits of every day, without an event of their own.
        let is_due = self.coming.first().is_some_and(|&first| first <= time);
        if is_due {
            self.coming = self.coming.split_off(&time.plus_millis(1));
            self.dirty = Dirty::All;
        }
        if is_due || events.iter().any(changes_offer) {
            self.changed = at;
        }
    }
}
