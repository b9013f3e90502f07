//! `reliability`: kills the real program again and again under load, and says what came of it. Exits with 1 when anything was
//! told that is not true, or when a hundred kills or more did not reach every named place.
//!
//! With `terminbuch` as its first argument it is that program, so that what is killed is always of the same build.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use ledger::log::kafka::broker::{ClusterPlan, OwnCluster};
use mimalloc::MiMalloc;
use replay_tests::reliability::{Outcome, Plan, Program, run};

/// That of the program, which this is, too.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Kills terminbuch serve, rebuild and export under load over HTTP, and has every history judged.
#[derive(Parser)]
struct Arguments {
    /// Print one JSON line
    #[arg(long)]
    json: bool,
    /// How often to kill
    #[arg(long, default_value_t = 100)]
    kills: u32,
    /// What is drawn follows from this
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Each ledger in a topic of Apache Kafka, on a broker of their own
    #[arg(long)]
    kafka: bool,
    /// Where a history that fails is kept
    #[arg(long, default_value = "target/reliability")]
    kept: PathBuf,
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "printing is what this program is for")]
fn main() -> Result<ExitCode> {
    let arguments: Vec<_> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|first| first == "terminbuch") {
        return Ok(api::command_line::run_as(arguments.into_iter().skip(1)));
    }
    let Arguments { json, kills, seed, kafka, kept } = Arguments::parse();
    std::fs::create_dir_all(&kept)?;
    let program = Program { path: std::env::current_exe()?, before: vec!["terminbuch".to_owned()] };
    eprintln!("seed {seed}");
    // It lives as long as its topics are of use.
    let cluster = kafka.then(|| OwnCluster::start(&ClusterPlan::default())).transpose()?;
    let brokers = cluster.as_ref().map(OwnCluster::bootstrap);
    let outcome = run(&Plan { program, kills, seed, kept, brokers }, &mut |so_far| {
        eprintln!("{} of {kills} kills, {} violations", so_far.faults, so_far.violations);
    })?;
    if json {
        println!("{}", serde_json::to_string(&outcome)?);
    } else {
        println!("{}", in_words(&outcome));
    }
    Ok(if outcome.violations == 0 && outcome.not_reached.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn in_words(outcome: &Outcome) -> String {
    let places = outcome.places.iter().map(|(place, times)| format!("\n  {times:>5}  {place}"));
    let not_reached = match outcome.not_reached.as_slice() {
        [] => String::new(),
        places => format!("\nnothing died at: {}", places.join(", ")),
    };
    let claim = outcome.longest_claim_ms.map_or_else(String::new, |claim_ms| {
        format!("\nthe longest time until something was done from there took {claim_ms} ms")
    });
    format!(
        "{}\n{}\n{} kills of {} ledgers:{}{not_reached}\n{} calls, {} of them done; never answered: {} that stand in the log, {} that \
         do not\nthe longest start took {} ms{claim}\n{} violations\n{}",
        outcome.promise,
        outcome.how,
        outcome.faults,
        outcome.histories,
        places.collect::<String>(),
        outcome.calls,
        outcome.done,
        outcome.unanswered_and_done,
        outcome.unanswered_and_not,
        outcome.longest_start_ms,
        outcome.violations,
        outcome.found.join("\n"),
    )
}
