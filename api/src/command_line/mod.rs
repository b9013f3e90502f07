//! The command line. Each subcommand is a file with its arguments and a `run`.

mod credentials;
mod demo;
mod export;
mod openapi;
mod output;
mod rebuild;
mod replay;
mod serve;
mod topics;
mod verify;
mod which;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use ledger::fault_point;

pub use output::{Failure, Output};

/// Terminbuch: an event-sourced booking ledger for vaccination appointments
#[derive(Debug, Parser)]
#[command(name = "terminbuch", version)]
struct Terminbuch {
    /// Print JSON lines for machines
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Open the ledger and answer requests until told to stop
    Serve(serve::Arguments),
    /// Read the whole log, judge every record anew and recount every place
    Verify(verify::Arguments),
    /// Write events, registrations, bookings, slots and days as files for analysts
    Export(export::Arguments),
    /// Let the six centres of Hessen open on 12 January 2021 and watch
    Demo(demo::Arguments),
    /// Show the state as it was at a position or an instant, or tell the story of one thing
    Replay(replay::Arguments),
    /// Delete the views and make them anew from the log
    Rebuild(rebuild::Arguments),
    /// Make the topic of Apache Kafka that is the log, or check that it loses nothing
    Topics(topics::Arguments),
    /// Make, list and revoke the credentials of people and programs
    Credentials(credentials::Arguments),
    /// Print the OpenAPI document of all paths, to make a client of
    Openapi,
}

/// Runs what the command line says.
pub fn run() -> ExitCode {
    run_as(std::env::args_os())
}

/// Runs what these arguments say, of which the first is the program's name.
pub fn run_as(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let Terminbuch { json, command } = Terminbuch::parse_from(arguments);
    let output = Output::new(json);
    match die_where_told().and_then(|()| run_command(command, &output)) {
        Ok(code) => code,
        Err(failure) => {
            output.failure(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Tests kill the program at places of their choice: see [`ledger::fault_point`].
fn die_where_told() -> Result<(), Failure> {
    match std::env::var("TERMINBUCH_DIE_AT") {
        Ok(place) => {
            fault_point::arm(&place).map_err(|error| Failure::Other(format!("TERMINBUCH_DIE_AT: {error}")))
        }
        Err(_) => Ok(()),
    }
}

fn run_command(command: Command, output: &Output) -> Result<ExitCode, Failure> {
    match command {
        Command::Serve(arguments) => serve::run(arguments, output),
        Command::Verify(arguments) => verify::run(&arguments, output),
        Command::Export(arguments) => export::run(&arguments, output),
        Command::Demo(arguments) => demo::run(arguments, output),
        Command::Replay(arguments) => replay::run(&arguments, output),
        Command::Rebuild(arguments) => rebuild::run(&arguments, output),
        Command::Topics(arguments) => topics::run(arguments, output),
        Command::Credentials(arguments) => credentials::run(arguments, output),
        Command::Openapi => openapi::run(output),
    }
}
