use proptest::prelude::*;
use schemas::Position;
use schemas::ids::*;

use crate::strategies::uuid;

proptest! {
    #[test]
    fn a_uuid_is_read_as_it_is_written_and_in_capitals(hold in uuid::<HoldId>()) {
        let text = hold.to_string();
        prop_assert_eq!(text.parse::<HoldId>().unwrap(), hold);
        prop_assert_eq!(text.to_uppercase().parse::<HoldId>().unwrap(), hold);
        let json = serde_json::to_string(&hold).unwrap();
        prop_assert_eq!(serde_json::from_str::<HoldId>(&json).unwrap(), hold);
    }

    #[test]
    fn a_uuid_that_is_not_of_version_4_is_refused(bytes in any::<[u8; 16]>()) {
        let is_v4 = bytes[6] >> 4 == 4 && bytes[8] >> 6 == 0b10;
        let text = HoldId(bytes).to_string();
        prop_assert_eq!(text.parse::<HoldId>().is_ok(), is_v4, "{}", text);
    }

    #[test]
    fn every_other_version_and_variant_is_refused(hold in uuid::<HoldId>(), version in 0_u8..16, variant in 0_u8..16) {
        let mut text = hold.to_string();
        text.replace_range(14..15, &format!("{version:x}"));
        text.replace_range(19..20, &format!("{variant:x}"));
        prop_assert_eq!(text.parse::<HoldId>().is_ok(), version == 4 && (8..12).contains(&variant), "{}", text);
    }

    #[test]
    fn a_uuid_is_taken_in_its_hyphenated_form_alone(hold in uuid::<HoldId>()) {
        let text = hold.to_string();
        let other = [text.replace('-', ""), format!("{{{text}}}"), format!("urn:uuid:{text}"), format!(" {text}"), text.replace('-', "_")];
        for other in other {
            prop_assert!(other.parse::<HoldId>().is_err(), "{}", other);
        }
    }

    #[test]
    fn a_position_is_read_as_it_is_written(partition in any::<u32>(), seq in any::<u64>(), head in any::<[u8; 32]>()) {
        let position = Position::new(Partition(partition), seq, &Head(head));
        prop_assert_eq!(position.to_string().parse::<Position>().unwrap(), position);
        let bytes = schemas::codec::to_bytes(&position).unwrap();
        prop_assert_eq!(schemas::codec::from_bytes::<Position>(&bytes).unwrap(), position);
    }

    #[test]
    fn a_head_is_read_as_it_is_written(head in any::<[u8; 32]>()) {
        prop_assert_eq!(Head(head).to_string().parse::<Head>().unwrap(), Head(head));
    }

    #[test]
    fn any_text_is_an_id_or_an_error_that_repeats_no_more_than_eighty_characters(text in "\\PC{0,200}") {
        let errors = [
            text.parse::<HoldId>().err(), text.parse::<Head>().err(), text.parse::<District>().err(),
            text.parse::<CentreId>().err(), text.parse::<Position>().err(), text.parse::<ReferencePrefix>().err(),
        ];
        for error in errors.into_iter().flatten() {
            prop_assert!(error.given.chars().count() <= 80);
        }
    }

    #[test]
    fn a_district_has_five_digits(number in 0_u32..200_000) {
        let district = District::from_number(number);
        prop_assert_eq!(district.is_ok(), (1_000..100_000).contains(&number));
        if let Ok(district) = district {
            prop_assert_eq!(district.to_string().parse::<District>().unwrap(), district);
        }
    }

    #[test]
    fn centres_live_in_every_partition_but_the_office(centre in "[a-z][a-z0-9-]{1,39}", partitions in 2_u32..) {
        let partition = schemas::hashing::partition_of(&centre.parse().unwrap(), partitions);
        prop_assert!((1..partitions).contains(&partition.0), "{}", partition);
    }
}

#[test]
fn nil_stands_for_none_and_no_client_may_name_it() {
    assert!(HoldId::NIL.is_nil());
    assert!(HoldId::NIL.to_string().parse::<HoldId>().is_err());
}

#[test]
fn positions_that_are_none() {
    let wrong = [
        "",
        "@",
        "3",
        "3@",
        "3@4",
        "3@4-",
        "@4-9f3a61c2aa01b2c3",
        "3@-9f3a61c2aa01b2c3",
        "3@4-9f3a61c2aa01b2c",
        "3@4-9F3A61C2AA01B2C3",
        "+3@4-9f3a61c2aa01b2c3",
        "3@+4-9f3a61c2aa01b2c3",
        "3@4-+f3a61c2aa01b2c3",
        "3@4--f3a61c2aa01b2c3",
        " 3@4-9f3a61c2aa01b2c3",
        "4294967296@4-9f3a61c2aa01b2c3",
        "3@18446744073709551616-9f3a61c2aa01b2c3",
        "3@4-9f3a61c2aa01b2c3-",
        "3@4-9f3a61c2aa01b2c3aa",
        "٣@4-9f3a61c2aa01b2c3",
    ];
    for text in wrong {
        assert!(text.parse::<Position>().is_err(), "{text:?}");
    }
}

#[test]
fn texts_that_name_no_centre_and_no_district() {
    for text in [
        "",
        "f",
        "Frankfurt",
        "1frankfurt",
        "-frankfurt",
        "frank furt",
        "frank/furt",
        "gießen",
        "frankfurt\n",
        &"f".repeat(41),
    ] {
        assert!(text.parse::<CentreId>().is_err(), "{text:?}");
    }
    for text in ["", "6412", "064120", "0641a", "+6412", "00000", "00999", "０６４１２"] {
        assert!(text.parse::<District>().is_err(), "{text:?}");
    }
}

#[test]
fn an_error_says_what_was_given_and_what_is_wanted() {
    let error = "51c2".parse::<HoldId>().unwrap_err().to_string();
    assert_eq!(
        error,
        "hold \"51c2\" is not valid: it must be a version 4 UUID like 51c2a0de-0f4b-4c6e-9d3a-2f1b7c8e9a10"
    );
}
