//! What surely was not done, and what is not yet known.

use ledger::NotDone;

use super::Problem;

/// Nothing was done, and why.
pub(crate) fn not_done(reason: NotDone) -> Problem {
    match reason {
        NotDone::Overloaded => Problem::new("Overloaded").retry_after(jittered(1)),
        NotDone::Late => Problem::new("Late").retry_after(jittered(2)),
        NotDone::Halted => Problem::new("Halted").retry_after(jittered(30)),
        NotDone::NotOwner => Problem::new("NotOwner").retry_after(jittered(1)),
        NotDone::ClockInDoubt => Problem::new("ClockInDoubt").retry_after(jittered(5)),
        NotDone::ShuttingDown => Problem::new("ShuttingDown").retry_after(jittered(5)),
        NotDone::Failed => Problem::new("Failed"),
    }
}

/// It may or may not have been done: the same request, sent again to `path`, will tell.
pub(crate) fn not_yet_known(path: &str) -> Problem {
    Problem::new("NotYetKnown").location(path.to_owned()).retry_after(jittered(1))
}

/// Between `seconds` and about twice as many, so that who was refused together does not come back together.
pub(crate) fn jittered(seconds: u32) -> u32 {
    let mut byte = [0; 4];
    // Without chance all wait equally long, which is worse for us and no worse for them.
    let chance = getrandom::fill(&mut byte).map(|()| u32::from_le_bytes(byte)).unwrap_or(0);
    seconds + chance % (seconds + 1)
}
