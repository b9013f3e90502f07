//! The same numbers everywhere: what availability, days, pairs and single things say at one position adds up.

#![allow(clippy::expect_used, clippy::print_stdout, reason = "it is test code, and tells its seed")]

mod support;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use support::{World, a_pair, registration, send, uuid};

const CENTRE: &str = "/v1/centres/frankfurt";
const COUNTS: [&str; 6] = ["capacity", "free", "held", "resting", "reserved", "booked"];

/// Somebody who asks on the web or lets an agent ask, and what he has.
struct Person {
    edge: SocketAddr,
    bearer: String,
    id: String,
    hold: Option<String>,
    booked: bool,
}

impl Person {
    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> support::Answer {
        send(self.edge, method, &format!("{CENTRE}{path}"), Some(&self.bearer), body)
    }
}

fn newcomer(world: &World, chance: &mut ChaCha8Rng) -> (Person, String) {
    let (edge, bearer) = match chance.random_bool(0.6) {
        true => (world.web, uuid().replace('-', "")),
        false => (world.hotline, world.agent_token.clone()),
    };
    let person = Person { edge, bearer, id: uuid(), hold: None, booked: false };
    let body = registration(&format!("Muster {}", person.id));
    let answer = person.send("PUT", &format!("/registrations/{}", person.id), Some(&body));
    (person, answer.expect_status(201).position())
}

/// One thing that somebody does; the position of the answer, a refusal's too.
fn step(world: &World, people: &mut Vec<Person>, chance: &mut ChaCha8Rng, at: &str) -> String {
    if people.len() < 4 || chance.random_bool(0.25) {
        let (person, position) = newcomer(world, chance);
        people.push(person);
        return position;
    }
    let number = chance.random_range(0..people.len());
    let Some(person) = people.get_mut(number) else { return at.to_owned() };
    let answer = match (person.hold.clone(), person.booked) {
        (None, _) => {
            let hold = uuid();
            // Few slots, so that some are full.
            let body = json!({ "registration": person.id, "first": chance.random_range(1..12) });
            let answer = person.send("PUT", &format!("/holds/{hold}"), Some(&body));
            person.hold = (answer.status == 201).then_some(hold);
            answer
        }
        (Some(hold), true) if chance.random_bool(0.5) => {
            let body = json!({ "first": chance.random_range(1..20) });
            person.send("PUT", &format!("/bookings/{hold}/changes/{}", uuid()), Some(&body))
        }
        (Some(hold), true) => {
            person.hold = None;
            person.booked = false;
            person.send("DELETE", &format!("/bookings/{hold}"), None)
        }
        (Some(hold), false) if chance.random_bool(0.6) => {
            person.booked = true;
            person.send("POST", &format!("/holds/{hold}/confirm"), None)
        }
        (Some(hold), false) => {
            person.hold = None;
            person.send("DELETE", &format!("/holds/{hold}"), None)
        }
    };
    assert!(matches!(answer.status, 201 | 409 | 429), "{}: {}", answer.asked, answer.status);
    answer.position()
}

/// All that is shown, as of one position that nobody changes any more.
struct Shown {
    all: Value,
    centre: Value,
    days: Vec<Value>,
    pairs: [(&'static str, Value); 2],
}

impl Shown {
    fn at(world: &World, position: &str) -> Self {
        let get = |edge: SocketAddr, path: &str| {
            let separator = if path.contains('?') { '&' } else { '?' };
            let answer = send(edge, "GET", &format!("{path}{separator}at_least={position}"), None, None);
            assert_eq!(answer.expect_status(200).position(), position, "{path}");
            answer.json()
        };
        let centre = get(world.web, &format!("{CENTRE}/availability"));
        let mut dates: Vec<&str> = rows(&centre, "days").iter().map(|row| text(row, "date")).collect();
        dates.dedup();
        Self {
            all: get(world.web, "/v1/availability"),
            days: dates.iter().map(|date| get(world.web, &format!("{CENTRE}/availability/{date}"))).collect(),
            pairs: [("web", world.web), ("hotline", world.hotline)]
                .map(|(edge, address)| (edge, get(address, &format!("{CENTRE}/pairs?limit=100")))),
            centre,
        }
    }

    fn slots(&self) -> impl Iterator<Item = &Value> {
        self.days.iter().flat_map(|day| rows(day, "slots"))
    }

    /// The document of all centres has the centre's own, and its days the sums of their slots.
    fn adds_up(&self) {
        assert_eq!(self.all["centres"], json!([self.centre]));
        for row in rows(&self.centre, "days") {
            let day = self.days.iter().find(|day| day["date"] == row["date"]).expect("the day");
            let slots: Vec<&Value> = rows(day, "slots")
                .iter()
                .filter(|slot| slot["dose"] == row["dose"] && slot["vaccine"] == row["vaccine"])
                .collect();
            let sum = |at: &str| slots.iter().map(|slot| number(slot, at)).sum::<u64>();
            for count in COUNTS {
                assert_eq!(
                    row.get(count).map(|_| sum(&format!("/{count}"))),
                    row[count].as_u64(),
                    "{count} of {row}"
                );
            }
            if row["dose"] == 1 {
                for contingent in ["web", "hotline", "open"] {
                    for count in ["capacity", "free", "held", "resting", "booked"] {
                        let at = format!("/contingents/{contingent}/{count}");
                        assert_eq!(sum(&at), number(row, &at), "{at} of {row}");
                    }
                }
                for edge in ["web", "hotline"] {
                    let at = format!("/bookable/{edge}");
                    assert_eq!(sum(&at), number(row, &at), "{at} of {row}");
                }
            }
        }
    }

    /// There is a pair for each slot that a channel can book, with as many places as the slot has for it.
    fn pairs_are_those_of_the_slots(&self) {
        for (edge, pairs) in &self.pairs {
            let at = format!("/bookable/{edge}");
            let from_slots: BTreeMap<u64, u64> = self
                .slots()
                .filter(|slot| slot["dose"] == 1 && number(slot, &at) > 0)
                .map(|slot| (number(slot, "/slot"), number(slot, &at)))
                .collect();
            let from_pairs: BTreeMap<u64, u64> = rows(pairs, "pairs")
                .iter()
                .map(|pair| (number(pair, "/first/slot"), number(pair, "/bookable")))
                .collect();
            assert_eq!(from_pairs, from_slots, "{edge}");
            for pair in rows(pairs, "pairs") {
                for which in ["first", "second"] {
                    let slot =
                        self.slots().find(|slot| slot["slot"] == pair[which]["slot"]).expect("the slot");
                    assert_eq!(slot["start_at"], pair[which]["start_at"], "{pair}");
                    assert_eq!(slot["vaccine"], pair["vaccine"], "{pair}");
                }
            }
        }
    }

    /// What every single hold and booking says, counted by slot, is what the slots say.
    fn holds_and_bookings_are_those_of_the_slots(&self, people: &[Person], position: &str) {
        let mut counted: BTreeMap<(&str, u64), u64> = BTreeMap::new();
        for person in people {
            let Some(hold) = &person.hold else { continue };
            let (kind, count) = if person.booked { ("bookings", "booked") } else { ("holds", "held") };
            let path = format!("/{kind}/{hold}?at_least={position}");
            let thing = person.send("GET", &path, None).expect_status(200).json();
            let state = if person.booked { "booked" } else { "live" };
            assert_eq!(thing["state"], state, "{thing}");
            for which in ["first", "second"] {
                *counted.entry((count, number(&thing, &format!("/{which}/slot")))).or_default() += 1;
            }
        }
        for slot in self.slots() {
            for count in ["held", "booked"] {
                let of_things = counted.remove(&(count, number(slot, "/slot"))).unwrap_or(0);
                assert_eq!(number(slot, &format!("/{count}")), of_things, "{count} of {slot}");
            }
        }
        assert!(counted.is_empty(), "in no slot: {counted:?}");
    }
}

fn rows<'a>(document: &'a Value, name: &str) -> &'a [Value] {
    document[name].as_array().unwrap_or_else(|| panic!("no {name} in {document}"))
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_else(|| panic!("no {name} in {row}"))
}

fn number(row: &Value, at: &str) -> u64 {
    row.pointer(at).and_then(Value::as_u64).unwrap_or_else(|| panic!("no {at} in {row}"))
}

fn drawn() -> u64 {
    u64::from_le_bytes(uuid::Uuid::new_v4().as_bytes()[..8].try_into().expect("eight bytes"))
}

#[test]
fn the_same_numbers_stand_everywhere_at_one_position() {
    let seed = std::env::var("NUMBERS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(drawn);
    println!("NUMBERS_SEED={seed}");
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let world = World::morning();
    world.opens();
    let mut people = Vec::new();
    let mut position = newcomer(&world, &mut chance).1;
    a_pair(&world, &position);
    let mut most = (0, 0);
    for _ in 0..30 {
        for _ in 0..8 {
            position = step(&world, &mut people, &mut chance, &position);
        }
        let shown = Shown::at(&world, &position);
        shown.adds_up();
        shown.pairs_are_those_of_the_slots();
        shown.holds_and_bookings_are_those_of_the_slots(&people, &position);
        let sum = |count: &str| {
            rows(&shown.centre, "days").iter().map(|row| number(row, &format!("/{count}"))).sum::<u64>()
        };
        most = (most.0.max(sum("held")), most.1.max(sum("booked")));
    }
    assert!(most.0 > 4 && most.1 > 10, "too little was held and booked to compare: {most:?}");
}
