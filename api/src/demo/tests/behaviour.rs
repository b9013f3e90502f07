//! What a person makes of an answer, one row a case.

use schemas::{CivilDate, Instant};

use crate::demo::behaviour::{self, Ask, Has, Moment, Next, State, Told};
use crate::demo::chance::Chance;
use crate::demo::data::Tables;
use crate::demo::intentions::{Calendar, FirstHold, Intentions, Later, Wish};
use crate::demo::population::{Person, Way};
use crate::demo::seen::{Offer, Pair, Refusal, Room, Seen, SeenDay};

const PAIR: Pair = Pair { first: 417, second: Some(1_497) };

/// One web user who decides quickly and keeps what he gets.
struct Story {
    chance: Chance,
    calendar: Calendar,
    person: Person,
    intentions: Intentions,
    state: State,
    now: Instant,
}

impl Story {
    fn new() -> Self {
        let tables = Tables::embedded().unwrap();
        let calendar = Calendar::of(&tables);
        let district = tables.districts[0].district;
        Self {
            chance: Chance::new(1),
            person: Person { centre: 0, district, way: Way::Web, by_proxy: false },
            intentions: Intentions {
                arrives_at: calendar.opens_at,
                thinks_over_ms: 60_000,
                reads_day_page: false,
                wish: Wish::Around(999),
                confirms_after_ms: 120_000,
                first_hold: FirstHold::Confirm,
                later: Later::Keep,
                later_after_ms: 3_600_000,
                returns: true,
                patience: 2,
                persistent: true,
                pushy: false,
            },
            state: State::default(),
            now: calendar.opens_at.plus_seconds(3_600),
            calendar,
        }
    }

    fn meaning(mut self, change: impl FnOnce(&mut Intentions)) -> Self {
        change(&mut self.intentions);
        self
    }

    fn told(&mut self, ask: Ask, told: Told<'_>) -> Option<Next> {
        let moment = Moment {
            chance: &self.chance,
            calendar: &self.calendar,
            number: 7,
            person: &self.person,
            intentions: &self.intentions,
            now: self.now,
        };
        let next = behaviour::step(&moment, &mut self.state, ask, told);
        if let Some(next) = next {
            assert!(next.at >= self.now, "nothing is asked in the past");
            self.now = next.at;
        }
        next
    }

    fn still_wants(&self, ask: Ask) -> bool {
        let moment = Moment {
            chance: &self.chance,
            calendar: &self.calendar,
            number: 7,
            person: &self.person,
            intentions: &self.intentions,
            now: self.now,
        };
        behaviour::still_wanted(&moment, &self.state, ask)
    }

    fn goes_on_with(&mut self, ask: Ask, told: Told<'_>) -> Ask {
        self.told(ask, told).expect("the person goes on").ask
    }

    /// Registers, looks, is offered a pair and holds it.
    fn holds(&mut self) -> Ask {
        let look = self.goes_on_with(Ask::Register, Told::Done);
        let offers = self.goes_on_with(look, Told::Days(&days(&[3, 3])));
        let hold = self.goes_on_with(offers, Told::Offers(&[offer(1)]));
        self.goes_on_with(hold, Told::Done)
    }
}

fn date(day: u8) -> CivilDate {
    CivilDate::from_ymd(2021, 1, 19 + i8::try_from(day).unwrap()).unwrap()
}

fn offer(day: u8) -> Offer {
    Offer { pair: PAIR, first_on: Some(date(day)) }
}

/// Days with so many free places for the web; each has two held.
fn days(free: &[u32]) -> Seen {
    let back_at = "2021-01-12T09:15:00.000+01:00".parse().ok();
    let day = |(at, &free): (u8, &u32)| SeenDay {
        date: date(at),
        contingents: [
            Room { capacity: 10, free, held: 2, hold_limit: 4, resting: 0, booked: 8 - free },
            Room { capacity: 5, free: 5, held: 0, hold_limit: 2, resting: 0, booked: 0 },
            Room { capacity: 1, free: 0, held: 0, hold_limit: 1, resting: 0, booked: 1 },
        ],
        earliest_back_at: back_at,
    };
    Seen { days: (0..).zip(free).map(day).collect(), seconds: [0; 4] }
}

fn refusal(rule: &str, back_at: Option<Instant>, alternatives: &[Pair]) -> Refusal {
    Refusal { rule: rule.to_owned(), back_at, alternatives: alternatives.to_vec() }
}

#[test]
fn a_visit_goes_from_registration_to_booking() {
    let mut story = Story::new();
    assert_eq!(story.goes_on_with(Ask::Register, Told::Done), Ask::Look);
    let near_the_wish = Ask::Pairs(date(1));
    assert_eq!(story.goes_on_with(Ask::Look, Told::Days(&days(&[3, 3, 0]))), near_the_wish);
    let hold = Ask::Hold { hold: 1, pair: PAIR, first_on: Some(date(1)), instead_of: None };
    assert_eq!(story.goes_on_with(near_the_wish, Told::Offers(&[offer(1)])), hold);
    assert_eq!(story.goes_on_with(hold, Told::Done), Ask::Confirm(1));
    assert_eq!(story.told(Ask::Confirm(1), Told::Done), None);
    assert_eq!(story.state.has, Has::Booking(1));
}

#[test]
fn who_reads_the_day_page_looks_at_a_day() {
    let mut story = Story::new().meaning(|meant| meant.reads_day_page = true);
    assert_eq!(story.goes_on_with(Ask::Look, Told::Days(&days(&[1]))), Ask::Day(date(0)));
}

#[test]
fn the_first_hold_goes_as_it_was_meant() {
    let cases = [
        (FirstHold::Confirm, Ask::Confirm(1)),
        (FirstHold::Lapse, Ask::Confirm(1)),
        (FirstHold::GiveUp, Ask::Release(1)),
        (FirstHold::Extend, Ask::Extend(1)),
        (FirstHold::Swap, Ask::Look),
    ];
    for (fate, expected) in cases {
        let mut story = Story::new().meaning(|meant| meant.first_hold = fate);
        assert_eq!(story.holds(), expected, "{fate:?}");
    }
}

#[test]
fn a_lapsed_hold_is_looked_for_again_and_then_confirmed() {
    let mut story = Story::new().meaning(|meant| meant.first_hold = FirstHold::Lapse);
    let confirm = story.holds();
    let lapsed = refusal("HoldLapsed", None, &[]);
    assert_eq!(story.goes_on_with(confirm, Told::Refused(&lapsed)), Ask::Look);
    let offers = story.goes_on_with(Ask::Look, Told::Days(&days(&[1])));
    let hold = story.goes_on_with(offers, Told::Offers(&[offer(1)]));
    assert!(matches!(hold, Ask::Hold { hold: 2, instead_of: None, .. }));
    assert_eq!(story.goes_on_with(hold, Told::Done), Ask::Confirm(2));
}

#[test]
fn a_swap_names_the_hold_that_it_replaces_and_falls_back_on_it() {
    let mut story = Story::new().meaning(|meant| meant.first_hold = FirstHold::Swap);
    assert_eq!(story.holds(), Ask::Look);
    let offers = story.goes_on_with(Ask::Look, Told::Days(&days(&[1])));
    let hold = story.goes_on_with(offers, Told::Offers(&[offer(1)]));
    assert!(matches!(hold, Ask::Hold { hold: 2, instead_of: Some(1), .. }));
    let mut refused = Story { chance: story.chance.clone(), ..story };
    let (mut taken, full) = (refused.state, refusal("SlotFull", None, &[PAIR]));
    assert_eq!(refused.goes_on_with(hold, Told::Refused(&full)), Ask::Confirm(1));
    std::mem::swap(&mut refused.state, &mut taken);
    assert_eq!(refused.goes_on_with(hold, Told::Done), Ask::Confirm(2));
}

#[test]
fn refusals_say_what_comes_next() {
    let hold = Ask::Hold { hold: 1, pair: PAIR, first_on: Some(date(0)), instead_of: None };
    let back_at: Option<Instant> = "2021-01-12T09:10:00.000+01:00".parse().ok();
    let other = Pair { first: 5, second: Some(6) };
    let cases = [
        ("SlotFull", None, vec![other], Some("Hold")),
        ("SlotFull", None, vec![], Some("Look")),
        ("HoldBudgetSpent", back_at, vec![other], Some("Hold")),
        ("ContingentSpent", back_at, vec![], Some("Look")),
        ("CohortNotOpen", back_at, vec![], Some("Look")),
        ("HoldsSpentToday", None, vec![], Some("Look")),
        ("NeedsDesk", None, vec![other], None),
    ];
    for (rule, back_at, alternatives, expected) in cases {
        let mut story = Story::new();
        let next = story.told(hold, Told::Refused(&refusal(rule, back_at, &alternatives)));
        let name = next.map(|next| format!("{:?}", next.ask));
        assert_eq!(name.as_deref().map(|name| &name[..4]), expected, "{rule}");
        if rule == "ContingentSpent" || rule == "CohortNotOpen" {
            assert!(next.map(|next| next.at) >= back_at, "{rule}: not before the time that it names");
        }
        if rule == "HoldsSpentToday" {
            assert!(next.unwrap().at >= "2021-01-13T00:00:00+01:00".parse().unwrap());
        }
    }
}

#[test]
fn who_finds_nothing_comes_back_ever_later_and_at_last_when_the_contingents_flow_back() {
    let mut story = Story::new();
    let nothing = days(&[0, 0]);
    let mut times = vec![story.now];
    while times.len() < 9 && *times.last().unwrap() < story.calendar.flows_back_at {
        let next = story.told(Ask::Look, Told::Days(&nothing)).expect("the person comes back");
        assert_eq!(next.ask, Ask::Look);
        times.push(next.at);
    }
    assert!((3..6).contains(&times.len()), "after his patience he waits for the flow-back: {times:?}");
    let impatient = Story::new().meaning(|meant| (meant.patience, meant.persistent) = (0, false)).told(
        Ask::Look,
        Told::Days(&Seen {
            days: vec![SeenDay { earliest_back_at: None, ..nothing.days[0].clone() }],
            ..nothing
        }),
    );
    assert_eq!(impatient, None);
}

#[test]
fn after_the_flow_back_one_looks_until_all_is_booked() {
    let mut story = Story::new();
    story.now = story.calendar.flows_back_at.plus_seconds(60);
    let mut all_booked = days(&[0]);
    assert!(story.told(Ask::Look, Told::Days(&all_booked)).is_some(), "held places may come back");
    for room in &mut all_booked.days[0].contingents {
        *room = Room { capacity: 9, booked: 9, ..Room::default() };
    }
    assert_eq!(story.told(Ask::Look, Told::Days(&all_booked)), None);
}

#[test]
fn bookings_go_as_they_were_meant_and_nobody_stays_without_a_second() {
    let cases = [
        (Later::Keep, None),
        (Later::CancelBoth, Some(Ask::CancelBoth(1))),
        (Later::CancelInTwo, Some(Ask::CancelSecond(1))),
        (Later::Move, Some(Ask::Look)),
        (Later::MoveTime, Some(Ask::Day(date(1)))),
    ];
    for (later, expected) in cases {
        let mut story = Story::new().meaning(|meant| (meant.later, meant.returns) = (later, false));
        let confirm = story.holds();
        assert_eq!(story.told(confirm, Told::Done).map(|next| next.ask), expected, "{later:?}");
        if later == Later::CancelInTwo {
            assert_eq!(story.goes_on_with(Ask::CancelSecond(1), Told::Done), Ask::CancelBoth(1));
            assert_eq!(story.state.has, Has::HalfBooking(1));
            assert_eq!(story.goes_on_with(Ask::CancelBoth(1), Told::Done), Ask::Look);
            assert_eq!(story.state.has, Has::Nothing);
        }
    }
}

#[test]
fn a_move_takes_both_doses_and_another_time_only_the_first() {
    for (later, second) in [(Later::Move, PAIR.second), (Later::MoveTime, None)] {
        let mut story = Story::new().meaning(|meant| (meant.later, meant.reads_day_page) = (later, true));
        let confirm = story.holds();
        story.told(confirm, Told::Done);
        if later == Later::Move {
            let look = Told::Days(&days(&[3, 3]));
            assert!(
                matches!(story.goes_on_with(Ask::Look, look), Ask::Pairs(_)),
                "the day page has no pairs"
            );
        }
        let ask = story.goes_on_with(Ask::Day(date(1)), Told::Offers(&[offer(1)]));
        assert_eq!(ask, Ask::Move { booking: 1, change: 1, pair: Pair { second, ..PAIR } });
        assert_eq!(story.told(ask, Told::Done), None);
        assert_eq!(story.state.has, Has::Booking(1));
    }
}

#[test]
fn nothing_is_given_back_after_friday_noon_except_a_booking_without_second() {
    let mut story = Story::new().meaning(|meant| meant.later = Later::CancelBoth);
    let confirm = story.holds();
    story.told(confirm, Told::Done);
    let gives_back =
        [Ask::CancelBoth(1), Ask::CancelSecond(1), Ask::Move { booking: 1, change: 1, pair: PAIR }];
    assert!(gives_back.iter().all(|&ask| story.still_wants(ask)));
    story.now = story.calendar.flows_back_at;
    assert!(!gives_back.iter().any(|&ask| story.still_wants(ask)));
    assert!(story.still_wants(Ask::Look));
    story.state.has = Has::HalfBooking(1);
    assert!(story.still_wants(Ask::CancelBoth(1)));
}

#[test]
fn who_has_nothing_on_friday_evening_stops_looking() {
    let mut story = Story::new();
    story.now = story.calendar.closes_at;
    assert!(!story.still_wants(Ask::Look));
    story.now = story.calendar.closes_at.minus_millis(1);
    assert!(story.still_wants(Ask::Look));
}
