//! The tables can be read, and whatever the number of people, the supply holds together.

use crate::demo::data::Tables;
use crate::demo::supply;

fn tables() -> Tables {
    Tables::embedded().unwrap()
}

#[test]
fn the_embedded_tables_are_those_of_the_morning() {
    let tables = tables();
    assert_eq!((tables.centres.len(), tables.districts.len()), (6, 26));
    assert_eq!((tables.deliveries.len(), tables.releases.len()), (24, 216));
    assert_eq!(tables.opens_at.to_string(), "2021-01-12T07:00:00.000Z");
    assert_eq!(tables.flows_back_at.to_string(), "2021-01-15T11:00:00.000Z");
}

#[test]
fn the_whole_morning_has_60000_pairs_and_draws_on_four_deliveries() {
    let supply = supply::of(&tables(), 400_000);
    assert_eq!(supply::pairs(&supply), 60_000);
    for centre in &supply {
        assert_eq!(centre.days.len(), 18);
        let doses: Vec<u32> = centre.deliveries.iter().map(|delivery| delivery.doses).collect();
        assert_eq!(doses, [4_000, 6_000, 6_000, 6_000], "the deliveries are as they were announced");
        let drawn: Vec<usize> = centre.days.iter().map(|day| day.delivery).collect();
        assert_eq!(drawn, [0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3]);
        assert!(centre.days.iter().all(|day| day.second == 600));
    }
}

#[test]
fn a_smaller_morning_is_in_proportion_and_never_promises_what_it_has_not() {
    let tables = tables();
    for people in [100, 101, 399, 400, 1_000, 2_000, 2_003, 33_333, 399_999, 400_001, 1_000_000] {
        let supply = supply::of(&tables, people);
        let exact = f64::from(people) * 60_000.0 / 400_000.0;
        let pairs = f64::from(supply::pairs(&supply));
        assert!((pairs - exact).abs() <= 0.5, "{people} people: {pairs} pairs instead of {exact}");
        for centre in &supply {
            assert!(
                centre.days.iter().all(|day| day.first > 0 && day.second >= day.first),
                "{people} people"
            );
            for (at, delivery) in centre.deliveries.iter().enumerate() {
                let bound: u32 =
                    centre.days.iter().filter(|day| day.delivery == at).map(|day| 2 * day.first).sum();
                assert!(
                    bound <= delivery.doses,
                    "{people} people: {bound} doses bound of {}",
                    delivery.doses
                );
            }
            for day in &centre.days {
                assert_eq!(day.second_on.days_since(day.first_on), 21);
            }
        }
    }
}
