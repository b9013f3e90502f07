//! Commands in process: many under way at once, and one at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant as Stopwatch};

use anyhow::{Result, ensure};
use ledger::command::{CentreCommand, PersonFacts};
use ledger::{Answer, Command, Ledger, Request};
use schemas::ids::{ActorId, CentreId, Commitment, Group, Pseudonym, RegistrationId};
use schemas::vocabulary::{AgeBand, Channel, MadeBy};
use schemas::{Reference, hashing};

use super::super::history::{id, opening};
use super::begins_at;

/// Commands under way at once. The client alone has far more: all that its queue takes.
const UNDER_WAY: usize = 8_192;
const PATIENCE: Duration = Duration::from_secs(60);

/// Centres to register at, one in each partition, and who was registered so far.
pub(super) struct Work {
    centres: Vec<CentreId>,
    next: Arc<AtomicU32>,
    runtime: tokio::runtime::Runtime,
}

impl Work {
    /// Opens one centre in each partition but the office.
    pub(super) fn open(ledger: &Ledger) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let partitions = ledger.genesis().partitions;
        let mut centres = Vec::new();
        for partition in 1..partitions {
            let names = (0..).map(|number: u32| format!("centre-{number}").parse::<CentreId>());
            for centre in names {
                let centre = centre?;
                if hashing::partition_of(&centre, partitions).0 == partition {
                    centres.push(centre);
                    break;
                }
            }
        }
        for centre in &centres {
            for command in opening(centre, begins_at()?, 10)? {
                runtime.block_on(done(ledger, Command::Centre(centre.clone(), command)))?;
            }
        }
        Ok(Self { centres, next: Arc::default(), runtime })
    }

    /// Registrations a second.
    pub(super) fn many(&self, ledger: &Ledger, count: u32) -> Result<f64> {
        let until = self.next.load(Ordering::Relaxed) + count;
        let watch = Stopwatch::now();
        self.runtime.block_on(async {
            let mut workers = Vec::new();
            for _ in 0..UNDER_WAY {
                let (ledger, next, centres) = (ledger.clone(), Arc::clone(&self.next), self.centres.clone());
                workers.push(tokio::spawn(async move {
                    loop {
                        let person = next.fetch_add(1, Ordering::Relaxed);
                        if person >= until {
                            return anyhow::Ok(());
                        }
                        done(&ledger, register(&centres, person)?).await?;
                    }
                }));
            }
            for worker in workers {
                worker.await??;
            }
            anyhow::Ok(())
        })?;
        self.next.store(until, Ordering::Relaxed);
        Ok(f64::from(count) / watch.elapsed().as_secs_f64())
    }

    /// The middle of the times that one registration takes.
    pub(super) fn one_at_a_time(&self, ledger: &Ledger, count: u32) -> Result<Duration> {
        let from = self.next.fetch_add(count, Ordering::Relaxed);
        let mut taken = Vec::new();
        for person in from..from + count {
            let command = register(&self.centres, person)?;
            let watch = Stopwatch::now();
            self.runtime.block_on(done(ledger, command))?;
            taken.push(watch.elapsed());
        }
        taken.sort_unstable();
        Ok(taken.get(taken.len() / 2).copied().unwrap_or_default())
    }
}

fn register(centres: &[CentreId], person: u32) -> Result<Command> {
    let at = usize::try_from(person)? % centres.len();
    let centre = centres.get(at).cloned().ok_or_else(|| anyhow::anyhow!("there is no centre"))?;
    let mut pseudonym = id(6, person);
    pseudonym.rotate_left(1);
    let facts = PersonFacts {
        pseudonyms: vec![Pseudonym(pseudonym)],
        commitment: Commitment([7; 32]),
        group: Group(1),
        district: "06412".parse()?,
        age_band: AgeBand::of_years(83),
    };
    let command = CentreCommand::Register {
        registration: RegistrationId(id(7, person)),
        reference: Reference::new("FRA".parse()?, u64::from(person)),
        made_by: MadeBy::SelfMade,
        person: facts,
    };
    Ok(Command::Centre(centre, command))
}

async fn done(ledger: &Ledger, command: Command) -> Result<()> {
    let deadline = Stopwatch::now() + PATIENCE;
    let request = Request { command, channel: Channel::Partner, actor: ActorId::NIL, deadline };
    let answer = ledger.submit(request).await;
    ensure!(matches!(answer, Answer::Done(_)), "a command led to {answer:?}");
    Ok(())
}
