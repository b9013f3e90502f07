//! One sample or more of everything that is written, from which the golden vectors were made.

mod booking;
mod office;
mod people;
mod records;
mod supply;

use std::fmt::Debug;
use std::str::FromStr;

pub(crate) use records::{RecordSample, history};
use schemas::Event;
use schemas::ids::ContentHash;

/// An event, in the version whose bytes these are.
pub(crate) struct Sample {
    /// Part of the file's name; empty for the plain sample.
    pub(crate) suffix: &'static str,
    /// What it shows.
    pub(crate) about: &'static str,
    /// The version that was written.
    pub(crate) version: u8,
    /// The payload as it was written.
    pub(crate) payload: Vec<u8>,
    /// The event in its newest version.
    pub(crate) event: Event,
}

impl Sample {
    fn new(suffix: &'static str, about: &'static str, event: impl Into<Event>) -> Self {
        let event = event.into();
        Self { suffix, about, version: event.version(), payload: event.payload().unwrap(), event }
    }
}

pub(crate) fn events() -> Vec<Sample> {
    [supply::centre_and_rules(), supply::doses_and_slots(), people::all(), booking::all(), office::all()]
        .into_iter()
        .flatten()
        .collect()
}

/// A version 4 UUID that is known again in the bytes by its first four.
fn uuid<T: From<uuid::Uuid>>(first: u32) -> T {
    let tail = 0x0f4b_4c6e_9d3a_2f1b_7c8e_9a10;
    uuid::Uuid::from_u128((u128::from(first) << 96) | tail).into()
}

fn parse<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// `N` bytes that count up from `first`.
fn counting<const N: usize>(first: u8) -> [u8; N] {
    std::array::from_fn(|at| first.wrapping_add(u8::try_from(at).unwrap()))
}

fn content(first: u8) -> ContentHash {
    ContentHash(counting(first))
}
