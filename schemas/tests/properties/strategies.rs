//! Values of every shape that events are made of.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use schemas::events::*;
use schemas::ids::*;
use schemas::vocabulary::*;
use schemas::{Body, CivilDate, Event, Instant, Prefix, RecordKind, Reference};

pub(crate) fn uuid<T: From<uuid::Uuid> + std::fmt::Debug>() -> impl Strategy<Value = T> {
    any::<[u8; 16]>().prop_map(|bytes| uuid::Builder::from_random_bytes(bytes).into_uuid().into())
}

pub(crate) fn instant() -> impl Strategy<Value = Instant> {
    prop_oneof![0..=Instant::MAX.millis(), Just(0), Just(Instant::MAX.millis())]
        .prop_map(|millis| Instant::from_millis(millis).unwrap())
}

pub(crate) fn date() -> impl Strategy<Value = CivilDate> {
    (-62_091_i32..=2_932_531).prop_map(|days| CivilDate::from_days(days).unwrap())
}

pub(crate) fn reference() -> impl Strategy<Value = Reference> {
    ("[A-Z]{3}", any::<u64>()).prop_map(|(prefix, random)| Reference::new(prefix.parse().unwrap(), random))
}

fn word<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    proptest::sample::select(all)
}

fn slot() -> impl Strategy<Value = SlotId> {
    any::<u32>().prop_map(SlotId)
}

fn content() -> impl Strategy<Value = ContentHash> {
    any::<[u8; 16]>().prop_map(ContentHash)
}

fn district() -> impl Strategy<Value = District> {
    (1_000..=99_999_u32).prop_map(|number| District::from_number(number).unwrap())
}

fn hold_placed() -> impl Strategy<Value = Event> {
    let ids = (uuid(), uuid(), option::of(uuid()), content());
    let slots = (slot(), option::of(slot()), option::of(slot()), word(Contingent::ALL));
    (ids, slots, date(), instant()).prop_map(|(ids, slots, asked_on, deadline_at)| {
        let (hold, registration, instead_of, content) = ids;
        let (first, second, frees, contingent) = slots;
        HoldPlaced {
            hold,
            registration,
            first,
            second,
            frees,
            contingent,
            asked_on,
            deadline_at,
            instead_of,
            content,
        }
        .into()
    })
}

fn registration_accepted() -> impl Strategy<Value = Event> {
    let person = (any::<u16>(), district(), 0..120_u32, word(MadeBy::ALL));
    let pseudonyms = vec(any::<[u8; 16]>().prop_map(Pseudonym), 0..4);
    (uuid(), reference(), pseudonyms, any::<[u8; 32]>(), person, content()).prop_map(
        |(registration, reference, pseudonyms, commitment, (group, district, years, made_by), content)| {
            RegistrationAccepted {
                registration,
                reference,
                pseudonyms,
                commitment: Commitment(commitment),
                group: Group(group),
                district,
                age_band: AgeBand::of_years(years),
                made_by,
                content,
            }
            .into()
        },
    )
}

fn records_read() -> impl Strategy<Value = Event> {
    (uuid(), word(Role::ALL), ".{0,30}", ".{0,30}", option::of(instant()), option::of(instant())).prop_map(
        |(actor, role, purpose, what, from, to)| RecordsRead { actor, role, purpose, what, from, to }.into(),
    )
}

fn slots_shrunk() -> impl Strategy<Value = Event> {
    let frees = vec((slot(), any::<u32>()).prop_map(|(slot, places)| SlotPlaces { slot, places }), 0..3);
    let shrunk = (slot(), option::of(word(Contingent::ALL)), any::<u32>(), frees)
        .prop_map(|(slot, contingent, removed, frees)| SlotShrunk { slot, contingent, removed, frees });
    (uuid(), word(ShrinkReason::ALL), vec(shrunk, 0..4), content())
        .prop_map(|(shrink, reason, slots, content)| SlotsShrunk { shrink, reason, slots, content }.into())
}

pub(crate) fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        hold_placed(),
        registration_accepted(),
        records_read(),
        slots_shrunk(),
        uuid().prop_map(|hold| HoldExpired { hold }.into()),
    ]
}

pub(crate) fn decision() -> impl Strategy<Value = Body> {
    vec(event(), 0..6).prop_map(Body::Decision)
}

pub(crate) fn prefix() -> impl Strategy<Value = Prefix> {
    let numbers = (any::<u16>(), any::<u8>(), any::<u8>(), any::<u16>(), any::<u32>(), any::<u32>());
    let place = (any::<u64>(), any::<u64>(), any::<[u8; 32]>(), any::<i64>());
    (numbers, place, uuid(), any::<[u8; 16]>(), any::<[u8; 16]>()).prop_map(
        |(numbers, place, ledger, command, actor)| {
            let (format, kind, channel, fold_version, partition, centre) = numbers;
            let (epoch, seq, prev, time_ms) = place;
            let mut prefix = Prefix::new(RecordKind::Decision, Channel::Web, ledger, Partition(partition));
            (prefix.format, prefix.kind, prefix.channel) = (format, kind, channel);
            (prefix.fold_version, prefix.centre) = (fold_version, CentreNumber(centre));
            (prefix.epoch, prefix.seq, prefix.prev, prefix.time_ms) = (epoch, seq, Head(prev), time_ms);
            (prefix.command, prefix.actor) = (CommandId(command), ActorId(actor));
            prefix
        },
    )
}
