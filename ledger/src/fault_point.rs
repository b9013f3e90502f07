//! Places where a process dies when it was told so at its start, so that a test can kill it exactly there.
//!
//! A process that was told nothing pays one load of a flag for each. Dying is `abort`: nothing is dropped, flushed or
//! unwound, as with SIGKILL.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Every place, in the words that [`arm`] takes.
pub const PLACES: [&str; 13] = [
    "log-written",
    "log-synced",
    "views-batch",
    "views-written",
    "views-destroyed",
    "snapshot-half",
    "snapshot-written",
    "erasure-deleted",
    "erasure-purged",
    "export-half",
    "export-unnoted",
    "export-manifest",
    "export-named",
];

struct Armed {
    place: String,
    /// How often it is still passed.
    left: AtomicU64,
}

static ARMED: OnceLock<Armed> = OnceLock::new();

/// Why a process cannot be told to die.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} names no place to die at: PLACE:COUNT, where PLACE is one of {}", PLACES.join(", "))]
pub struct NoSuchPlace {
    given: String,
}

/// Tells this process to die when it comes to a place for the n-th time, as `place:n`; once for a process.
///
/// # Errors
/// When there is no such place.
pub fn arm(place_and_count: &str) -> Result<(), NoSuchPlace> {
    let told = place_and_count.split_once(':').and_then(|(place, count)| {
        let count = count.parse().ok().filter(|&count: &u64| count > 0)?;
        PLACES.contains(&place).then(|| (place.to_owned(), count))
    });
    let (place, count) = told.ok_or_else(|| NoSuchPlace { given: place_and_count.to_owned() })?;
    // Whoever was told twice keeps to the first.
    let _ = ARMED.set(Armed { place, left: AtomicU64::new(count) });
    Ok(())
}

/// Dies here if it is time.
pub fn reach(place: &'static str) {
    if is_time(place) {
        die(place);
    }
}

/// Dies while the caller goes on with what comes next, if it is time.
pub fn within(place: &'static str) {
    if is_time(place) {
        // Without a thread it dies a moment earlier.
        let dying = std::thread::Builder::new().spawn(move || die(place));
        if dying.is_err() {
            die(place);
        }
    }
}

/// Whether it is time to die here: for whoever has something to do just before.
pub fn is_time(place: &str) -> bool {
    ARMED.get().is_some_and(|armed| armed.place == place && armed.left.fetch_sub(1, Ordering::SeqCst) == 1)
}

/// Dies here.
pub fn die(place: &str) -> ! {
    tracing::error!(place, "dies here, as it was told");
    std::process::abort()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_that_there_are_can_be_named() {
        for given in ["log-synced", "log-synced:0", "log-synced:x", "elsewhere:1", ":1", ""] {
            let refused = arm(given).unwrap_err().to_string();
            assert!(refused.contains("log-synced") && refused.contains(given), "{refused}");
        }
    }
}
