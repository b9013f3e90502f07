//! Histories in which somebody was told what is not true: each must be found, and nothing else with it.

use ledger::CentreCommand;
use ledger::command::PersonFacts;
use replay_tests::history::Told;
use schemas::Reference;
use schemas::ids::{Commitment, District, Group, HoldId, Pseudonym, SlotId};
use schemas::vocabulary::{AgeBand, Channel, MadeBy};

use crate::toy::{Toy, hold, registration};

pub(crate) fn register(number: u8) -> CentreCommand {
    CentreCommand::Register {
        registration: registration(number),
        reference: Reference::new("FRA".parse().unwrap(), u64::from(number)),
        made_by: MadeBy::Proxy,
        person: PersonFacts {
            pseudonyms: vec![Pseudonym([number; 16])],
            commitment: Commitment([7; 32]),
            group: Group(1),
            district: District::from_number(6_412).unwrap(),
            age_band: AgeBand::of_years(83),
        },
    }
}

pub(crate) fn place(number: u8, first: u32) -> CentreCommand {
    let (second, instead_of) = (None, None);
    CentreCommand::PlaceHold {
        hold: hold(number),
        registration: registration(number),
        first: SlotId(first),
        second,
        instead_of,
    }
}

pub(crate) fn confirm(number: u8) -> CentreCommand {
    CentreCommand::ConfirmHold { hold: hold(number) }
}

/// Three people, of whom two hold and one has confirmed, and a refusal of each kind that matters.
pub(crate) fn morning() -> Toy {
    let mut toy = Toy::opened();
    for number in 1..=3 {
        toy.does(Channel::Web, register(number));
    }
    toy.does(Channel::Web, place(1, 1));
    toy.does(Channel::Hotline, place(2, 1));
    toy.does(Channel::Web, confirm(1));
    toy.does(Channel::Web, confirm(1));
    let refused = toy.does(Channel::Web, place(3, 99));
    assert!(matches!(refused, Told::Refused { .. }));
    toy
}

fn call_of(toy: &Toy, wanted: &CentreCommand) -> usize {
    let is_wanted = |asked: &replay_tests::history::Asked| matches!(&asked.command, ledger::Command::Centre(_, command) if command == wanted);
    toy.asked.iter().position(is_wanted).unwrap()
}

fn told(toy: &mut Toy, call: usize) -> &mut Told {
    &mut toy.answered[call].as_mut().unwrap().told
}

#[test]
fn what_is_right_passes() {
    let toy = morning();
    assert_eq!(toy.wrong(), [""; 0], "{}", toy.checked().report);
    let counts = toy.checked().report.counts;
    assert_eq!((counts.repeated, counts.refused, counts.unknown_once), (1, 1, 0));
    assert!(counts.decided_again >= 11, "{counts:?}");
}

#[test]
fn an_ok_that_is_not_in_the_log() {
    let mut toy = morning();
    let call = call_of(&toy, &place(1, 1));
    let Told::Done { position, .. } = told(&mut toy, call) else { panic!("it was done") };
    position.head[0] ^= 1;
    assert_eq!(toy.wrong(), ["NoSuchPosition"]);
}

#[test]
fn an_ok_past_the_end_of_the_log() {
    let mut toy = morning();
    toy.does(Channel::Web, register(9));
    toy.entries.pop();
    assert_eq!(toy.wrong(), ["NoSuchPosition"]);
}

#[test]
fn an_ok_that_names_the_record_of_another_command() {
    let mut toy = morning();
    let other = toy.asks(Channel::Web, place(3, 2));
    let Told::Done { position, recorded_at, .. } = told(&mut toy, other - 3).clone() else {
        panic!("it was done")
    };
    toy.hears(other, Told::Done { position, recorded_at, repeated: true, events: None });
    assert_eq!(toy.wrong(), ["AnotherRecord"]);
}

#[test]
fn an_ok_with_another_time_or_other_events() {
    for flaw in 0..2 {
        let mut toy = morning();
        let call = call_of(&toy, &place(1, 1));
        let Told::Done { recorded_at, events, .. } = told(&mut toy, call) else { panic!("it was done") };
        if flaw == 0 {
            *recorded_at = recorded_at.plus_millis(1)
        } else {
            events.as_mut().unwrap().0[0] ^= 1
        }
        assert_eq!(toy.wrong(), ["AnotherRecord"]);
    }
}

#[test]
fn two_oks_for_one_command() {
    let mut toy = morning();
    let first = call_of(&toy, &confirm(1));
    let Told::Done { position, .. } = told(&mut toy, first).clone() else { panic!("it was done") };
    let (again, before) = (first + 1, first - 1);
    let Told::Done { position: other, .. } = told(&mut toy, before).clone() else { panic!("it was done") };
    assert_ne!(position, other);
    let Told::Done { position, .. } = told(&mut toy, again) else { panic!("it is a repeat") };
    *position = other;
    assert!(toy.wrong().contains(&"AnswersDiffer".to_owned()), "{:?}", toy.wrong());
}

#[test]
fn not_done_that_was_done() {
    let mut toy = morning();
    let call = call_of(&toy, &place(2, 1));
    *told(&mut toy, call) = Told::NotDone("Late".into());
    assert_eq!(toy.wrong(), ["DoneAllTheSame"]);
}

#[test]
fn one_asked_later_that_stands_earlier() {
    let mut toy = morning();
    let (one, other) = (toy.asks(Channel::Web, register(5)), toy.asks(Channel::Web, register(6)));
    let (told_one, told_other) = (toy.decides(one), toy.decides(other));
    toy.hears(other, told_other);
    assert_eq!(toy.wrong(), [""; 0]);
    let answered_ns = toy.answered[other].as_ref().unwrap().answered_ns;
    // As if the first had been asked when the second had heard already.
    toy.asked[one].asked_ns = answered_ns + 1;
    toy.hears(one, told_one);
    assert_eq!(toy.wrong(), ["OutOfOrder"]);
}

#[test]
fn a_fresh_ok_of_a_second_call_that_stands_before_what_was_told() {
    let mut toy = morning();
    let first = call_of(&toy, &confirm(1));
    let Told::Done { events, .. } = told(&mut toy, first).clone() else { panic!("it was done") };
    let Told::Done { repeated, events: told_events, .. } = told(&mut toy, first + 1) else {
        panic!("a repeat")
    };
    (*repeated, *told_events) = (false, events);
    assert_eq!(toy.wrong(), ["OutOfOrder"]);
}

#[test]
fn a_refusal_from_before_what_was_told() {
    let mut toy = morning();
    let (as_of, at) = (toy.position(), toy.fold_time());
    toy.does(Channel::Web, place(3, 2));
    let refused = toy.does(Channel::Web, CentreCommand::ReleaseHold { hold: HoldId([0x40; 16]) });
    let call = toy.asked.len() - 1;
    assert!(matches!(refused, Told::Refused { is_final: false, .. }));
    assert_eq!(toy.wrong(), [""; 0]);
    let Told::Refused { as_of: told_as_of, at: told_at, .. } = told(&mut toy, call) else {
        panic!("refused")
    };
    (*told_as_of, *told_at) = (as_of, Some(at));
    assert_eq!(toy.wrong(), ["RefusalOutdated"]);
}

#[test]
fn a_refusal_that_rests_on_what_cannot_change_may_be_of_an_earlier_reign() {
    let mut toy = morning();
    toy.does(Channel::Web, CentreCommand::ReleaseHold { hold: hold(2) });
    let (as_of, at) = (toy.position(), toy.fold_time());
    toy.does(Channel::Web, place(3, 2));
    toy.does(Channel::Web, confirm(2));
    let call = toy.asked.len() - 1;
    let Told::Refused { as_of: told_as_of, at: told_at, is_final: true, .. } = told(&mut toy, call) else {
        panic!("a hold that has ended stays so")
    };
    (*told_as_of, *told_at) = (as_of, Some(at));
    assert_eq!(toy.wrong(), [""; 0]);
}

#[test]
fn a_refusal_that_is_not_true() {
    let mut toy = morning();
    let call = toy.asks(Channel::Web, place(3, 2));
    let full = Told::Refused {
        rule: "SlotFull".into(),
        facts: None,
        is_final: false,
        as_of: toy.position(),
        at: Some(toy.fold_time()),
    };
    toy.hears(call, full);
    assert_eq!(toy.wrong(), ["RefusalUntrue"]);
}

#[test]
fn a_refusal_for_another_reason_or_with_other_facts_or_of_another_time() {
    for flaw in 0..3 {
        let mut toy = morning();
        let refused = toy.does(Channel::Web, place(1, 99));
        assert!(matches!(&refused, Told::Refused { rule, .. } if rule == "ContentDiffers"), "{refused:?}");
        let call = toy.asked.len() - 1;
        let Told::Refused { rule, facts, at, .. } = told(&mut toy, call) else { panic!("refused") };
        match flaw {
            0 => *rule = "IdTaken".into(),
            1 => facts.as_mut().unwrap().push('!'),
            _ => *at = Some(at.unwrap().plus_millis(1)),
        }
        assert_eq!(toy.wrong(), ["RefusalUntrue"], "flaw {flaw}");
    }
}

#[test]
fn a_refusal_that_the_clock_made_true_meanwhile_is_true_and_one_that_it_did_not_is_not() {
    let mut toy = morning();
    // The slot begins in three days at 09:00 UTC and can be booked until an hour before.
    let slot_closes_ms = 3 * 86_400_000 - 3_600_000;
    toy.decides_what_is_due();
    toy.now_ms = slot_closes_ms - 2_000;
    let early = toy.asks(Channel::Web, place(3, 1));
    toy.decides_what_is_due();
    let (as_of, at) = (toy.position(), toy.fold_time());
    let too_soon = Told::Refused {
        rule: "SlotTooSoon".into(),
        facts: Some("SlotTooSoon".into()),
        is_final: false,
        as_of,
        at: Some(at),
    };
    let mut told_too_early = toy.clone();
    told_too_early.hears(early, too_soon.clone());
    assert_eq!(told_too_early.wrong(), ["RefusalUntrue"]);
    toy.now_ms = slot_closes_ms + 500;
    toy.hears(early, too_soon);
    assert_eq!(toy.wrong(), [""; 0], "{}", toy.checked().report);
}

#[test]
fn a_refusal_as_of_nowhere() {
    let mut toy = morning();
    let call = call_of(&toy, &place(3, 99));
    let Told::Refused { as_of, .. } = told(&mut toy, call) else { panic!("refused") };
    as_of.seq += 40;
    assert_eq!(toy.wrong(), ["NoSuchPosition"]);
}
