//! Logs with records in them that no honest writer leaves.

use ledger::chain::Origin;
use ledger::{CentreCommand, Command};
use replay_tests::history::checker::views;
use replay_tests::history::{Told, Violation};
use replay_tests::model::State;
use schemas::ids::{CentreNumber, SlotId};
use schemas::vocabulary::Channel;
use schemas::{Body, Event, events};

use crate::toy::{Toy, centre, hold, names, registration};
use crate::wrong::{confirm, morning, place, register};

const NUMBER: CentreNumber = CentreNumber(1);

fn command(command: CentreCommand) -> Command {
    Command::Centre(centre(), command)
}

#[test]
fn an_ok_that_is_in_the_log_twice() {
    let mut toy = morning();
    toy.does(Channel::Web, register(4));
    let events = toy.last_events();
    toy.records(Channel::Web, &command(register(4)), NUMBER, events);
    assert!(toy.wrong().contains(&"Twice".to_owned()), "{:?}", toy.wrong());
}

#[test]
fn an_unknown_may_be_once_or_absent_and_not_twice() {
    let mut toy = morning();
    let absent = toy.asks(Channel::Web, register(4));
    toy.hears(absent, Told::Unknown);
    let once = toy.asks(Channel::Web, register(5));
    toy.decides(once);
    toy.hears(once, Told::Unknown);
    // And one that nobody came back to.
    let never_told = toy.asks(Channel::Web, register(6));
    toy.decides(never_told);
    let counts = toy.checked().report.counts;
    assert_eq!((counts.unknown_absent, counts.unknown_once), (1, 2));
    assert_eq!(toy.wrong(), [""; 0]);
    let events = toy.last_events();
    toy.records(Channel::Web, &command(register(6)), NUMBER, events);
    let twice = toy.checked().report.violations.into_iter().find_map(|violation| match violation {
        Violation::Twice { asked_by, .. } => Some(asked_by),
        _ => None,
    });
    assert_eq!(twice, Some(vec![toy.asked[never_told].call]));
}

#[test]
fn a_slot_that_is_overbooked() {
    let mut toy = Toy::opened();
    for number in 1..=4 {
        toy.does(Channel::Web, register(number));
    }
    // Three places of slot 1 are the web's, and one is open; the cap of three in five lets two be held in each.
    for number in 1..=3 {
        let placed = toy.does(Channel::Web, place(number, 1));
        assert!(matches!(placed, Told::Done { .. }), "{placed:?}");
        toy.does(Channel::Web, confirm(number));
    }
    let call = toy.asks(Channel::Web, place(4, 1));
    let forged = Event::from(events::HoldPlaced {
        hold: hold(4),
        registration: registration(4),
        first: SlotId(1),
        second: Some(SlotId(3)),
        frees: None,
        contingent: schemas::vocabulary::Contingent::Web,
        asked_on: "2026-11-24".parse().unwrap(),
        deadline_at: toy.time().plus_seconds(60),
        instead_of: None,
        content: place(4, 1).content(),
    });
    let asked = toy.asked[call].command.clone();
    toy.records(Channel::Web, &asked, NUMBER, vec![forged]);
    let over = toy.checked().report.violations.into_iter().find_map(|violation| match violation {
        Violation::Overbooked { place, taken, capacity, .. } => Some((place.slot, taken, capacity)),
        _ => None,
    });
    assert_eq!(over, Some((SlotId(1), 4, 3)), "{}", toy.checked().report);
}

#[test]
fn a_gap_in_the_offsets() {
    let mut toy = morning();
    toy.entries.last_mut().unwrap().offset += 1;
    assert_eq!(toy.wrong(), ["Damage"]);
}

#[test]
fn a_record_that_was_changed_breaks_the_chain_behind_it() {
    let mut toy = morning();
    let at = toy.entries.len() - 4;
    let mut value = toy.entries[at].value.to_vec();
    let last = value.len() - 1;
    value[last] ^= 1;
    toy.entries[at].value = value.into();
    let wrong = toy.wrong();
    assert!(
        wrong.contains(&"Damage".to_owned()) && wrong.contains(&"NoSuchPosition".to_owned()),
        "{wrong:?}"
    );
}

#[test]
fn a_record_that_is_missing_breaks_the_chain_behind_it() {
    let mut toy = morning();
    toy.entries.remove(5);
    (0..).zip(&mut toy.entries).for_each(|(offset, entry)| entry.offset = offset);
    assert!(toy.wrong().contains(&"NoSuchPosition".to_owned()));
}

#[test]
fn a_log_that_does_not_begin_with_genesis() {
    let mut toy = morning();
    toy.entries.remove(0);
    (0..).zip(&mut toy.entries).for_each(|(offset, entry)| entry.offset = offset);
    assert!(toy.wrong().contains(&"Damage".to_owned()));
}

#[test]
fn void_records_and_repeats_are_no_violation() {
    let mut toy = morning();
    let copy = toy.entries[6].value.clone();
    toy.append(copy);
    toy.append(b"garbage".as_slice().into());
    let of_the_old_reign = toy.pend(Origin::WRITER, toy.time(), &Body::Barrier);
    toy.claims();
    toy.append(of_the_old_reign.value);
    toy.does(Channel::Web, register(4));
    let checked = toy.checked();
    assert_eq!(names(&checked.report.violations), [""; 0], "{}", checked.report);
    let counts = checked.report.counts;
    assert_eq!((counts.repeats, counts.void, counts.claims), (1, 2, 2));
}

#[test]
fn time_that_goes_back() {
    let mut toy = morning();
    let mut value = toy.pend(Origin::WRITER, toy.time(), &Body::Barrier).value.to_vec();
    let earlier = toy.fold_time().millis() - 1;
    value[80..88].copy_from_slice(&earlier.to_le_bytes());
    toy.append(value.into());
    assert_eq!(toy.wrong(), ["TimeWentBack"]);
}

#[test]
fn a_record_that_nobody_asked_for() {
    let mut toy = morning();
    toy.does(Channel::Web, register(4));
    toy.asked.pop();
    toy.answered.pop();
    assert_eq!(toy.wrong(), ["NobodyAsked"]);
}

#[test]
fn a_record_that_the_rules_do_not_ask_for() {
    let mut toy = morning();
    let call = toy.asks(Channel::Web, confirm(2));
    toy.decides(call);
    let mut events = toy.last_events();
    toy.entries.pop();
    // The rules confirm a hold; they do not give it back as well.
    let content = confirm(2).content();
    let reason = schemas::vocabulary::ReleaseReason::GivenUp;
    events[0] = events::HoldReleased { hold: hold(2), reason, content }.into();
    let asked = toy.asked[call].command.clone();
    toy.records(Channel::Web, &asked, NUMBER, events);
    assert_eq!(toy.wrong(), ["NotByTheRules"]);
}

#[test]
fn a_hold_that_lapses_too_early_or_after_its_time() {
    let mut early = morning();
    let origin = Origin { centre: NUMBER, ..Origin::WRITER };
    let expired = Body::Decision(vec![events::HoldExpired { hold: hold(2) }.into()]);
    let record = early.pend(origin, early.time(), &expired);
    early.append(record.value);
    assert_eq!(early.wrong(), ["NotByTheRules"]);

    let mut late = morning();
    late.pass(120_000);
    // What is due should have come first.
    let call = late.asks(Channel::Web, register(4));
    let mut ahead = late.clone();
    ahead.decides(call);
    let events = ahead.last_events();
    late.records(Channel::Web, &command(register(4)), NUMBER, events);
    assert_eq!(late.wrong(), ["NotByTheRules"]);
}

#[test]
fn a_hold_that_is_confirmed_and_does_not_exist() {
    let mut toy = morning();
    let call = toy.asks(Channel::Web, confirm(9));
    let confirmed = events::BookingConfirmed { booking: hold(9), content: confirm(9).content() };
    let asked = toy.asked[call].command.clone();
    toy.records(Channel::Web, &asked, NUMBER, vec![confirmed.into()]);
    assert!(toy.wrong().contains(&"Breach".to_owned()), "{:?}", toy.wrong());
}

#[test]
fn what_stands_before_it_shows_that_it_was_decided_too_late() {
    let mut toy = morning();
    let impatient = toy.asks_until(Channel::Web, register(4), 10);
    toy.pass(1_000);
    let other = toy.asks(Channel::Web, register(5));
    let told = toy.decides(other);
    toy.hears(other, told);
    let mut ahead = toy.clone();
    ahead.asked[impatient].deadline_ns = Some(u64::MAX);
    ahead.decides(impatient);
    let events = ahead.last_events();
    // With the time of the record before it, as a slow clock would have it.
    toy.now_ms = 0;
    let asked = toy.asked[impatient].command.clone();
    toy.records(Channel::Web, &asked, NUMBER, events);
    let late = toy.checked().report.violations;
    assert!(
        matches!(&late[..], [Violation::DecidedTooLate { call, .. }] if *call == toy.asked[impatient].call),
        "{late:?}"
    );
    assert!(late[0].to_string().contains("the chain before it"), "{}", late[0]);
    // Somebody who waits longer for the same makes it right.
    toy.asked[other].asked_ns = 0;
    assert_eq!(toy.wrong(), [""; 0]);
}

#[test]
fn its_own_time_or_the_claim_of_its_reign_shows_that_it_was_decided_too_late() {
    for claims in [false, true] {
        let mut toy = morning();
        let impatient = toy.asks_until(Channel::Web, register(4), 10);
        toy.pass(1_000);
        if claims {
            toy.claims();
        }
        let mut ahead = toy.clone();
        ahead.asked[impatient].deadline_ns = Some(u64::MAX);
        ahead.decides(impatient);
        let events = ahead.last_events();
        let asked = toy.asked[impatient].command.clone();
        toy.records(Channel::Web, &asked, NUMBER, events);
        let late = toy.checked().report.violations;
        let expected = if claims { "took the claim" } else { "its own time" };
        assert!(late.len() == 1 && late[0].to_string().contains(expected), "{late:?}");
    }
}

#[test]
fn what_was_sent_in_time_and_arrived_late_is_no_violation() {
    let mut toy = morning();
    let impatient = toy.asks_until(Channel::Web, register(4), 10);
    toy.decides(impatient);
    let last = toy.entries.len() - 1;
    toy.entries[last].appended_at = Some(toy.time().plus_millis(60_000));
    assert_eq!(toy.wrong(), [""; 0]);
}

#[test]
fn views_that_differ() {
    let toy = morning();
    let log = std::sync::Arc::new(ledger::log::MemoryLog::empty(2));
    for (partition, entries) in (0..).map(schemas::ids::Partition).zip([&toy.office, &toy.entries]) {
        let values = entries.iter().map(|entry| entry.value.clone().into()).collect();
        ledger::log::Log::append(log.as_ref(), partition, values, Box::new(|_| ()));
    }
    let folder = tempfile::tempdir().unwrap();
    let views = projections::rebuild(log, folder.path(), projections::Settings::default()).unwrap();
    let mut ends = toy.checked().ends;
    assert_eq!(views::compare(&views, &ends), []);

    let model = ends[1].centres.get_mut(&centre()).unwrap();
    let place = model.places.iter_mut().find(|place| place.state == State::Free).unwrap();
    place.state = State::Booked(hold(1));
    assert_eq!(names(&views::compare(&views, &ends)), ["ViewsDiffer"], "a number");

    let mut ends = toy.checked().ends;
    ends[1].centres.get_mut(&centre()).unwrap().holds[0].placed.mark.seq += 1;
    assert_eq!(views::compare(&views, &ends).len(), 1, "a hold");

    let mut ends = toy.checked().ends;
    ends[1].centres.get_mut(&centre()).unwrap().registrations[0].accepted.event.pseudonyms.clear();
    assert_eq!(views::compare(&views, &ends).len(), 1, "a registration");

    let mut ends = toy.checked().ends;
    ends[1].position.as_mut().unwrap().seq += 1;
    assert_eq!(views::compare(&views, &ends).len(), 1, "a position");
}
