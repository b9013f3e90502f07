use proptest::collection::vec;
use proptest::prelude::*;
use schemas::Prefix;
use schemas::codec::MAX_RECORD_BYTES;
use schemas::record::{PREFIX_BYTES, PrefixError};

use crate::strategies::prefix;

const MAX_BODY: usize = MAX_RECORD_BYTES - PREFIX_BYTES;

proptest! {
    #[test]
    fn what_is_split_is_what_was_joined(prefix in prefix(), body in vec(any::<u8>(), 0..600)) {
        let value = prefix.with_body(&body).unwrap();
        prop_assert_eq!(value.len(), PREFIX_BYTES + body.len());
        let (found, rest) = Prefix::split(&value).unwrap();
        prop_assert_eq!(&found, &prefix);
        prop_assert_eq!(rest, &body[..]);
    }

    #[test]
    fn any_bytes_are_a_record_or_a_named_error(bytes in vec(any::<u8>(), 0..300)) {
        let _ = Prefix::split(&bytes);
    }

    #[test]
    fn bytes_that_look_like_a_record_are_read_as_they_stand(mut bytes in vec(any::<u8>(), PREFIX_BYTES..300)) {
        let length = u32::try_from(bytes.len() - PREFIX_BYTES).unwrap();
        bytes[..4].copy_from_slice(b"TBUC");
        bytes[10..12].fill(0);
        bytes[124..128].copy_from_slice(&length.to_le_bytes());
        let (prefix, body) = Prefix::split(&bytes).unwrap();
        prop_assert_eq!(prefix.with_body(body).unwrap(), bytes);
    }

    #[test]
    fn a_record_cut_anywhere_is_none(prefix in prefix(), body in vec(any::<u8>(), 1..40), cut in 0_usize..168) {
        let value = prefix.with_body(&body).unwrap();
        let cut = cut.min(value.len() - 1);
        let error = Prefix::split(&value[..cut]).unwrap_err();
        let expected = match cut.checked_sub(PREFIX_BYTES) {
            None => PrefixError::TooShort(cut),
            Some(found) => PrefixError::BodyLength { said: u32::try_from(body.len()).unwrap(), found },
        };
        prop_assert_eq!(error, expected);
    }

    #[test]
    fn a_body_of_another_length_than_the_prefix_says_is_no_record(prefix in prefix(), said in any::<u32>()) {
        let mut value = prefix.with_body(b"body").unwrap();
        value[124..128].copy_from_slice(&said.to_le_bytes());
        match Prefix::split(&value) {
            Ok(_) => prop_assert_eq!(said, 4),
            Err(error) => prop_assert_eq!(error, PrefixError::BodyLength { said, found: 4 }),
        }
    }

    #[test]
    fn another_magic_is_no_record(prefix in prefix(), at in 0_usize..4, flip in 1_u8..) {
        let mut value = prefix.with_body(&[]).unwrap();
        value[at] ^= flip;
        prop_assert_eq!(Prefix::split(&value).unwrap_err(), PrefixError::Magic);
    }
}

#[test]
fn a_record_has_sixty_thousand_bytes_at_most() {
    let prefix = Prefix::new(
        schemas::RecordKind::Barrier,
        schemas::vocabulary::Channel::Writer,
        schemas::ids::LedgerId::NIL,
        schemas::ids::Partition(1),
    );
    let largest = prefix.with_body(&vec![7; MAX_BODY]).unwrap();
    assert_eq!(largest.len(), 60_000);
    assert!(Prefix::split(&largest).is_ok());
    assert_eq!(prefix.with_body(&vec![7; MAX_BODY + 1]), None);
    let mut larger = largest;
    larger.push(7);
    assert_eq!(Prefix::split(&larger), Err(PrefixError::TooLong(60_001)));
}
