use proptest::prelude::*;
use schemas::Reference;

use crate::strategies::reference;

const DIGITS: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHECKS: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U";

/// Where the eight digits and the check character stand in `FRA-7K4M-92Q2-5`.
const COVERED: [usize; 9] = [4, 5, 6, 7, 9, 10, 11, 12, 14];

fn with(text: &str, at: usize, symbol: char) -> String {
    text.chars().enumerate().map(|(here, other)| if here == at { symbol } else { other }).collect()
}

proptest! {
    #[test]
    fn a_reference_is_read_as_it_is_written(reference in reference()) {
        let text = reference.to_string();
        prop_assert_eq!(text.len(), 15);
        prop_assert_eq!(text.parse::<Reference>().unwrap(), reference);
    }

    #[test]
    fn it_is_read_as_people_say_and_type_it(reference in reference()) {
        let text = reference.to_string();
        let mut spoken = vec![text.to_lowercase(), text.replace('-', ""), text.replace('-', " "), format!(" {text} ")];
        let (prefix, number) = text.split_at(4);
        for (digit, letters) in [("0", "oO"), ("1", "iIlL")] {
            spoken.extend(letters.chars().map(|letter| prefix.to_owned() + &number.replace(digit, &letter.to_string())));
        }
        for spoken in spoken {
            prop_assert_eq!(spoken.parse::<Reference>().unwrap(), reference, "{}", spoken);
        }
    }

    #[test]
    fn one_wrong_character_is_found(reference in reference()) {
        let text = reference.to_string();
        for at in COVERED {
            let symbols = if at == 14 { CHECKS } else { DIGITS };
            for symbol in symbols.chars().filter(|&symbol| Some(symbol) != text.chars().nth(at)) {
                let wrong = with(&text, at, symbol);
                prop_assert!(wrong.parse::<Reference>().is_err(), "{} became {}", text, wrong);
            }
        }
    }

    #[test]
    fn two_neighbours_in_the_wrong_order_are_found(reference in reference()) {
        let text = reference.to_string();
        let symbols: Vec<char> = text.chars().collect();
        for pair in COVERED.windows(2) {
            let (left, right) = (symbols[pair[0]], symbols[pair[1]]);
            let wrong = with(&with(&text, pair[0], right), pair[1], left);
            prop_assert_eq!(wrong.parse::<Reference>().is_err(), left != right, "{} became {}", text, wrong);
        }
    }

    /// What the check cannot find: another centre's letters. There, nothing has such a number.
    #[test]
    fn the_letters_of_the_centre_are_not_covered(reference in reference(), other in "[A-Z]{3}") {
        let text = other.clone() + &reference.to_string()[3..];
        let read: Reference = text.parse().unwrap();
        prop_assert_eq!(read.prefix().as_str(), other);
    }

    #[test]
    fn a_missing_or_additional_digit_is_found(reference in reference(), at in 4_usize..15, more in "[0-9A-Z]") {
        let text = reference.to_string();
        let mut longer = text.clone();
        longer.insert_str(at, &more);
        prop_assert!(longer.parse::<Reference>().is_err());
        let shorter: String = text.chars().enumerate().filter(|&(here, _)| here != at).map(|(_, symbol)| symbol).collect();
        prop_assert_eq!(shorter.parse::<Reference>().is_ok(), text.as_bytes()[at] == b'-');
    }

    #[test]
    fn any_text_is_a_reference_or_an_error(text in ".{0,60}") {
        let _ = text.parse::<Reference>();
    }
}

#[test]
fn an_example_that_can_be_checked_by_hand() {
    let reference = Reference::new("FRA".parse().unwrap(), 38);
    assert_eq!(reference.to_string(), "FRA-0000-0016-1");
    let reference = Reference::new("FRA".parse().unwrap(), u64::MAX);
    assert_eq!(reference.to_string(), "FRA-ZZZZ-ZZZZ-F", "only 40 bits are taken: 2^40 - 1 is 15 modulo 37");
}

#[test]
fn hyphens_and_spaces_without_end_are_refused() {
    let text = format!("FRA-7K4M-92Q2-{}5", "-".repeat(40));
    assert!(text.parse::<Reference>().is_err());
}
