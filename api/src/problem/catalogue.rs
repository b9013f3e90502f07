//! Every kind of problem: its rule's name, status, title, and what to do next.
//!
//! The entries are pages of the public interface: a name, once answered, keeps its meaning.

/// One kind of problem.
#[derive(Debug, PartialEq, Eq)]
pub struct ProblemType {
    /// The rule's name: `HoldBudgetSpent`.
    pub rule: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What is the matter, in a few words.
    pub title: &'static str,
    /// What to do next, when nothing better is known.
    pub next: &'static str,
}

impl ProblemType {
    /// The rule's name in paths: `hold-budget-spent`.
    pub fn slug(&self) -> String {
        kebab(self.rule)
    }

    /// Where it is described, which is also its `type`.
    pub fn path(&self) -> String {
        format!("/problems/{}", self.slug())
    }
}

/// `HoldBudgetSpent` as `hold-budget-spent`; a letter that stands alone keeps to the word it begins.
fn kebab(name: &str) -> String {
    let mut slug = String::with_capacity(name.len() + 4);
    let mut after_lower = false;
    let letters: Vec<char> = name.chars().collect();
    for (at, letter) in letters.iter().enumerate() {
        let begins_word = letters.get(at + 1).is_some_and(char::is_ascii_lowercase);
        if letter.is_ascii_uppercase() && at > 0 && (after_lower || begins_word) {
            slug.push('-');
        }
        after_lower = letter.is_ascii_lowercase();
        slug.push(letter.to_ascii_lowercase());
    }
    slug
}

/// The kind with this rule's name; a name that is missing here is a fault of the program.
pub fn problem_type(rule: &str) -> &'static ProblemType {
    find(|entry| entry.rule == rule).unwrap_or(&INTERNAL)
}

/// Every kind, in the order of the catalogue.
pub fn all() -> impl Iterator<Item = &'static ProblemType> {
    [&INTERNAL].into_iter().chain(RULES).chain(REQUESTS)
}

fn find(wanted: impl Fn(&ProblemType) -> bool) -> Option<&'static ProblemType> {
    all().find(|entry| wanted(entry))
}

const fn kind(rule: &'static str, status: u16, title: &'static str, next: &'static str) -> ProblemType {
    ProblemType { rule, status, title, next }
}

static INTERNAL: ProblemType = kind(
    "InternalError",
    500,
    "A fault of the program",
    "Try again once; if it happens again, tell the operator the time and the path",
);

/// What the ledger's rules refuse.
#[rustfmt::skip] // A table: one kind a line.
static RULES: &[ProblemType] = &[
    kind("NotFound", 404, "There is no such thing, or it is not yours", "Check the id and the secret you sent"),
    kind("IdTaken", 409, "This id has been used", "Draw a new UUID, or send the secret that belongs to this id"),
    kind("ContentDiffers", 422, "This id was used with other content", "Send the same content as the first time, or draw a new UUID"),
    kind("StaleRevision", 412, "It was changed since you saw it", "Read it again and send If-Match with its present revision"),
    kind("RulesInThePast", 409, "A later set of rules may not begin in the past", "Choose an effective_at that lies ahead"),
    kind("RulesIncomplete", 409, "The set of rules is incomplete or contradicts itself", "Mend what detail names and send the whole set again"),
    kind("AlreadyReceived", 409, "The delivery was received before, otherwise", "Read the receipt that stands; a received delivery does not change"),
    kind("DosesExceeded", 409, "The delivery has too few doses left", "Release fewer places, or announce another delivery"),
    kind("SlotInThePast", 409, "A slot would begin in the past", "Choose a later date"),
    kind("SecondPlacesMissing", 409, "Some first places would have no second", "Add second places inside the interval, or release fewer first places"),
    kind("TooManySlots", 409, "The release is too large, covers more than one day, or its sums are off", "Release less at once: one day, on a coarser slot grid or in several releases"),
    kind("PlacesTaken", 409, "Fewer places are free than are to be removed", "Remove at most the places that are free"),
    kind("OutsideCatchment", 409, "This centre does not serve that district", "Register at the centre that serves your district"),
    kind("ReferenceTaken", 503, "No free reference was found", "Send the same request again"),
    kind("RegistrationEnded", 409, "The registration has ended", "Register anew with a new UUID"),
    kind("NeedsDesk", 409, "A person has to look at this", "Call the hotline and have your reference ready"),
    kind("AlreadyHolding", 409, "You hold a pair already", "Confirm or release that hold, or name it in instead_of"),
    kind("AlreadyBooked", 409, "You have a booking already", "Change that booking instead"),
    kind("HoldsSpentToday", 429, "You have placed as many holds today as are allowed", "Try again tomorrow"),
    kind("ChangesSpentToday", 429, "You have changed this booking as often today as is allowed", "Try again tomorrow"),
    kind("CohortNotOpen", 409, "Your group cannot book yet", "Come back when your group opens; your registration keeps its time"),
    kind("SlotTooSoon", 409, "The slot begins too soon, or has begun", "Choose a later slot"),
    kind("VaccineMismatch", 409, "These slots do not belong together", "Choose a first-dose slot, and a second-dose slot of the same vaccine"),
    kind("IntervalTooShort", 409, "The second dose would be too early", "Choose a later second slot, or an earlier first one"),
    kind("IntervalTooLong", 409, "The second dose would be too late", "Choose an earlier second slot, or a later first one"),
    kind("SlotFull", 409, "The slot has no free place", "Choose one of the alternatives, or look at the availability again"),
    kind("ContingentSpent", 409, "The places left are for other channels", "Choose one of the alternatives, or another day"),
    kind("HoldBudgetSpent", 409, "All holds for this day are out", "Choose one of the alternatives, or another day"),
    kind("SecondPlaceReserved", 409, "That second place is kept for somebody's first", "Choose another second slot, or leave it out and get one that fits"),
    kind("HoldLapsed", 409, "The hold has lapsed", "Place a new hold with a new UUID"),
    kind("HoldEnded", 409, "The hold was given back", "Place a new hold with a new UUID"),
    kind("AlreadyConfirmed", 409, "The hold is a booking already", "Cancel or change the booking of the same id"),
    kind("BookingEnded", 409, "The booking was cancelled", "Place a new hold with a new UUID"),
    kind("NothingToChange", 409, "The booking has these places already", "Name other slots"),
];

/// What the edge itself answers.
#[rustfmt::skip] // A table: one kind a line.
static REQUESTS: &[ProblemType] = &[
    kind("NotYetKnown", 202, "It is not yet known whether this was done", "Send the same request again to the place in Location"),
    kind("UnknownPath", 404, "There is no such path", "See /openapi.json for what there is"),
    kind("UnknownProblem", 404, "There is no such problem", "See /problems for all of them"),
    kind("MethodNotAllowed", 405, "The path does not have this method", "Use one of the methods in Allow"),
    kind("BadPath", 400, "Something in the path is not what it should be", "Mend what detail names"),
    kind("BadQuery", 400, "Something in the query is not what it should be", "Mend what detail names"),
    kind("BadHeader", 400, "A header is not what it should be", "Mend what detail names"),
    kind("BadJson", 400, "The body is not JSON", "Mend the body at the place that detail names"),
    kind("BadBody", 400, "The body is not what it should be", "Mend the body at the place that detail names"),
    kind("UnsupportedMediaType", 415, "The body has to be JSON", "Send Content-Type: application/json"),
    kind("BodyTooLarge", 413, "The body is too large", "Send less"),
    kind("RequestTimeout", 408, "The request came too slowly", "Send it again"),
    kind("HeaderTooLarge", 431, "The headers are too large", "Send fewer or shorter headers"),
    kind("SecretMissing", 401, "A secret is missing", "Send Authorization: Bearer with a secret of at least 128 random bits, and keep it"),
    kind("CredentialMissing", 401, "A credential is missing", "Send Authorization: Bearer with your credential"),
    kind("CredentialUnknown", 401, "The credential is not valid", "Ask the operator for a new credential"),
    kind("RoleNotAllowed", 403, "Your role does not allow this", "Ask somebody whose role does"),
    kind("Erased", 410, "The person's data were erased", "Nothing can be done with this registration; register anew"),
    kind("NotALocalTime", 422, "A time of day does not exist on that date", "Choose slots outside the hour that the clocks skip"),
    kind("ForeignPosition", 409, "The position is not of this ledger's history", "Leave at_least or as_of out, or take a position that this ledger gave"),
    kind("PositionAhead", 409, "The ledger has not come that far", "Name a position that this ledger gave, or an instant that has passed"),
    kind("WrongPartition", 409, "The position says nothing about this centre", "Take a position from an answer about the same centre, or name an instant"),
    kind("BeforeTheLedger", 409, "There was no ledger then", "Name a later instant"),
    kind("PastNotReady", 503, "What you ask of the past is being made ready", "Ask again after the seconds in Retry-After; it is kept ready for you"),
    kind("ForeignCursor", 409, "The cursor is not of this ledger's history", "Take a cursor that this ledger gave, or leave it out to begin at the beginning"),
    kind("EarlierExportUnknown", 409, "There is no such earlier export, or it is not yours", "Name an export of yours in since, or leave it out"),
    kind("EarlierExportNotDone", 409, "The earlier export is not done", "Ask for that export until it is done, and then again; of one that failed nothing can go on"),
    kind("EarlierExportDiffers", 409, "The earlier export was asked for otherwise", "Ask for the same purpose and tables, or leave since out"),
    kind("ExportDamaged", 500, "The files of the export are damaged", "Delete the export and ask for it again; the operator has been told"),
    kind("PositionNotReached", 503, "What you ask for is not readable yet", "Ask again in a moment"),
    kind("ViewsBehind", 503, "The views are far behind the log", "Try again later; the operator has been told"),
    kind("ChannelClosed", 503, "This channel is closed now", "Try again later"),
    kind("Overloaded", 503, "Too many requests are waiting", "Try again after the seconds in Retry-After, with the same id"),
    kind("Late", 503, "It waited too long and was not done", "Try again after the seconds in Retry-After, with the same id"),
    kind("Halted", 503, "This centre's ledger has stopped", "Try again later; the operator has been told"),
    kind("NotOwner", 503, "Another process writes for this centre", "Try again after the seconds in Retry-After, with the same id"),
    kind("ClockInDoubt", 503, "This process does not trust its clock", "Try again after the seconds in Retry-After, with the same id; the operator has been told"),
    kind("ShuttingDown", 503, "The program is ending", "Try again after the seconds in Retry-After, with the same id"),
    kind("TooManyConnections", 503, "Too many connections are open", "Connect again after the seconds in Retry-After"),
    kind("NotReady", 503, "The program is not ready", "See what detail names; ask again in a moment"),
    kind("Failed", 500, "It could not be decided", "Tell the operator the time and the path; nothing was done"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{ProblemType, all, kebab};

    #[test]
    fn names_become_slugs_of_their_own() {
        assert_eq!(kebab("HoldBudgetSpent"), "hold-budget-spent");
        assert_eq!(kebab("NotALocalTime"), "not-a-local-time");
        assert_eq!(all().map(ProblemType::slug).collect::<BTreeSet<_>>().len(), all().count());
    }

    /// A rule that is missing would be answered as a fault of the program.
    #[test]
    fn every_rule_that_the_ledger_can_refuse_by_is_here() {
        let source = include_str!("../../../ledger/src/rejection.rs");
        let names: Vec<&str> = source
            .lines()
            .filter_map(|line| line.trim().split_once("=> \"")?.1.strip_suffix("\","))
            .collect();
        assert!(names.len() > 30, "{names:?}");
        for name in names {
            assert_eq!(super::problem_type(name).rule, name);
        }
    }

    #[test]
    fn every_rule_stands_once() {
        let rules: Vec<_> = all().map(|entry| entry.rule).collect();
        assert_eq!(rules.iter().collect::<BTreeSet<_>>().len(), rules.len());
    }
}
