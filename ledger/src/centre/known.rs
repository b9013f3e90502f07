//! What was accepted before: how a repeat is known.

use schemas::ids::ContentHash;

use crate::answer::Decision;
use crate::rejection::{Mark, Rejection};

/// An accepted command and the record that it led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Known {
    /// Hash of the command.
    pub content: ContentHash,
    /// The record.
    pub mark: Mark,
}

impl Known {
    /// The repeat, when the content is the same.
    pub(super) fn repeat(&self, content: ContentHash) -> Result<Decision, Rejection> {
        self.same(content)?;
        Ok(Decision::Repeat(self.mark))
    }

    /// That the content is the same.
    pub(super) fn same(&self, content: ContentHash) -> Result<(), Rejection> {
        if self.content == content { Ok(()) } else { Err(Rejection::ContentDiffers) }
    }
}
