use std::fmt::Debug;

use schemas::codec::{CodecError, MAX_RECORD_BYTES, from_bytes, to_bytes};
use schemas::events::*;
use schemas::ids::*;
use schemas::rules::*;
use schemas::vocabulary::*;
use schemas::{CivilDate, Event, Instant, Reference};

/// Lengths that damaged bytes may name. Reserving memory for the last ones would end the process.
const LENGTHS: [u64; 8] = [1, 2, 60_000, 1_000_000, u32::MAX as u64, 1 << 60, i64::MAX as u64 + 1, u64::MAX];

#[test]
fn a_list_that_names_more_than_there_is_reserves_nothing() {
    for length in LENGTHS {
        let payload = length.to_le_bytes();
        for kind in [6, 20] {
            let error = Event::read(kind, 1, &payload).unwrap_err();
            assert!(matches!(error, EventError::Payload { .. }), "{length}: {error}");
        }
        assert!(from_bytes::<Vec<Pseudonym>>(&payload).is_err(), "{length}");
        assert!(from_bytes::<Vec<SlotShrunk>>(&payload).is_err(), "{length}");
    }
}

#[test]
fn a_text_that_names_more_than_there_is_reserves_nothing() {
    for length in LENGTHS {
        assert!(from_bytes::<String>(&length.to_le_bytes()).is_err(), "{length}");
        assert!(from_bytes::<CentreId>(&length.to_le_bytes()).is_err(), "{length}");
    }
}

#[test]
fn a_length_over_the_limit_is_told_before_the_bytes_are_looked_for() {
    let payload = (1_u64 << 60).to_le_bytes();
    let told = from_bytes::<Vec<u32>>(&payload).unwrap_err().to_string();
    assert!(told.contains("LimitExceeded"), "{told}");
}

/// As many elements as can be written at all: bincode reckons with their size in memory, which is larger.
fn the_largest_list_is_read<T: Clone + Debug + PartialEq + bincode::Encode + bincode::Decode<()>>(
    element: &T,
) {
    let size = to_bytes(element).unwrap().len();
    let most = vec![element.clone(); (MAX_RECORD_BYTES - 8) / size];
    let bytes = to_bytes(&most).unwrap();
    assert!(bytes.len() + size > MAX_RECORD_BYTES);
    assert_eq!(from_bytes::<Vec<T>>(&bytes).unwrap(), most);
    let more = vec![element.clone(); most.len() + 1];
    assert!(matches!(to_bytes(&more), Err(CodecError::TooLarge(_))));
}

#[test]
fn the_largest_list_of_every_kind_that_can_be_written_is_read() {
    let slot = SlotId(1);
    let at = Instant::EPOCH;
    let contingent = Contingent::Web;
    the_largest_list_is_read(&SlotShrunk { slot, contingent: None, removed: 1, frees: Vec::new() });
    the_largest_list_is_read(&PlaceReturn { slot, contingent, places: 1, backed_by: None });
    the_largest_list_is_read(&ContingentReturn { slot, contingent, places: 1 });
    the_largest_list_is_read(&SlotPlaces { slot, places: 1 });
    the_largest_list_is_read(&Backing { first: slot, second: slot, places: 1 });
    the_largest_list_is_read(&Pseudonym([7; 16]));
    the_largest_list_is_read(&RegistrationId([7; 16]));
    the_largest_list_is_read(&District::from_number(6_412).unwrap());
    the_largest_list_is_read(&Cohort { group: Group(1), opens_at: at });
    the_largest_list_is_read(&VaccineRule {
        name: "ab".parse().unwrap(),
        cvx: Cvx(1),
        doses: 1,
        interval_min_days: 0,
        interval_max_days: 0,
    });
    the_largest_list_is_read(&ReleasedSlot {
        slot,
        start_at: at,
        local_date: CivilDate::from_days(0).unwrap(),
        length_min: 5,
        dose: Dose::First,
        capacity: 1,
        web: 1,
        hotline: 0,
        open: 0,
    });
}

#[test]
fn more_bytes_than_a_record_are_neither_written_nor_read() {
    let largest = "x".repeat(MAX_RECORD_BYTES - 8);
    let mut bytes = to_bytes(&largest).unwrap();
    assert_eq!(from_bytes::<String>(&bytes).unwrap(), largest);
    assert!(matches!(to_bytes(&(largest + "x")), Err(CodecError::TooLarge(_))));
    bytes.push(0);
    assert!(matches!(from_bytes::<String>(&bytes), Err(CodecError::Malformed(_))));
}

fn refused<T: Debug + bincode::Decode<()>>(bytes: &[u8]) {
    let read = from_bytes::<T>(bytes);
    assert!(matches!(read, Err(CodecError::Malformed(_))), "{bytes:?} was read: {read:?}");
}

#[test]
fn numbers_that_are_no_word_are_refused() {
    macro_rules! check_words {
        ($($name:ident)*) => {$(
            for number in 0..=u8::MAX {
                match $name::ALL.iter().find(|word| word.number() == number) {
                    Some(word) => assert_eq!(from_bytes::<$name>(&[number]).unwrap(), *word),
                    None => refused::<$name>(&[number]),
                }
            }
        )*};
    }
    check_words!(Channel Contingent Dose MadeBy ReleaseReason CancelDoses CancelReason WithdrawReason);
    check_words!(ChangeCause ShrinkReason ChannelState Role);
    for number in 19..=u8::MAX {
        refused::<AgeBand>(&[number]);
    }
    for number in 2..=u8::MAX {
        refused::<schemas::Clock>(&[number]);
        refused::<bool>(&[number]);
        refused::<Option<u8>>(&[number, 0]);
    }
}

#[test]
fn values_outside_their_range_are_refused() {
    refused::<Instant>(&(-1_i64).to_le_bytes());
    refused::<Instant>(&i64::MIN.to_le_bytes());
    refused::<Instant>(&(Instant::MAX.millis() + 1).to_le_bytes());
    refused::<CivilDate>(&(-62_092_i32).to_le_bytes());
    refused::<CivilDate>(&2_932_532_i32.to_le_bytes());
    refused::<District>(&999_u32.to_le_bytes());
    refused::<District>(&100_000_u32.to_le_bytes());
    refused::<BasisPoints>(&10_001_u16.to_le_bytes());
    refused::<CentreId>(&to_bytes(&"Frankfurt".to_owned()).unwrap());
    refused::<ReferencePrefix>(&to_bytes(&"FRAN".to_owned()).unwrap());
    refused::<String>(&[2, 0, 0, 0, 0, 0, 0, 0, 0xc3, 0x28]);
    refused::<Reference>(&to_bytes(&("FRA".to_owned(), 1_u64 << 40)).unwrap());
    refused::<Reference>(&to_bytes(&("FRA".to_owned(), u64::MAX)).unwrap());
    refused::<Reference>(&to_bytes(&("fra".to_owned(), 1_u64)).unwrap());
    assert!(from_bytes::<Reference>(&to_bytes(&("FRA".to_owned(), (1_u64 << 40) - 1)).unwrap()).is_ok());
}

#[test]
fn a_share_of_more_than_the_whole_is_not_written() {
    assert!(to_bytes(&BasisPoints::ONE).is_ok());
    assert!(matches!(to_bytes(&BasisPoints(10_001)), Err(CodecError::TooLarge(_))));
}

#[test]
fn what_follows_a_payload_is_counted() {
    let mut bytes = to_bytes(&HoldExpired { hold: HoldId::NIL }).unwrap();
    bytes.extend([0; 3]);
    assert_eq!(from_bytes::<HoldExpired>(&bytes), Err(CodecError::TrailingBytes(3)));
}
