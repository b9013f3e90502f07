//! Events about what a centre offers: itself, its rules, deliveries and slots.

use bincode::{Decode, Encode};

use crate::ids::{
    CentreId, CentreNumber, ContentHash, Cvx, DeliveryId, District, ReferencePrefix, ReleaseId, RulesId,
    ShrinkId, SlotId,
};
use crate::rules::RuleSet;
use crate::time::{CivilDate, Instant};
use crate::vocabulary::{Contingent, Dose, ShrinkReason};

macro_rules! event_type {
    ($($(#[$doc:meta])* pub struct $name:ident { $($body:tt)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Encode, Decode,
            serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub struct $name { $($body)* }
    )*};
}
pub(crate) use event_type;

event_type! {
    /// A centre was described, or described anew.
    pub struct CentreDescribed {
        /// 1 at first, one more each time.
        pub revision: u32,
        /// Its number in the partition, in order of creation.
        pub number: CentreNumber,
        /// Its id in paths.
        pub id: CentreId,
        /// What its references begin with.
        pub reference_prefix: ReferencePrefix,
        /// Its name for people.
        pub name: String,
        /// Where it is.
        pub address: String,
        /// Whom to call.
        pub phone: String,
        /// IANA name of its time zone.
        pub time_zone: String,
        /// Its first day of vaccinations.
        pub opens_on: CivilDate,
        /// The districts whose people may register here.
        pub catchment: Vec<District>,
        /// Hash of the command.
        pub content: ContentHash,
    }

    /// A whole set of rules was set.
    pub struct RulesSet {
        /// The set's id.
        pub rules: RulesId,
        /// 1 for the centre's first set, then counted on.
        pub number: u32,
        /// From when it is in force; the first set is in force from its record.
        pub effective_at: Instant,
        /// The rules.
        pub set: RuleSet,
        /// Hash of the command.
        pub content: ContentHash,
    }

    /// Doses were promised.
    pub struct DeliveryAnnounced {
        /// The delivery's id.
        pub delivery: DeliveryId,
        /// Of what.
        pub vaccine: Cvx,
        /// How many doses.
        pub doses: u32,
        /// For when.
        pub due_on: CivilDate,
        /// Hash of the command.
        pub content: ContentHash,
    }

    /// Doses came.
    pub struct DeliveryReceived {
        /// The delivery's id.
        pub delivery: DeliveryId,
        /// The manufacturer's lot.
        pub lot: String,
        /// How many doses came.
        pub doses: u32,
        /// When.
        pub received_on: CivilDate,
        /// Hash of the command.
        pub content: ContentHash,
    }

    /// At most one day of first doses, and the second ones that belong to it, were put on offer.
    pub struct SlotsReleased {
        /// The release's id.
        pub release: ReleaseId,
        /// The delivery that its doses come from.
        pub delivery: DeliveryId,
        /// Of what.
        pub vaccine: Cvx,
        /// Doses a person gets: 1 or 2.
        pub doses: u8,
        /// Least civil days to the second dose, for the life of these slots.
        pub interval_min_days: u32,
        /// Most civil days to the second dose, for the life of these slots.
        pub interval_max_days: u32,
        /// When the contingents of these slots flow together; absent: they never do, or have already.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        pub flows_back_at: Option<Instant>,
        /// The slots, numbered on from the centre's last.
        pub slots: Vec<ReleasedSlot>,
        /// Which second places back the first ones.
        pub backing: Vec<Backing>,
        /// Hash of the command.
        pub content: ContentHash,
    }

    /// A slot as it is released.
    pub struct ReleasedSlot {
        /// Its number.
        pub slot: SlotId,
        /// When it begins.
        pub start_at: Instant,
        /// The civil day at the centre.
        pub local_date: CivilDate,
        /// How long it is, in minutes.
        pub length_min: u32,
        /// For which dose.
        pub dose: Dose,
        /// Its places.
        pub capacity: u32,
        /// Places for the web; 0 in second-dose slots.
        pub web: u32,
        /// Places for the hotline; 0 in second-dose slots.
        pub hotline: u32,
        /// Places for all channels; 0 in second-dose slots.
        pub open: u32,
    }

    /// So many places of a second-dose slot are reserved for free places of a first-dose slot.
    pub struct Backing {
        /// The first-dose slot.
        pub first: SlotId,
        /// The second-dose slot.
        pub second: SlotId,
        /// How many places.
        pub places: u32,
    }

    /// What was left of contingents became open. Every slot it concerns is named, with 0 places when nothing was left.
    pub struct ContingentsReturned {
        /// What moved to `open`.
        pub returned: Vec<ContingentReturn>,
    }

    /// Free and resting places of one contingent of one slot, with their capacity.
    pub struct ContingentReturn {
        /// The slot.
        pub slot: SlotId,
        /// `web` or `hotline`.
        pub contingent: Contingent,
        /// Free and resting places together.
        pub places: u32,
    }

    /// Free places were removed.
    pub struct SlotsShrunk {
        /// The shrink's id.
        pub shrink: ShrinkId,
        /// Why.
        pub reason: ShrinkReason,
        /// What was removed, one entry a slot and contingent.
        pub slots: Vec<SlotShrunk>,
        /// Hash of the command.
        pub content: ContentHash,
    }

    /// Places removed from one slot.
    pub struct SlotShrunk {
        /// The slot.
        pub slot: SlotId,
        /// The contingent of a first-dose slot; absent for a second-dose slot.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        pub contingent: Option<Contingent>,
        /// How many places.
        pub removed: u32,
        /// Second places that backed them and became free.
        pub frees: Vec<SlotPlaces>,
    }

    /// So many places of a slot.
    pub struct SlotPlaces {
        /// The slot.
        pub slot: SlotId,
        /// How many.
        pub places: u32,
    }

    /// Resting first places became free again.
    pub struct PlacesReturned {
        /// Which.
        pub returned: Vec<PlaceReturn>,
    }

    /// Places of one slot and contingent that no longer rest.
    pub struct PlaceReturn {
        /// The first-dose slot.
        pub slot: SlotId,
        /// The contingent they are counted in.
        pub contingent: Contingent,
        /// How many.
        pub places: u32,
        /// The second-dose slot whose free places back them now; absent: they kept their backing.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        pub backed_by: Option<SlotId>,
    }
}
