//! The lists.

use ledger::Mark;
use schemas::events::{
    AccessReissued, BookingCancelled, BookingConfirmed, BookingRescheduled, CentreDescribed,
    DeliveryAnnounced, DeliveryReceived, ErasureDone, ErasureOrdered, HoldExtended, HoldPlaced, HoldReleased,
    RegistrationAccepted, RegistrationAmended, RegistrationWithdrawn, RulesSet, SlotsReleased, SlotsShrunk,
};
use schemas::ids::{CentreNumber, Cvx, DeliveryId, HoldId, SlotId};
use schemas::vocabulary::{Contingent, Dose};
use schemas::{CivilDate, Instant};

/// An event and where it stands.
#[derive(Debug, Clone)]
pub struct Told<T> {
    /// What happened.
    pub event: T,
    /// Where and when.
    pub mark: Mark,
}

/// Everything that is known of one centre.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "each list says by its name and type what it lists")]
pub struct Model {
    pub number: CentreNumber,
    pub described: Vec<Told<CentreDescribed>>,
    pub rules: Vec<Told<RulesSet>>,
    pub announced: Vec<Told<DeliveryAnnounced>>,
    pub received: Vec<Told<DeliveryReceived>>,
    pub releases: Vec<Told<SlotsReleased>>,
    pub shrinks: Vec<Told<SlotsShrunk>>,
    pub slots: Vec<Slot>,
    pub places: Vec<Place>,
    pub registrations: Vec<Registration>,
    pub holds: Vec<Hold>,
    pub erasures: Vec<Told<ErasureOrdered>>,
    pub erased: Vec<Told<ErasureDone>>,
    pub faults: Vec<String>,
}

/// A slot as it was released.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the fields are those of `ReleasedSlot` and `SlotsReleased`")]
pub struct Slot {
    pub id: SlotId,
    pub start_at: Instant,
    pub local_date: CivilDate,
    pub length_min: u32,
    pub dose: Dose,
    pub vaccine: Cvx,
    pub delivery: DeliveryId,
    /// Doses a person gets: 1 or 2.
    pub doses: u8,
    pub interval_min_days: u32,
    pub interval_max_days: u32,
    pub flows_back_at: Option<Instant>,
    pub flowed: bool,
}

/// One person's room in a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// In which slot.
    pub slot: SlotId,
    /// Of a first-dose slot: what it is counted in.
    pub contingent: Option<Contingent>,
    /// What it is used for.
    pub state: State,
}

/// What a place is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// To be had.
    Free,
    /// A first place that waits for a second.
    Resting,
    /// A second place kept for a free first place of this slot.
    Reserved(SlotId),
    /// In a live hold.
    Held(HoldId),
    /// In a live booking.
    Booked(HoldId),
}

/// A registration.
#[derive(Debug, Clone)]
pub struct Registration {
    /// As it was accepted.
    pub accepted: Told<RegistrationAccepted>,
    /// How it was amended, in order.
    pub amended: Vec<Told<RegistrationAmended>>,
    /// Its new secrets, in order.
    pub reissued: Vec<Told<AccessReissued>>,
    /// Its end.
    pub withdrawn: Option<Told<RegistrationWithdrawn>>,
}

/// A hold, and the booking it may have become.
#[derive(Debug, Clone)]
pub struct Hold {
    /// As it was placed.
    pub placed: Told<HoldPlaced>,
    /// Where its first place is now.
    pub first: SlotId,
    /// Where its second place is now; none: it never had one, or it was cancelled.
    pub second: Option<SlotId>,
    /// When it lapses, while it is a hold.
    pub deadline_at: Instant,
    /// Its extension.
    pub extended: Option<Told<HoldExtended>>,
    /// It was given back.
    pub released: Option<Told<HoldReleased>>,
    /// It lapsed.
    pub expired: Option<Mark>,
    /// It became a booking.
    pub confirmed: Option<Told<BookingConfirmed>>,
    /// How the booking was moved, in order.
    pub changes: Vec<Told<BookingRescheduled>>,
    /// Only its second was cancelled.
    pub second_cancelled: Option<Told<BookingCancelled>>,
    /// All that was left of it was cancelled.
    pub cancelled: Option<Told<BookingCancelled>>,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            number: CentreNumber::NONE,
            described: Vec::new(),
            rules: Vec::new(),
            announced: Vec::new(),
            received: Vec::new(),
            releases: Vec::new(),
            shrinks: Vec::new(),
            slots: Vec::new(),
            places: Vec::new(),
            registrations: Vec::new(),
            holds: Vec::new(),
            erasures: Vec::new(),
            erased: Vec::new(),
            faults: Vec::new(),
        }
    }
}
