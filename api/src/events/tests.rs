//! A reader whose credential is taken back within a long backlog is cut there, and whoever goes on from there misses nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant as Monotonic};

use http_body_util::BodyExt as _;
use ledger::clock::SimulatedClock;
use ledger::log::{Log, MemoryLog, NewLedger};
use ledger::{Answer, Command, Ledger, OfficeCommand, Options, Request};
use projections::stream::Stream;
use projections::tables::Veil;
use schemas::ids::{ActorId, NodeId};
use schemas::vocabulary::{Channel, ChannelState};
use schemas::{Clock, Instant};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::{Events, Filter, Pump, Wanted};

const EVENTS: u32 = 2_500;

/// A log in whose office so many reasons were given.
fn log(runtime: &Runtime) -> Arc<dyn Log> {
    let new = NewLedger { partitions: 2, clock: Clock::Simulated, time: Instant::EPOCH, ledger: None };
    let log: Arc<dyn Log> = Arc::new(MemoryLog::new(&new).unwrap().held_exclusively());
    let clock = Arc::new(SimulatedClock::at(Instant::EPOCH));
    let ledger = Ledger::start(Arc::clone(&log), clock, Options::new(NodeId([1; 16]), 1)).unwrap();
    for number in 0..EVENTS {
        let command = OfficeCommand::SetChannel {
            channel: Channel::Web,
            state: ChannelState::Open,
            reason: number.to_string(),
        };
        let request = Request {
            command: Command::Office(command),
            channel: Channel::Admin,
            actor: ActorId::NIL,
            deadline: Monotonic::now() + Duration::from_secs(60),
        };
        let answer = runtime.block_on(ledger.submit(request));
        assert!(matches!(answer, Answer::Done(_)), "{answer:?}");
    }
    ledger.shut_down();
    log
}

/// The reasons that a reader gets, and the last line.
fn read(
    runtime: &Runtime,
    log: &Arc<dyn Log>,
    cursor: Option<&str>,
    admitted: impl Fn() -> bool + Send + 'static,
) -> (Vec<u32>, Value) {
    let events = Events::of(log.as_ref());
    let ledger = ledger::log::ledger_of(log.as_ref(), schemas::ids::Partition::OFFICE).unwrap().unwrap();
    let stream = Stream::open(Arc::clone(log), Arc::clone(&events.ladder), ledger, cursor).unwrap();
    let wanted = Wanted {
        filter: Filter::default(),
        limit: None,
        follow: false,
        gzip: false,
        patience: Duration::from_secs(60),
        veil: Veil::raw(),
        admitted: Box::new(admitted),
    };
    let room = Arc::clone(&events.room).try_acquire_owned().unwrap();
    let _inside = runtime.enter();
    let (pump, body) = Pump::new(stream, wanted, ledger, Arc::clone(&events.moved), room).unwrap();
    let pumping = std::thread::spawn(move || pump.run());
    let bytes = runtime.block_on(body.collect()).unwrap().to_bytes();
    pumping.join().unwrap();
    let mut lines: Vec<Value> = bytes
        .split_inclusive(|&byte| byte == b'\n')
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    let last = lines.pop().unwrap();
    let number = |line: &Value| line["data"]["reason"].as_str().unwrap().parse().unwrap();
    (lines.iter().map(number).collect(), last)
}

#[test]
fn a_credential_that_is_taken_back_ends_a_long_backlog_and_another_goes_on_from_there() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let log = log(&runtime);
    let asked = AtomicU32::new(0);
    let once = move || asked.fetch_add(1, Ordering::Relaxed) < 2;
    let (mut reasons, last) = read(&runtime, &log, None, once);
    assert_eq!(last["end"]["reason"], "revoked");
    assert!((1_024..2_048).contains(&reasons.len()), "{} of {EVENTS}", reasons.len());
    let (rest, last) = read(&runtime, &log, last["end"]["cursor"].as_str(), || true);
    assert_eq!(last["end"]["reason"], "end");
    reasons.extend(rest);
    assert!(reasons.iter().copied().eq(0..EVENTS), "every event once, in order");
}
