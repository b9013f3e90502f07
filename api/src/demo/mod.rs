//! `terminbuch demo`: the morning of 12 January 2021 in Hessen, over HTTP, on a virtual clock.
//!
//! | room | what it is for | what it may not know |
//! |---|---|---|
//! | `data`, `supply` | the embedded tables, scaled to the number of people | HTTP, time that passes |
//! | `chance` | every draw, keyed by seed, person and purpose, so that timing cannot change it | the order of events |
//! | `population`, `intentions` | who the people are and what each means to do | answers |
//! | `known` | what the people know of a centre together, and how new a page has to be | what they do about it |
//! | `seen`, `behaviour` | what a person makes of an answer: pure, (state, answer) to the next request | HTTP, the queue |
//! | `switchboard` | 530 agents and the callers who wait for one | what is said in a call |
//! | `timeline` | the one queue of events, and how far the clock may run | what an event means |

pub mod audit;
pub mod badges;
pub mod behaviour;
pub mod books;
pub mod calls;
pub mod cast;
pub mod chance;
pub mod data;
pub mod display;
pub mod edges;
pub mod engine;
pub mod intentions;
pub mod known;
mod names;
pub mod opening;
pub mod population;
pub mod request;
pub mod run;
pub mod seen;
pub mod summary;
pub mod supply;
pub mod switchboard;
pub mod timeline;
pub mod wire;

#[cfg(test)]
mod tests;
