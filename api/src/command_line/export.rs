//! `terminbuch export`.

use std::fs;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use ledger::clock::{Clock as _, WallClock};
use ledger::data_dir::DataDir;
use ledger::log::ledger_of;
use projections::tables::{
    Export, Exported, Format, MANIFEST, Manifest, Noted, Order, TABLES_VERSION, TableName, Unfit, Veil, Wish,
};
use schemas::CivilDate;
use schemas::ids::Partition;
use serde_json::json;

use super::which::{WhichLog, open_to_read};
use super::{Failure, Output};
use crate::config::Config;
use crate::exports::export_key;
use crate::exports::reads::{ReadNote, words_of};
use crate::json::check_text;
use crate::log::{self, ToRead};

/// What `export` is told.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    which: WhichLog,
    /// ndjson, csv or parquet; unless told that of the earlier export, else parquet
    #[arg(long)]
    format: Option<Format>,
    /// Which of events, registrations, bookings, slots and days, with commas in between; unless told those of the earlier
    /// export, else all
    #[arg(long, value_delimiter = ',')]
    tables: Option<Vec<TableName>>,
    /// The first civil day; with --since-manifest, that of the earlier export unless told
    #[arg(long, value_name = "DATE", required_unless_present = "since_manifest")]
    from: Option<CivilDate>,
    /// The last civil day
    #[arg(long, value_name = "DATE")]
    to: CivilDate,
    /// The folder to write; one where the same export was cut off is gone on with
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// What the export is for: subjects get names that hold for this purpose alone
    #[arg(long, value_name = "TEXT", required_unless_present = "raw")]
    purpose: Option<String>,
    /// Show subjects as they stand in the log (for auditors)
    #[arg(long)]
    raw: bool,
    /// Export only the events that came after an earlier export; the other tables are whole
    #[arg(long, value_name = "FILE")]
    since_manifest: Option<PathBuf>,
    /// Answer 1 when a day of the period can still grow
    #[arg(long)]
    closed: bool,
}

/// Exports, also beside a running `serve`: 0 when it is done, 1 when days are open and --closed was given.
pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Failure> {
    let other = |error: &dyn std::error::Error| Failure::Other(error.to_string());
    let config = arguments.which.config()?;
    let since = arguments.since_manifest.as_deref().map(read_manifest).transpose()?;
    let order = order(arguments, since.as_ref())?;
    let opened = open_to_read(&config)?;
    let veil = if arguments.raw {
        Veil::raw()
    } else {
        let data_dir = DataDir::beside(&config.data_dir);
        Veil::files(&export_key(&data_dir).map_err(|error| other(&error))?, &order.purpose)
    };
    if let Some(names) = since.and_then(|since| since.names)
        && veil.names() != Some(names)
    {
        return Err(Failure::Other(format!(
            "the earlier export's subjects have other names than {} gives them: name the data directory that it was made with \
             (--data-dir)",
            config.data_dir.display()
        )));
    }
    let bar = progress_bar(*output);
    let noted = match note(&config, &opened, &order) {
        Ok(()) => Noted::InTheDataDirectory,
        Err(why) => {
            eprintln!("terminbuch: this export is not noted, so the ledger will not know of it: {why}");
            Noted::Nowhere
        }
    };
    let export = Export { log: opened.log(), order, noted, veil, out: &arguments.out };
    let exported = export.run(&mut |progress| {
        bar.set_length(progress.of);
        bar.set_position(progress.values);
        true
    });
    bar.finish_and_clear();
    let exported = exported.map_err(|error| other(&error))?;
    show(&exported, &arguments.out, output);
    let open = arguments.closed && !exported.manifest.closed;
    Ok(if open { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// Says who reads what for which purpose where `serve` finds it and takes it into the log. Before anything is read: one that
/// is cut off has read something, too.
fn note(config: &Config, opened: &ToRead, order: &Order) -> Result<(), String> {
    let data_dir = DataDir::beside(&config.data_dir);
    let ledger = ledger_of(opened.log(), Partition::OFFICE).map_err(|error| error.to_string())?;
    let ledger = ledger.ok_or("the log has no genesis")?;
    if !log::is_of(opened, &data_dir, ledger) {
        let place = data_dir.path().display();
        return Err(format!(
            "{place} is not the data directory of a serve on this topic; name that with --data-dir"
        ));
    }
    let id = uuid::Uuid::new_v4();
    let begun_at = WallClock::start().now();
    let what = format!("export {id} by command of {}, begun {begun_at}", words_of(order));
    let note = ReadNote { ledger, id, purpose: order.purpose.clone(), what };
    note.write(&data_dir).map_err(|error| format!("{}: {error}", data_dir.reads().display()))
}

fn order(arguments: &Arguments, since: Option<&Manifest>) -> Result<Order, Failure> {
    let purpose = arguments.purpose.clone().unwrap_or_else(|| "audit".to_owned());
    check_text("--purpose", &purpose).map_err(|error| Failure::Other(error.to_string()))?;
    let Arguments { format, ref tables, from, to, raw, .. } = *arguments;
    let wish = Wish { format, tables: tables.clone(), from, to, purpose, raw };
    let unfit = |unfit: Unfit| Failure::Other(format!("--{unfit}"));
    let mut order = wish.order(since.map(|since| &since.order)).map_err(unfit)?;
    if let Some(since) = since {
        order.goes_on_from(&since.order).map_err(unfit)?;
        order.since = since.ends();
    }
    Ok(order)
}

fn read_manifest(path: &Path) -> Result<Manifest, Failure> {
    let failed = |why: String| Failure::Other(format!("{}: {why}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let manifest: Manifest =
        serde_json::from_str(&text).map_err(|error| failed(format!("it is no manifest: {error}")))?;
    match manifest.schema_version {
        TABLES_VERSION => Ok(manifest),
        version => {
            Err(failed(format!("its tables have version {version}, and this program makes {TABLES_VERSION}")))
        }
    }
}

/// Only people at a terminal see it.
fn progress_bar(output: Output) -> ProgressBar {
    if output.is_json() || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} records  {per_sec}  {eta} left");
    ProgressBar::no_length().with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn show(exported: &Exported, out: &Path, output: &Output) {
    let Exported { manifest, kept } = exported;
    let tables = &manifest.order.tables;
    let mut lines: Vec<String> =
        tables.iter().map(|&table| format!("{table:<14}{:>10} rows", manifest.rows(table))).collect();
    if *kept > 0 {
        lines.push(format!("{kept} files were there from an earlier start"));
    }
    if !manifest.closed {
        lines.push(
            "the period is not over in every partition: the same days can still grow, and --since-manifest gets the rest"
                .to_owned(),
        );
    }
    lines.push(format!("written: {}", out.join(MANIFEST).display()));
    let rows: serde_json::Map<_, _> =
        tables.iter().map(|&table| (table.to_string(), json!(manifest.rows(table)))).collect();
    let machine = json!({ "kind": "export", "manifest": out.join(MANIFEST), "rows": rows, "kept": kept,
        "closed": manifest.closed, "files": manifest.files.len() });
    output.say(&lines.join("\n"), &machine);
}
