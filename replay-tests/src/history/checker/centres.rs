//! The centres of a partition as the model has them, going forward through the log.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use ledger::{Asked, CentreCommand, Decision, Mark, Rejection};
use schemas::ids::{ActorId, CentreId, CentreNumber};
use schemas::vocabulary::Channel;
use schemas::{CivilDate, Event, Instant};

use super::capacity::Capacity;
use super::index::Way;
use super::moments::moments;
use super::shelf::{Names, Shelf};
use super::violation::Room;
use crate::model::Model;

/// All centres of a partition.
#[derive(Debug, Default)]
pub(super) struct Centres {
    by_number: BTreeMap<CentreNumber, Centre>,
    numbers: BTreeMap<CentreId, CentreNumber>,
}

/// One centre.
#[derive(Debug)]
pub(super) struct Centre {
    model: Model,
    shelf: Shelf,
    capacity: Capacity,
    zone: (String, TimeZone),
    last: Option<Mark>,
}

/// When a refusal may have been decided, and by whom it was asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asking {
    pub(super) channel: Channel,
    pub(super) actor: ActorId,
    pub(super) from: Instant,
    pub(super) until: Option<Instant>,
}

impl Centres {
    pub(super) fn id_of(&self, number: CentreNumber) -> Option<&CentreId> {
        self.numbers.iter().find(|&(_, &known)| known == number).map(|(id, _)| id)
    }

    /// The centre that a record concerns; it comes into being with its first.
    pub(super) fn of_record(&mut self, number: CentreNumber, events: &[Event]) -> &mut Centre {
        if let Some(Event::CentreDescribed(described)) = events.first() {
            self.numbers.insert(described.id.clone(), number);
        }
        self.by_number.entry(number).or_insert_with(|| Centre::new(number))
    }

    /// What the rules say to a command that was refused: all answers they may have given, until one is `told`.
    pub(super) fn refuse_again(
        &mut self,
        id: &CentreId,
        command: &CentreCommand,
        asking: Asking,
        told: &dyn Fn(&Rejection) -> bool,
    ) -> Result<(), String> {
        let number = self.numbers.get(id).copied();
        match number.and_then(|number| self.by_number.get_mut(&number)) {
            Some(centre) => centre.refuse_again(command, asking, told),
            None => Centre::new(CentreNumber::NONE).refuse_again(command, asking, told),
        }
    }

    pub(super) fn into_models(self) -> BTreeMap<CentreId, Model> {
        let Self { mut by_number, numbers } = self;
        let models = numbers.into_iter().filter_map(|(id, number)| {
            let mut centre = by_number.remove(&number)?;
            centre.shelf.bring_all(&mut centre.model);
            Some((id, centre.model))
        });
        models.collect()
    }
}

impl Centre {
    fn new(number: CentreNumber) -> Self {
        Self {
            model: Model::new(number),
            shelf: Shelf::default(),
            capacity: Capacity::default(),
            zone: (String::new(), TimeZone::UTC),
            last: None,
        }
    }

    fn bring(&mut self, names: Names) {
        self.shelf.bring(&mut self.model, names);
        // What is forgotten is forgotten on the shelf, too.
        if let Some(last) = self.last {
            self.model.tell(&[], &last);
        }
    }

    /// Whether these are events that time alone decides at this moment, one by one.
    pub(super) fn are_due(&mut self, events: &[Event], mark: &Mark) -> Result<(), String> {
        self.bring(Names::of_events(events));
        let mut ahead = self.model.clone();
        for event in events {
            let due = ahead.due(mark.time);
            if due.as_ref() != Some(event) {
                return Err(format!("{event:?} is recorded as due, where due is {due:?}"));
            }
            ahead.tell(std::slice::from_ref(event), mark);
        }
        Ok(())
    }

    /// Whether these are the events that the rules make of a command sent in one of these ways.
    pub(super) fn are_decided(
        &mut self,
        events: &[Event],
        ways: &[&Way<'_>],
        at: Instant,
    ) -> Result<(), String> {
        if let Some(due) = self.model.due(at) {
            return Err(format!("{due:?} is due before"));
        }
        let mut says = String::new();
        for way in ways {
            self.bring(Names::of_command(way.command));
            let asked = Asked { now: at, on: self.civil_day(at), channel: way.channel, actor: way.actor };
            match self.model.decide(way.command, &asked) {
                Ok(Decision::Events(decided)) if decided == events => return Ok(()),
                other => says = format!("{:?} leads to {other:?}, recorded is {events:?}", way.command),
            }
        }
        Err(says)
    }

    /// Takes a record in; what is then overbooked, and what the model finds wrong with itself.
    pub(super) fn tell(&mut self, events: &[Event], mark: &Mark) -> (Vec<(Room, u32, u32)>, Vec<String>) {
        self.bring(Names::of_events(events));
        self.model.tell(events, mark);
        self.last = Some(*mark);
        let zone = self.model.described.last().map_or("UTC", |told| told.event.time_zone.as_str());
        if zone != self.zone.0 {
            self.zone = (zone.to_owned(), TimeZone::get(zone).unwrap_or(TimeZone::UTC));
        }
        let breaches = self.model.breaches();
        self.model.faults.clear();
        self.shelf.put_away(&mut self.model);
        (self.capacity.count(events), breaches)
    }

    fn refuse_again(
        &mut self,
        command: &CentreCommand,
        asking: Asking,
        told: &dyn Fn(&Rejection) -> bool,
    ) -> Result<(), String> {
        self.bring(Names::of_command(command));
        let mut says = String::new();
        let moments = moments(&self.model, command, asking.from, asking.until);
        let true_then = moments.into_iter().any(|now| {
            let Asking { channel, actor, .. } = asking;
            let asked = Asked { now, on: self.civil_day(now), channel, actor };
            let decided = self.model.decide(command, &asked);
            let is_told = matches!(&decided, Err(rejection) if told(rejection));
            if !is_told && says.is_empty() {
                says = format!("{decided:?}");
            }
            is_told
        });
        self.shelf.put_away(&mut self.model);
        if true_then { Ok(()) } else { Err(says) }
    }

    fn civil_day(&self, at: Instant) -> CivilDate {
        let date =
            jiff::Timestamp::from_millisecond(at.millis()).map(|at| self.zone.1.to_datetime(at).date());
        let date = date.unwrap_or_default();
        CivilDate::from_ymd(date.year(), date.month(), date.day())
            .unwrap_or_else(|| unreachable!("every instant lies on a day that is in range"))
    }
}
