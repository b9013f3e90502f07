#![doc = include_str!("../README.md")]
#![warn(clippy::indexing_slicing)]

pub mod body;
pub mod codec;
pub mod events;
pub mod hashing;
pub mod ids;
mod order;
pub mod position;
pub mod record;
pub mod reference;
pub mod rules;
pub mod time;
pub mod vocabulary;

pub use body::{Body, BodyError, Claim, Clock, Genesis, Raise};
pub use events::Event;
pub use position::Position;
pub use record::{Prefix, RecordKind};
pub use reference::Reference;
pub use rules::RuleSet;
pub use time::{CivilDate, Instant};
