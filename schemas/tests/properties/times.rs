use proptest::prelude::*;
use schemas::{CivilDate, Instant};

use crate::strategies::{date, instant};

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

proptest! {
    #[test]
    fn an_instant_is_read_as_it_is_written(instant in instant()) {
        prop_assert_eq!(instant.to_string().parse::<Instant>().unwrap(), instant);
    }

    #[test]
    fn an_instant_is_the_same_in_every_zone(instant in instant(), minutes in -1439_i64..=1439) {
        let shifted = instant.millis() + minutes * 60_000;
        prop_assume!((0..=Instant::MAX.millis()).contains(&shifted));
        let local = Instant::from_millis(shifted).unwrap().to_string();
        let sign = if minutes < 0 { '-' } else { '+' };
        let offset = format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60);
        let text = local.replace('Z', &offset);
        prop_assert_eq!(text.parse::<Instant>().unwrap(), instant, "{}", text);
    }

    #[test]
    fn instants_lie_in_their_range(millis in any::<i64>()) {
        prop_assert_eq!(Instant::from_millis(millis).is_some(), (0..=253_370_764_799_999).contains(&millis));
    }

    #[test]
    fn reckoning_with_instants_stays_in_the_range(instant in instant(), millis in any::<u64>(), seconds in any::<u32>()) {
        for reckoned in [instant.plus_millis(millis), instant.minus_millis(millis), instant.plus_seconds(seconds)] {
            prop_assert!(Instant::from_millis(reckoned.millis()).is_some());
        }
        prop_assert!(instant.plus_millis(millis) >= instant && instant.minus_millis(millis) <= instant);
        prop_assert_eq!(instant.millis_since(Instant::MAX), 0);
    }

    #[test]
    fn a_date_is_read_as_it_is_written(date in date()) {
        let text = date.to_string();
        prop_assert_eq!(text.len(), 10);
        prop_assert_eq!(text.parse::<CivilDate>().unwrap(), date);
    }

    #[test]
    fn days_are_counted_and_not_hours(date in date(), days in any::<i32>()) {
        match date.plus_days(days) {
            Some(later) => prop_assert_eq!(later.days_since(date), i64::from(days)),
            None => prop_assert!(CivilDate::from_days(date.days().saturating_add(days)).is_none()),
        }
    }

    #[test]
    fn any_text_is_a_time_or_an_error(text in "[0-9TZ:.+ -]{0,40}") {
        let _ = (text.parse::<Instant>(), text.parse::<CivilDate>());
    }
}

#[test]
fn twenty_one_days_over_the_night_of_28_march_2021_are_twenty_one_days() {
    assert_eq!(day("2021-03-27").plus_days(21), Some(day("2021-04-17")));
    assert_eq!(day("2021-04-18").days_since(day("2021-03-28")), 21);
    assert_eq!(day("2021-03-28").days_since(day("2021-03-27")), 1, "though it has only 23 hours in Berlin");
    assert_eq!(day("2021-11-21").days_since(day("2021-10-31")), 21, "though it begins with 25 hours");
}

#[test]
fn instants_around_the_night_of_28_march_2021() {
    let before: Instant = "2021-03-28T01:59:59.999+01:00".parse().unwrap();
    let after: Instant = "2021-03-28T03:00:00.000+02:00".parse().unwrap();
    assert_eq!(after.millis_since(before), 1);
    assert_eq!(after.to_string(), "2021-03-28T01:00:00.000Z");
}

#[test]
fn the_ends_of_the_ranges() {
    assert_eq!(Instant::EPOCH.to_string(), "1970-01-01T00:00:00.000Z");
    assert_eq!(Instant::MAX.to_string(), "9998-12-31T23:59:59.999Z");
    assert!("1969-12-31T23:59:59.999Z".parse::<Instant>().is_err());
    assert!("9999-01-01T00:00:00.000Z".parse::<Instant>().is_err());
    assert_eq!(CivilDate::from_days(-62_091).unwrap().to_string(), "1800-01-01");
    assert_eq!(CivilDate::from_days(2_932_531).unwrap().to_string(), "9998-12-31");
    assert!(CivilDate::from_days(-62_092).is_none() && CivilDate::from_days(2_932_532).is_none());
    assert!("1799-12-31".parse::<CivilDate>().is_err() && "9999-01-01".parse::<CivilDate>().is_err());
}

#[test]
fn texts_that_are_no_instant() {
    let wrong = [
        "",
        "2021-01-12",
        "2021-01-12T08:00:00",
        "2021-01-12T08:00Z",
        "2021-01-12 08:00:00Z",
        "2021-01-12t08:00:00Z",
        "2021-01-12T08:00:00z",
        "2021-01-12T08:00:00+01:00[Europe/Berlin]",
        "2021-01-12T08:00:00+01",
        "2021-01-12T08:00:00+0100",
        "2021-01-12T08:00:00.0001Z",
        "2021-01-12T08:00:00,5Z",
        "2021-01-12T08:00:00.Z",
        "2021-01-12T24:00:00Z",
        "2021-01-12T08:60:00Z",
        "2016-12-31T23:59:60Z",
        "2021-02-29T08:00:00Z",
        "2021-13-01T08:00:00Z",
        "20210112T080000Z",
        "+02021-01-12T08:00:00Z",
        "2021-01-12T08:00:00Z ",
        "1610434800000",
    ];
    for text in wrong {
        assert!(text.parse::<Instant>().is_err(), "{text:?}");
    }
    for text in [
        "2021-01-12T08:00:00Z",
        "2021-01-12T08:00:00.5Z",
        "2021-01-12T08:00:00.500000000Z",
        "2021-01-12T08:00:00-00:00",
    ] {
        assert!(text.parse::<Instant>().is_ok(), "{text:?}");
    }
}

#[test]
fn texts_that_are_no_date() {
    let wrong = [
        "",
        "2021-1-19",
        "20210119",
        "2021-01-19T00",
        "2021-W03-2",
        "2021-02-29",
        "2100-02-29",
        "2021-00-10",
        "2021-01-00",
        "2021-04-31",
        "19.01.2021",
        "2021/01/19",
        " 2021-01-19",
        "２０２１-01-19",
    ];
    for text in wrong {
        assert!(text.parse::<CivilDate>().is_err(), "{text:?}");
    }
    assert!("2024-02-29".parse::<CivilDate>().is_ok() && "2000-02-29".parse::<CivilDate>().is_ok());
    assert_eq!(CivilDate::from_ymd(2021, 2, 29), None);
}
