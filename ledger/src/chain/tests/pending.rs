//! What a writer builds ahead counts when it is read in that order.

use schemas::ids::Partition;
use schemas::{Body, Instant, Raise};

use super::super::{Chain, Origin, Pending, Verdict, claim_value};
use super::forge::{Forge, LEDGER, PARTITION};

fn read(forge: &Forge) -> Chain {
    let mut chain = Chain::new(None, PARTITION);
    chain.rules.newest_fold = 2;
    for (offset, value) in &forge.values {
        chain.judge(*offset, value).unwrap();
    }
    chain
}

fn at(millis: i64) -> Instant {
    Instant::from_millis(millis).unwrap()
}

#[test]
fn records_built_ahead_count_at_the_marks_they_were_promised() {
    let mut chain = read(&Forge::claimed());
    let mut pending = Pending::after(&chain, LEDGER);
    let bodies = [Body::Barrier, Body::Raise(Raise { fold_version: 2 }), Body::Barrier, Body::HandOver];
    let sent: Vec<_> = bodies
        .iter()
        .enumerate()
        .map(|(number, body)| pending.push(Origin::WRITER, at(number as i64 * 10), body).unwrap())
        .collect();
    for pended in sent {
        let Verdict::Counts(counted) = chain.judge(chain.next_offset(), &pended.value).unwrap() else {
            panic!("{pended:?} does not count");
        };
        assert_eq!(counted.mark, pended.mark);
        assert_eq!(chain.position(), pended.mark.position(PARTITION));
    }
    assert_eq!(chain.position(), pending.position());
    assert_eq!((chain.time(), chain.fold_version()), (at(30), 2));
}

#[test]
fn a_record_that_does_not_fit_moves_nothing() {
    let mut pending = Pending::after(&read(&Forge::claimed()), LEDGER);
    let before = pending.clone();
    let event = schemas::events::ChannelSet {
        channel: schemas::vocabulary::Channel::Web,
        state: schemas::vocabulary::ChannelState::Open,
        reason: "x".repeat(59_900),
        content: schemas::ids::ContentHash([0; 16]),
    };
    let body = Body::Decision(vec![event.into()]);
    assert!(pending.push(Origin::WRITER, at(0), &body).is_err());
    assert_eq!(pending, before);
}

#[test]
fn time_is_the_greatest_of_what_counted_and_a_claim_with_less_moves_nothing() {
    let mut chain = read(&Forge::claimed());
    let mut pending = Pending::after(&chain, LEDGER);
    let late = pending.push(Origin::WRITER, at(1_000), &Body::Barrier).unwrap();
    chain.judge(2, &late.value).unwrap();
    let Verdict::Counts(_) = chain.judge(3, &claim(&chain, 400)).unwrap() else { panic!() };
    assert_eq!((chain.time(), chain.epoch()), (at(1_000), 2));
}

fn claim(chain: &Chain, millis: i64) -> Vec<u8> {
    let Body::Claim(claim) = super::forge::claim(9, 2) else { panic!() };
    claim_value(chain, LEDGER, claim, at(millis)).unwrap()
}

#[test]
fn a_stored_chain_reads_on_as_if_it_had_never_stopped() {
    let forge = Forge::claimed().good(&Body::Barrier).good_claim(2).good(&Body::Barrier);
    let whole = read(&forge);
    for stop in 0..=forge.values.len() {
        let mut chain = Chain::new(Some(LEDGER), PARTITION);
        for (offset, value) in &forge.values[..stop] {
            chain.judge(*offset, value).unwrap();
        }
        let bytes = schemas::codec::to_bytes(&chain).unwrap();
        let mut chain: Chain = schemas::codec::from_bytes(&bytes).unwrap();
        chain.rules.newest_fold = 2;
        for (offset, value) in &forge.values[stop..] {
            chain.judge(*offset, value).unwrap();
        }
        assert_eq!(chain, whole);
    }
}

#[test]
fn a_halt_leaves_the_chain_as_it_was() {
    let mut chain = read(&Forge::claimed());
    let before = chain.clone();
    assert!(chain.judge(7, &[]).is_err());
    let forge = Forge::claimed().but(|prefix| prefix.format = 2);
    assert!(chain.judge(2, &forge.values[2].1).is_err());
    assert_eq!(chain, before);
    assert_eq!(chain.position().partition, Partition(1));
}
