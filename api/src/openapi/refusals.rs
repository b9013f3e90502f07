//! Which problems an operation can answer: those of DOMAIN's table, and those of the edge.

/// Whether anybody may ask.
pub(super) fn is_public(operation: &str) -> bool {
    matches!(
        operation,
        "list_centres"
            | "get_availability"
            | "get_centre_availability"
            | "get_day"
            | "get_pairs"
            | "get_openapi"
            | "list_problems"
            | "get_problem"
            | "get_livez"
            | "get_readyz"
            | "get_metrics"
    )
}

/// Whether the answer can be 304.
pub(super) fn has_etag(operation: &str) -> bool {
    is_compressed(operation) || matches!(operation, "list_centres" | "get_pairs")
}

/// Whether the answer is drawn before anybody asks, compressed too.
pub(super) fn is_compressed(operation: &str) -> bool {
    matches!(
        operation,
        "get_availability"
            | "get_centre_availability"
            | "get_day"
            | "get_openapi"
            | "list_problems"
            | "get_problem"
    )
}

/// Whether a read waits for a position that it names.
pub(super) fn waits(operation: &str) -> bool {
    of_operation(operation).contains(&"ForeignPosition")
}

/// Whether the audit edge answers it as of a moment that has passed.
pub(super) fn looks_back(operation: &str) -> bool {
    waits(operation)
}

/// What a question about the past can be answered with besides; it is asked with a credential, also where anybody may
/// ask what is so now.
pub(super) const OF_THE_PAST: &[&str] = &[
    "PositionAhead",
    "WrongPartition",
    "BeforeTheLedger",
    "PastNotReady",
    "Halted",
    "CredentialMissing",
    "CredentialUnknown",
    "RoleNotAllowed",
];

/// Where a read is noted before it is answered, if it is anywhere.
pub(super) fn noted_on(operation: &str) -> Option<&'static str> {
    match operation {
        "get_registration" | "get_hold" | "get_booking" | "get_events" | "get_export_file" => {
            Some("the audit edge")
        }
        "get_reference" => Some("the hotline and audit edges"),
        "look_up" => Some("the hotline edge"),
        _ => None,
    }
}

/// What recording can be answered with, whether it is a write or the note of a read.
pub(super) fn of_recording(operation: &str, writes: bool) -> impl Iterator<Item = &'static &'static str> {
    // To delete an export stands in no record.
    let records = (writes && operation != "delete_export") || noted_on(operation).is_some();
    let recording = if records { OF_RECORDING } else { &[] };
    let closed: &[&str] = if can_be_closed(operation) { &["ChannelClosed"] } else { &[] };
    recording.iter().chain(closed)
}

/// Whether it comes by a channel that operators can close.
fn can_be_closed(operation: &str) -> bool {
    matches!(
        operation,
        "put_registration"
            | "withdraw_registration"
            | "erase_registration"
            | "reissue_access"
            | "place_hold"
            | "extend_hold"
            | "release_hold"
            | "confirm_hold"
            | "cancel_booking"
            | "change_booking"
    )
}

const OF_RECORDING: &[&str] = &[
    "NotYetKnown",
    "ViewsBehind",
    "Overloaded",
    "Late",
    "Halted",
    "NotOwner",
    "ClockInDoubt",
    "ShuttingDown",
    "Failed",
];

/// What the ledger's rules refuse, and what is particular to the operation.
#[rustfmt::skip] // A table.
pub(super) fn of_operation(operation: &str) -> &'static [&'static str] {
    match operation {
        "get_availability" | "list_centres" => &["PositionNotReached", "ForeignPosition"],
        "get_centre_availability" | "get_day" | "get_pairs" | "get_hold" | "get_booking" => {
            &["NotFound", "PositionNotReached", "ForeignPosition"]
        }
        "get_registration" | "get_reference" => {
            &["NotFound", "Erased", "PositionNotReached", "ForeignPosition"]
        }
        "get_events" => &["ForeignCursor", "PastNotReady"],
        "put_export" => &[
            "IdTaken", "ContentDiffers", "EarlierExportUnknown", "EarlierExportNotDone", "EarlierExportDiffers",
            "ExportDamaged",
        ],
        "get_export" | "get_export_file" => &["NotFound", "ExportDamaged"],
        "delete_export" => &["NotFound"],
        "look_up" => &["PositionNotReached"],
        "put_registration" => &[
            "NotFound", "SecretMissing", "IdTaken", "ContentDiffers", "StaleRevision", "RegistrationEnded",
            "OutsideCatchment", "Erased", "ReferenceTaken",
        ],
        "withdraw_registration" => &["NotFound", "RegistrationEnded"],
        "erase_registration" => &["NotFound"],
        "reissue_access" => &["NotFound", "ContentDiffers", "RegistrationEnded", "Erased"],
        "place_hold" => HOLD,
        "extend_hold" => &["NotFound", "HoldLapsed", "HoldEnded", "AlreadyConfirmed"],
        "release_hold" => &["NotFound", "HoldLapsed", "HoldEnded", "AlreadyConfirmed"],
        "confirm_hold" => &["NotFound", "HoldLapsed", "HoldEnded", "BookingEnded", "NeedsDesk"],
        "cancel_booking" => &["NotFound", "BookingEnded", "SlotTooSoon"],
        "change_booking" => CHANGE,
        "set_rules" => &["NotFound", "ContentDiffers", "RulesInThePast", "RulesIncomplete"],
        "announce_delivery" => &["NotFound", "ContentDiffers", "RulesIncomplete"],
        "receive_delivery" => &["NotFound", "ContentDiffers", "AlreadyReceived"],
        "release_slots" => &[
            "NotFound", "ContentDiffers", "RulesIncomplete", "VaccineMismatch", "TooManySlots",
            "SlotInThePast", "DosesExceeded", "SecondPlacesMissing", "NotALocalTime",
        ],
        "shrink_slots" => &["NotFound", "ContentDiffers", "PlacesTaken", "TooManySlots"],
        "get_problem" => &["UnknownProblem"],
        "get_readyz" => &["NotReady"],
        _ => &[],
    }
}

#[rustfmt::skip] // A table.
const HOLD: &[&str] = &[
    "NotFound", "IdTaken", "ContentDiffers", "RegistrationEnded", "HoldLapsed", "HoldEnded",
    "BookingEnded", "NeedsDesk", "AlreadyHolding", "AlreadyBooked", "HoldsSpentToday", "CohortNotOpen",
    "SlotTooSoon", "VaccineMismatch", "IntervalTooShort", "IntervalTooLong", "SlotFull", "ContingentSpent",
    "HoldBudgetSpent", "SecondPlaceReserved",
];

#[rustfmt::skip] // A table.
const CHANGE: &[&str] = &[
    "NotFound", "IdTaken", "ContentDiffers", "BookingEnded", "RegistrationEnded", "ChangesSpentToday",
    "CohortNotOpen", "SlotTooSoon", "VaccineMismatch", "IntervalTooShort", "IntervalTooLong", "SlotFull",
    "ContingentSpent", "SecondPlaceReserved", "NothingToChange",
];

/// What the edge answers to requests of a kind.
pub(super) fn of_requests(
    writes: bool,
    has_body: bool,
    public: bool,
    has_ids: bool,
) -> impl Iterator<Item = &'static &'static str> {
    let when = |applies: bool, rules: &'static [&'static str]| if applies { rules } else { &[] };
    [
        &[
            "BadQuery",
            "BadHeader",
            "MethodNotAllowed",
            "RequestTimeout",
            "InternalError",
            "TooManyConnections",
        ][..],
        when(has_ids, &["BadPath"]),
        when(has_body, &["UnsupportedMediaType"]),
        // A body that nobody asked for is read all the same, and must be empty or an empty object.
        when(has_body || writes, &["BadJson", "BadBody", "BodyTooLarge"]),
        when(!public, &["CredentialMissing", "CredentialUnknown", "RoleNotAllowed"]),
    ]
    .into_iter()
    .flatten()
}
