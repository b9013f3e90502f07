//! The ledger on Apache Kafka, beside the Kafka client alone on the same brokers in the same minute.

mod catch_up;
mod decisions;
mod raw;

use std::num::TryFromIntError;
use std::sync::Arc;

use anyhow::{Context, Result};
use ledger::Ledger;
use ledger::clock::SimulatedClock;
use ledger::log::kafka::broker::{ClusterPlan, Machine, OwnCluster};
use ledger::log::kafka::topic::{self, TopicPlan};
use ledger::log::kafka::{KafkaLog, KafkaSettings};
use ledger::log::{Log, MemoryLog, NewLedger};
use schemas::ids::NodeId;
use schemas::{Clock, Instant};

use super::http;
use super::report::{Figure, Plan};
use raw::Raw;

const PARTITIONS: u32 = 4;
const READ_BYTES: usize = 4 << 20;
/// Records of one transaction, and of the window that it is measured against.
const BATCH: usize = 256;
/// Runs that do not count: the brokers' Java is still being compiled, which takes time from both sides.
const WARM_UP: u32 = 3;

const DECISIONS: Plan = Plan {
    figure: "decisions in process, one broker",
    unit: "records/s",
    yardstick_is: "idempotent produce of the same records",
    aim: 0.5,
    more_is_better: true,
};
const DECISIONS_ON_THREE: Plan = Plan { figure: "decisions in process, three brokers", ..DECISIONS };
/// Without brokers: what deciding, judging and answering take by themselves, which bounds the two above.
const DECISIONS_IN_MEMORY: Plan =
    Plan { figure: "decisions in process, a log in memory", aim: 0.0, ..DECISIONS };
const ONE_DECISION: Plan = Plan {
    figure: "one decision at a time, one broker: p50",
    unit: "us",
    yardstick_is: "produce and consume one record: p50",
    aim: 1.5,
    more_is_better: false,
};
const TRANSACTIONS: Plan = Plan {
    figure: "a transaction for each 256 records",
    unit: "records/s",
    yardstick_is: "256 idempotent records at a time",
    // It is measured to be known, not to be reached.
    aim: 0.0,
    more_is_better: true,
};

/// Decides so many commands `runs` times on a cluster of its own of so many brokers, and with one broker also holds so many
/// places over HTTP.
///
/// # Errors
/// When no broker can be started, or one fails.
pub fn figures(brokers: u8, records: u32, holds: u32, runs: u32) -> Result<Vec<Figure>> {
    let plan = ClusterPlan { brokers, machine: Machine::Fast, ..ClusterPlan::default() };
    let cluster = OwnCluster::start(&plan)?;
    let bootstrap = cluster.bootstrap();
    let mut measured = Measured::default();
    for run in 0..WARM_UP + runs {
        let pair = one_run(&bootstrap, run, records, brokers == 1)?;
        if run >= WARM_UP {
            measured.add(pair);
        }
    }
    let mut rows = measured.rows(brokers);
    if brokers == 1 {
        rows.extend(catch_up::figures(&bootstrap, records, runs)?);
        let trips = KafkaSettings::plain(bootstrap.as_str(), "figures-trips");
        create(&trips, PARTITIONS)?;
        let raw = Raw { brokers: &bootstrap, topic: &trips.topic, partitions: i32::try_from(PARTITIONS)? };
        let round_trip = || raw.round_trip(&[7; 200], 1_000);
        rows.extend(http::figures_on_kafka(&bootstrap, holds, runs, round_trip)?);
    }
    Ok(rows)
}

#[derive(Default)]
struct Measured {
    decisions: Vec<(f64, f64)>,
    in_memory: Vec<(f64, f64)>,
    ones: Vec<(f64, f64)>,
    transactions: Vec<(f64, f64)>,
}

struct Run {
    decisions: (f64, f64),
    in_memory: Option<(f64, f64)>,
    one: Option<(f64, f64)>,
    transactions: Option<(f64, f64)>,
}

impl Measured {
    fn add(&mut self, run: Run) {
        self.decisions.push(run.decisions);
        self.in_memory.extend(run.in_memory);
        self.ones.extend(run.one);
        self.transactions.extend(run.transactions);
    }

    fn rows(&self, brokers: u8) -> Vec<Figure> {
        if brokers > 1 {
            return vec![DECISIONS_ON_THREE.row(&self.decisions)];
        }
        vec![
            DECISIONS.row(&self.decisions),
            DECISIONS_IN_MEMORY.row(&self.in_memory),
            ONE_DECISION.row(&self.ones),
            TRANSACTIONS.row(&self.transactions),
        ]
    }
}

fn one_run(brokers: &str, run: u32, count: u32, all: bool) -> Result<Run> {
    let settings = KafkaSettings::plain(brokers, format!("figures-{run}"));
    create(&settings, PARTITIONS)?;
    let log: Arc<dyn Log> = Arc::new(KafkaLog::open(&settings, None)?);
    let ledger = start(&log)?;
    let work = decisions::Work::open(&ledger)?;
    let decided = work.many(&ledger, count)?;
    let one = if all { Some(work.one_at_a_time(&ledger, 1_000)?) } else { None };
    ledger.shut_down();
    drop(log);
    let of = |topic| Ok::<_, TryFromIntError>(Raw { brokers, topic, partitions: i32::try_from(PARTITIONS)? });
    let records = of(&settings.topic)?.records()?;

    let raw_topic = KafkaSettings::plain(brokers, format!("raw-{run}"));
    create(&raw_topic, PARTITIONS)?;
    let raw = of(&raw_topic.topic)?;
    let produced = raw.produce(&records)?;
    let in_memory = if all { Some((decide_in_memory(count)?, produced)) } else { None };
    let round_trip =
        if all { Some(raw.round_trip(&records.last().context("no record")?.value, 1_000)?) } else { None };
    let transactions = if all {
        let few = records.get(..records.len().min(20 * BATCH)).unwrap_or_default();
        Some((raw.produce_in_transactions(few, BATCH)?, raw.produce_in_windows(few, BATCH)?))
    } else {
        None
    };
    Ok(Run {
        decisions: (decided, produced),
        in_memory,
        one: one.zip(round_trip).map(|(one, trip)| (micros(one), micros(trip))),
        transactions,
    })
}

fn decide_in_memory(count: u32) -> Result<f64> {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::new(&new_ledger(PARTITIONS)?)?);
    let ledger = start(&log)?;
    let decided = decisions::Work::open(&ledger)?.many(&ledger, count)?;
    ledger.shut_down();
    Ok(decided)
}

fn micros(time: std::time::Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn begins_at() -> Result<Instant> {
    Ok("2021-01-11T08:00:00+01:00".parse()?)
}

fn create(settings: &KafkaSettings, partitions: u32) -> Result<()> {
    topic::create(settings, &TopicPlan { ledger: new_ledger(partitions)?, replication: None })?;
    Ok(())
}

fn new_ledger(partitions: u32) -> Result<NewLedger> {
    Ok(NewLedger { partitions, clock: Clock::Simulated, time: begins_at()?, ledger: None })
}

fn start(log: &Arc<dyn Log>) -> Result<Ledger> {
    let clock = Arc::new(SimulatedClock::at(begins_at()?));
    Ok(Ledger::start(Arc::clone(log), clock, options())?)
}

fn options() -> ledger::Options {
    ledger::Options::new(NodeId(super::history::id(2, 1)), 1)
}
