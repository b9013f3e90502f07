//! Given, when, then.

mod bookings;
mod checks;
mod harness;
mod holds;
mod main_path;
mod order;
mod people;
mod random;
mod seconds;
mod supply;
mod swaps;
mod time;
mod totality;
mod words;
