//! What does not add up is never appended, and nobody reads past it.

use schemas::events::ErasureDone;
use schemas::ids::{CentreNumber, RegistrationId};
use schemas::{Body, Event, Prefix, RecordKind};

use super::bench::{Bench, LEDGER, describe};
use crate::answer::{Answer, NotDone};
use crate::chain::{Origin, Pending};
use crate::rejection::Mark;

const FIRST: CentreNumber = CentreNumber(1);

/// The end of an erasure that nobody ordered.
fn unordered() -> Event {
    ErasureDone { registration: RegistrationId([4; 16]) }.into()
}

/// One writer that owns its log, with a centre.
fn described() -> Bench {
    let mut bench = Bench::owned();
    bench.ask_by(0, 1, describe("Festhalle"), 60_000);
    bench.land(0);
    bench.read(0);
    assert!(matches!(bench.replies(0)[..], [(1, Answer::Done(_))]));
    bench
}

#[test]
fn a_decision_that_does_not_add_up_is_not_appended() {
    let mut bench = described();
    let mark = Mark { seq: 3, head: [0; 8], time: bench.at().time };
    // A fault of the program that nobody knows of yet.
    let fold = &mut bench.seats[0].writer.fold;
    assert!(fold.state.apply(FIRST, &[unordered()], &mark).is_err());
    bench.ask_by(0, 2, describe("Messe"), 60_000);
    assert_eq!(bench.replies(0), [(2, Answer::NotDone(NotDone::Failed))]);
    bench.tick(0);
    let kinds: Vec<u8> =
        bench.seats[0].under_way.iter().map(|value| Prefix::split(value).unwrap().0.kind).collect();
    assert_eq!(kinds, [RecordKind::Claim as u8], "it goes on from what stands in the log");
}

#[test]
fn nobody_reads_past_a_record_that_does_not_add_up() {
    let bench = described();
    let mut fold = bench.fold();
    let mut follower = Bench::of(1, false);
    follower.log.clone_from(&bench.log);
    follower.read(0);
    let origin = Origin { centre: FIRST, ..Origin::WRITER };
    let mut pending = Pending::after(&fold.chain, LEDGER);
    let forged = pending.push(origin, fold.time(), &Body::Decision(vec![unordered()])).unwrap().value;
    let error = fold.read(3, &forged).unwrap_err().to_string();
    assert!(error.contains("offset 3: centre 1"), "{error}");
    follower.log.push(forged);
    follower.read(0);
    let halted = follower.seats[0].halted.as_ref();
    assert!(halted.is_some_and(|reason| reason.contains("record 3: centre 1")), "{halted:?}");
    follower.ask(0, 5, "later");
    assert_eq!(follower.replies(0), [(5, Answer::NotDone(NotDone::Halted))]);
}
