//! Who asks, and what is theirs.
//!
//! On the web the caller is whoever bears a registration's secret; elsewhere, somebody with a credential. What is not
//! the caller's looks like what is not there.

mod caller;
mod own;
mod reads;

pub(crate) use caller::{Caller, bearer_secret};
pub(crate) use own::{in_time, not_found, owns, vault_failed};
pub(crate) use reads::{Read, purpose};
