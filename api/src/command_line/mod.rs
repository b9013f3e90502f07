//! The command line. Each subcommand is a file with its arguments and a `run`.

mod credentials;
mod demo;
mod output;
mod rebuild;
mod serve;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

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
    /// Let the six centres of Hessen open on 12 January 2021 and watch
    Demo(demo::Arguments),
    /// Delete the views and make them anew from the log
    Rebuild(rebuild::Arguments),
    /// Make, list and revoke the credentials of people and programs
    Credentials(credentials::Arguments),
}

/// Runs what the command line says.
pub fn run() -> ExitCode {
    let Terminbuch { json, command } = Terminbuch::parse();
    let output = Output::new(json);
    let outcome = match command {
        Command::Serve(arguments) => serve::run(arguments, &output),
        Command::Verify(arguments) => verify::run(&arguments, &output),
        Command::Demo(arguments) => demo::run(arguments, &output),
        Command::Rebuild(arguments) => rebuild::run(&arguments, &output),
        Command::Credentials(arguments) => credentials::run(arguments, &output),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            output.failure(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}
