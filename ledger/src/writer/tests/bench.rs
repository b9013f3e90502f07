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
    pub(super) log: Vec<Arc<[u8]>>,
    pub(super) now_ms: u64,
    /// How far the ledger's clock is behind the monotonic one.
    pub(super) clock_behind_ms: u64,
    pub(super) seats: Vec<Seat>,
}

pub(super) struct Seat {
    pub(super) writer: Writer,
    /// Handed over and not in the log yet.
    pub(super) under_way: Vec<Arc<[u8]>>,
    pub(super) replies: Vec<(Ticket, Answer)>,
    pub(super) halted: Option<String>,
}

impl Bench {
    /// So many writers over one log that has genesis alone.
    pub(super) fn of(writers: u8, exclusive: bool) -> Self {
        let genesis = Genesis { partitions: 2, fold_version: 1, clock: Clock::Simulated };
        let value = genesis_value(LEDGER, Partition::OFFICE, genesis, Instant::EPOCH).unwrap();
        let mut bench =
            Self { log: vec![value.into()], now_ms: 1_000, clock_behind_ms: 0, seats: Vec::new() };
        for number in 0..writers {
            let settings = Settings {
                node: NodeId([number; 16]),
                url: String::new(),
                exclusive,
                hinted: true,
                seed: u64::from(number) + 1,
            };
            let writer = Writer::new(bench.fold(), settings, bench.at());
            bench.seats.push(Seat { writer, under_way: Vec::new(), replies: Vec::new(), halted: None });
        }
        bench
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
        let mut fold = PartitionFold::new(None, Partition::OFFICE);
        for (offset, value) in (0..).zip(&self.log) {
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
                Output::Append(values) => self.seats[seat].under_way.extend(values),
                Output::Reply(ticket, answer) => self.seats[seat].replies.push((ticket, answer)),
                Output::Halted(reason) => self.seats[seat].halted = Some(reason),
                Output::Rewind => {
                    let fold = Box::new(self.fold());
                    self.handle(seat, Input::Rewound(fold));
                }
            }
        }
    }

    pub(super) fn tick(&mut self, seat: usize) {
        self.handle(seat, Input::Tick);
    }

    /// What is under way comes to stand in the log.
    pub(super) fn land(&mut self, seat: usize) {
        let values = std::mem::take(&mut self.seats[seat].under_way);
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
        (self.seats[seat].halted.is_none()).then(|| Entry { offset, value: Arc::clone(value) })
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
