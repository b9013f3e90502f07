//! What a batch is going to write: the last value of each key, over what stands in the store.

use std::collections::BTreeMap;

use crate::keys::Key;
use crate::rows::{Row, encode};
use crate::store::{ReadRows, StoreError};

/// Rows that are going to be written together. Of several values of a key only the last is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Draft {
    /// None: the row is going to be deleted.
    rows: BTreeMap<Key, Option<Vec<u8>>>,
}

impl Draft {
    /// Sets a row.
    pub(crate) fn put<R: Row>(&mut self, key: Key, row: &R) -> Result<(), StoreError> {
        let bytes = encode(row).map_err(|source| StoreError::Row { table: R::TABLE.as_str(), source })?;
        self.rows.insert(key, Some(bytes));
        Ok(())
    }

    /// Deletes a row.
    pub(crate) fn delete(&mut self, key: Key) {
        self.rows.insert(key, None);
    }

    /// A row as it is going to be.
    pub(crate) fn get<R: Row>(&self, store: &impl ReadRows, key: &Key) -> Result<Option<R>, StoreError> {
        match self.rows.get(key) {
            Some(Some(bytes)) => crate::store::read_row(bytes).map(Some),
            Some(None) => Ok(None),
            None => store.row(key),
        }
    }

    /// The rows in the order of their keys; none: to be deleted.
    pub(crate) fn into_rows(self) -> impl Iterator<Item = (Key, Option<Vec<u8>>)> {
        self.rows.into_iter()
    }
}

#[cfg(test)]
impl ReadRows for Draft {
    fn bytes(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.rows.get(key).cloned().flatten())
    }
}
