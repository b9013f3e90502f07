//! Cases that random histories reach too seldom.

use ledger::CentreCommand as C;
use ledger::command::SlotPlan;
use schemas::rules::BasisPoints;
use schemas::vocabulary::{Channel, Dose, MadeBy, WithdrawReason};

use crate::run::Run;
use crate::universe as u;

/// A centre whose rules let everything be held at once, with one delivery of each vaccine.
fn opened() -> Run {
    let mut run = Run::new();
    let mut set = u::base_rules();
    set.holds.held_share = BasisPoints::ONE;
    let (effective_at, due_on) = (u::beginning(), u::civil_day(u::beginning()));
    ask(&mut run, C::DescribeCentre(u::description(0)));
    ask(&mut run, C::SetRules { rules: u::rules(1), effective_at, set });
    for (number, vaccine) in [(1, u::COMIRNATY), (2, u::JOHNSON)] {
        ask(&mut run, C::AnnounceDelivery { delivery: u::delivery(number), vaccine, doses: 100_000, due_on });
    }
    run
}

/// Both sides agree; whether it was granted.
fn ask(run: &mut Run, command: C) -> bool {
    let before = run.records.len();
    assert_eq!(run.ask(command, Channel::Partner), Ok(()));
    run.records.len() > before
}

fn slot(in_days: i32, dose: Dose, capacity: u32) -> SlotPlan {
    let local_date = u::civil_day(u::beginning()).plus_days(in_days).unwrap();
    let open = if dose == Dose::First { capacity } else { 0 };
    let start_at = u::start_on(local_date, 0);
    SlotPlan { start_at, local_date, length_min: 15, dose, capacity, web: 0, hotline: 0, open }
}

fn register(run: &mut Run, number: usize, reference: usize) -> bool {
    let mut person = u::person(1);
    person.pseudonyms = vec![u::pseudonym(number)];
    let (registration, reference) = (u::registration(number), u::reference(reference));
    ask(run, C::Register { registration, reference, made_by: MadeBy::Proxy, person })
}

fn place(number: usize, registration: usize, first: u32, instead_of: Option<usize>) -> C {
    C::PlaceHold {
        hold: u::hold(number),
        registration: u::registration(registration),
        first: schemas::ids::SlotId(first),
        second: None,
        instead_of: instead_of.map(u::hold),
    }
}

#[test]
fn an_id_used_anew_does_not_own_the_booking_that_outlived_its_first_use() {
    let mut run = opened();
    let (delivery, vaccine) = (u::delivery(2), u::JOHNSON);
    let slots = vec![slot(1, Dose::First, 2)];
    ask(&mut run, C::ReleaseSlots { release: u::release(1), delivery, vaccine, slots });
    register(&mut run, 1, 1);
    ask(&mut run, place(1, 1, 1, None));
    ask(&mut run, C::ConfirmHold { hold: u::hold(1) });
    run.pass(2 * 86_400).unwrap();
    let reason = WithdrawReason::Person;
    assert!(ask(&mut run, C::WithdrawRegistration { registration: u::registration(1), reason }));
    run.pass(8 * 86_400).unwrap();
    register(&mut run, 2, 2);
    assert!(register(&mut run, 1, 3), "the id is unknown again");
    let slots = vec![slot(12, Dose::First, 2)];
    ask(&mut run, C::ReleaseSlots { release: u::release(2), delivery, vaccine, slots });
    assert!(!ask(&mut run, place(2, 1, 2, Some(1))));
    assert!(ask(&mut run, place(2, 1, 2, None)));
    assert!(ask(&mut run, C::WithdrawRegistration { registration: u::registration(1), reason }));
    let (booking, change, first) = (u::hold(1), u::change(1), Some(schemas::ids::SlotId(2)));
    assert!(!ask(&mut run, C::RescheduleBooking { booking, change, first, second: None }));
    assert_eq!(
        run.coverage.count("RegistrationEnded"),
        0,
        "whoever has the id now has not ended that booking"
    );
}

#[test]
fn a_release_fits_into_a_record_or_is_refused_whole() {
    let mut run = opened();
    let (delivery, vaccine) = (u::delivery(2), u::JOHNSON);
    let release = |number, slots| C::ReleaseSlots {
        release: u::release(number),
        delivery,
        vaccine,
        slots: vec![slot(1, Dose::First, 1); slots],
    };
    // 128 bytes of prefix, a frame and the head of the event; 37 bytes a slot.
    let granted: Vec<usize> = (1_610..1_625).filter(|&slots| ask(&mut run, release(slots, slots))).collect();
    assert!(!granted.is_empty() && granted.len() < 15, "{granted:?}");
    assert!(!ask(&mut run, release(1, 3_000)));
}

#[test]
fn three_hundred_holds_that_lapse_at_once_are_expired_in_records_of_at_most_256() {
    let mut run = opened();
    let (delivery, vaccine) = (u::delivery(2), u::JOHNSON);
    let slots = vec![slot(1, Dose::First, 300)];
    ask(&mut run, C::ReleaseSlots { release: u::release(1), delivery, vaccine, slots });
    for number in 0..300 {
        register(&mut run, number, number);
        assert!(ask(&mut run, place(number, number, 1, None)));
    }
    let before = run.records.len();
    run.pass(900).unwrap();
    assert_eq!(run.records.len(), before + 2);
}
