//! Where a process is killed.

use std::time::Duration;

/// How long a place to die at is waited for, before the process is killed where it is.
pub(super) const COMES_WITHIN: Duration = Duration::from_secs(3);

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
    /// When so many milliseconds have passed since it serves, where it has to claim a partition before it decides.
    AtClaim(u64),
    /// When it comes to this place for the n-th time.
    At(&'static str, u64),
}

impl Death {
    /// As `TERMINBUCH_DIE_AT` takes it.
    pub(super) fn place(&self) -> Option<String> {
        match self.when {
            When::At(place, count) => Some(format!("{place}:{count}")),
            When::AtRandom(_) | When::AtStart(_) | When::AtClaim(_) => None,
        }
    }

    /// How long the victim is left alone.
    pub(super) fn lives(&self) -> Duration {
        match self.when {
            When::At(..) => COMES_WITHIN,
            When::AtRandom(after_ms) | When::AtStart(after_ms) | When::AtClaim(after_ms) => {
                Duration::from_millis(after_ms)
            }
        }
    }

    /// What it was in the end; `came`: the victim died by itself.
    pub(super) fn name(&self, came: bool) -> String {
        match self.when {
            When::At(place, _) if came => name_of(self.victim, place),
            When::AtStart(_) => name_of(self.victim, "while it starts"),
            When::AtClaim(_) => name_of(self.victim, "while it claims"),
            When::At(..) | When::AtRandom(_) => name_of(self.victim, "at random"),
        }
    }
}

/// A place or a moment as it is told.
pub(super) fn name_of(victim: Victim, place: &str) -> String {
    match victim {
        Victim::Rebuild => format!("rebuild: {place}"),
        // Its places tell whose they are.
        Victim::Export if place.starts_with("export-") => place.to_owned(),
        Victim::Export => format!("export: {place}"),
        Victim::Serve => place.to_owned(),
    }
}
