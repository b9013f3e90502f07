//! One partition: each value is judged, tallied and handed to the recount of its centre.

use std::collections::HashMap;

use schemas::events::CentreDescribed;
use schemas::hashing::partition_of;
use schemas::ids::{CentreId, CentreNumber, Partition};
use schemas::vocabulary::Channel;
use schemas::{Body, Event, Instant, Position};

use super::Begun;
use super::recount::{Noted, Recount, Stamp};
use super::report::{Fault, PartitionReport, Report, Wrong};
use crate::chain::{Chain, Counted, Verdict, VoidReason};

pub(super) struct PartitionCheck<'a> {
    report: &'a mut Report,
    partition: Partition,
    /// How many partitions the log has.
    of: u32,
    chain: Chain,
    values: u64,
    records: u64,
    void: u64,
    repeats: u64,
    centres: Vec<Recount>,
    ids: HashMap<CentreId, CentreNumber>,
    at: Option<u64>,
    position: Option<Position>,
}

impl<'a> PartitionCheck<'a> {
    pub(super) fn new(partition: Partition, of: u32, report: &'a mut Report) -> Self {
        Self {
            report,
            partition,
            of,
            chain: Chain::new(None, partition),
            values: 0,
            records: 0,
            void: 0,
            repeats: 0,
            centres: Vec::new(),
            ids: HashMap::new(),
            at: None,
            position: None,
        }
    }

    pub(super) fn partition(&self) -> Partition {
        self.partition
    }

    /// Takes the next value; false when reading cannot go on.
    pub(super) fn take(&mut self, offset: u64, value: &[u8]) -> bool {
        let time_before = self.chain.time();
        self.values += 1;
        (self.at, self.position) = (Some(offset), None);
        match self.chain.judge(offset, value) {
            Err(halt) => {
                self.halt(offset, halt.to_string());
                return false;
            }
            Ok(Verdict::Repeat) => self.repeats += 1,
            Ok(Verdict::Void(reason)) => {
                self.void += 1;
                if reason == VoidReason::Prev {
                    self.fault(Wrong::Forked, "it has the next seq and follows another head".to_owned());
                }
                *self.report.void_by_reason.entry(name(&reason)).or_default() += 1;
            }
            Ok(Verdict::Counts(counted)) => {
                self.records += 1;
                self.position = Some(counted.mark.position(self.partition));
                self.check(&counted, time_before);
            }
        }
        true
    }

    pub(super) fn halt(&mut self, offset: u64, what: String) {
        (self.at, self.position) = (Some(offset), None);
        self.fault(Wrong::Halted, what);
    }

    fn fault(&mut self, wrong: Wrong, what: String) {
        let (partition, offset, position) = (self.partition, self.at, self.position);
        self.report.fault(Fault { partition, offset, position, wrong, what });
    }

    fn check(&mut self, counted: &Counted, time_before: Instant) {
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
            self.decision(counted, events);
        }
    }

    fn decision(&mut self, counted: &Counted, events: &[Event]) {
        for event in events {
            *self.report.events.entry(event.name()).or_default() += 1;
        }
        if events.is_empty() {
            self.fault(Wrong::Empty, "a decision without events".to_owned());
        }
        if self.partition == Partition::OFFICE {
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
        centre.take(&stamp, events);
        let (noted, oversold) = centre.noted();
        self.report.oversold += oversold;
        self.note(noted);
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
        if home != self.partition {
            self.fault(Wrong::OutOfPlace, format!("centre {} belongs to partition {home}", described.id));
        }
        self.centres.push(Recount::new(next, described.id.clone()));
    }

    fn note(&mut self, noted: Vec<Noted>) {
        for (wrong, what) in noted {
            self.fault(wrong, what);
        }
    }

    /// Recounts every centre as a whole, and reports the partition.
    pub(super) fn finish(mut self) -> Begun {
        (self.at, self.position) = (None, None);
        for mut centre in std::mem::take(&mut self.centres) {
            centre.recount_whole();
            centre.tally(self.report);
            let (noted, _) = centre.noted();
            self.note(noted);
        }
        self.report.records += self.records;
        self.report.void += self.void;
        self.report.repeats += self.repeats;
        self.report.partitions.push(PartitionReport {
            partition: self.partition,
            seq: self.chain.position().seq,
            head: self.chain.head(),
            epoch: self.chain.epoch(),
            values: self.values,
            records: self.records,
            void: self.void,
            repeats: self.repeats,
        });
        self.chain.ledger().zip(self.chain.genesis())
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
