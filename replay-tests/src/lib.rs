#![doc = include_str!("../README.md")]

pub mod chance;
pub mod figures;
pub mod history;
pub mod model;
pub mod reliability;
