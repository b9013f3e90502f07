//! What those who only have the OpenAPI document can make of the edges: judges of documents, a sender of requests of all
//! kinds, and two clients that are made of it. None of them is ours; `.ci/setup` fetches them.

#![allow(clippy::expect_used, clippy::print_stdout, reason = "it is test code, and tells its seed")]

mod document;
mod fuzzing;
mod generated;
#[path = "../support/mod.rs"]
mod support;
mod tools;
