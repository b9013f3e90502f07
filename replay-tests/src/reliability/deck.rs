//! A deck of deaths, which deals each out until something has died by it.

use super::WhichLog;
use super::death::{Death, Victim, When, name_of};
use crate::chance::Chance;

/// Kills by which every named place must have been reached. With fewer nobody is disappointed.
pub(super) const ALL_ARE_REACHED_BY: u64 = 100;

/// Named places: the victim, the place, and below which number the times are drawn that it is passed before.
const PLACES: [(Victim, &str, u64); 14] = [
    (Victim::Serve, "log-written", 60),
    (Victim::Serve, "log-synced", 60),
    (Victim::Serve, "views-batch", 60),
    (Victim::Serve, "views-written", 60),
    (Victim::Serve, "snapshot-half", 4),
    (Victim::Serve, "snapshot-written", 4),
    (Victim::Serve, "erasure-deleted", 4),
    (Victim::Serve, "erasure-purged", 4),
    (Victim::Rebuild, "views-destroyed", 2),
    (Victim::Rebuild, "views-batch", 4),
    (Victim::Export, "export-half", 200),
    (Victim::Export, "export-unnoted", 6),
    (Victim::Export, "export-manifest", 2),
    (Victim::Export, "export-named", 2),
];

/// Of these what only the embedded log comes to: on Apache Kafka it is the brokers that write and sync.
const ONLY_EMBEDDED: [&str; 2] = ["log-written", "log-synced"];

/// A moment without a name: the victim, from when it counts, the milliseconds between which it is drawn, and how many are in a deck.
type Moment = (Victim, fn(u64) -> When, (u64, u64), usize);

const MOMENTS: [Moment; 4] = [
    (Victim::Serve, When::AtRandom, (0, 500), 6),
    (Victim::Serve, When::AtStart, (0, 400), 2),
    (Victim::Rebuild, When::AtRandom, (5, 120), 1),
    (Victim::Export, When::AtRandom, (5, 150), 2),
];

/// The same where the log must be found first, and a partition be silent for 500 ms before another process claims it.
const MOMENTS_ON_KAFKA: [Moment; 5] = [
    (Victim::Serve, When::AtRandom, (0, 500), 4),
    (Victim::Serve, When::AtStart, (0, 800), 2),
    (Victim::Serve, When::AtClaim, (0, 1_000), 2),
    (Victim::Rebuild, When::AtRandom, (5, 300), 1),
    (Victim::Export, When::AtRandom, (5, 300), 2),
];

/// Deals deaths: each named place that there is on a log once in 25, and those again that did not come.
pub(super) struct Deck {
    log: WhichLog,
    chance: Chance,
    cards: Vec<Death>,
}

impl Deck {
    pub(super) fn new(log: WhichLog, seed: u64) -> Self {
        Self { log, chance: Chance::new(seed), cards: Vec::new() }
    }

    pub(super) fn deal(&mut self) -> Death {
        loop {
            let at = usize::try_from(self.chance.between(0, self.cards.len() as u64)).unwrap_or(0);
            if at < self.cards.len() {
                return self.cards.swap_remove(at);
            }
            self.fill();
        }
    }

    /// Puts a death back that did not come. The next time the place need be passed only once; a victim that had ended before
    /// its moment gets half the time, for how fast a machine is nobody knows.
    pub(super) fn put_back(&mut self, death: Death) {
        let when = match death.when {
            When::At(place, _) => When::At(place, 1),
            When::AtRandom(after_ms) => When::AtRandom(after_ms / 2),
            When::AtStart(after_ms) => When::AtStart(after_ms / 2),
            When::AtClaim(after_ms) => When::AtClaim(after_ms / 2),
        };
        self.cards.push(Death { when, ..death });
    }

    fn fill(&mut self) {
        let chance = &mut self.chance;
        let named = places(self.log)
            .map(|(victim, place, below)| Death { victim, when: When::At(place, chance.between(1, below)) });
        self.cards.extend(named);
        let moments: &[Moment] = match self.log {
            WhichLog::Embedded => &MOMENTS,
            WhichLog::Kafka => &MOMENTS_ON_KAFKA,
        };
        for &(victim, when, (from, to), count) in moments {
            for _ in 0..count {
                self.cards.push(Death { victim, when: when(self.chance.between(from, to)) });
            }
        }
    }
}

/// The named places that a program comes to whose log it is.
fn places(log: WhichLog) -> impl Iterator<Item = (Victim, &'static str, u64)> {
    let is_there = move |place| log == WhichLog::Embedded || !ONLY_EMBEDDED.contains(&place);
    PLACES.into_iter().filter(move |(_, place, _)| is_there(place))
}

/// The names of all that must be reached: every named place that there is on the log, and a random moment of each victim.
pub(super) fn must_be_reached(log: WhichLog) -> impl Iterator<Item = String> {
    let named = places(log).map(|(victim, place, _)| name_of(victim, place));
    let random = [Victim::Serve, Victim::Rebuild, Victim::Export];
    named.chain(random.map(|victim| name_of(victim, "at random")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn dealt_on(log: WhichLog) -> BTreeSet<&'static str> {
        places(log).map(|(_, place, _)| place).collect()
    }

    #[test]
    fn every_place_that_the_program_knows_is_dealt_where_it_is() {
        let known = BTreeSet::from(ledger::fault_point::PLACES);
        assert_eq!(dealt_on(WhichLog::Embedded), known);
        assert_eq!(dealt_on(WhichLog::Kafka), &known - &BTreeSet::from(ONLY_EMBEDDED));
    }

    #[test]
    fn all_are_dealt_in_a_hundred_also_where_each_is_missed_once() {
        for log in [WhichLog::Embedded, WhichLog::Kafka] {
            let mut deck = Deck::new(log, 7);
            let (mut missed, mut reached) = (BTreeSet::new(), BTreeSet::new());
            for _ in 0..100 {
                let death = deck.deal();
                if missed.insert(death.name(true)) {
                    deck.put_back(death);
                } else {
                    reached.insert(death.name(true));
                }
            }
            assert!(must_be_reached(log).all(|name| reached.contains(&name)), "{log:?}: {reached:?}");
        }
    }

    #[test]
    fn no_machine_is_too_fast_for_a_moment_that_is_dealt_again() {
        for &(victim, when, (_, latest), _) in MOMENTS.iter().chain(&MOMENTS_ON_KAFKA) {
            let mut death = Death { victim, when: when(latest) };
            for _ in 0..10 {
                let mut deck = Deck { log: WhichLog::Kafka, chance: Chance::new(7), cards: Vec::new() };
                deck.put_back(death);
                death = deck.cards.pop().expect("it was put back");
            }
            assert_eq!(death, Death { victim, when: when(0) });
        }
    }
}
