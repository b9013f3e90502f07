//! The sets of rules by when they come into force.

use bincode::{Decode, Encode};
use schemas::events::RulesSet;
use schemas::ids::RulesId;
use schemas::{Instant, RuleSet};

use super::super::wrong::Wrong;
use super::{Recount, Stamp};

#[derive(Debug, Default, Encode, Decode)]
pub(super) struct Rules {
    sets: Vec<(Instant, u32, RulesId, RuleSet)>,
}

impl Rules {
    /// The set in force: of those in force by then the latest, at one instant the one with the greater number.
    pub(super) fn in_force(&self, time: Instant) -> Option<&RuleSet> {
        let begun = self.sets.iter().filter(|(from, ..)| *from <= time);
        begun.max_by_key(|(from, number, ..)| (*from, *number)).map(|(.., set)| set)
    }
}

impl Recount {
    pub(super) fn rules_set(&mut self, stamp: &Stamp, event: &RulesSet) {
        let next = u32::try_from(self.rules.sets.len()).unwrap_or(u32::MAX).saturating_add(1);
        self.expect(event.number == next, Wrong::WrongNumber, || {
            format!("rules number {}, where {next} is next", event.number)
        });
        let known = self.rules.sets.iter().any(|(_, _, rules, _)| *rules == event.rules);
        self.expect(!known, Wrong::UsedAgain, || format!("rules {} were set before", event.rules));
        let from = if next == 1 { stamp.time } else { event.effective_at };
        self.expect(from >= stamp.time, Wrong::TooLate, || {
            format!("rules {} begin at {from}, before they are set", event.rules)
        });
        self.rules.sets.push((from, event.number, event.rules, event.set.clone()));
    }
}
