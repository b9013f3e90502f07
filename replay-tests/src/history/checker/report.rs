//! What was found.

use std::fmt;

use super::violation::Violation;

/// So many violations are kept; all are counted.
const KEPT: usize = 50;

/// What was gone through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "each name says what is counted")]
pub struct Counts {
    pub calls: u64,
    pub done: u64,
    pub repeated: u64,
    pub refused: u64,
    pub not_done: u64,
    /// Told as unknown or never answered, and in the log.
    pub unknown_once: u64,
    /// Told as unknown or never answered, and not in the log.
    pub unknown_absent: u64,
    pub values: u64,
    pub counting: u64,
    pub claims: u64,
    pub repeats: u64,
    pub void: u64,
    /// Records that were compared with the model's decision.
    pub decided_again: u64,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// What was gone through.
    pub counts: Counts,
    /// The first violations.
    pub violations: Vec<Violation>,
    /// How many there are.
    pub violation_count: u64,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.violation_count == 0
    }

    /// Adds a violation.
    pub fn add(&mut self, violation: Violation) {
        self.violation_count += 1;
        if self.violations.len() < KEPT {
            self.violations.push(violation);
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?}", self.counts)?;
        writeln!(f, "{} violations", self.violation_count)?;
        self.violations.iter().try_for_each(|violation| writeln!(f, "- {violation}"))
    }
}
