//! A server whose clock is far ahead of its ledger starts only when somebody says that the clock is right.

#![allow(clippy::expect_used, reason = "it is test code")]

mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant as Monotonic};

use api::config::Config;
use api::{ServeClock, ServeError, ServeOptions, Server};
use ledger::clock::SimulatedClock;
use ledger::log::{EmbeddedLog, NewLedger};
use ledger::{Answer, Command, Ledger, OfficeCommand, Options, Request};
use schemas::ids::{ActorId, NodeId};
use schemas::vocabulary::{Channel, ChannelState};

use support::{TUESDAY, config, instant};

/// A ledger on the wall clock in whose office something was decided in January 2021.
fn old_ledger(log_dir: &Path) {
    let time = instant(TUESDAY);
    let new = NewLedger { partitions: 4, clock: schemas::Clock::Wall, time, ledger: None };
    let log = Arc::new(EmbeddedLog::open(log_dir, &new).expect("a log"));
    let options = Options::new(NodeId::from(uuid::Uuid::new_v4()), 1);
    let ledger = Ledger::start(log, Arc::new(SimulatedClock::at(time)), options).expect("a ledger");
    let command = Command::Office(OfficeCommand::SetChannel {
        channel: Channel::Web,
        state: ChannelState::Open,
        reason: "it is Tuesday".to_owned(),
    });
    let deadline = Monotonic::now() + Duration::from_secs(30);
    let request = Request { command, channel: Channel::Admin, actor: ActorId::NIL, deadline };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let answer = runtime.block_on(ledger.submit(request));
    assert!(matches!(answer, Answer::Done(_)), "{answer:?}");
    ledger.shut_down();
}

/// Starts a server on such a ledger, on the wall clock.
fn start(change: impl FnOnce(&mut Config)) -> Result<(), ServeError> {
    let dir = tempfile::tempdir().expect("a directory");
    let mut config = config(&dir);
    old_ledger(&config.data_dir.join("log"));
    change(&mut config);
    Server::start(ServeOptions { config, clock: ServeClock::Wall }).map(Server::shut_down)
}

#[test]
fn a_clock_years_ahead_needs_a_word() {
    let refused = start(|_| {}).expect_err("it is years later").to_string();
    assert!(refused.contains("--accept-clock") && refused.contains("7 days"), "{refused}");
    start(|config| config.accept_clock = true).expect("somebody said so");
    start(|config| config.clock_ahead_ms = u64::MAX).expect("so much was allowed");
}
