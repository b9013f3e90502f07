//! `figures`: prints each figure beside its yardstick. Exits with 1 when an aim was missed.
//!
//! With `terminbuch` as its first argument it is that program, whose memory is measured.

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use mimalloc::MiMalloc;
use replay_tests::figures::{http, kafka, replay, start};

/// That of the program that is measured.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

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
    /// Records of the ledger that is started from snapshots and without, and verified
    #[arg(long, default_value_t = 2_000_000)]
    records: u32,
    /// Only the figures on Apache Kafka
    #[arg(long)]
    kafka: bool,
    /// How many brokers the clusters have, one cluster after the other
    #[arg(long, value_delimiter = ',', default_values_t = [1, 3], value_parser = clap::value_parser!(u8).range(1..=3))]
    brokers: Vec<u8>,
    /// Only the figures about reading a log: neither HTTP nor Kafka
    #[arg(long, conflicts_with = "kafka")]
    reading: bool,
}

#[expect(clippy::print_stdout, reason = "printing is what this program is for")]
fn main() -> Result<ExitCode> {
    let given: Vec<_> = std::env::args_os().collect();
    if given.get(1).is_some_and(|first| first == "terminbuch") {
        return Ok(api::command_line::run_as(given.into_iter().skip(1)));
    }
    let arguments = Arguments::parse();
    let mut figures = Vec::new();
    if !arguments.kafka {
        figures.extend(replay::figures(arguments.registrations, usize::try_from(arguments.runs)?)?);
        figures.extend(start::figures(arguments.records, arguments.runs)?);
    }
    if !arguments.kafka && !arguments.reading {
        figures.extend(http::figures(arguments.holds, arguments.runs)?);
    }
    let clusters = if arguments.reading { Vec::new() } else { arguments.brokers };
    for brokers in clusters {
        figures.extend(kafka::figures(brokers, arguments.registrations, arguments.holds, arguments.runs)?);
    }
    for figure in &figures {
        if arguments.json {
            println!("{}", serde_json::to_string(figure)?);
        } else {
            println!("{}", figure.line());
        }
    }
    Ok(if figures.iter().all(|figure| figure.met) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
