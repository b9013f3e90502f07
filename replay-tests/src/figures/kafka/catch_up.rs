//! How fast an empty node catches up, beside a bare consumer of the same topic, and where the time between the two goes.

use std::sync::Arc;
use std::time::Instant as Stopwatch;

use anyhow::{Context, Result, ensure};
use ledger::chain::Chain;
use ledger::clock::SimulatedClock;
use ledger::log::kafka::{KafkaLog, KafkaSettings};
use ledger::log::{Log, MemoryLog, Outgoing};
use ledger::{Ledger, spread};
use projections::{Projector, Settings};
use schemas::ids::Partition;

use super::decisions::Work;
use super::raw::Raw;
use super::{PARTITIONS, READ_BYTES, begins_at, create, options, start};
use crate::figures::report::{Figure, Plan};

/// So many at least: else what is paid once (connections, an empty database) hides what is paid for each.
const LEAST_RECORDS: u32 = 100_000;

const CATCH_UP: Plan = Plan {
    figure: "catch-up of an empty node: fold and views",
    unit: "records/s",
    yardstick_is: "a bare consumer of the same topic",
    aim: 0.7,
    more_is_better: true,
};
const FOLDED: Plan = Plan { figure: "catch-up of an empty node: fold alone", ..CATCH_UP };
/// Without what no reader may leave out a node could be no faster: SHA-256 over all, decoding, the chain's rules.
const JUDGED: Plan = Plan {
    figure: "catch-up of an empty node: judge alone",
    // It is measured to be known: it bounds the two above.
    aim: 0.0,
    ..CATCH_UP
};
const BESIDE_MEMORY: Plan = Plan {
    yardstick_is: "the same from a log in memory",
    // The same: how much of the time is Kafka's.
    aim: 0.0,
    ..CATCH_UP
};

/// Makes a topic and catches up with it `runs` times in each way, each beside a bare consumer.
pub(super) fn figures(brokers: &str, records: u32, runs: u32) -> Result<Vec<Figure>> {
    let settings = KafkaSettings::plain(brokers, "figures-catch-up");
    create(&settings, PARTITIONS)?;
    let log: Arc<dyn Log> = Arc::new(KafkaLog::open(&settings, None)?);
    let ledger = start(&log)?;
    Work::open(&ledger)?.many(&ledger, records.max(LEAST_RECORDS))?;
    ledger.shut_down();
    let in_memory = in_memory(log.as_ref())?;
    drop(log);
    let raw = Raw { brokers, topic: &settings.topic, partitions: i32::try_from(PARTITIONS)? };
    let open = || -> Result<Arc<dyn Log>> { Ok(Arc::new(KafkaLog::open(&settings, None)?)) };
    let (mut judged, mut folded, mut caught_up, mut beside) = (vec![], vec![], vec![], vec![]);
    for _ in 0..runs {
        judged.push((judge(&open()?)?, raw.consume()?));
        folded.push((fold(&open()?)?, raw.consume()?));
        let all = catch_up(&open()?)?;
        caught_up.push((all, raw.consume()?));
        beside.push((all, catch_up(&in_memory)?));
    }
    Ok(vec![JUDGED.row(&judged), FOLDED.row(&folded), CATCH_UP.row(&caught_up), BESIDE_MEMORY.row(&beside)])
}

/// The same records without brokers.
fn in_memory(log: &dyn Log) -> Result<Arc<dyn Log>> {
    let copy = MemoryLog::empty(log.partitions());
    for partition in (0..log.partitions()).map(Partition) {
        let mut next = 0;
        while next < log.end(partition)? {
            let entries = log.read(partition, next, READ_BYTES)?;
            next = entries.last().context("the log ends early")?.offset + 1;
            let values = entries.into_iter().map(|entry| Outgoing::from(entry.value)).collect();
            copy.append(partition, values, Box::new(|_| ()));
        }
    }
    Ok(Arc::new(copy))
}

/// Records a second, from a log that is open, as the bare consumer is, to knowing which of them count.
fn judge(log: &Arc<dyn Log>) -> Result<f64> {
    let watch = Stopwatch::now();
    let judged = spread((0..log.partitions()).map(Partition).collect(), |partition| -> Result<u64> {
        let mut chain = Chain::new(None, partition);
        while chain.next_offset() < log.end(partition)? {
            for entry in log.read(partition, chain.next_offset(), READ_BYTES)? {
                chain.judge(entry.offset, &entry.value)?;
            }
        }
        Ok(chain.next_offset())
    });
    let judged = judged.into_iter().sum::<Result<u64>>()?;
    ensure!(judged == records(log.as_ref())?, "the log was not read to its end");
    Ok(rate(judged, watch))
}

/// The same, to a ledger that knows all that stands in it.
fn fold(log: &Arc<dyn Log>) -> Result<f64> {
    let watch = Stopwatch::now();
    let ledger = start(log)?;
    let rate = rate(records(log.as_ref())?, watch);
    ledger.shut_down();
    Ok(rate)
}

/// The same, with the views made anew, in the order of `serve`.
fn catch_up(log: &Arc<dyn Log>) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let watch = Stopwatch::now();
    let caught_up = Projector::catch_up(Arc::clone(log), folder.path(), Settings::default())?;
    let clock = Arc::new(SimulatedClock::at(begins_at()?));
    let ledger = Ledger::start_from(caught_up.folds(), Arc::clone(log), clock, options())?;
    let rate = rate(records(log.as_ref())?, watch);
    let (views, projector) = caught_up.follow()?;
    ensure!(views.halted().is_empty(), "the views have halted");
    projector.stop();
    ledger.shut_down();
    Ok(rate)
}

fn records(log: &dyn Log) -> Result<u64> {
    (0..log.partitions()).map(|number| Ok(log.end(Partition(number))?)).sum()
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 records")]
fn rate(records: u64, watch: Stopwatch) -> f64 {
    records as f64 / watch.elapsed().as_secs_f64()
}
