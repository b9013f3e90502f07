//! The text form of a golden history: `#` remarks, `record` in hexadecimal digits, then `state` line by line.

use replay_tests::model::{Hold, Model, Registration, Slot};
use schemas::vocabulary::{Contingent, Dose};

pub(super) struct Golden {
    pub(super) title: String,
    pub(super) records: Vec<Vec<u8>>,
    pub(super) state: Vec<String>,
}

impl Golden {
    pub(super) fn to_text(&self) -> String {
        let mut text = format!("# {}\n", self.title);
        text.push_str("# Written once and never again. Values of partition 1 from offset 0 on, then the state at the end.\n");
        for record in &self.records {
            text.push_str(&format!("record {}\n", hex(record)));
        }
        for line in &self.state {
            text.push_str(&format!("state {line}\n"));
        }
        text
    }

    pub(super) fn read(text: &str) -> Self {
        let lines = |word: &'static str| text.lines().filter_map(move |line| line.strip_prefix(word));
        Self {
            title: lines("# ").next().unwrap().to_owned(),
            records: lines("record ").map(bytes).collect(),
            state: lines("state ").map(str::to_owned).collect(),
        }
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

/// `capacity/free/held/resting/booked` of each contingent, or `capacity/free/held/reserved/booked` of a second slot.
pub(super) fn slot_line(model: &Model, slot: &Slot) -> String {
    let head = format!("slot {} {} {} cvx {}", slot.id, slot.start_at, slot.dose, slot.vaccine);
    if slot.dose == Dose::Second {
        let tally = model.tally(slot.id, None);
        let counts = [tally.capacity, tally.free, tally.held, tally.reserved, tally.booked];
        return format!("{head}: {}", slashed(counts));
    }
    let parts = Contingent::ALL.iter().map(|&contingent| {
        let tally = model.tally(slot.id, Some(contingent));
        let counts = [tally.capacity, tally.free, tally.held, tally.resting, tally.booked];
        format!("{contingent} {}", slashed(counts))
    });
    let parts: Vec<String> = parts.collect();
    let backing = model.backing(slot.id).into_iter().map(|(second, places)| format!("{places} by {second}"));
    let backing: Vec<String> = backing.collect();
    let backing = if backing.is_empty() { "nothing".to_owned() } else { backing.join(", ") };
    format!("{head}: {}; backed: {backing}", parts.join(", "))
}

fn slashed(counts: [u32; 5]) -> String {
    counts.map(|count| count.to_string()).join("/")
}

pub(super) fn hold_line(hold: &Hold) -> String {
    let state = match (hold.ended().is_some(), hold.confirmed.is_some()) {
        (true, true) => "cancelled",
        (true, false) => "ended",
        (false, true) => "booked",
        (false, false) => "live",
    };
    let second = hold.second.map_or("none".to_owned(), |second| second.to_string());
    let (id, registration) = (hold.placed.event.hold, hold.placed.event.registration);
    format!("hold {id} of {registration}: {state}, first {}, second {second}", hold.first)
}

pub(super) fn registration_line(registration: &Registration) -> String {
    let state = if registration.ended().is_some() { "ended" } else { "live" };
    format!("registration {}: {state}, revision {}", registration.id(), registration.revision())
}
