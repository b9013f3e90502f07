//! One history, run against the ledger's centre and against the model side by side.

use ledger::centre::Centre;
use ledger::{Asked, CentreCommand, Decision, Mark, Rejection};
use replay_tests::model::Model;
use schemas::ids::{ActorId, CentreNumber, SlotId};
use schemas::vocabulary::{Channel, Contingent, Dose};
use schemas::{Event, Instant};

use crate::coverage::{Coverage, note};
use crate::resolve::View;
use crate::steps::Step;
use crate::universe;

/// Both sides, and how they came there.
pub(crate) struct Run {
    pub(crate) model: Model,
    pub(crate) centre: Centre,
    pub(crate) records: Vec<(Vec<Event>, Mark)>,
    pub(crate) coverage: Coverage,
    /// Whether every step is told on standard error.
    pub(crate) told: bool,
    asked: Vec<CentreCommand>,
    now: Instant,
}

impl Run {
    pub(crate) fn new() -> Self {
        Self {
            model: Model::new(CentreNumber(1)),
            centre: Centre::new(CentreNumber(1)),
            records: Vec::new(),
            coverage: Coverage::default(),
            told: false,
            asked: Vec::new(),
            now: universe::beginning(),
        }
    }

    /// Time passes, what is due happens, and then the command is decided by both.
    pub(crate) fn step(&mut self, step: &Step) -> Result<(), String> {
        self.now = View { model: &self.model, now: self.now, asked: &self.asked }.after(step.wait);
        self.due()?;
        let command = View { model: &self.model, now: self.now, asked: &self.asked }.command(&step.ask);
        self.ask(command, step.channel)
    }

    /// So many seconds pass, and what is due happens.
    pub(crate) fn pass(&mut self, seconds: u32) -> Result<(), String> {
        self.now = self.now.plus_seconds(seconds);
        self.due()
    }

    /// One command at the present moment.
    pub(crate) fn ask(&mut self, command: CentreCommand, channel: Channel) -> Result<(), String> {
        let asked = Asked { now: self.now, on: universe::civil_day(self.now), channel, actor: ActorId::NIL };
        self.tell(|| format!("{} {channel}: {command:?}", asked.now));
        let expected = self.model.decide(&command, &asked);
        let got = self.centre.decide(&command, &asked);
        self.tell(|| format!("    {got:?}"));
        if plain(&got) != plain(&expected) {
            return Err(format!("{command:?}\n  expected {expected:?}\n  got      {got:?}"));
        }
        if let Err(rejection) = &got {
            self.coverage.note(rejection.rule());
            self.helpful(&command, &asked, rejection)?;
        }
        self.asked.push(command);
        match got {
            Ok(Decision::Events(events)) => self.record(events),
            Ok(Decision::Repeat(_)) => {
                self.coverage.note("repeat");
                Ok(())
            }
            Err(_) => Ok(()),
        }
    }

    /// All that is due, record by record.
    fn due(&mut self) -> Result<(), String> {
        if self.centre.next_due_at() != self.model.next_due_at() {
            let (expected, got) = (self.model.next_due_at(), self.centre.next_due_at());
            return Err(format!("next due: expected {expected:?}, got {got:?}"));
        }
        while let Some(events) = self.centre.due(self.now) {
            self.tell(|| format!("{} due: {events:?}", self.now));
            if events.is_empty() || events.len() > 256 {
                return Err(format!("{} events are due in one record", events.len()));
            }
            let mut ahead = self.model.clone();
            for event in &events {
                let expected = ahead.due(self.now);
                if expected.as_ref() != Some(event) {
                    return Err(format!("due: expected {expected:?}, got {event:?}"));
                }
                ahead.tell(std::slice::from_ref(event), &self.mark());
            }
            self.record(events)?;
        }
        match self.model.due(self.now) {
            Some(event) => Err(format!("due, but not told: {event:?}")),
            None => Ok(()),
        }
    }

    fn mark(&self) -> Mark {
        let seq = u64::try_from(self.records.len()).unwrap() + 1;
        Mark { seq, head: seq.to_be_bytes(), time: self.now }
    }

    fn record(&mut self, events: Vec<Event>) -> Result<(), String> {
        let mark = self.mark();
        for event in &events {
            note(&mut self.coverage, event);
            self.centre.apply(event, &mark);
        }
        self.centre.check().map_err(|breach| format!("check after {events:?}: {breach:?}"))?;
        self.centre.check_all().map_err(|breach| format!("check_all after {events:?}: {breach:?}"))?;
        self.model.tell(&events, &mark);
        if let Some(breach) = self.model.breaches().first() {
            return Err(format!("after {events:?}: {breach}"));
        }
        self.records.push((events, mark));
        same_slots(&self.model, &self.centre)
    }

    /// What a refusal offers instead can really be had.
    fn helpful(&self, command: &CentreCommand, asked: &Asked, rejection: &Rejection) -> Result<(), String> {
        let alternatives = match rejection {
            Rejection::SlotFull { alternatives, .. }
            | Rejection::ContingentSpent { alternatives, .. }
            | Rejection::HoldBudgetSpent { alternatives, .. }
            | Rejection::SecondPlaceReserved { alternatives } => alternatives,
            _ => return Ok(()),
        };
        for pair in alternatives {
            let mut other = command.clone();
            match &mut other {
                CentreCommand::PlaceHold { first, second, .. } => {
                    (*first, *second) = (pair.first, pair.second)
                }
                CentreCommand::RescheduleBooking { first, second, .. } => {
                    (*first, *second) = (Some(pair.first), pair.second);
                }
                _ => return Err(format!("{command:?} is offered alternatives")),
            }
            if let Err(refused) = self.model.decide(&other, asked) {
                return Err(format!("{command:?} is offered {pair:?}, which is refused: {refused:?}"));
            }
        }
        if alternatives.len() > 5 {
            return Err(format!("{} alternatives are too many", alternatives.len()));
        }
        match self.any_other_hold(command, asked).filter(|_| alternatives.is_empty()) {
            Some(slot) => Err(format!("{command:?} is offered nothing, but slot {slot} could be had")),
            None => Ok(()),
        }
    }

    /// A first-dose slot in which this hold could be placed, the second being the writer's choice.
    fn any_other_hold(&self, command: &CentreCommand, asked: &Asked) -> Option<SlotId> {
        let mut other = command.clone();
        self.model.slots.iter().map(|slot| slot.id).find(|&slot| match &mut other {
            CentreCommand::PlaceHold { first, second, instead_of: None, .. } => {
                (*first, *second) = (slot, None);
                self.model.decide(&other, asked).is_ok()
            }
            _ => false,
        })
    }

    fn tell(&self, text: impl FnOnce() -> String) {
        if self.told {
            eprintln!("{}", text());
        }
    }
}

/// A decision without what only helps the person on.
pub(crate) fn plain(decision: &Result<Decision, Rejection>) -> Result<Decision, Rejection> {
    decision.clone().map_err(|rejection| replay_tests::model::plain(&rejection))
}

/// Slot by slot, contingent by contingent, backing by backing.
pub(crate) fn same_slots(model: &Model, centre: &Centre) -> Result<(), String> {
    for slot in &model.slots {
        let got = centre.slot(slot.id).ok_or_else(|| format!("slot {} is missing", slot.id))?;
        let mut lines = Vec::new();
        match (slot.dose, got.first(), got.second()) {
            (Dose::First, Some(first), _) => {
                for &contingent in Contingent::ALL {
                    let (want, has) = (model.tally(slot.id, Some(contingent)), first.counts(contingent));
                    let want = [want.capacity, want.free, want.held, want.resting, want.booked];
                    lines.push((want, [has.capacity, has.free, has.held, has.resting, has.booked]));
                }
                if model.backing(slot.id) != first.backing {
                    return Err(format!("slot {}: backed by {:?}", slot.id, first.backing));
                }
            }
            (Dose::Second, _, Some(has)) => {
                let want = model.tally(slot.id, None);
                let want = [want.capacity, want.free, want.held, want.reserved, want.booked];
                lines.push((want, [has.capacity, has.free, has.held, has.reserved, has.booked]));
            }
            _ => return Err(format!("slot {} is of another dose", slot.id)),
        }
        if let Some((want, has)) = lines.iter().find(|(want, has)| want != has) {
            return Err(format!("slot {}: recounted {want:?}, got {has:?}", slot.id));
        }
    }
    Ok(())
}
