use schemas::events::*;
use schemas::ids::SlotId;
use schemas::vocabulary::{CancelDoses, CancelReason, ChangeCause, Contingent, ReleaseReason};

use super::{Sample, content, parse, uuid};

pub(super) fn all() -> Vec<Sample> {
    vec![
        Sample::new(
            "",
            "in place of another hold, with a second place of the caller's choice",
            hold_placed(),
        ),
        Sample::new("-single-dose", "nothing optional is there", single_dose_hold()),
        Sample::new("", "ten minutes more", hold_extended()),
        Sample::new("", "for another hold", hold_released()),
        Sample::new("", "the writer's own: no content", HoldExpired { hold: uuid(0x51c2_0001) }),
        Sample::new("", "a hold becomes a booking", booking_confirmed()),
        Sample::new("", "both places move", booking_rescheduled()),
        Sample::new("-second-alone", "only the second place moves", second_rescheduled()),
        Sample::new("", "both places come back", booking_cancelled()),
        Sample::new("-second-alone", "only the second place comes back", second_cancelled()),
    ]
}

pub(super) fn hold_placed() -> HoldPlaced {
    HoldPlaced {
        hold: uuid(0x51c2_0001),
        registration: uuid(0x0b8f_0001),
        first: SlotId(417),
        second: Some(SlotId(1_497)),
        frees: Some(SlotId(418)),
        contingent: Contingent::Web,
        asked_on: parse("2021-01-12"),
        deadline_at: parse("2021-01-12T08:17:00.000+01:00"),
        instead_of: Some(uuid(0x51c2_0000)),
        content: content(0x16),
    }
}

fn single_dose_hold() -> HoldPlaced {
    HoldPlaced { second: None, frees: None, instead_of: None, contingent: Contingent::Open, ..hold_placed() }
}

fn hold_extended() -> HoldExtended {
    HoldExtended {
        hold: uuid(0x51c2_0001),
        deadline_at: parse("2021-01-12T08:27:00.000+01:00"),
        content: content(0x17),
    }
}

pub(super) fn hold_released() -> HoldReleased {
    HoldReleased { hold: uuid(0x51c2_0000), reason: ReleaseReason::Replaced, content: content(0x16) }
}

fn booking_confirmed() -> BookingConfirmed {
    BookingConfirmed { booking: uuid(0x51c2_0001), content: content(0x21) }
}

fn booking_rescheduled() -> BookingRescheduled {
    BookingRescheduled {
        booking: uuid(0x51c2_0001),
        revision: 2,
        change: uuid(0xc4a9_6e01),
        first: Some(SlotId(902)),
        second: Some(SlotId(1_982)),
        contingent: Some(Contingent::Hotline),
        frees: Some(SlotId(1_983)),
        backed_by: Some(SlotId(1_497)),
        asked_on: parse("2021-01-13"),
        cause: ChangeCause::Asked,
        content: content(0x22),
    }
}

fn second_rescheduled() -> BookingRescheduled {
    BookingRescheduled {
        revision: 3,
        change: uuid(0xc4a9_6e02),
        first: None,
        contingent: None,
        frees: None,
        backed_by: None,
        ..booking_rescheduled()
    }
}

fn booking_cancelled() -> BookingCancelled {
    BookingCancelled {
        booking: uuid(0x51c2_0001),
        doses: CancelDoses::Both,
        reason: CancelReason::Ill,
        backed_by: Some(SlotId(1_497)),
        content: content(0x23),
    }
}

fn second_cancelled() -> BookingCancelled {
    BookingCancelled {
        doses: CancelDoses::Second,
        reason: CancelReason::Elsewhere,
        backed_by: None,
        ..booking_cancelled()
    }
}
