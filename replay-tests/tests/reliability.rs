//! A hundred kills of the real program. About two minutes on two cores.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first thing that is not as it should be")]

use std::path::PathBuf;

use replay_tests::reliability::{Plan, Program, run};

#[test]
fn a_hundred_kills_lose_nothing() {
    let seed = std::env::var("TERMINBUCH_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    eprintln!("seed {seed}");
    let program = Program {
        path: PathBuf::from(env!("CARGO_BIN_EXE_reliability")),
        before: vec!["terminbuch".to_owned()],
    };
    let plan = Plan { program, kills: 100, seed, kept: std::env::temp_dir() };
    let outcome = run(&plan, &mut |_| ()).unwrap();
    eprintln!("{outcome:#?}");
    assert_eq!(outcome.violations, 0, "{:#?}", outcome.found);
    assert_eq!(outcome.faults, 100);
    assert!(outcome.done > 1_000 && outcome.unanswered_and_done > 0, "something was going on");
    assert!(
        outcome.not_reached.is_empty(),
        "nothing died at {:?}: {:?}",
        outcome.not_reached,
        outcome.places
    );
}
