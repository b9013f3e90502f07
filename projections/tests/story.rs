//! Stories: every event that concerns a thing and no other, in order, with void records shown and not followed.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::day::{Desk, hold};
use common::{PARTITIONS, reference, uuid};
use ledger::CentreCommand;
use ledger::chain::{Chain, Verdict};
use ledger::log::Log as _;
use ledger::past::read_values;
use projections::story::{Story, Subject, Told};
use schemas::events::RecordsRead;
use schemas::ids::{ActorId, HoldId, Partition, RegistrationId, SlotId};
use schemas::vocabulary::{CancelDoses, Role};

/// Two people at Frankfurt: the first books, the second lets his hold lapse, and an auditor reads about the first.
fn desk() -> Desk {
    let mut desk = Desk::open(9, "frankfurt");
    for (person, slot) in [(11, 1), (12, 2)] {
        desk.register(person);
        let placed = CentreCommand::PlaceHold {
            hold: hold(person + 10),
            registration: RegistrationId(uuid(person)),
            first: SlotId(slot),
            second: None,
            instead_of: None,
        };
        desk.web(placed).unwrap();
    }
    desk.world.pass_ms(60_000);
    desk.confirm(21);
    desk.world.pass_ms(700_000);
    desk.cancel(21, CancelDoses::Second);
    let read = RecordsRead {
        actor: ActorId([5; 16]),
        role: Role::Auditor,
        purpose: "a complaint".to_owned(),
        what: format!("registration {} at frankfurt as of now", RegistrationId(uuid(11))),
        from: None,
        to: None,
    };
    desk.world.record(Partition::OFFICE, 0, vec![read.into()]);
    desk
}

fn told(desk: &Desk, subject: &str) -> Vec<Told> {
    let subject: Subject = subject.parse().unwrap();
    let mut all = Vec::new();
    let mut story: Option<Story> = None;
    for partition in (1..PARTITIONS).chain([0]).map(Partition) {
        let mut at = match story.take() {
            Some(before) => before.go_on_in(partition),
            None => Story::new(None, partition, subject.clone()),
        };
        read_values(&*desk.world.log, partition, &mut |_| (), &mut |entry| {
            all.extend(at.read(entry.offset, &entry.value).unwrap());
            Ok(true)
        })
        .unwrap();
        story = Some(at);
    }
    all
}

fn names(told: &[Told]) -> Vec<&'static str> {
    told.iter().filter(|told| told.void.is_none()).map(|told| told.event.name()).collect()
}

const BOOKED: [&str; 5] =
    ["RegistrationAccepted", "HoldPlaced", "BookingConfirmed", "BookingCancelled", "RecordsRead"];

#[test]
fn a_registration_its_reference_its_hold_and_its_slots_tell_their_own_part() {
    let desk = desk();
    let registration = told(&desk, &RegistrationId(uuid(11)).to_string());
    assert_eq!(names(&registration), BOOKED);
    assert_eq!(told(&desk, &reference("FRA", 11).to_string()), registration);
    assert_eq!(
        names(&told(&desk, &hold(21).to_string())),
        ["HoldPlaced", "BookingConfirmed", "BookingCancelled"]
    );
    let lapsed = ["RegistrationAccepted", "HoldPlaced", "HoldExpired"];
    assert_eq!(names(&told(&desk, &RegistrationId(uuid(12)).to_string())), lapsed);
    let of_slot = ["SlotsReleased", "HoldPlaced", "BookingConfirmed", "BookingCancelled"];
    assert_eq!(names(&told(&desk, "frankfurt/1")), of_slot);
    assert_eq!(names(&told(&desk, "frankfurt/2")), ["SlotsReleased", "HoldPlaced", "HoldExpired"]);
    assert_eq!(names(&told(&desk, "kassel/1")), Vec::<&str>::new());
    let release = names(&told(&desk, &HoldId(uuid(3)).to_string()));
    assert_eq!(release, ["SlotsReleased"], "its slots are offered; who holds them is another story");
    let delivery = names(&told(&desk, &HoldId(uuid(2)).to_string()));
    assert_eq!(delivery[..2], ["DeliveryAnnounced", "SlotsReleased"]);
    assert_eq!(names(&told(&desk, "51c2a0de-0f4b-4c6e-9d3a-2f1b7c8e9a10")), Vec::<&str>::new());
}

#[test]
fn each_event_says_where_when_by_whom_and_in_words() {
    let desk = desk();
    let placed = told(&desk, &hold(21).to_string()).swap_remove(0);
    assert_eq!(placed.position.unwrap().partition, desk.partition());
    assert_eq!((placed.epoch, placed.node.map(|node| node.0)), (1, Some(uuid(2))));
    assert_eq!(placed.time_zone, "Europe/Berlin");
    assert_eq!(placed.at.unwrap().to_string(), "2021-01-11T09:00:00.000Z");
    for said in ["slot 1 (2021-01-19 10:00)", "slot 3 (2021-02-09 10:00)", "it lapses at 2021-01-11 10:10:00"]
    {
        assert!(placed.words.contains(said), "{}", placed.words);
    }
}

#[test]
fn what_does_not_count_is_shown_with_its_reason_and_leads_nowhere() {
    let desk = desk();
    let partition = desk.partition();
    let entries = desk.world.log.read(partition, 0, usize::MAX).unwrap();
    let mut chain = Chain::new(None, partition);
    let mut accepted = None;
    for entry in &entries {
        if let Verdict::Counts(record) = chain.judge(entry.offset, &entry.value).unwrap()
            && record.prefix.kind == 2
        {
            accepted = Some(entry.value.clone());
        }
    }
    let value = accepted.unwrap();
    desk.world.append(partition, value.clone());
    let mut stale = value.to_vec();
    stale[32..40].copy_from_slice(&77_u64.to_le_bytes());
    desk.world.append(partition, stale.into());
    desk.world.append(partition, vec![1, 2, 3].into());
    let all = told(&desk, &hold(21).to_string());
    assert_eq!(names(&all), ["HoldPlaced", "BookingConfirmed", "BookingCancelled"]);
    let void: Vec<_> = all.iter().filter_map(|told| told.void.as_deref()).collect();
    assert_eq!(void, ["it stood here before", "of epoch 77, where 1 reigns"]);
    assert!(all.iter().filter(|told| told.void.is_some()).all(|told| told.position.is_none()));
}
