//! Erasures that were ordered and are not noted as done.

use schemas::ids::{CentreId, RegistrationId};

use super::Views;
use crate::keys::Table;
use crate::rows::RegistrationRow;
use crate::store::StoreError;

impl Views {
    /// The registrations whose data may still be in the vault although their erasure was ordered. Reads every
    /// registration: for the start of a program, not for requests.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn unfinished_erasures(&self) -> Result<Vec<(CentreId, RegistrationId)>, StoreError> {
        let open = self.shared.store.open_now()?;
        let store = open.at_once()?;
        let mut unfinished = Vec::new();
        for (centre, at) in self.shared.centres().iter() {
            for (key, row) in store.scan::<RegistrationRow>(&at.rows(Table::Registrations))? {
                let ordered = row.erasure.is_some_and(|erasure| erasure.done_at.is_none());
                if ordered && let Some(id) = key.last_chunk() {
                    unfinished.push((centre.clone(), RegistrationId(*id)));
                }
            }
        }
        Ok(unfinished)
    }
}
