//! What was written can be read, as of where it stands.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::time::Duration;

use common::{World, centre, described, reference, registered, start, uuid};
use projections::Waited;
use schemas::Event;
use schemas::events::{ChannelSet, ErasureDone, ErasureOrdered, RegistrationWithdrawn};
use schemas::ids::{ContentHash, Partition, Pseudonym, RegistrationId};
use schemas::vocabulary::{Channel, ChannelState, WithdrawReason};

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_registration_is_found_by_its_id_its_reference_and_its_person() {
    let views_dir = tempfile::tempdir().unwrap();
    let mut world = World::new(9);
    let (views, _projector) = start(&world.log, views_dir.path());
    let (frankfurt, partition) = centre("frankfurt");
    let said = reference("FRA", 417);
    world.record(partition, 1, vec![described("frankfurt", 1)]);
    let position = world.record(partition, 1, vec![registered(1, &said, &[5, 6])]);

    assert_eq!(views.wait_for(position, PATIENCE).await, Waited::Reached);
    let read = views.registration(&frankfurt, RegistrationId(uuid(1))).unwrap();
    assert_eq!((read.position, read.at), (position, world.now));
    let row = read.value.unwrap();
    assert_eq!(row.reference, said);
    assert_eq!(row.registered_at.position(partition), position);
    let by_reference = views.by_reference(&said).unwrap().unwrap().value;
    assert_eq!((by_reference.centre, by_reference.registration), (frankfurt, RegistrationId(uuid(1))));
    for pseudonym in [5, 6] {
        let person = views.person(Pseudonym([pseudonym; 16])).unwrap();
        assert_eq!(person.len(), 1);
        assert_eq!(person[0].value.row, row);
    }
    assert!(views.person(Pseudonym([7; 16])).unwrap().is_empty());
}

#[tokio::test]
async fn once_erased_a_person_leads_nowhere_and_the_reference_says_so() {
    let views_dir = tempfile::tempdir().unwrap();
    let mut world = World::new(9);
    let (views, _projector) = start(&world.log, views_dir.path());
    let (_, partition) = centre("frankfurt");
    let said = reference("FRA", 417);
    let registration = RegistrationId(uuid(1));
    let content = ContentHash([0; 16]);
    world.record(partition, 1, vec![described("frankfurt", 1)]);
    world.record(partition, 1, vec![registered(1, &said, &[5])]);
    let withdrawn = RegistrationWithdrawn { registration, reason: WithdrawReason::Erasure, content };
    let ordered =
        world.record(partition, 1, vec![withdrawn.into(), ErasureOrdered { registration, content }.into()]);
    let done = world.record(partition, 1, vec![ErasureDone { registration }.into()]);

    assert_eq!(views.wait_for(done, PATIENCE).await, Waited::Reached);
    assert!(views.person(Pseudonym([5; 16])).unwrap().is_empty());
    let row = views.by_reference(&said).unwrap().unwrap().value.row;
    let erasure = row.erasure.unwrap();
    assert_eq!(erasure.ordered_at.position(partition), ordered);
    assert_eq!(erasure.done_at.map(|mark| mark.position(partition)), Some(done));
    assert_eq!(row.withdrawn.unwrap().reason, WithdrawReason::Erasure);
}

#[tokio::test]
async fn a_channel_is_read_as_it_was_last_set() {
    let views_dir = tempfile::tempdir().unwrap();
    let mut world = World::new(9);
    let (views, _projector) = start(&world.log, views_dir.path());
    assert_eq!(views.channel(Channel::Web).unwrap().value, None);
    let set = |state| -> Event {
        ChannelSet { channel: Channel::Web, state, reason: "night".to_owned(), content: ContentHash([0; 16]) }
            .into()
    };
    world.record(Partition::OFFICE, 0, vec![set(ChannelState::Draining)]);
    let position = world.record(Partition::OFFICE, 0, vec![set(ChannelState::Closed)]);

    assert_eq!(views.wait_for(position, PATIENCE).await, Waited::Reached);
    let read = views.channel(Channel::Web).unwrap();
    assert_eq!(read.position, position);
    assert_eq!(read.value.unwrap().set.state, ChannelState::Closed);
    assert_eq!(views.channel(Channel::Hotline).unwrap().value, None);
}
