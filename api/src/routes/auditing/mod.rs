//! What auditors and analysts ask: every query, now or as of a moment that has passed.

pub(crate) mod offers;
pub(crate) mod things;
