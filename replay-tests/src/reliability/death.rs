//! Where a process is killed, and a deck that deals each named place out until something has died there.

use std::time::Duration;

use crate::chance::Chance;

/// How long a place to die at is waited for, before the process is killed where it is.
pub(super) const COMES_WITHIN: Duration = Duration::from_secs(3);
/// Kills by which every named place must have been reached. With fewer nobody is disappointed.
pub(super) const ALL_ARE_REACHED_BY: u64 = 100;

/// What is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Victim {
    /// A `serve` under load.
    Serve,
    /// One that makes the views anew.
    Rebuild,
    /// One that exports beside a `serve` under load.
    Export,
}

/// Where a process is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Death {
    pub(super) victim: Victim,
    pub(super) when: When,
}

/// At which moment it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// When so many milliseconds of its work have passed.
    AtRandom(u64),
    /// When so many milliseconds of its start have passed.
    AtStart(u64),
    /// When it comes to this place for the n-th time.
    At(&'static str, u64),
}

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

/// Moments without a name: the victim, whether in its start, the milliseconds between which they are drawn, and how many are in a deck.
const MOMENTS: [(Victim, bool, (u64, u64), usize); 4] = [
    (Victim::Serve, false, (0, 500), 6),
    (Victim::Serve, true, (0, 400), 2),
    (Victim::Rebuild, false, (5, 120), 1),
    (Victim::Export, false, (5, 150), 2),
];

/// Deals deaths: each named place once in 25, and those again to which nothing came.
pub(super) struct Deck {
    chance: Chance,
    cards: Vec<Death>,
}

impl Deck {
    pub(super) fn new(seed: u64) -> Self {
        Self { chance: Chance::new(seed), cards: Vec::new() }
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

    /// Puts a death back that did not come; the next time the place need be passed only once.
    pub(super) fn put_back(&mut self, death: Death) {
        if let When::At(place, _) = death.when {
            self.cards.push(Death { when: When::At(place, 1), ..death });
        }
    }

    fn fill(&mut self) {
        let chance = &mut self.chance;
        let named = PLACES
            .into_iter()
            .map(|(victim, place, below)| Death { victim, when: When::At(place, chance.between(1, below)) });
        self.cards.extend(named);
        for (victim, in_start, (from, to), count) in MOMENTS {
            for _ in 0..count {
                let after_ms = self.chance.between(from, to);
                let when = if in_start { When::AtStart(after_ms) } else { When::AtRandom(after_ms) };
                self.cards.push(Death { victim, when });
            }
        }
    }
}

impl Death {
    /// As `TERMINBUCH_DIE_AT` takes it.
    pub(super) fn place(&self) -> Option<String> {
        match self.when {
            When::At(place, count) => Some(format!("{place}:{count}")),
            When::AtRandom(_) | When::AtStart(_) => None,
        }
    }

    /// How long the victim is left alone.
    pub(super) fn lives(&self) -> Duration {
        match self.when {
            When::At(..) => COMES_WITHIN,
            When::AtRandom(after_ms) | When::AtStart(after_ms) => Duration::from_millis(after_ms),
        }
    }

    /// What it was in the end; `came`: the victim died by itself.
    pub(super) fn name(&self, came: bool) -> String {
        match self.when {
            When::At(place, _) if came => name_of(self.victim, place),
            When::AtStart(_) => name_of(self.victim, "while it starts"),
            When::At(..) | When::AtRandom(_) => name_of(self.victim, "at random"),
        }
    }
}

fn name_of(victim: Victim, place: &str) -> String {
    match victim {
        Victim::Rebuild => format!("rebuild: {place}"),
        // Its places tell whose they are.
        Victim::Export if place.starts_with("export-") => place.to_owned(),
        Victim::Export => format!("export: {place}"),
        Victim::Serve => place.to_owned(),
    }
}

/// The names of all that must be reached: every named place, and a random moment of each victim.
pub(super) fn must_be_reached() -> impl Iterator<Item = String> {
    let named = PLACES.into_iter().map(|(victim, place, _)| name_of(victim, place));
    let random = [Victim::Serve, Victim::Rebuild, Victim::Export];
    named.chain(random.map(|victim| name_of(victim, "at random")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_place_that_the_program_knows_is_dealt() {
        let dealt: BTreeSet<&str> = PLACES.iter().map(|(_, place, _)| *place).collect();
        assert_eq!(dealt, BTreeSet::from(ledger::fault_point::PLACES));
    }

    #[test]
    fn all_are_dealt_in_a_hundred_also_where_each_is_missed_once() {
        let mut deck = Deck::new(7);
        let (mut missed, mut reached) = (BTreeSet::new(), BTreeSet::new());
        for _ in 0..100 {
            let death = deck.deal();
            if matches!(death.when, When::At(..)) && missed.insert(death.name(true)) {
                deck.put_back(death);
            } else {
                reached.insert(death.name(true));
            }
        }
        assert!(must_be_reached().all(|name| reached.contains(&name)), "{reached:?}");
    }
}
