use proptest::collection::vec;
use proptest::prelude::*;
use schemas::body::{BodyError, Claim, Clock, Genesis, Raise};
use schemas::events::{EventError, HoldExpired};
use schemas::ids::HoldId;
use schemas::{Body, Event, RecordKind};

use crate::strategies::{decision, uuid};

const DECISION: u8 = RecordKind::Decision as u8;
const CLAIM: u8 = RecordKind::Claim as u8;

fn claim() -> impl Strategy<Value = Body> {
    (uuid(), uuid(), any::<u16>(), any::<bool>(), ".{0,40}").prop_map(
        |(claim, node, knows_fold, clock_accepted, url)| {
            Body::Claim(Claim { claim, node, knows_fold, clock_accepted, url })
        },
    )
}

fn body() -> impl Strategy<Value = Body> {
    let genesis = (any::<u32>(), any::<u16>(), any::<bool>()).prop_map(|(partitions, fold_version, wall)| {
        let clock = if wall { Clock::Wall } else { Clock::Simulated };
        Body::Genesis(Genesis { partitions, fold_version, clock })
    });
    let raise = any::<u16>().prop_map(|fold_version| Body::Raise(Raise { fold_version }));
    prop_oneof![4 => decision(), 1 => claim(), 1 => genesis, 1 => raise, 1 => Just(Body::Barrier), 1 => Just(Body::HandOver)]
}

proptest! {
    #[test]
    fn what_is_read_is_what_was_written(body in body()) {
        let bytes = body.to_bytes().unwrap();
        prop_assert_eq!(Body::read(body.kind() as u8, &bytes).unwrap(), body);
    }

    #[test]
    fn any_bytes_are_a_body_or_a_named_error(kind in 0_u8..8, bytes in vec(any::<u8>(), 0..200)) {
        let _ = Body::read(kind, &bytes);
    }

    /// There is one way to write each value: what was read from other bytes would have another hash than its own.
    #[test]
    fn a_damaged_decision_is_an_error_or_another_decision(
        body in decision(), at in any::<proptest::sample::Index>(), flip in 1_u8..,
    ) {
        let mut bytes = body.to_bytes().unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(read) = Body::read(DECISION, &bytes) {
            prop_assert_ne!(&read, &body);
            prop_assert_eq!(read.to_bytes().unwrap(), bytes);
        }
    }

    #[test]
    fn a_body_cut_anywhere_is_an_error(body in body(), cut in any::<proptest::sample::Index>()) {
        let bytes = body.to_bytes().unwrap();
        if !bytes.is_empty() {
            prop_assert!(Body::read(body.kind() as u8, &bytes[..cut.index(bytes.len())]).is_err());
        }
    }

    #[test]
    fn nothing_may_follow_a_body(body in body(), more in vec(any::<u8>(), 1..9)) {
        let mut bytes = body.to_bytes().unwrap();
        bytes.extend(more);
        prop_assert!(matches!(Body::read(body.kind() as u8, &bytes), Err(BodyError::Frame(_))));
    }

    #[test]
    fn a_claim_may_have_grown(claim in claim(), version in 1_u8.., more in vec(any::<u8>(), 0..40)) {
        let grown = grown(&claim, version, &more);
        prop_assert_eq!(Body::read(CLAIM, &grown).unwrap(), claim);
    }

    #[test]
    fn an_unknown_event_is_named(kind in any::<u16>(), version in any::<u8>()) {
        let known = Event::CATALOGUE.iter().any(|&(known, newest, _, _)| known == kind && newest >= version && version > 0);
        prop_assume!(!known);
        let error = Body::read(DECISION, &framed_event(kind, version, b"payload")).unwrap_err();
        let source = EventError::Unknown { kind, version };
        prop_assert_eq!(&error, &BodyError::Event { index: 1, source });
        let told = error.to_string();
        prop_assert!(told.contains(&format!("event kind {kind} version {version} is unknown")), "{}", told);
    }
}

/// A frame of a claim with another version and more bytes at the end of its payload.
fn grown(claim: &Body, version: u8, more: &[u8]) -> Vec<u8> {
    let mut bytes = claim.to_bytes().unwrap();
    bytes.extend_from_slice(more);
    bytes[0] = version;
    let length = u32::try_from(bytes.len() - 5).unwrap();
    bytes[1..5].copy_from_slice(&length.to_le_bytes());
    bytes
}

/// A decision of a sound event and one like this.
fn framed_event(kind: u16, version: u8, payload: &[u8]) -> Vec<u8> {
    let sound = Body::Decision(vec![HoldExpired { hold: HoldId::NIL }.into()]);
    let mut bytes = sound.to_bytes().unwrap();
    bytes[0] = 2;
    bytes.extend_from_slice(&kind.to_le_bytes());
    bytes.push(version);
    bytes.extend_from_slice(&u32::try_from(payload.len()).unwrap().to_le_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

#[test]
fn an_unknown_kind_of_record_is_named() {
    for kind in 6..=u8::MAX {
        assert_eq!(Body::read(kind, &[]), Err(BodyError::UnknownKind(kind)));
    }
}

#[test]
fn what_is_no_claim_may_not_grow_nor_have_another_version() {
    let genesis = Body::Genesis(Genesis { partitions: 16, fold_version: 1, clock: Clock::Wall });
    for body in [genesis, Body::Raise(Raise { fold_version: 2 })] {
        let kind = body.kind();
        assert!(matches!(Body::read(kind as u8, &grown(&body, 1, &[0])), Err(BodyError::Payload(_))));
        let expected = Err(BodyError::UnknownVersion { kind, version: 2 });
        assert_eq!(Body::read(kind as u8, &grown(&body, 2, &[])), expected);
    }
}

#[test]
fn there_never_was_a_version_zero_of_a_claim() {
    let claim = Claim {
        claim: schemas::ids::ClaimId::NIL,
        node: schemas::ids::NodeId::NIL,
        knows_fold: 1,
        clock_accepted: true,
        url: String::new(),
    };
    let expected = Err(BodyError::UnknownVersion { kind: RecordKind::Claim, version: 0 });
    assert_eq!(Body::read(CLAIM, &grown(&Body::Claim(claim), 0, &[])), expected);
}

#[test]
fn the_place_of_a_damaged_event_is_told() {
    let error = Body::read(DECISION, &framed_event(19, 1, &[1, 2, 3])).unwrap_err();
    assert!(error.to_string().starts_with("event 1: event kind 19 version 1: cannot decode"), "{error}");
    let error = Body::read(DECISION, &framed_event(19, 1, &[0; 17])).unwrap_err();
    assert!(error.to_string().ends_with("1 bytes are left over after the payload"), "{error}");
}

#[test]
fn a_retired_version_is_read_as_the_newest() {
    let versions: Vec<u8> = (0..=u8::MAX)
        .filter(|&version| !matches!(Event::read(1, version, &[]), Err(EventError::Unknown { .. })))
        .collect();
    assert_eq!(versions, [1, 2]);
}

#[test]
fn more_events_than_can_be_counted_are_not_written() {
    let events = vec![HoldExpired { hold: HoldId::NIL }.into(); 65_536];
    assert!(Body::Decision(events).to_bytes().is_err());
}
