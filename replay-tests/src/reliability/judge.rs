//! What is wrong with a ledger that was killed, by the checker, by `verify` and by the views.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use ledger::log::Log;
use ledger::snapshot::Snapshots;
use projections::{Projector, Settings as ProjectorSettings, Waited};

use super::home::Home;
use super::{Outcome, Plan};
use crate::history::checker::views;
use crate::history::{Checked, History, Settings, check, complete, witnesses};

/// All that is found, in words. Nobody writes to the log any more.
pub(super) async fn judge(
    plan: &Plan,
    home: &Home,
    history: History,
    outcome: &mut Outcome,
) -> Result<Vec<String>> {
    let log = home.log()?;
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
    found.extend(plan.program.verify(home).await?);
    found.extend(views_differ(&log, home, &checked).await?);
    Ok(found)
}

async fn views_differ(log: &Arc<dyn Log>, home: &Home, checked: &Checked) -> Result<Vec<String>> {
    let snapshots = Snapshots::new(home.data_dir.join("snapshots"), 20);
    let settings = ProjectorSettings { snapshots: Some(snapshots), ..ProjectorSettings::default() };
    let (views, projector) = Projector::start(Arc::clone(log), &home.data_dir.join("views"), settings)?;
    for position in checked.ends.iter().filter_map(|end| end.position) {
        let waited = views.wait_for_availability(position, Duration::from_secs(30)).await;
        anyhow::ensure!(waited == Waited::Reached, "the views do not get to {position}");
    }
    let found = views::compare(&views, &checked.ends).iter().map(ToString::to_string).collect();
    tokio::task::spawn_blocking(|| projector.stop()).await.context("the projector")?;
    Ok(found)
}
