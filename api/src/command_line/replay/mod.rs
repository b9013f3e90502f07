//! `terminbuch replay`: the state as it was, or the story of one thing, read from the log alone.

mod days;
mod state;
mod story;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use ledger::log::{Log, LogError};
use ledger::past::PastError;
use projections::story::Subject;
use schemas::ids::{CentreId, Partition};
use serde_json::json;

use super::which::{WhichLog, open_to_read};
use super::{Failure, Output};
use crate::past::AsOf;

/// What `replay` is told.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    which: WhichLog,
    /// The moment whose state is shown: a position (of several partitions: with commas in between), or an instant of
    /// RFC 3339, which means the last position not after it; without it, the log's end
    #[arg(long, value_name = "POSITION|INSTANT")]
    as_of: Option<AsOf>,
    /// Read only what concerns this centre
    #[arg(long, value_name = "CENTRE")]
    centre: Option<CentreId>,
    /// Tell the story of one thing instead: of a registration, hold, booking, delivery, release, shrink or set of rules by
    /// its UUID, of a registration by its reference, of a slot as frankfurt/417
    #[arg(long, value_name = "ID|REFERENCE|CENTRE/SLOT", conflicts_with = "as_of")]
    subject: Option<Subject>,
}

/// Replays, also beside a running `serve`: 0 when it was shown, 1 when there is no such moment or thing.
pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Failure> {
    let opened = open_to_read(&arguments.which.config()?)?;
    let job = Job { log: opened.log(), centre: arguments.centre.clone(), output };
    match &arguments.subject {
        Some(subject) => story::tell(&job, subject),
        None => state::show(&job, arguments.as_of.as_ref()),
    }
}

/// What is read, and where the answer goes.
struct Job<'a> {
    log: &'a dyn Log,
    centre: Option<CentreId>,
    output: &'a Output,
}

impl Job<'_> {
    /// The partition of the centre that was named; none when none was.
    fn partition(&self) -> Option<Partition> {
        let centre = self.centre.as_ref()?;
        Some(schemas::hashing::partition_of(centre, self.log.partitions()))
    }

    /// A bar over all values of these partitions, which only people at a terminal see.
    fn bar(&self, partitions: &[Partition]) -> Result<ProgressBar, Failure> {
        let ends = partitions.iter().map(|&partition| self.log.end(partition));
        let values = ends.sum::<Result<u64, LogError>>().map_err(|error| failed(&error))?;
        if self.output.is_json() || !std::io::stderr().is_terminal() {
            return Ok(ProgressBar::hidden());
        }
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} records  {per_sec}  {eta} left");
        Ok(ProgressBar::new(values).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }

    /// There is no such moment or thing.
    fn nothing(&self, reason: &str) -> ExitCode {
        if self.output.is_json() {
            self.output.say("", &json!({ "kind": "nothing", "reason": reason }));
        } else {
            eprintln!("terminbuch: {reason}");
        }
        ExitCode::from(1)
    }

    /// What cannot be read, unless it says that there is no such moment.
    fn unless_nothing(&self, error: &PastError) -> Result<ExitCode, Failure> {
        match error {
            PastError::Ahead { .. } | PastError::OtherHistory { .. } | PastError::BeforeGenesis { .. } => {
                Ok(self.nothing(&error.to_string()))
            }
            PastError::Log(_) | PastError::Fold(_) => Err(failed(error)),
        }
    }
}

fn failed(error: &dyn std::error::Error) -> Failure {
    Failure::Other(error.to_string())
}
