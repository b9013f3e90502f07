//! A log in a vector and any number of writers over it.

use std::sync::Arc;

use schemas::ids::{ActorId, CentreId, HoldId, LedgerId, NodeId, Partition};
use schemas::vocabulary::{Channel, ChannelState};
use schemas::{Clock, Genesis, Instant};

use crate::answer::Answer;
use crate::chain::genesis_value;
use crate::command::{CentreCommand, CentreDescription, Command, OfficeCommand};
use crate::fold::PartitionFold;
use crate::log::Entry;
use crate::writer::{Input, Moment, Output, Request, Settings, Ticket, Writer};

pub(super) const LEDGER: LedgerId = LedgerId([7; 16]);

pub(super) struct Bench {
    partition: Partition,
    pub(super) log: Vec<Arc<[u8]>>,
    pub(super) now_ms: u64,
    /// How far the ledger's clock is behind the monotonic one.
    pub(super) clock_behind_ms: u64,
    /// How far the log's own clock is ahead of the ledger's, if it has one.
    pub(super) log_ahead_ms: Option<i64>,
    /// When each value came to stand in the log, by the log's own clock.
    appended_at: Vec<Option<Instant>>,
    pub(super) seats: Vec<Seat>,
}

pub(super) struct Seat {
    pub(super) writer: Writer,
    /// Handed over and not in the log yet.
    pub(super) under_way: Vec<Arc<[u8]>>,
    /// The number of its last append.
    pub(super) last_call: u64,
    pub(super) replies: Vec<(Ticket, Answer)>,
    pub(super) halted: Option<String>,
}

impl Bench {
    /// So many writers over one log that has genesis alone.
    pub(super) fn of(writers: u8, exclusive: bool) -> Self {
        Self::on(Clock::Simulated, writers, exclusive)
    }

    /// The same on this clock.
    pub(super) fn on(clock: Clock, writers: u8, exclusive: bool) -> Self {
        Self::over(Partition::OFFICE, clock, writers, exclusive)
    }

    /// The same over this partition's log.
    pub(super) fn over(partition: Partition, clock: Clock, writers: u8, exclusive: bool) -> Self {
        let genesis = Genesis { partitions: 2, fold_version: 1, clock };
        let value = genesis_value(LEDGER, partition, genesis, Instant::EPOCH).unwrap();
        let mut bench = Self {
            partition,
            log: vec![value.into()],
            now_ms: 1_000,
            clock_behind_ms: 0,
            log_ahead_ms: None,
            appended_at: vec![None],
            seats: Vec::new(),
        };
        (0..writers).for_each(|number| bench.join(number, exclusive, false));
        bench
    }

    /// One more writer, which has read all that stands in the log.
    pub(super) fn join(&mut self, number: u8, exclusive: bool, accept_clock: bool) {
        let settings = Settings {
            node: NodeId([number; 16]),
            url: String::new(),
            exclusive,
            hinted: true,
            seed: u64::from(number) + 1,
            accept_clock,
            clock_ahead_ms: 7 * 86_400_000,
        };
        let writer = Writer::new(self.fold(), settings, self.at());
        let (under_way, replies) = (Vec::new(), Vec::new());
        self.seats.push(Seat { writer, under_way, last_call: 0, replies, halted: None });
    }

    /// One writer that owns its log, alone.
    pub(super) fn owned() -> Self {
        let mut bench = Self::of(1, true);
        bench.tick(0);
        bench.land(0);
        bench.read(0);
        assert!(bench.seats[0].writer.owns());
        bench
    }

    pub(super) fn at(&self) -> Moment {
        let time_ms = i64::try_from(self.now_ms - self.clock_behind_ms).unwrap();
        Moment { time: Instant::from_millis(time_ms).unwrap(), mono_ms: self.now_ms }
    }

    pub(super) fn fold(&self) -> PartitionFold {
        self.fold_to(self.log.len())
    }

    fn fold_to(&self, end: usize) -> PartitionFold {
        let mut fold = PartitionFold::new(None, self.partition);
        for (offset, value) in (0..).zip(&self.log[..end]) {
            fold.read(offset, value).unwrap();
        }
        fold
    }

    pub(super) fn handle(&mut self, seat: usize, input: Input) {
        let at = self.at();
        let mut out = Vec::new();
        self.seats[seat].writer.handle(input, at, &mut out);
        self.seats[seat].writer.flush(at, &mut out);
        for output in out {
            match output {
                Output::Append { call, values } => {
                    self.seats[seat].last_call = call;
                    self.seats[seat].under_way.extend(values.into_iter().map(|outgoing| outgoing.value))
                }
                Output::Reply(ticket, answer) => self.seats[seat].replies.push((ticket, answer)),
                Output::Halted(reason) => self.seats[seat].halted = Some(reason),
                Output::Rewind { to } => {
                    let fold = Box::new(self.fold_to(usize::try_from(to).unwrap()));
                    self.handle(seat, Input::Rewound(fold));
                }
            }
        }
    }

    /// The last append of the seat may or may not have happened.
    pub(super) fn fail(&mut self, seat: usize) {
        let call = self.seats[seat].last_call;
        self.handle(seat, Input::Delivered { call, happened: false });
        self.tick(seat);
    }

    /// Time passes, with a tick of every seat each 50 ms.
    pub(super) fn pass(&mut self, ms: u64) {
        let until_ms = self.now_ms + ms;
        while self.now_ms < until_ms {
            self.now_ms = (self.now_ms + 50).min(until_ms);
            (0..self.seats.len()).for_each(|seat| self.tick(seat));
        }
    }

    pub(super) fn tick(&mut self, seat: usize) {
        self.handle(seat, Input::Tick);
    }

    /// What is under way comes to stand in the log.
    pub(super) fn land(&mut self, seat: usize) {
        let values = std::mem::take(&mut self.seats[seat].under_way);
        let now_ms = self.at().time.millis();
        let appended_at = self.log_ahead_ms.and_then(|ahead_ms| Instant::from_millis(now_ms + ahead_ms));
        self.appended_at.resize(self.log.len(), None);
        self.appended_at.resize(self.log.len() + values.len(), appended_at);
        self.log.extend(values);
    }

    /// The seat reads to the end of the log.
    pub(super) fn read(&mut self, seat: usize) {
        while let Some(entry) = self.next_entry(seat) {
            self.handle(seat, Input::Read(entry));
        }
    }

    fn next_entry(&self, seat: usize) -> Option<Entry> {
        let offset = self.seats[seat].writer.next_offset();
        let value = self.log.get(usize::try_from(offset).unwrap())?;
        let appended_at = self.appended_at.get(usize::try_from(offset).unwrap()).copied().flatten();
        let entry = Entry { appended_at, ..Entry::new(offset, Arc::clone(value)) };
        self.seats[seat].halted.is_none().then_some(entry)
    }

    /// Asks to set the web's state for this reason, with a minute's patience.
    pub(super) fn ask(&mut self, seat: usize, ticket: Ticket, reason: &str) {
        let command = set_web(reason);
        self.ask_by(seat, ticket, command, self.now_ms + 60_000);
    }

    pub(super) fn ask_by(&mut self, seat: usize, ticket: Ticket, command: Command, deadline_ms: u64) {
        let request =
            Request { command, channel: Channel::Admin, actor: ActorId::NIL, deadline_ms, dry_run: false };
        self.handle(seat, Input::Command(ticket, Box::new(request)));
    }

    pub(super) fn replies(&mut self, seat: usize) -> Vec<(Ticket, Answer)> {
        std::mem::take(&mut self.seats[seat].replies)
    }
}

pub(super) fn set_web(reason: &str) -> Command {
    Command::Office(OfficeCommand::SetChannel {
        channel: Channel::Web,
        state: ChannelState::Open,
        reason: reason.to_owned(),
    })
}

/// A command that is refused: there is no such centre.
pub(super) fn confirm_nowhere() -> Command {
    let centre: CentreId = "nowhere".parse().unwrap();
    Command::Centre(centre, CentreCommand::ConfirmHold { hold: HoldId([4; 16]) })
}

pub(super) fn describe(address: &str) -> Command {
    let id: CentreId = "frankfurt".parse().unwrap();
    let description = CentreDescription {
        id: id.clone(),
        reference_prefix: "FRA".parse().unwrap(),
        name: "Impfzentrum".to_owned(),
        address: address.to_owned(),
        phone: "116117".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        opens_on: "2021-01-19".parse().unwrap(),
        catchment: vec!["06412".parse().unwrap()],
    };
    Command::Centre(id, CentreCommand::DescribeCentre(description))
}
