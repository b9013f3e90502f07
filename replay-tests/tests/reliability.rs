//! Kills of the real program on both logs. About two minutes and a half on two cores.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first thing that is not as it should be")]

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use ledger::log::kafka::broker::cluster_for_tests;
use replay_tests::reliability::{Outcome, Plan, Program, run};

/// Each has the processors for itself: a place to die at is not waited for for ever.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

#[test]
fn a_hundred_kills_lose_nothing() {
    let outcome = killed(100, None);
    assert!(outcome.done > 1_000, "something was going on");
    assert!(
        outcome.not_reached.is_empty(),
        "nothing died at {:?}: {:?}",
        outcome.not_reached,
        outcome.places
    );
}

#[test]
fn ten_kills_on_kafka_lose_nothing() {
    let brokers = cluster_for_tests().unwrap().bootstrap();
    let outcome = killed(10, Some(brokers.to_owned()));
    assert!(outcome.done > 100, "something was going on");
    assert!(outcome.longest_claim_ms.is_some(), "whoever came after one that was killed had to claim first");
}

fn killed(kills: u32, brokers: Option<String>) -> Outcome {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let seed = std::env::var("TERMINBUCH_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    eprintln!("seed {seed}");
    let program = Program {
        path: PathBuf::from(env!("CARGO_BIN_EXE_reliability")),
        before: vec!["terminbuch".to_owned()],
    };
    let plan = Plan { program, kills, seed, kept: std::env::temp_dir(), brokers };
    let outcome = run(&plan, &mut |_| ()).unwrap();
    eprintln!("{outcome:#?}");
    assert_eq!(outcome.violations, 0, "{:#?}", outcome.found);
    assert_eq!(outcome.faults, u64::from(kills));
    assert!(outcome.unanswered_and_done > 0, "somebody was cut off");
    outcome
}
