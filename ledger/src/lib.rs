#![doc = include_str!("../README.md")]

pub mod answer;
pub mod centre;
pub mod chain;
pub mod command;
pub mod data_dir;
pub mod log;
pub mod office;
pub mod rejection;
pub mod vault;

pub use answer::{Answer, Decision, NotDone, Receipt};
pub use command::{Asked, CentreCommand, Command, OfficeCommand};
pub use rejection::{Mark, Rejection};
