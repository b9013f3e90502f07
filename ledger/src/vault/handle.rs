//! The handle: what others ask of the vault.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Sender, TrySendError, bounded};
use schemas::Instant;
use schemas::ids::{AccessId, CentreId, Commitment, District, LedgerId, Pseudonym, RegistrationId};
use tokio::sync::oneshot;

use super::row::Place;
use super::staged::ReadyPut;
use super::writer::{self, Job, Reply};
use super::{Person, Secret, Shared, VaultError, entry, read_only};

/// How many jobs may wait for the writing thread, and how many for the erasing one.
const MAX_WAITING: usize = 8_192;

/// A person's data to be kept.
#[derive(Debug, Clone)]
pub struct Put {
    /// Where.
    pub centre: CentreId,
    /// Whose.
    pub registration: RegistrationId,
    /// 1 when registering, then counted on with each amendment.
    pub revision: u32,
    /// The controller of the data. The caller has found it in the centre's catchment.
    pub district: District,
    /// The data.
    pub person: Person,
    /// What the sender proves to be the owner with; none: an agent sends.
    pub secret: Option<Secret>,
    /// Whether the ledger has the registration, so that some revision of it must be here.
    pub must_be_known: bool,
    /// The ledger's time.
    pub now: Instant,
}

/// That a person's data are in the vault, durably.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// All that live under the person's index now, ascending; this registration's among them.
    pub pseudonyms: Vec<Pseudonym>,
    /// Commitment to the data.
    pub commitment: Commitment,
    /// How long ago the entry was made, in milliseconds of the ledger's time.
    pub age_ms: u64,
    /// Whether the entry was there before.
    pub existed: bool,
}

/// A handle of the vault; the last one that goes closes it.
#[derive(Clone)]
pub struct Vault(Arc<Running>);

struct Running {
    shared: Arc<Shared>,
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Vault {
    /// Opens the vault in a folder, or makes it; finishes what a crash left half erased.
    ///
    /// # Errors
    /// When a key that entries need is missing or wrong (the error names the file), the vault belongs to another ledger,
    /// or the storage fails.
    pub fn open(vault_dir: &Path, keys_dir: &Path, ledger: LedgerId) -> Result<Self, VaultError> {
        let shared = Arc::new(Shared::open(vault_dir, keys_dir, ledger)?);
        let (jobs, waiting) = bounded(MAX_WAITING);
        let (purges, to_purge) = bounded(MAX_WAITING);
        let (for_writer, for_eraser) = (Arc::clone(&shared), Arc::clone(&shared));
        let threads = vec![
            spawn("vault-writer", move || writer::write(&for_writer, &waiting, &purges))?,
            spawn("vault-eraser", move || writer::purge(&for_eraser, &to_purge))?,
        ];
        Ok(Self(Arc::new(Running { shared, jobs: Some(jobs), threads })))
    }

    /// Whether there is one in a folder, whatever its state. Nothing is opened or made.
    pub fn is_there(vault_dir: &Path) -> bool {
        read_only::is_there(vault_dir)
    }

    /// Makes the keys of districts that have none; blocks on the disk. Called when a catchment names them, so that no
    /// registration waits for it.
    ///
    /// # Errors
    /// When the storage fails, or there are too many districts.
    pub fn prepare_districts(&self, districts: &[District]) -> Result<(), VaultError> {
        districts.iter().try_for_each(|&district| self.shared().keys.make_district(district).map(drop))
    }

    /// Keeps a person's data, or finds them kept by an earlier call. It is under way once this was called.
    ///
    /// # Errors
    /// `SecretDiffers` before anything is compared, then `Differs`; `NotFound` where it must be known; `Erased`; `TooLarge`, `NoName`; `Full`: surely not
    /// done; `Storage`: it may be kept, call again.
    pub fn put(&self, put: Put) -> impl Future<Output = Result<Stored, VaultError>> + Send + use<> {
        let ready = self.ready(put);
        self.ask(move |reply| Ok(Job::Put(Box::new(ready?), reply)))
    }

    /// Brings a registration a new secret, and gives its generation: 1 for the first new one. From when this returns the
    /// new one counts and every older one has stopped; a repeat with the same access id changes nothing.
    ///
    /// # Errors
    /// `NotFound`, `Erased`; `SecretDiffers`: the access id brought another secret; `TooMany`.
    pub fn reissue(
        &self,
        centre: &CentreId,
        registration: RegistrationId,
        access: AccessId,
        secret: Secret,
    ) -> impl Future<Output = Result<u32, VaultError>> + Send + use<> {
        let place = Place { centre: centre.clone(), registration };
        self.ask(move |reply| Ok(Job::Reissue(place, access, secret, reply)))
    }

    /// Erases all revisions, the salts, the index and the secrets of a registration for ever, in the raw files too, and
    /// says whether there was any entry. Calling it again finishes what failed.
    ///
    /// # Errors
    /// When the bytes may still stand in a file.
    pub fn erase(
        &self,
        centre: &CentreId,
        registration: RegistrationId,
    ) -> impl Future<Output = Result<bool, VaultError>> + Send + use<> {
        let place = Place { centre: centre.clone(), registration };
        self.ask(move |reply| Ok(Job::Erase(place, reply)))
    }

    /// How many synced batches were written since the start.
    pub fn batches(&self) -> u64 {
        self.shared().store.batches()
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0.shared
    }

    fn ready(&self, put: Put) -> Result<ReadyPut, VaultError> {
        let person = &put.person;
        let canonical = person.canonical()?;
        let digest =
            entry::digest(&self.shared().keys, &person.family_name, &person.given_name, person.born_on)?;
        let place = Place { centre: put.centre, registration: put.registration };
        let Put { revision, district, secret, must_be_known, now, .. } = put;
        Ok(ReadyPut { place, revision, district, canonical, digest, secret, must_be_known, now })
    }

    /// Sends a job now; the future waits for its reply.
    fn ask<T, F>(&self, job: F) -> impl Future<Output = Result<T, VaultError>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnOnce(Reply<T>) -> Result<Job, VaultError>,
    {
        let (sender, receiver) = oneshot::channel();
        // Who asked may be gone; then nobody needs the answer.
        let reply: Reply<T> = Box::new(move |outcome| drop(sender.send(outcome)));
        let refused = job(reply).and_then(|job| self.send(job)).err();
        async move {
            match refused {
                Some(error) => Err(error),
                None => receiver.await.unwrap_or(Err(VaultError::Closed)),
            }
        }
    }

    pub(crate) fn send(&self, job: Job) -> Result<(), VaultError> {
        let jobs = self.0.jobs.as_ref().ok_or(VaultError::Closed)?;
        jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => VaultError::Full,
            TrySendError::Disconnected(_) => VaultError::Closed,
        })
    }
}

/// Everything that was sent is written before the vault is closed.
impl Drop for Running {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the vault panicked");
            }
        }
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, VaultError> {
    let failed = |error| VaultError::Storage(format!("no thread for the vault: {error}"));
    std::thread::Builder::new().name(name.into()).spawn(body).map_err(failed)
}
