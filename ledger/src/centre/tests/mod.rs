//! Given, when, then.

mod harness;
mod main_path;
