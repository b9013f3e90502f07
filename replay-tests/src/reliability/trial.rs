//! One ledger: opened, asked, killed, started anew, and judged at the end.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use api::config::Config;
use api::{ServeClock, ServeOptions, Server};
use ledger::log::{EmbeddedLog, Log};
use ledger::snapshot::Snapshots;
use ledger::verify;
use projections::{Projector, Settings as ProjectorSettings, Waited};
use schemas::ids::CentreId;
use tokio::sync::watch;

use super::citizen::Citizen;
use super::death::{Death, Deck, Victim, When};
use super::exported::Exported;
use super::program::{PARTITIONS, Running, Started};
use super::{Outcome, Plan};
use crate::history::checker::views;
use crate::history::load::{Load, LoadPlan, SmallWorld};
use crate::history::{Checked, History, Recorder, Settings, check, complete, witnesses};

const CITIZENS: u32 = 10;
/// Kills one ledger so often; what came of it goes into `outcome`.
pub(super) async fn run(
    plan: &Plan,
    deck: &mut Deck,
    (seed, kills): (u64, u32),
    outcome: &mut Outcome,
) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data_dir = folder.path().join("data");
    let recorder = Recorder::to_file(1, &folder.path().join("calls.jsonl"))?;
    let centre: CentreId = "frankfurt".parse()?;
    open(&data_dir, seed, centre.clone(), recorder.clone()).await?;

    let (doors, door) = watch::channel(None);
    let stop = Arc::new(AtomicBool::new(false));
    let citizens = (0..CITIZENS).map(|number| {
        let (recorder, door, stop) = (recorder.clone(), door.clone(), Arc::clone(&stop));
        tokio::spawn(Citizen::new(number, seed, centre.clone(), recorder, door, stop).run())
    });
    let citizens: Vec<_> = citizens.collect();
    let mut found = Vec::new();
    let mut killed = 0;
    while killed < kills {
        let death = deck.deal();
        let name = match death.victim {
            Victim::Export => die_exporting(plan, &data_dir, &doors, &death, outcome, &mut found).await?,
            Victim::Serve | Victim::Rebuild => die(plan, &data_dir, &doors, &death, outcome).await?,
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
    let running = serve(plan, &data_dir, &doors, outcome).await?;
    stop.store(true, Ordering::SeqCst);
    for citizen in citizens {
        found.extend(citizen.await?);
    }
    running.end().await?;
    found.extend(judge(&data_dir, recorder.history(), outcome).await?);
    outcome.histories += 1;
    outcome.violations += u64::try_from(found.len())?;
    if !found.is_empty() {
        let kept = plan.kept.join(format!("reliability-{seed}"));
        let path = folder.keep();
        std::fs::rename(&path, &kept).or_else(|_| std::fs::write(&kept, path.display().to_string()))?;
        outcome.found.push(format!("seed {seed}, kept in {}:", kept.display()));
        outcome.found.extend(found.into_iter().take(10));
    }
    Ok(())
}

/// Makes the ledger and its small world, by a server in this process that ends in order.
async fn open(data_dir: &Path, seed: u64, centre: CentreId, recorder: Recorder) -> Result<()> {
    let mut config = Config { data_dir: data_dir.to_owned(), partitions: PARTITIONS, ..Config::default() };
    for edge in [&mut config.web, &mut config.hotline, &mut config.audit, &mut config.admin] {
        edge.address.set_port(0);
    }
    let server =
        tokio::task::spawn_blocking(|| Server::start(ServeOptions { config, clock: ServeClock::Wall }));
    let server = server.await??;
    let world = SmallWorld { flows_back_after_s: Some(5), ..SmallWorld::new(vec![centre]) };
    let load = Load::new(vec![server.ledger().clone()], recorder, LoadPlan::new(seed, world));
    load.open().await?;
    tokio::task::spawn_blocking(|| server.shut_down()).await?;
    Ok(())
}

type Doors = watch::Sender<Option<std::net::SocketAddr>>;

/// Lets the program live until this death; how it died in the end, if it did.
async fn die(
    plan: &Plan,
    data_dir: &Path,
    doors: &Doors,
    death: &Death,
    outcome: &mut Outcome,
) -> Result<Option<String>> {
    let place = death.place();
    let mut running = match (death.victim, death.when) {
        (Victim::Rebuild, _) => plan.program.rebuild(data_dir, place.as_deref())?,
        (_, When::AtStart(_)) => plan.program.begin(data_dir, None)?,
        (_, When::AtRandom(_)) => serve(plan, data_dir, doors, outcome).await?,
        (_, When::At(..)) => match plan.program.serve(data_dir, place.as_deref()).await? {
            Started::Died => return Ok(Some(death.name(true))),
            Started::Serves { running, web, .. } => {
                doors.send_replace(Some(web));
                running
            }
        },
    };
    let came = running.ends_within(death.lives()).await;
    doors.send_replace(None);
    // Views may have been made anew before it was time.
    Ok(running.kill()?.then(|| death.name(came)))
}

/// Lets an export beside a server under load live until this death, and makes it whole; how it died in the end, if it did.
async fn die_exporting(
    plan: &Plan,
    data_dir: &Path,
    doors: &Doors,
    death: &Death,
    outcome: &mut Outcome,
    found: &mut Vec<String>,
) -> Result<Option<String>> {
    let serving = serve(plan, data_dir, doors, outcome).await?;
    let mut export = Exported::beside(data_dir, outcome.faults)?;
    let place = death.place();
    let mut running = plan.program.export(data_dir, export.out(), &export.what, place.as_deref())?;
    let came = running.ends_within(death.lives()).await;
    // It may have been done before it was time.
    let died = running.kill()?;
    doors.send_replace(None);
    serving.end().await?;
    if !died {
        return Ok(None);
    }
    found.extend(export.was_killed()?);
    found.extend(export.is_made_whole(&plan.program, data_dir).await?);
    Ok(Some(death.name(came)))
}

/// Starts the program to stay.
async fn serve(plan: &Plan, data_dir: &Path, doors: &Doors, outcome: &mut Outcome) -> Result<Running> {
    match plan.program.serve(data_dir, None).await? {
        Started::Serves { running, web, after } => {
            doors.send_replace(Some(web));
            let after_ms = u64::try_from(after.as_millis())?;
            outcome.longest_start_ms = outcome.longest_start_ms.max(after_ms);
            Ok(running)
        }
        Started::Died => {
            let said = std::fs::read_to_string(data_dir.with_extension("log"))?;
            let from = said.lines().count().saturating_sub(5);
            bail!("it refuses to start:\n{}", said.lines().skip(from).collect::<Vec<_>>().join("\n"))
        }
    }
}

/// What is wrong, by the checker, by `verify` and by the views.
async fn judge(data_dir: &Path, history: History, outcome: &mut Outcome) -> Result<Vec<String>> {
    let log: Arc<dyn Log> = Arc::new(EmbeddedLog::open_existing(&data_dir.join("log"))?);
    let witnesses = witnesses(log.as_ref())?;
    let history = complete(history, &witnesses);
    // Erasures are asked for without being written down.
    let settings = Settings { others_ask: true, clocks_within: Some(Duration::from_secs(1)) };
    let checked = check(&witnesses, &history, &settings);
    let counts = checked.report.counts;
    outcome.calls += counts.calls;
    outcome.done += counts.done;
    outcome.unanswered_and_done += counts.unknown_once;
    outcome.unanswered_and_not += counts.unknown_absent;
    let mut found: Vec<String> = checked.report.violations.iter().map(ToString::to_string).collect();
    let verified = verify::verify(log.as_ref(), &mut |_| ())?;
    found.extend(verified.faults.iter().map(|fault| format!("verify: {fault}")));
    found.extend(views_differ(&log, data_dir, &checked).await?);
    Ok(found)
}

async fn views_differ(log: &Arc<dyn Log>, data_dir: &Path, checked: &Checked) -> Result<Vec<String>> {
    let snapshots = Snapshots::new(data_dir.join("snapshots"), 20);
    let settings = ProjectorSettings { snapshots: Some(snapshots), ..ProjectorSettings::default() };
    let (views, projector) = Projector::start(Arc::clone(log), &data_dir.join("views"), settings)?;
    for position in checked.ends.iter().filter_map(|end| end.position) {
        let waited = views.wait_for_availability(position, Duration::from_secs(30)).await;
        anyhow::ensure!(waited == Waited::Reached, "the views do not get to {position}");
    }
    let found = views::compare(&views, &checked.ends).iter().map(ToString::to_string).collect();
    tokio::task::spawn_blocking(|| projector.stop()).await.context("the projector")?;
    Ok(found)
}
