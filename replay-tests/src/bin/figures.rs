//! `figures`: prints each figure beside its yardstick. Exits with 1 when an aim was missed.

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use replay_tests::figures::{http, replay};

/// Measures each figure beside a yardstick that runs in the same process in the same minute.
#[derive(Parser)]
struct Arguments {
    /// Print one JSON line a figure
    #[arg(long)]
    json: bool,
    /// Pairs of figure and yardstick
    #[arg(long, default_value_t = 5)]
    runs: u32,
    /// Holds in a run over 256 connections
    #[arg(long, default_value_t = 10_000)]
    holds: u32,
    /// Registrations in the history that is replayed
    #[arg(long, default_value_t = 100_000)]
    registrations: u32,
}

#[expect(clippy::print_stdout, reason = "printing is what this program is for")]
fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let mut figures = replay::figures(arguments.registrations, usize::try_from(arguments.runs)?)?;
    figures.extend(http::figures(arguments.holds, arguments.runs)?);
    for figure in &figures {
        if arguments.json {
            println!("{}", serde_json::to_string(figure)?);
        } else {
            println!("{}", figure.line());
        }
    }
    Ok(if figures.iter().all(|figure| figure.met) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
