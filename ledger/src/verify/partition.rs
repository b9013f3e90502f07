//! One partition: what its values are is tallied, and what counts is handed to the recount of its centre.
//!
//! Everything that is known of it stands here, so that it can be saved between two batches and gone on from.

use std::collections::{BTreeMap, HashMap};

use bincode::{Decode, Encode};
use schemas::events::CentreDescribed;
use schemas::hashing::partition_of;
use schemas::ids::{CentreId, CentreNumber, Commitment, Partition, RegistrationId};
use schemas::vocabulary::Channel;
use schemas::{Body, Event, Instant, Position};

use super::beside::{Commitments, Standing};
use super::recount::{Noted, Recount, Stamp};
use super::report::{FAULTS_KEPT, Fault, PartitionReport, Report, Tally};
use super::run::Begun;
use super::seen::{Beginning, Seen};
use super::step::{Judged, Step, What};
use super::wrong::Wrong;
use crate::chain::{Chain, Counted, VoidReason};
use crate::vault::Committed;

/// How many heads are kept to compare repeats with: they follow soon after what they repeat.
const HEADS_KEPT: u64 = 65_536;

#[derive(Encode, Decode)]
pub(super) struct PartitionCheck {
    /// How many partitions the log has.
    of: u32,
    /// As far as the recount is.
    chain: Chain,
    /// The value before the one that is read next.
    last: Vec<u8>,
    /// Where reading could not go on.
    halted: bool,
    finished: bool,
    tally: Tally,
    faults: Vec<Fault>,
    fault_count: u64,
    centres: Vec<Recount>,
    ids: HashMap<CentreId, CentreNumber>,
    seen: Seen,
    /// The beginnings of the newest heads, by seq.
    heads: Vec<[u8; 8]>,
    at: Option<u64>,
    position: Option<Position>,
}

impl PartitionCheck {
    /// Of a log with so many partitions, this one with so many values.
    pub(super) fn new(partition: Partition, of: u32, values: u64) -> Self {
        let (tally, faults, centres, ids, heads) = Default::default();
        Self {
            of,
            chain: Chain::new(None, partition),
            last: Vec::new(),
            halted: false,
            finished: false,
            tally,
            faults,
            fault_count: 0,
            centres,
            ids,
            seen: Seen::for_values(values),
            heads,
            at: None,
            position: None,
        }
    }

    pub(super) fn chain(&self) -> &Chain {
        &self.chain
    }

    pub(super) fn begun(&self) -> Begun {
        self.chain.ledger().zip(self.chain.genesis())
    }

    pub(super) fn seen(&self) -> &Seen {
        &self.seen
    }

    pub(super) fn is_finished(&self) -> bool {
        self.finished
    }

    pub(super) fn is_halted(&self) -> bool {
        self.halted
    }

    /// How many values and bytes were read.
    pub(super) fn read(&self) -> (u64, u64) {
        (self.tally.values, self.tally.bytes)
    }

    /// The last value that was judged, and where it stands.
    pub(super) fn last(&self) -> Option<(u64, &[u8])> {
        Some((self.chain.next_offset().checked_sub(1)?, &self.last))
    }

    /// Takes a batch in.
    pub(super) fn take(&mut self, step: Step, vault: Option<&dyn Commitments>) {
        let mut time = self.chain.time();
        self.tally.values += step.values;
        self.tally.bytes += step.bytes;
        add_all(&mut self.tally.payloads, step.payloads);
        add_all(&mut self.tally.fold_versions, step.fold_versions);
        for Judged { offset, what } in step.judged {
            (self.at, self.position) = (Some(offset), None);
            match what {
                What::Repeat { seq, head } => self.repeat(seq, head),
                What::Void(reason) => self.void(&reason),
                What::Stands => self.tally.standings += 1,
                What::Differs(what) => self.fault(Wrong::CheckpointDiffers, what),
                What::Counts(counted) => {
                    self.tally.records += 1;
                    self.position = Some(counted.mark.position(self.chain.partition()));
                    self.remember(&counted);
                    self.check(&counted, time, vault);
                    time = time.max(counted.mark.time);
                }
            }
        }
        if let Some((offset, what)) = step.halted {
            (self.at, self.position) = (Some(offset), None);
            self.fault(Wrong::Halted, what);
            self.halted = true;
        }
        if let Some(last) = step.last {
            self.last = last.to_vec();
        }
        self.chain = step.chain;
    }

    fn fault(&mut self, wrong: Wrong, what: String) {
        let (partition, offset, position) = (self.chain.partition(), self.at, self.position);
        self.fault_count += 1;
        if self.faults.len() < FAULTS_KEPT {
            self.faults.push(Fault { partition, offset, position, wrong, what });
        }
    }

    fn void(&mut self, reason: &VoidReason) {
        if *reason == VoidReason::Prev {
            self.fault(Wrong::Forked, "it has the next seq and follows another head".to_owned());
        }
        self.tally.void += 1;
        *self.tally.void_by_reason.entry(name(reason).to_owned()).or_default() += 1;
    }

    fn remember(&mut self, counted: &Counted) {
        let place = usize::try_from(counted.mark.seq % HEADS_KEPT).unwrap_or(0);
        match self.heads.get_mut(place) {
            Some(head) => *head = counted.mark.head,
            None => self.heads.push(counted.mark.head),
        }
    }

    /// An honest repeat is the same record once more.
    fn repeat(&mut self, seq: u64, head: [u8; 8]) {
        self.tally.repeats += 1;
        // Where the newest record stands is not known before the step is taken in, so what was counted says it.
        let newest = self.tally.records.saturating_sub(1);
        let place = usize::try_from(seq % HEADS_KEPT).unwrap_or(usize::MAX);
        match self.heads.get(place) {
            Some(there) if newest.saturating_sub(seq) < HEADS_KEPT => {
                if *there != head {
                    let what = format!("it says that it is record {seq} of its epoch, which was another");
                    self.fault(Wrong::RepeatDiffers, what);
                }
            }
            _ => self.tally.repeats_not_compared += 1,
        }
    }

    fn check(&mut self, counted: &Counted, time_before: Instant, vault: Option<&dyn Commitments>) {
        let prefix = &counted.prefix;
        if let Body::Claim(_) = counted.body {
            if prefix.seq != 0 || prefix.prev.0 != [0; 32] {
                self.fault(Wrong::ClaimNamesPlace, "a claim has no seq and no head of its own".to_owned());
            }
            return;
        }
        if let Body::Genesis(genesis) = counted.body {
            if genesis.partitions != self.of {
                let what = format!("it names {} partitions, the log has {}", genesis.partitions, self.of);
                self.fault(Wrong::GenesisDiffers, what);
            }
            return;
        }
        if prefix.epoch == 0 {
            self.fault(
                Wrong::Unclaimed,
                "it was written before anybody had claimed the partition".to_owned(),
            );
        }
        if counted.mark.time < time_before {
            let what = format!("it is stamped {}, after {time_before}", counted.mark.time);
            self.fault(Wrong::TimeWentBack, what);
        }
        if let Body::Decision(events) = &counted.body {
            self.decision(counted, events, vault);
        }
    }

    fn decision(&mut self, counted: &Counted, events: &[Event], vault: Option<&dyn Commitments>) {
        if events.is_empty() {
            self.fault(Wrong::Empty, "a decision without events".to_owned());
        }
        if self.chain.partition() == Partition::OFFICE {
            return self.office(counted, events);
        }
        let number = counted.prefix.centre;
        if let Some(Event::CentreDescribed(described)) = events.first()
            && described.revision == 1
        {
            self.new_centre(described);
        }
        let Some(channel) = Channel::from_number(counted.prefix.channel) else { return };
        let stamp = Stamp { time: counted.mark.time, channel, seq: counted.mark.seq };
        let index = usize::try_from(number.0).ok().and_then(|number| number.checked_sub(1));
        let Some(centre) = index.and_then(|index| self.centres.get_mut(index)) else {
            return self.fault(Wrong::Unknown, format!("there is no centre {number} in this partition"));
        };
        for beginning in events.iter().filter_map(|event| Beginning::of(number, event)) {
            self.seen.insert(&beginning);
        }
        let erased = events.iter().filter_map(|event| Beginning::of_erased(number, event));
        let unknown: Vec<Beginning> = erased.filter(|erased| !self.seen.contains(erased)).collect();
        centre.take(&stamp, events);
        let (noted, oversold) = centre.noted();
        self.tally.oversold += oversold;
        if let Some(vault) = vault {
            let id = centre.id().clone();
            events.iter().for_each(|event| self.commitment(vault, &id, event));
        }
        self.note(noted);
        for erased in unknown {
            self.fault(Wrong::Unknown, format!("{erased} is to be erased and never was"));
        }
    }

    fn office(&mut self, counted: &Counted, events: &[Event]) {
        let of_office = |event: &Event| matches!(event, Event::ChannelSet(_) | Event::RecordsRead(_));
        for event in events.iter().filter(|event| !of_office(event)) {
            self.fault(Wrong::OutOfPlace, format!("{} stands in the office's partition", event.name()));
        }
        if counted.prefix.centre != CentreNumber::NONE {
            self.fault(Wrong::OutOfPlace, format!("the office knows no centre {}", counted.prefix.centre));
        }
    }

    fn new_centre(&mut self, described: &CentreDescribed) {
        let next = CentreNumber(u32::try_from(self.centres.len()).unwrap_or(u32::MAX).saturating_add(1));
        if described.number != next {
            let what =
                format!("centre {} has number {}, where {next} is next", described.id, described.number);
            self.fault(Wrong::WrongNumber, what);
        }
        if self.ids.insert(described.id.clone(), next).is_some() {
            self.fault(Wrong::UsedAgain, format!("centre {} was there before", described.id));
        }
        let home = partition_of(&described.id, self.of);
        if home != self.chain.partition() {
            self.fault(Wrong::OutOfPlace, format!("centre {} belongs to partition {home}", described.id));
        }
        self.centres.push(Recount::new(next, described.id.clone()));
    }

    /// The data that the vault still has are those that were committed to, and what was erased is gone.
    fn commitment(&mut self, vault: &dyn Commitments, centre: &CentreId, event: &Event) {
        match event {
            Event::RegistrationAccepted(event) => {
                self.committed(vault, centre, (event.registration, 1), event.commitment);
            }
            Event::RegistrationAmended(event) => {
                self.committed(vault, centre, (event.registration, event.revision), event.commitment);
            }
            Event::ErasureDone(event) => {
                if let Ok(Committed::To(_)) = vault.committed(centre, event.registration, 1) {
                    let what = format!("the vault still has the data of registration {}", event.registration);
                    self.fault(Wrong::NotErased, what);
                }
            }
            _ => {}
        }
    }

    fn committed(
        &mut self,
        vault: &dyn Commitments,
        centre: &CentreId,
        (registration, revision): (RegistrationId, u32),
        committed: Commitment,
    ) {
        let which = || format!("revision {revision} of registration {registration} at {centre}");
        match vault.committed(centre, registration, revision) {
            Ok(Committed::To(found)) if found == committed => self.tally.commitments_kept += 1,
            Ok(Committed::Erased) => self.tally.commitments_erased += 1,
            Ok(Committed::To(_)) => {
                let what = format!("the vault has other data of {} than were committed to", which());
                self.fault(Wrong::CommitmentDiffers, what);
            }
            Ok(Committed::Nothing) => {
                let what = format!("the vault has nothing of {}, which nobody erased", which());
                self.fault(Wrong::CommitmentMissing, what);
            }
            Err(why) => self.fault(Wrong::VaultDamaged, why),
        }
    }

    fn note(&mut self, noted: Vec<Noted>) {
        for (wrong, what) in noted {
            self.fault(wrong, what);
        }
    }

    /// Recounts every centre as a whole, and lets go of what only reading needed. `again`: what began again.
    pub(super) fn finish(&mut self, again: Vec<Fault>, standings: &[&Standing]) {
        (self.at, self.position) = (None, None);
        self.fault_count += u64::try_from(again.len()).unwrap_or(u64::MAX);
        self.faults.extend(again);
        self.faults.sort_by_key(|fault| fault.offset);
        self.faults.truncate(FAULTS_KEPT);
        for mut centre in std::mem::take(&mut self.centres) {
            centre.recount_whole();
            centre.tally(&mut self.tally);
            let (noted, _) = centre.noted();
            self.note(noted);
        }
        let end = self.chain.next_offset();
        for standing in standings.iter().filter(|standing| standing.offset > end) {
            let (what, offset) = (&standing.what, standing.offset);
            self.fault(
                Wrong::CheckpointDiffers,
                format!("{what} stand at offset {offset}, past its end at {end}"),
            );
        }
        self.tally.ids_not_compared = self.seen.beyond();
        (self.seen, self.heads, self.ids) = Default::default();
        self.finished = true;
    }

    /// Adds the partition to the report.
    pub(super) fn report(self, report: &mut Report) {
        let Tally { values, bytes, records, void, repeats, .. } = self.tally;
        report.partitions.push(PartitionReport {
            partition: self.chain.partition(),
            seq: self.chain.position().seq,
            head: self.chain.head(),
            epoch: self.chain.epoch(),
            values,
            bytes,
            records,
            void,
            repeats,
        });
        let kept = u64::try_from(self.faults.len()).unwrap_or(u64::MAX);
        self.faults.into_iter().for_each(|fault| report.fault(fault));
        report.fault_count += self.fault_count.saturating_sub(kept);
        report.add(self.tally);
    }
}

/// Adds counts to others by name.
pub(super) fn add_all<K: Ord>(to: &mut BTreeMap<K, u64>, counts: impl IntoIterator<Item = (K, u64)>) {
    for (name, count) in counts {
        *to.entry(name).or_default() += count;
    }
}

fn name(reason: &VoidReason) -> &'static str {
    match reason {
        VoidReason::NoRecord(_) => "NoRecord",
        VoidReason::SecondGenesis => "SecondGenesis",
        VoidReason::ForeignLedger(_) => "ForeignLedger",
        VoidReason::ForeignPartition(_) => "ForeignPartition",
        VoidReason::ClaimEpoch { .. } => "ClaimEpoch",
        VoidReason::ClaimantTooOld { .. } => "ClaimantTooOld",
        VoidReason::Epoch { .. } => "Epoch",
        VoidReason::Seq { .. } => "Seq",
        VoidReason::Prev => "Prev",
        VoidReason::FoldVersion { .. } => "FoldVersion",
    }
}
