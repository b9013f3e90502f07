//! What a batch is going to write: the last value of each key, over what stands in the store.

use std::collections::HashMap;

use crate::keys::Key;
use crate::rows::{Row, encode};
use crate::store::{ReadRows, StoreError};

/// Rows that are going to be written together. Of several values of a key only the last is kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    /// None: the row is going to be deleted.
    rows: HashMap<Key, Option<Span>, ahash::RandomState>,
    /// The bytes of all rows, one behind the other.
    written: Vec<u8>,
}

/// Where the bytes of a row are.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: usize,
    to: usize,
}

/// About what a row takes in memory beside its bytes.
const BESIDE: usize = 128;

impl Draft {
    /// Sets a row.
    pub(crate) fn put<R: Row>(&mut self, key: Key, row: &R) -> Result<(), StoreError> {
        let from = self.written.len();
        encode(row, &mut self.written)
            .map_err(|source| StoreError::Row { table: R::TABLE.as_str(), source })?;
        self.rows.insert(key, Some(Span { from, to: self.written.len() }));
        Ok(())
    }

    /// Deletes a row.
    pub(crate) fn delete(&mut self, key: Key) {
        self.rows.insert(key, None);
    }

    /// A row as it is going to be.
    pub(crate) fn get<R: Row>(&self, store: &impl ReadRows, key: &Key) -> Result<Option<R>, StoreError> {
        match self.rows.get(key) {
            Some(Some(span)) => crate::store::read_row(self.bytes_at(*span)).map(Some),
            Some(None) => Ok(None),
            None => store.row(key),
        }
    }

    /// How many rows it has.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// About how much memory it takes.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.written.len() + self.rows.len() * BESIDE
    }

    /// Nothing is going to be written any more; the memory is kept for the next rows.
    pub(crate) fn clear(&mut self) {
        self.rows.clear();
        self.written.clear();
    }

    /// The rows in the order of their keys; none: to be deleted.
    pub(crate) fn sorted(&self) -> impl Iterator<Item = (&Key, Option<&[u8]>)> {
        // The beginnings nearly always tell, and stand where they are compared.
        let mut rows: Vec<_> = self.rows.iter().map(|(key, span)| (key.beginning(), key, span)).collect();
        rows.sort_unstable_by(|(left, left_key, _), (right, right_key, _)| {
            left.cmp(right).then_with(|| left_key.cmp(right_key))
        });
        rows.into_iter().map(|(_, key, span)| (key, span.map(|span| self.bytes_at(span))))
    }

    fn bytes_at(&self, span: Span) -> &[u8] {
        self.written.get(span.from..span.to).unwrap_or_default()
    }
}

#[cfg(test)]
impl ReadRows for Draft {
    fn bytes(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.rows.get(key).copied().flatten().map(|span| self.bytes_at(span).to_vec()))
    }
}
