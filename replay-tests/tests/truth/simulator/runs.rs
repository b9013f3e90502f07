//! The runs: how bad the worlds are, and what must have been reached in them.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::clients::Clients;
use super::world::{Faults, World};
use crate::agreement::from_environment;
use crate::coverage::Coverage;
use crate::steps::{opening, step};

const TWO_BELIEVERS: Faults = Faults {
    nodes: 2,
    exclusive: false,
    lost: 30,
    answer_lost: 30,
    twice: 60,
    late: 30,
    pauses: 4,
    outages: 0,
    crashes: 1,
    slowest_ms: 60,
};

/// On a log of its own an append may fail, but what it wrote is known when it is opened again.
const ALONE: Faults = Faults {
    nodes: 1,
    exclusive: true,
    lost: 20,
    answer_lost: 20,
    twice: 0,
    late: 0,
    pauses: 4,
    outages: 0,
    crashes: 5,
    slowest_ms: 20,
};

/// Two nodes with a sound network to a log that is away now and then.
const AWAY: Faults = Faults {
    nodes: 2,
    exclusive: false,
    lost: 0,
    answer_lost: 2,
    twice: 0,
    late: 2,
    pauses: 1,
    outages: 2,
    crashes: 0,
    slowest_ms: 20,
};

fn run(seed: u64, faults: Faults, steps: usize) -> Coverage {
    let mut bytes = [1; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let steps = (0..steps).map(|_| step().new_tree(&mut runner).unwrap().current()).collect();
    let mut world = World::new(seed, faults, Clients::new(16, opening(Some(240)), steps));
    let mut until_ms = 0;
    while !world.clients.are_done() && until_ms < 180_000 {
        until_ms += 1_000;
        world.run_until(until_ms);
    }
    world.heal();
    world.clients.go_home();
    let healed_ms = until_ms;
    while !world.clients.are_done() && until_ms < healed_ms + 200_000 {
        until_ms += 1_000;
        world.run_until(until_ms);
    }
    assert!(world.clients.are_done(), "in a sound world everybody gets an answer in the end");
    world.run_until(until_ms + 10_000);
    world.finish()
}

fn runs(first_seed: u64, count: u64, faults: Faults, steps: usize) -> Coverage {
    let mut coverage = Coverage::default();
    for seed in first_seed..first_seed + count {
        eprintln!("seed {seed} ({} nodes)", faults.nodes);
        coverage.add(run(seed, faults, steps));
    }
    coverage.print();
    coverage
}

fn seed_or(fixed: u64) -> u64 {
    from_environment("TERMINBUCH_SEED").unwrap_or(fixed)
}

fn count_or(fixed: u64) -> u64 {
    from_environment("TERMINBUCH_RUNS").unwrap_or(fixed)
}

#[test]
fn two_believers_over_one_faulty_log_tell_nobody_anything_untrue() {
    // In 20273 a hold of a lost reign counted and lapsed before it was decided again.
    runs(20_273, 1, TWO_BELIEVERS, 500);
    let coverage = runs(seed_or(1), count_or(60), TWO_BELIEVERS, 500);
    let reached = [
        "done",
        "repeated",
        "unknown",
        "crash",
        "not done: Late",
        "not done: NotOwner",
        "refused: SlotFull",
        "refused: AlreadyBooked",
        "record: HoldExpired",
        "record: BookingConfirmed",
        "reigns",
        "void",
        "repeats",
    ];
    assert_eq!(coverage.missing(&reached, 5), [""; 0], "hardly reached");
}

#[test]
fn a_writer_alone_on_a_log_that_fails_at_times_tells_nobody_anything_untrue() {
    let coverage = runs(seed_or(1_000), count_or(30), ALONE, 500);
    let reached = ["done", "repeated", "crash", "record: HoldExpired", "reigns"];
    assert_eq!(coverage.missing(&reached, 5), [""; 0], "hardly reached");
}

#[test]
fn a_log_that_is_away_for_long_brings_no_untruth_and_no_heap_of_claims() {
    let runs_done = count_or(20);
    let coverage = runs(seed_or(5_000), runs_done, AWAY, 500);
    let reached = ["done", "unknown", "outage", "not done: Late", "not done: NotOwner", "reigns", "claim"];
    assert_eq!(coverage.missing(&reached, 5), [""; 0], "hardly reached");
    let (claims, outages) = (coverage.count("claim"), coverage.count("outage"));
    assert!(claims < 8 * outages + 20 * runs_done, "{claims} claims for {outages} outages");
}
