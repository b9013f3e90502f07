//! Exports: the key that subjects are hidden under, those that the audit edge was asked for, and the notes of those that the
//! command line made.

mod job;
mod key;
mod queue;
pub(crate) mod reads;

pub(crate) use job::{Job, State};
pub(crate) use key::export_key;
pub(crate) use queue::{Asked, Exports, NotTaken};
