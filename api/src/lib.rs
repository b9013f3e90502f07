//! .
pub mod demo;
