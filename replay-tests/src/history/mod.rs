//! What clients asked and were told, and a checker that judges it with the log as witness.
//!
//! A [`Recorder`] stands between clients and ledger and writes down each call when it is made and when it is answered. [`check`]
//! takes the values of every partition and such a [`History`], and says what of it cannot be true. It decides nothing by the
//! code that it judges: the chain is judged anew by [`judge`], the rules are asked of the [`model`](crate::model), the places
//! are counted by books of its own. [`load`] makes people who compete for few places, so that there is something to judge.

mod call;
pub mod checker;
mod clock;
mod complete;
pub mod judge;
pub mod load;
mod recorder;
mod witness;

pub use call::{Answered, Asked, Call, CallId, History, HistoryError, Line, Told, facts_of, hash_of_events};
pub use checker::{Checked, End, Report, Settings, Violation, check};
pub use clock::now_ns;
pub use complete::complete;
pub use recorder::Recorder;
pub use witness::{Witness, witnesses};
