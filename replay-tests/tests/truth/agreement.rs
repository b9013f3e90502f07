//! The ledger's centre and the model agree on every decision of long random histories.

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::coverage::Coverage;
use crate::run::Run;
use crate::steps::{Step, history};

/// Events that the fixed seed must reach, and how often at least.
const EVENTS: &[&str] = &[
    "CentreDescribed",
    "RulesSet",
    "DeliveryAnnounced",
    "DeliveryReceived",
    "SlotsReleased",
    "ContingentsReturned",
    "SlotsShrunk",
    "RegistrationAccepted",
    "RegistrationAmended",
    "RegistrationWithdrawn",
    "AccessReissued",
    "ErasureOrdered",
    "ErasureDone",
    "HoldPlaced",
    "HoldExtended",
    "HoldReleased",
    "HoldExpired",
    "PlacesReturned",
    "BookingConfirmed",
    "BookingRescheduled",
    "BookingCancelled",
];

/// What is special about events, as `coverage` names it, that the fixed seed must reach.
const SPECIAL: &[&str] = &[
    "HoldPlaced instead of another",
    "HoldPlaced with a free second",
    "HoldPlaced for a single dose",
    "HoldPlaced from open",
    "BookingRescheduled: both",
    "BookingRescheduled: second alone",
    "BookingRescheduled: first alone, the old one backed",
    "BookingRescheduled: first alone, the old one rests or is single",
    "BookingCancelled: second, by a withdrawal",
    "BookingCancelled: second",
    "BookingCancelled: both, by a withdrawal",
    "BookingCancelled: both, backed",
    "BookingCancelled: both, the first rests or is single",
    "SlotsShrunk with backings",
    "ContingentsReturned with places",
];

/// Refusals that the fixed seed must reach.
const REFUSALS: &[&str] = &[
    "NotFound",
    "IdTaken",
    "ContentDiffers",
    "StaleRevision",
    "RulesInThePast",
    "RulesIncomplete",
    "AlreadyReceived",
    "DosesExceeded",
    "SlotInThePast",
    "SecondPlacesMissing",
    "TooManySlots",
    "PlacesTaken",
    "OutsideCatchment",
    "ReferenceTaken",
    "RegistrationEnded",
    "NeedsDesk",
    "AlreadyHolding",
    "AlreadyBooked",
    "HoldsSpentToday",
    "ChangesSpentToday",
    "CohortNotOpen",
    "SlotTooSoon",
    "VaccineMismatch",
    "IntervalTooShort",
    "IntervalTooLong",
    "SlotFull",
    "ContingentSpent",
    "HoldBudgetSpent",
    "SecondPlaceReserved",
    "HoldLapsed",
    "HoldEnded",
    "AlreadyConfirmed",
    "BookingEnded",
    "NothingToChange",
    "repeat",
];

fn play(steps: &[Step], told: bool) -> Result<Coverage, String> {
    let mut run = Run::new();
    run.told = told;
    for (at, step) in steps.iter().enumerate() {
        run.step(step).map_err(|difference| format!("step {at}: {difference}"))?;
    }
    Ok(run.coverage)
}

/// Runs so many histories; a failing one is shrunk, told and panics.
fn histories(seed: u64, cases: u32, length: usize) -> Coverage {
    eprintln!("seed {seed}: TERMINBUCH_SEED={seed} runs these histories again");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 20_000,
        max_shrink_time: 30_000,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let coverage = std::cell::RefCell::new(Coverage::default());
    let outcome = runner.run(&history(length), |steps| {
        let reached = play(&steps, false).map_err(TestCaseError::fail)?;
        coverage.borrow_mut().add(reached);
        Ok(())
    });
    if let Err(TestError::Fail(reason, steps)) = outcome {
        let _ = play(&steps, true);
        panic!("seed {seed}: centre and model differ after {} steps:\n{reason}", steps.len());
    }
    assert_eq!(outcome.map_err(|error| error.to_string()), Ok(()), "seed {seed}");
    coverage.into_inner()
}

pub(crate) fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("it must be a number"))
}

#[test]
fn centre_and_model_agree_on_the_fixed_seed_and_reach_every_event_and_refusal() {
    let coverage = histories(20_210_112, 400, 400);
    coverage.print();
    assert_eq!(coverage.missing(EVENTS, 10), [""; 0], "events hardly reached");
    assert_eq!(coverage.missing(SPECIAL, 10), [""; 0], "hardly reached");
    assert_eq!(coverage.missing(REFUSALS, 10), [""; 0], "refusals hardly reached");
}

#[test]
fn centre_and_model_agree_on_another_seed_each_time() {
    use std::hash::{BuildHasher, Hasher};
    let drawn = std::collections::hash_map::RandomState::new().build_hasher().finish();
    let seed = from_environment("TERMINBUCH_SEED").unwrap_or(drawn);
    let cases = from_environment("TERMINBUCH_CASES").map_or(200, |cases| u32::try_from(cases).unwrap());
    histories(seed, cases, 600);
}
