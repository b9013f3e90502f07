//! Receipts: that something stands in the ledger, and where.

use ledger::{CentreCommand, Command, OfficeCommand, Receipt};
use schemas::Position;
use schemas::ids::LedgerId;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::stamp::Zone;

/// A receipt. The same request gets the same one for ever.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReceiptJson {
    /// The event's name.
    #[schema(example = "BookingConfirmed")]
    receipt: &'static str,
    /// Of the thing that it is about.
    id: String,
    #[schema(value_type = uuid::Uuid)]
    ledger: LedgerId,
    #[schema(value_type = String, example = "3@48391-77ab01cd23ef4567")]
    position: Position,
    #[schema(format = DateTime)]
    recorded_at: String,
}

impl ReceiptJson {
    pub(crate) fn new(command: &Command, receipt: &Receipt, ledger: LedgerId, zone: &Zone) -> Self {
        Self {
            receipt: event_of(command),
            id: id_of(command),
            ledger,
            position: receipt.position,
            recorded_at: zone.show(receipt.recorded_at),
        }
    }
}

/// What would be recorded. Nothing was.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanJson {
    /// The events, in snake case.
    #[schema(value_type = Vec<Object>)]
    pub(crate) plan: Vec<Value>,
}

/// The event that a command is receipted with, also when it is a repeat.
fn event_of(command: &Command) -> &'static str {
    match command {
        Command::Office(OfficeCommand::SetChannel { .. }) => "ChannelSet",
        Command::Office(OfficeCommand::NoteRead { .. }) => "RecordsRead",
        Command::Centre(_, command) => match command {
            CentreCommand::DescribeCentre(_) => "CentreDescribed",
            CentreCommand::SetRules { .. } => "RulesSet",
            CentreCommand::AnnounceDelivery { .. } => "DeliveryAnnounced",
            CentreCommand::ReceiveDelivery { .. } => "DeliveryReceived",
            CentreCommand::ReleaseSlots { .. } => "SlotsReleased",
            CentreCommand::ShrinkSlots { .. } => "SlotsShrunk",
            CentreCommand::Register { .. } => "RegistrationAccepted",
            CentreCommand::AmendRegistration { .. } => "RegistrationAmended",
            CentreCommand::WithdrawRegistration { .. } => "RegistrationWithdrawn",
            CentreCommand::ReissueAccess { .. } => "AccessReissued",
            CentreCommand::Erase { .. } => "ErasureOrdered",
            CentreCommand::FinishErasure { .. } => "ErasureDone",
            CentreCommand::PlaceHold { .. } => "HoldPlaced",
            CentreCommand::ExtendHold { .. } => "HoldExtended",
            CentreCommand::ReleaseHold { .. } => "HoldReleased",
            CentreCommand::ConfirmHold { .. } => "BookingConfirmed",
            CentreCommand::RescheduleBooking { .. } => "BookingRescheduled",
            CentreCommand::CancelBooking { .. } => "BookingCancelled",
        },
    }
}

fn id_of(command: &Command) -> String {
    match command {
        Command::Office(OfficeCommand::SetChannel { channel, .. }) => channel.to_string(),
        Command::Centre(centre, CentreCommand::DescribeCentre(_)) => centre.to_string(),
        other => other.id().to_string(),
    }
}
