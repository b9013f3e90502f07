//! One ledger: opened, asked, killed, started anew, and judged at the end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant as Monotonic};

use anyhow::{Context, Result, bail};
use schemas::ids::CentreId;
use tokio::sync::watch;
use tokio::time::timeout;

use super::citizen::Citizen;
use super::death::{Death, Victim, When};
use super::deck::Deck;
use super::exported::Exported;
use super::home::Home;
use super::judge::judge;
use super::program::Started;
use super::running::Running;
use super::wire::Doer;
use super::{Outcome, Plan};
use crate::history::Recorder;

const CITIZENS: u32 = 10;
/// Whoever serves and has done nothing for so long has failed: service resumes by itself.
const RESUMES_WITHIN: Duration = Duration::from_secs(30);

/// A ledger under load.
struct Trial<'a> {
    plan: &'a Plan,
    home: Home,
    /// Where citizens find the server.
    doors: watch::Sender<Option<SocketAddr>>,
    doer: Doer,
}

/// Kills one ledger so often; what came of it goes into `outcome`. It is kept when something is wrong with it.
///
/// # Errors
/// When it cannot be gone on with; it is kept then, too.
pub(super) async fn run(
    plan: &Plan,
    deck: &mut Deck,
    (seed, kills): (u64, u32),
    outcome: &mut Outcome,
) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let home = Home::make(folder.path(), plan.brokers.as_deref())?;
    let recorder = Recorder::to_file(1, &folder.path().join("calls.jsonl"))?;
    let trial = Trial { plan, home, doors: watch::Sender::new(None), doer: watch::Sender::new(None) };
    let found = trial.run(deck, (seed, kills), recorder, outcome).await;
    outcome.histories += 1;
    let found = match found {
        Ok(found) if found.is_empty() => return Ok(()),
        found => found,
    };
    let topic_kept = trial.home.keep_topic();
    let kept = plan.kept.join(format!("reliability-{:?}-{seed}", plan.log()).to_lowercase());
    let path = folder.keep();
    std::fs::rename(&path, &kept).or_else(|_| std::fs::write(&kept, path.display().to_string()))?;
    let kept = format!("seed {seed}, kept in {}:", kept.display());
    let found = found.with_context(|| kept.clone())?;
    topic_kept?;
    outcome.violations += u64::try_from(found.len())?;
    outcome.found.push(kept);
    outcome.found.extend(found.into_iter().take(10));
    Ok(())
}

impl Trial<'_> {
    /// From the ledger's beginning to its judgement; what is wrong.
    async fn run(
        &self,
        deck: &mut Deck,
        (seed, kills): (u64, u32),
        recorder: Recorder,
        outcome: &mut Outcome,
    ) -> Result<Vec<String>> {
        let centre: CentreId = "frankfurt".parse()?;
        self.home.open(seed, centre.clone(), recorder.clone()).await?;
        let stop = Arc::new(AtomicBool::new(false));
        let citizens = (0..CITIZENS).map(|number| {
            let (recorder, stop) = (recorder.clone(), Arc::clone(&stop));
            let town = (self.doors.subscribe(), self.doer.clone());
            tokio::spawn(Citizen::new(number, seed, centre.clone(), recorder, town, stop).run())
        });
        let citizens: Vec<_> = citizens.collect();
        let mut found = self.kill(deck, kills, outcome).await?;
        let running = self.serve_until_it_does(outcome).await?;
        stop.store(true, Ordering::SeqCst);
        for citizen in citizens {
            found.extend(citizen.await?);
        }
        running.end().await?;
        found.extend(judge(self.plan, &self.home, recorder.history(), outcome).await?);
        Ok(found)
    }

    /// Kills so often; what was found wrong meanwhile.
    async fn kill(&self, deck: &mut Deck, kills: u32, outcome: &mut Outcome) -> Result<Vec<String>> {
        let mut found = Vec::new();
        let mut killed = 0;
        while killed < kills {
            let death = deck.deal();
            let name = match death.victim {
                Victim::Export => self.die_exporting(&death, outcome, &mut found).await?,
                Victim::Serve | Victim::Rebuild => self.die(&death, outcome).await?,
            };
            if name.as_ref() != Some(&death.name(true)) {
                deck.put_back(death);
            }
            if let Some(name) = name {
                *outcome.places.entry(name).or_insert(0) += 1;
                outcome.faults += 1;
                killed += 1;
            }
        }
        Ok(found)
    }

    /// Lets the program live until this death; how it died in the end, if it did.
    async fn die(&self, death: &Death, outcome: &mut Outcome) -> Result<Option<String>> {
        let (program, place) = (&self.plan.program, death.place());
        let mut running = match (death.victim, death.when) {
            (Victim::Rebuild, _) => program.rebuild(&self.home, place.as_deref())?,
            (_, When::AtStart(_)) => program.begin(&self.home, None)?,
            (_, When::AtClaim(_)) => self.serve(outcome).await?.0,
            (_, When::AtRandom(_)) => self.serve_until_it_does(outcome).await?,
            (_, When::At(..)) => match program.serve(&self.home, place.as_deref()).await? {
                Started::Died => return Ok(Some(death.name(true))),
                Started::Serves { mut running, web, .. } => {
                    self.doors.send_replace(Some(web));
                    self.until_it_does(&mut running, web, outcome).await?;
                    running
                }
            },
        };
        let came = running.ends_within(death.lives()).await;
        self.doors.send_replace(None);
        // Views may have been made anew before it was time.
        Ok(running.kill()?.then(|| death.name(came)))
    }

    /// Lets an export beside a server under load live until this death, and makes it whole; how it died in the end, if it did.
    async fn die_exporting(
        &self,
        death: &Death,
        outcome: &mut Outcome,
        found: &mut Vec<String>,
    ) -> Result<Option<String>> {
        let serving = self.serve_until_it_does(outcome).await?;
        let mut export = Exported::beside(&self.home, outcome.faults)?;
        let place = death.place();
        let mut running =
            self.plan.program.export(&self.home, export.out(), &export.what, place.as_deref())?;
        let came = running.ends_within(death.lives()).await;
        // It may have been done before it was time, and about to end.
        let died = running.kill()? && !export.is_finished();
        self.doors.send_replace(None);
        serving.end().await?;
        if !died {
            return Ok(None);
        }
        found.extend(export.was_killed()?);
        found.extend(export.is_made_whole(&self.plan.program, &self.home).await?);
        Ok(Some(death.name(came)))
    }

    async fn serve_until_it_does(&self, outcome: &mut Outcome) -> Result<Running> {
        let (mut running, web) = self.serve(outcome).await?;
        self.until_it_does(&mut running, web, outcome).await?;
        Ok(running)
    }

    /// Starts the program to stay.
    async fn serve(&self, outcome: &mut Outcome) -> Result<(Running, SocketAddr)> {
        match self.plan.program.serve(&self.home, None).await? {
            Started::Serves { running, web, after } => {
                self.doors.send_replace(Some(web));
                let after_ms = u64::try_from(after.as_millis())?;
                outcome.longest_start_ms = outcome.longest_start_ms.max(after_ms);
                Ok((running, web))
            }
            Started::Died => {
                let said = std::fs::read_to_string(self.home.noted())?;
                let from = said.lines().count().saturating_sub(5);
                bail!("it refuses to start:\n{}", said.lines().skip(from).collect::<Vec<_>>().join("\n"))
            }
        }
    }

    /// On a shared log: waits until somebody was told by it of something new, or it has died. What the one before it owned
    /// must have been silent before this one claims it, and nothing of its work could be killed until then.
    async fn until_it_does(
        &self,
        running: &mut Running,
        web: SocketAddr,
        outcome: &mut Outcome,
    ) -> Result<()> {
        if !self.home.is_shared() {
            return Ok(());
        }
        let begun = Monotonic::now();
        let mut doers = self.doer.subscribe();
        let does = timeout(RESUMES_WITHIN, doers.wait_for(|doer| *doer == Some(web)));
        tokio::select! {
            does = does => {
                does.with_context(|| format!("it serves and does nothing for {RESUMES_WITHIN:?}"))??;
                let after_ms = u64::try_from(begun.elapsed().as_millis())?;
                outcome.longest_claim_ms = outcome.longest_claim_ms.max(Some(after_ms));
            }
            () = running.ends() => {}
        }
        Ok(())
    }
}
