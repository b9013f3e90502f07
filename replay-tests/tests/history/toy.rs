//! A toy that makes histories: one writer, one partition, a clock that is moved by hand. It can be told to lie.

use std::sync::Arc;

use ledger::chain::{Origin, Pended, Pending, claim_value};
use ledger::command::Command;
use ledger::fold::PartitionFold;
use ledger::log::{Entry, NewLedger};
use ledger::{Answer, Asked as AskedRule, CentreCommand, Decision, NotDone, Receipt};
use replay_tests::history::load::SmallWorld;
use replay_tests::history::{
    Answered, Asked, CallId, Checked, History, Line, Settings, Told, Violation, Witness, check,
};
use schemas::ids::{
    ActorId, CentreId, CentreNumber, ClaimId, HoldId, LedgerId, NodeId, Partition, RegistrationId,
};
use schemas::vocabulary::Channel;
use schemas::{Body, Claim, Clock, Event, Instant, Position};

pub(crate) const PARTITION: Partition = Partition(1);
const PATIENCE_MS: u64 = 5_000;

/// The clocks of the toy are one.
pub(crate) const ONE_CLOCK: Settings =
    Settings { clocks_within: Some(std::time::Duration::ZERO), others_ask: false };

#[derive(Clone)]
pub(crate) struct Toy {
    pub(crate) now_ms: u64,
    pub(crate) asked: Vec<Asked>,
    pub(crate) answered: Vec<Option<Answered>>,
    pub(crate) office: Vec<Entry>,
    pub(crate) entries: Vec<Entry>,
    ledger: LedgerId,
}

/// What the writer would know, read from the log whenever it is needed: slow, and never out of step.
struct Writer {
    fold: PartitionFold,
    pending: Pending,
}

pub(crate) fn centre() -> CentreId {
    "frankfurt".parse().unwrap()
}

fn id(kind: u8, number: u8) -> [u8; 16] {
    let mut bytes = [0x40; 16];
    (bytes[0], bytes[1], bytes[8]) = (kind, number, 0x80);
    bytes
}

pub(crate) fn hold(number: u8) -> HoldId {
    HoldId(id(21, number))
}

pub(crate) fn registration(number: u8) -> RegistrationId {
    RegistrationId(id(20, number))
}

fn begin() -> Instant {
    "2026-11-24T09:00:00Z".parse().unwrap()
}

impl Toy {
    /// A ledger with its first claim.
    pub(crate) fn new() -> Self {
        let new =
            NewLedger { partitions: 2, clock: Clock::Wall, time: begin(), ledger: Some(LedgerId(id(9, 9))) };
        let (ledger, geneses) = new.geneses().unwrap();
        let mut entries = geneses.into_iter().map(|genesis| vec![Entry::new(0, genesis)]);
        let (office, entries) = (entries.next().unwrap(), entries.next().unwrap());
        let mut toy = Self { now_ms: 0, asked: Vec::new(), answered: Vec::new(), office, entries, ledger };
        toy.claims();
        toy
    }

    /// With a centre that has two first-dose slots of 3 web, 2 hotline and 1 open places on each of two days.
    pub(crate) fn opened() -> Self {
        let mut toy = Self::new();
        let world = SmallWorld { hold_s: 60, ..SmallWorld::new(vec![centre()]) };
        for (_, command) in world.opening(begin()).unwrap() {
            assert!(matches!(toy.does(Channel::Admin, command), Told::Done { .. }));
        }
        toy
    }

    pub(crate) fn time(&self) -> Instant {
        begin().plus_millis(self.now_ms)
    }

    pub(crate) fn pass(&mut self, ms: u64) {
        self.now_ms += ms;
    }

    fn writer(&self) -> Writer {
        let mut fold = PartitionFold::new(None, PARTITION);
        for entry in &self.entries {
            fold.read(entry.offset, &entry.value).unwrap();
        }
        Writer { pending: Pending::after(&fold.chain, self.ledger), fold }
    }

    pub(crate) fn append(&mut self, value: Arc<[u8]>) {
        let entry = Entry { appended_at: Some(self.time()), ..Entry::new(self.entries.len() as u64, value) };
        self.entries.push(entry);
    }

    pub(crate) fn claims(&mut self) {
        let writer = self.writer();
        let claim = Claim {
            claim: ClaimId(id(1, u8::try_from(self.entries.len() % 256).unwrap())),
            node: NodeId(id(2, 1)),
            knows_fold: 1,
            clock_accepted: false,
            url: String::new(),
        };
        let value = claim_value(&writer.fold.chain, self.ledger, claim, self.time()).unwrap();
        self.append(value.into());
    }

    pub(crate) fn barrier(&mut self) {
        let pended = self.pend(Origin::WRITER, self.time(), &Body::Barrier);
        self.append(pended.value);
    }

    /// What would be the next record.
    pub(crate) fn pend(&self, origin: Origin, time: Instant, body: &Body) -> Pended {
        let mut writer = self.writer();
        writer.pending.push(origin, time.max(writer.fold.time()), body).unwrap()
    }

    pub(crate) fn position(&self) -> Position {
        self.writer().fold.position().unwrap()
    }

    pub(crate) fn fold_time(&self) -> Instant {
        self.writer().fold.time()
    }

    /// Somebody asks.
    pub(crate) fn asks(&mut self, channel: Channel, command: CentreCommand) -> usize {
        self.asks_until(channel, command, PATIENCE_MS)
    }

    pub(crate) fn asks_until(&mut self, channel: Channel, command: CentreCommand, patience_ms: u64) -> usize {
        self.pass(1);
        let number = self.asked.len();
        self.asked.push(Asked {
            call: CallId(1, number as u64),
            client: 1,
            command: Command::Centre(centre(), command),
            channel,
            actor: None,
            asked_ns: self.now_ms * 1_000_000,
            deadline_ns: Some((self.now_ms + patience_ms) * 1_000_000),
            ledger_at: Some(self.time()),
        });
        self.answered.push(None);
        number
    }

    /// The writer decides what was asked, rightly.
    pub(crate) fn decides(&mut self, call: usize) -> Told {
        self.pass(1);
        if self.now_ms * 1_000_000 >= self.asked[call].deadline_ns.unwrap() {
            return Told::NotDone(format!("{:?}", NotDone::Late));
        }
        self.decides_what_is_due();
        let writer = self.writer();
        let asked = self.asked[call].clone();
        let now = self.time().max(writer.fold.time());
        // Berlin is one hour ahead on these days.
        let on = i32::try_from((now.millis() + 3_600_000) / 86_400_000).unwrap();
        let on = schemas::CivilDate::from_days(on).unwrap();
        let rule = AskedRule { now, on, channel: asked.channel, actor: ActorId::NIL };
        let answer = match writer.fold.state.decide(&asked.command, &rule) {
            Ok((number, Decision::Events(events))) => {
                let position = self.records(asked.channel, &asked.command, number, events.clone());
                Answer::Done(Receipt { position, recorded_at: now, repeated: false, events })
            }
            Ok((_, Decision::Repeat(mark))) => Answer::Done(Receipt::of_repeat(PARTITION, mark)),
            Err(rejection) => {
                let as_of = writer.fold.position().unwrap();
                Answer::Refused { rejection, as_of, at: writer.fold.time() }
            }
        };
        Told::from(&answer)
    }

    pub(crate) fn decides_what_is_due(&mut self) {
        loop {
            let writer = self.writer();
            let Some((number, events)) = writer.fold.state.due(self.time().max(writer.fold.time())) else {
                return;
            };
            let origin = Origin { centre: number, ..Origin::WRITER };
            let pended = self.pend(origin, self.time(), &Body::Decision(events));
            self.append(pended.value);
        }
    }

    /// A record with these events, whether the rules want it or not.
    pub(crate) fn records(
        &mut self,
        channel: Channel,
        command: &Command,
        centre: CentreNumber,
        events: Vec<Event>,
    ) -> Position {
        let command = command.id();
        let origin = Origin { channel, command, actor: ActorId::NIL, centre };
        let pended = self.pend(origin, self.time(), &Body::Decision(events));
        self.append(pended.value);
        pended.mark.position(PARTITION)
    }

    /// The events of the newest record.
    pub(crate) fn last_events(&self) -> Vec<Event> {
        let (prefix, body) = schemas::Prefix::split(&self.entries.last().unwrap().value).unwrap();
        match Body::read(prefix.kind, body).unwrap() {
            Body::Decision(events) => events,
            other => panic!("{other:?} is no decision"),
        }
    }

    /// The caller hears.
    pub(crate) fn hears(&mut self, call: usize, told: Told) {
        self.pass(1);
        let answered_ns = self.now_ms * 1_000_000;
        let (id, ledger_at) = (self.asked[call].call, Some(self.time()));
        self.answered[call] = Some(Answered { call: id, answered_ns, ledger_at, told });
    }

    /// Asks, decides and tells.
    pub(crate) fn does(&mut self, channel: Channel, command: CentreCommand) -> Told {
        let call = self.asks(channel, command);
        let told = self.decides(call);
        self.hears(call, told.clone());
        told
    }

    pub(crate) fn history(&self) -> History {
        let asked = self.asked.iter().cloned().map(Line::Asked);
        History::of_lines(asked.chain(self.answered.iter().flatten().cloned().map(Line::Answered)))
    }

    pub(crate) fn witnesses(&self) -> Vec<Witness> {
        vec![
            Witness { partition: Partition::OFFICE, entries: self.office.clone() },
            Witness { partition: PARTITION, entries: self.entries.clone() },
        ]
    }

    pub(crate) fn checked(&self) -> Checked {
        check(&self.witnesses(), &self.history(), &ONE_CLOCK)
    }

    /// The names of all that is wrong, each once, in order of appearance.
    pub(crate) fn wrong(&self) -> Vec<String> {
        names(&self.checked().report.violations)
    }
}

pub(crate) fn names(violations: &[Violation]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for violation in violations {
        let text = format!("{violation:?}");
        let name = text.split([' ', '{']).next().unwrap().to_owned();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
