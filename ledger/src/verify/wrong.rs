//! The sorts of wrong things, and what each means.

use bincode::{Decode, Encode};
use serde::Serialize;

macro_rules! sorts {
    ($($name:ident $meaning:literal;)*) => {
        /// The sorts of wrong things.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Encode, Decode)]
        pub enum Wrong {
            $(#[doc = $meaning] $name,)*
        }

        impl Wrong {
            /// What it means, in a sentence for whoever reads a report.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => $meaning,)*
                }
            }

            /// Whether it is, without an offset, about something beside the log and not about a partition.
            pub const fn is_beside(self) -> bool {
                matches!(self, Self::VaultDamaged | Self::ForeignViews)
            }
        }
    };
}

sorts! {
    Halted "Reading cannot go on: the chain halts, or the log is damaged.";
    GenesisDiffers "The partition is of another ledger than the office, or its genesis says otherwise.";
    Forked "A record of the reign in force has the next seq and follows another head: something before it was changed, since an honest writer claims before it takes a seq again.";
    RepeatDiffers "A record says that it repeats another of its epoch, and is not the same.";
    TimeWentBack "A decision or barrier is stamped earlier than what counted before.";
    Unclaimed "A record counts in epoch 0, where nobody has claimed.";
    ClaimNamesPlace "A claim names a seq or a head.";
    Empty "A decision without events.";
    OutOfPlace "An event of a centre in the office, of the office in a centre, or of a centre in another's partition.";
    Unknown "Something is named that there is not, or no longer.";
    UsedAgain "An id begins again.";
    WrongNumber "A number does not follow the last one.";
    AgainstRules "The rules in force say otherwise.";
    DosesExceeded "More doses are bound than there are.";
    NotFree "A place is taken where none is free.";
    WrongContingent "A place is taken from a contingent that is not the channel's.";
    CapExceeded "More places are held than the cap allows.";
    WrongBacking "A backing is taken, freed or made that could not be.";
    BackingOrder "A backing could be, and is not the one that the order of the rules names.";
    WrongInterval "The doses are too near or too far apart.";
    WrongSlot "Slot, dose and vaccine do not go together.";
    TooLate "It came too late: after a deadline, or after a slot had begun.";
    TooEarly "It came before it was due.";
    Overdue "Something that was due was not done before a later decision.";
    OutOfOrder "What time brings about was not done in its order.";
    TwoAtOnce "A registration has two live holds or bookings.";
    NeedsDesk "A person could come to have two bookings.";
    LeftOver "A registration's end leaves something alive, or a replaced hold has no successor.";
    Stranded "A first place rests although a second place is free for it, or is free with none.";
    SumsDiffer "The sums of a slot are off.";
    CommitmentDiffers "The vault has other data than the ledger committed to.";
    CommitmentMissing "The vault has no data that the ledger committed to, and they were not erased.";
    NotErased "The ledger says that data were erased, and the vault has them.";
    VaultDamaged "The vault, or an entry of it, cannot be read, or is another ledger's.";
    ForeignViews "The views are of another ledger.";
    CheckpointDiffers "What was derived from the log stands where the log does not.";
}
