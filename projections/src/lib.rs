#![doc = include_str!("../README.md")]

mod availability;
mod draft;
mod keys;
mod mapping;
mod projector;
pub mod rows;
mod store;
mod views;

pub use availability::{PairShown, SlotShown, ZoneClock};
pub use keys::{CentreAt, Table};
pub use projector::{Projector, ProjectorHandle, Settings, StartError, rebuild};
pub use store::{DumpedRow, StoreError, dump};
pub use views::{AsOf, Found, HoldFound, Pairs, Progress, Rendered, RenderedAll, Views, Waited};
