//! The log, the network before it, and the order in which things happen.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger::Answer;
use ledger::log::{Entry, Log, MemoryLog, NewLedger, Outgoing};
use ledger::writer::{Input, Moment, Output, Request, Ticket};
use replay_tests::chance::Chance;
use schemas::Clock;
use schemas::ids::{CentreNumber, LedgerId, Partition};

use super::auditor::Auditor;
use super::clients::Clients;
use super::nodes::{LEDGER_MS_PER_MS, Node};
use crate::coverage::Coverage;
use crate::run::same_slots;
use crate::universe;

pub(super) const PARTITION: Partition = Partition(1);

/// How bad the world is, in thousandths of all appends (or of all ticks).
#[derive(Debug, Clone, Copy)]
pub(super) struct Faults {
    pub(super) nodes: usize,
    pub(super) exclusive: bool,
    pub(super) lost: u64,
    pub(super) answer_lost: u64,
    pub(super) twice: u64,
    pub(super) late: u64,
    pub(super) pauses: u64,
    /// How often the log goes away, for up to half a minute.
    pub(super) outages: u64,
    pub(super) crashes: u64,
    pub(super) slowest_ms: u64,
}

pub(super) enum Happening {
    Arrives(Vec<Arc<[u8]>>),
    Outcome { node: usize, life: u64, call: u64, happened: bool },
    Command { node: usize, ticket: Ticket, request: Box<Request> },
    Reads { node: usize },
    Ticks { node: usize },
    Rewound { node: usize, life: u64, to: u64 },
    Asks { client: usize },
}

pub(super) struct World {
    pub(super) chance: Chance,
    pub(super) faults: Faults,
    pub(super) mono_ms: u64,
    pub(super) log: Vec<Arc<[u8]>>,
    pub(super) nodes: Vec<Node>,
    pub(super) clients: Clients,
    pub(super) auditor: Auditor,
    /// Until then nobody can read, and what is appended lies before the log or expires.
    away_until_ms: u64,
    agenda: BTreeMap<(u64, u64), Happening>,
    planned: u64,
}

impl World {
    pub(super) fn new(seed: u64, faults: Faults, clients: Clients) -> Self {
        let new = NewLedger {
            partitions: 2,
            clock: Clock::Simulated,
            time: universe::beginning(),
            ledger: Some(LedgerId([0x41; 16])),
        };
        let genesis = MemoryLog::new(&new).unwrap().read(PARTITION, 0, 1).unwrap();
        let mut world = Self {
            chance: Chance::new(seed),
            faults,
            mono_ms: 0,
            log: Vec::new(),
            nodes: Vec::new(),
            auditor: Auditor::new(PARTITION),
            clients,
            away_until_ms: 0,
            agenda: BTreeMap::new(),
            planned: 0,
        };
        world.arrive(genesis.into_iter().map(|entry| entry.value).collect());
        for node in 0..faults.nodes {
            let born = world.born(0);
            world.nodes.push(born);
            world.plan(node as u64, Happening::Ticks { node });
            world.plan(3, Happening::Reads { node });
        }
        for client in 0..world.clients.count() {
            world.plan(10 + client as u64, Happening::Asks { client });
        }
        world
    }

    pub(super) fn plan(&mut self, in_ms: u64, happening: Happening) {
        self.planned += 1;
        self.agenda.insert((self.mono_ms + in_ms, self.planned), happening);
    }

    /// Lets everything happen until this moment.
    pub(super) fn run_until(&mut self, mono_ms: u64) {
        while let Some(entry) = self.agenda.first_entry() {
            if entry.key().0 > mono_ms {
                break;
            }
            self.mono_ms = entry.key().0;
            let happening = entry.remove();
            self.happen(happening);
        }
        self.mono_ms = mono_ms;
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Arrives(values) => self.arrive(values),
            Happening::Asks { client } => self.ask(client),
            Happening::Outcome { node, life, call, happened } => {
                if self.is_awake(node, Happening::Outcome { node, life, call, happened })
                    && self.nodes[node].life == life
                {
                    self.handle(node, Input::Delivered { call, happened });
                }
            }
            Happening::Command { node, ticket, request } => {
                if self.nodes[node].paused_until_ms > self.mono_ms {
                    let wait_ms = self.nodes[node].paused_until_ms - self.mono_ms;
                    self.plan(wait_ms, Happening::Command { node, ticket, request });
                } else {
                    self.auditor.received(ticket, node, self.mono_ms);
                    self.handle(node, Input::Command(ticket, request));
                }
            }
            Happening::Reads { node } => self.reads(node),
            Happening::Ticks { node } => self.ticks(node),
            Happening::Rewound { node, life, to } => {
                if self.nodes[node].life == life && self.nodes[node].rewinding {
                    self.nodes[node].rewinding = false;
                    let fold = self.fold_of(usize::try_from(to).unwrap());
                    self.handle(node, Input::Rewound(Box::new(fold)));
                }
            }
        }
    }

    /// Whether the node runs; if not, the same will happen when it does.
    fn is_awake(&mut self, node: usize, happening: Happening) -> bool {
        let until_ms = self.nodes[node].paused_until_ms;
        if until_ms > self.mono_ms {
            self.plan(until_ms - self.mono_ms, happening);
        }
        until_ms <= self.mono_ms
    }

    fn reads(&mut self, node: usize) {
        if !self.is_awake(node, Happening::Reads { node }) {
            return;
        }
        if self.is_away() {
            // A log may say that it cannot be read, or show nothing new.
            if self.chance.of_thousand(500) {
                self.handle(node, Input::AtTheEnd(false));
            }
            return self.plan(25, Happening::Reads { node });
        }
        let most = self.chance.between(1, 20);
        for _ in 0..most {
            let offset = self.nodes[node].writer.next_offset();
            let value = usize::try_from(offset).ok().and_then(|at| self.log.get(at)).cloned();
            let Some(value) = value.filter(|_| !self.nodes[node].rewinding) else { break };
            self.handle(node, Input::Read(Entry::new(offset, value)));
        }
        let at_the_end = self.nodes[node].writer.next_offset() == self.log.len() as u64;
        self.handle(node, Input::AtTheEnd(at_the_end));
        let in_ms = self.chance.between(1, 30);
        self.plan(in_ms, Happening::Reads { node });
    }

    fn ticks(&mut self, node: usize) {
        if !self.is_awake(node, Happening::Ticks { node }) {
            return;
        }
        if self.chance.of_thousand(self.faults.crashes) {
            let life = self.nodes[node].life + 1;
            self.auditor.crashed(node);
            self.settle_appends_of_a_log_of_ones_own();
            self.tally(node);
            self.nodes[node] = self.born(life);
            self.clients.lost(node);
        } else if self.chance.of_thousand(self.faults.pauses) {
            self.nodes[node].paused_until_ms = self.mono_ms + self.chance.between(50, 3_000);
        } else {
            if self.chance.of_thousand(self.faults.outages) && !self.is_away() {
                self.away_until_ms = self.mono_ms + self.chance.between(200, 30_000);
                self.auditor.coverage.note("outage");
            }
            self.handle(node, Input::Tick);
        }
        let in_ms = self.chance.between(5, 60);
        self.plan(in_ms, Happening::Ticks { node });
    }

    fn is_away(&self) -> bool {
        self.mono_ms < self.away_until_ms
    }

    pub(super) fn moment_of(&self, clock_ahead_ms: u64) -> Moment {
        let time =
            universe::beginning().plus_millis(self.mono_ms * LEDGER_MS_PER_MS).plus_millis(clock_ahead_ms);
        Moment { time, mono_ms: self.mono_ms }
    }

    pub(super) fn handle(&mut self, node: usize, input: Input) {
        let at = Moment { time: self.nodes[node].clock(self.mono_ms), mono_ms: self.mono_ms };
        let mut out = Vec::new();
        let acting = &mut self.nodes[node];
        acting.moments.push((at.mono_ms, at.time));
        acting.writer.handle(input, at, &mut out);
        acting.writer.flush(at, &mut out);
        for output in out {
            match output {
                Output::Append { call, values } => self.append(node, call, values),
                Output::Reply(ticket, answer) => self.reply(node, ticket, answer),
                Output::Halted(reason) => panic!("node {node} halts: {reason}"),
                Output::Rewind { to } => {
                    self.nodes[node].rewinding = true;
                    let life = self.nodes[node].life;
                    let in_ms = self.chance.between(1, 40);
                    self.plan(in_ms, Happening::Rewound { node, life, to });
                }
            }
        }
    }

    fn reply(&mut self, node: usize, ticket: Ticket, answer: Answer) {
        let acting = &mut self.nodes[node];
        let read = acting.writer.next_offset();
        let order = self.auditor.answered(ticket, &answer, read, &acting.moments, self.faults.exclusive);
        if let Some(seq) = order {
            assert!(
                seq >= acting.last_answer,
                "an answer of {seq} leaves after one of {}",
                acting.last_answer
            );
            acting.last_answer = seq;
        }
        self.answered(ticket, &answer);
    }

    /// An append on its way, with whatever may go wrong.
    fn append(&mut self, node: usize, call: u64, values: Vec<Outgoing>) {
        let values: Vec<_> = values.into_iter().map(|outgoing| outgoing.value).collect();
        for value in &values {
            self.auditor.appends(node, value, self.mono_ms);
        }
        let life = self.nodes[node].life;
        let slow_ms = self.chance.between(0, self.faults.slowest_ms + 1);
        let away_ms = self.away_until_ms.saturating_sub(self.mono_ms);
        let expires_ms = self.chance.between(500, 20_000);
        if away_ms > expires_ms {
            return self.plan(expires_ms, Happening::Outcome { node, life, call, happened: false });
        }
        let arrives_ms = (self.mono_ms + away_ms + slow_ms).max(self.nodes[node].last_arrival_ms);
        let told_ms = arrives_ms - self.mono_ms + self.chance.between(0, 20);
        let late_ms = self.chance.between(200, 4_000);
        let Faults { lost, answer_lost, twice, late, .. } = self.faults;
        let drawn = self.chance.between(0, 1_000);
        let outcome = |happened| Happening::Outcome { node, life, call, happened };
        if drawn < lost {
            return self.plan(told_ms, outcome(false));
        }
        if drawn < lost + late {
            self.plan(late_ms, Happening::Arrives(values));
            return self.plan(told_ms, outcome(false));
        }
        self.nodes[node].last_arrival_ms = arrives_ms;
        self.plan(arrives_ms - self.mono_ms, Happening::Arrives(values.clone()));
        if drawn < lost + late + twice {
            self.plan(late_ms, Happening::Arrives(values));
        }
        let happened = drawn >= lost + late + twice + answer_lost;
        self.plan(told_ms, outcome(happened || drawn < lost + late + twice));
    }

    /// When the process that alone holds the log is gone, what it sent has been written by now, or never will be.
    fn settle_appends_of_a_log_of_ones_own(&mut self) {
        if !self.faults.exclusive {
            return;
        }
        let arrives = |_: &(u64, u64), happening: &mut Happening| matches!(happening, Happening::Arrives(_));
        let on_their_way: Vec<_> = self.agenda.extract_if(.., arrives).collect();
        let written = self.chance.between(0, on_their_way.len() as u64 + 1);
        for (_, happening) in on_their_way.into_iter().take(usize::try_from(written).unwrap()) {
            if let Happening::Arrives(values) = happening {
                self.arrive(values);
            }
        }
    }

    fn tally(&mut self, node: usize) {
        for _ in 0..self.nodes[node].writer.tally().reigns {
            self.auditor.coverage.note("reigns");
        }
    }

    /// The end: what everybody was told must be true, and the ledger's own reading the same.
    pub(super) fn finish(mut self) -> Coverage {
        self.auditor.finish();
        let fold = self.fold_of(self.log.len());
        let judge = &self.auditor.judge;
        let (void, repeats) = (judge.void, judge.repeats);
        assert_eq!(fold.chain.next_seq(), judge.counting.len() as u64);
        assert_eq!(Some(fold.chain.head()), judge.counting.last().map(|counting| counting.head));
        let centre = fold.state.by_number(CentreNumber(1)).expect("the centre was described");
        assert_eq!(same_slots(self.auditor.model(), centre), Ok(()));
        for node in 0..self.nodes.len() {
            self.tally(node);
        }
        let mut coverage = self.auditor.coverage;
        (0..void).for_each(|_| coverage.note("void"));
        (0..repeats).for_each(|_| coverage.note("repeats"));
        coverage
    }

    fn arrive(&mut self, values: Vec<Arc<[u8]>>) {
        for value in values {
            self.auditor.reads(&value);
            self.log.push(value);
        }
    }

    /// From now on nothing goes wrong any more.
    pub(super) fn heal(&mut self) {
        let Faults { nodes, exclusive, .. } = self.faults;
        self.faults = Faults {
            nodes,
            exclusive,
            lost: 0,
            answer_lost: 0,
            twice: 0,
            late: 0,
            pauses: 0,
            outages: 0,
            crashes: 0,
            slowest_ms: 5,
        };
    }
}
