#![doc = include_str!("../README.md")]

mod availability;
mod draft;
mod keys;
mod mapping;
mod projector;
pub mod rows;
mod store;
pub mod story;
pub mod stream;
pub mod tables;
mod views;

pub use availability::{PairShown, SlotShown, ZoneClock};
pub use keys::{CentreAt, Table};
pub use projector::{
    CaughtUp, LookBackError, Past, Projector, ProjectorHandle, Settings, StartError, rebuild,
};
pub use store::{DumpedRow, Stand, StoreError, checkpoints, dump};
pub use views::{
    AsOf, Drawn, Found, HoldFound, Overview, Pairs, Progress, Rendered, RenderedAll, Views, Waited,
};
