//! People who compete for few places, so that a history has something in it.
//!
//! Everything that a client wants is drawn from a seed; when it gets it depends on threads and logs. Clients know nothing but
//! what they are told. They ask twice at once, ask again what they were not told, ask again what they were told, and have at
//! times too little patience, so that every kind of answer comes about.

mod client;
mod small_world;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant as Monotonic};

use ledger::{Answer, CentreCommand, Command, Ledger, Request};
use schemas::ids::{ActorId, CentreId};
use schemas::vocabulary::Channel;

use self::client::Client;
pub use self::small_world::{SmallWorld, WorldError};
use super::Recorder;

/// Says when it is enough. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// It is enough.
    pub fn now(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether it is enough.
    pub fn is_said(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// How much load, and of what kind.
#[derive(Debug, Clone)]
pub struct LoadPlan {
    /// What is drawn follows from this and the client's number.
    pub seed: u64,
    /// The number of the first client. Loads of several processes give each of theirs a number of its own.
    pub first_client: u32,
    /// How many clients ask at once.
    pub clients: u32,
    /// Where they ask for places.
    pub world: SmallWorld,
    /// How long a patient client waits for an answer.
    pub patience: Duration,
    /// How many calls of a thousand have only some milliseconds of patience.
    pub impatient: u64,
    /// The longest pause between two calls of a client.
    pub longest_pause: Duration,
    /// How long a client goes on asking for what it was not told, once it is enough.
    pub last_patience: Duration,
}

impl LoadPlan {
    /// Twenty-four clients with five seconds of patience and short pauses.
    pub fn new(seed: u64, world: SmallWorld) -> Self {
        Self {
            seed,
            first_client: 0,
            clients: 24,
            world,
            patience: Duration::from_secs(5),
            impatient: 80,
            longest_pause: Duration::from_millis(20),
            last_patience: Duration::from_secs(15),
        }
    }
}

/// How often which kind of answer came, by a text that names it: `done`, `repeated`, `unknown`, `not done: Late`,
/// `refused: SlotFull`.
pub type AnswerTally = BTreeMap<String, u64>;

/// A load over one or several handles, all of one ledger.
#[derive(Clone)]
pub struct Load {
    handles: Vec<Ledger>,
    recorder: Recorder,
    plan: Arc<LoadPlan>,
}

impl Load {
    /// Over these handles; each call goes to any of them.
    pub fn new(handles: Vec<Ledger>, recorder: Recorder, plan: LoadPlan) -> Self {
        Self { handles, recorder, plan: Arc::new(plan) }
    }

    /// Opens the centres of the plan's world. Of several processes one does this, and before all others begin.
    ///
    /// # Errors
    /// When a centre is refused, or not opened within a minute.
    pub async fn open(&self) -> Result<(), WorldError> {
        let Some(ledger) = self.handles.first() else { return Err(WorldError::NoHandle) };
        for (centre, command) in self.plan.world.opening(ledger.now())? {
            self.insist(&centre, command).await?;
        }
        Ok(())
    }

    async fn insist(&self, centre: &CentreId, command: CentreCommand) -> Result<(), WorldError> {
        let until = Monotonic::now() + Duration::from_secs(60);
        let mut turn = 0;
        loop {
            let Some(ledger) = self.handles.get(turn % self.handles.len().max(1)) else {
                return Err(WorldError::NoHandle);
            };
            turn += 1;
            let request = Request {
                command: Command::Centre(centre.clone(), command.clone()),
                channel: Channel::Admin,
                actor: ActorId::NIL,
                deadline: Monotonic::now() + self.plan.patience,
            };
            match self.recorder.submit(ledger, u32::MAX, request).await {
                Answer::Done(_) => return Ok(()),
                Answer::Refused { rejection, .. } => return Err(WorldError::Refused(Box::new(rejection))),
                answer if Monotonic::now() >= until => {
                    return Err(WorldError::NotOpened(format!("{answer:?}")));
                }
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    /// Lets all clients ask until it is enough and nothing is left open, or the last patience is spent.
    pub async fn run(&self, stop: &Stop) -> AnswerTally {
        let numbers = self.plan.first_client..self.plan.first_client + self.plan.clients;
        let running = numbers.map(|number| {
            let client =
                Client::new(number, self.handles.clone(), self.recorder.clone(), Arc::clone(&self.plan));
            tokio::spawn(client.run(stop.clone()))
        });
        let mut sum = AnswerTally::new();
        for client in running.collect::<Vec<_>>() {
            match client.await {
                Ok(tally) => {
                    tally.into_iter().for_each(|(kind, times)| *sum.entry(kind).or_insert(0) += times)
                }
                Err(error) => *sum.entry(format!("a client ended early: {error}")).or_insert(0) += 1,
            }
        }
        sum
    }
}
