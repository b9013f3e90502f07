#![doc = include_str!("../README.md")]

pub mod answer;
pub mod centre;
pub mod chain;
mod civil;
pub mod clock;
pub mod command;
pub mod data_dir;
pub mod driver;
pub mod fault_point;
pub mod fold;
pub mod log;
pub mod office;
pub mod past;
pub mod rejection;
pub mod snapshot;
mod spread;
pub mod vault;
pub mod verify;
pub mod writer;

pub use answer::{Answer, Decision, NotDone, Receipt};
pub use command::{Asked, CentreCommand, Command, OfficeCommand};
pub use driver::{Ledger, Options, PartitionStatus, Request, StartError};
pub use rejection::{Mark, Rejection};
pub use spread::spread;
