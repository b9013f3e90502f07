#![doc = include_str!("../README.md")]

mod access;
pub mod command_line;
pub mod config;
pub mod credentials;
pub mod demo;
pub mod echo;
pub mod edge;
mod events;
mod exports;
mod figures;
mod json;
mod layout;
pub mod log;
mod memory;
mod openapi;
mod past;
pub mod problem;
mod reactor;
mod reading;
mod recording;
mod routes;
mod sent;
pub mod serve;
mod service;
mod showing;
mod signals;
mod stamp;

pub use serve::{ServeClock, ServeError, ServeOptions, Server};
