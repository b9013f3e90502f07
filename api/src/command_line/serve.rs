//! `terminbuch serve`.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::{Failure, Output};
use crate::config::{self, Flags};
use crate::serve::{ServeClock, ServeOptions, Server};
use crate::signals::told_to_end;

/// What `serve` is told.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Say what every setting is and where it comes from, and end
    #[arg(long)]
    print_config: bool,
    /// The ledger is a simulated one: its time runs on from where it ended
    #[arg(long)]
    simulated: bool,
    #[command(flatten)]
    flags: Flags,
}

/// Serves until it is interrupted or told to terminate.
pub(super) fn run(arguments: Arguments, output: &Output) -> Result<ExitCode, Failure> {
    let sources = config::sources(arguments.config.as_deref(), &arguments.flags)?;
    let config = config::extract(&sources)?;
    if arguments.print_config {
        let text = config::explain(&sources)?;
        output.say(text.trim_end(), &json!({ "kind": "config", "config": config }));
        return Ok(ExitCode::SUCCESS);
    }
    start_tracing(*output, "info");
    let clock = if arguments.simulated { ServeClock::RunsOn } else { ServeClock::Wall };
    let server = Server::start(ServeOptions { config, clock })?;
    announce(&server, output);
    wait_for_signal()?;
    tracing::info!("shutting down");
    server.shut_down();
    Ok(ExitCode::SUCCESS)
}

fn announce(server: &Server, output: &Output) {
    let edges = [
        ("web", Some(server.web_address())),
        ("hotline", server.hotline_address()),
        ("audit", server.audit_address()),
        ("admin", server.admin_address()),
    ];
    let mut machine = json!({ "kind": "serving", "ledger": server.ledger().ledger_id() });
    let mut text = format!("ledger {}", server.ledger().ledger_id());
    for (edge, address) in edges {
        let Some(address) = address else { continue };
        text.push_str(&format!("\n{edge:<8} http://{address}"));
        if let Some(members) = machine.as_object_mut() {
            members.insert(edge.to_owned(), Value::from(address.to_string()));
        }
    }
    output.say(&text, &machine);
}

pub(super) fn wait_for_signal() -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::Other(format!("signals cannot be heard: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(told_to_end()).map_err(failed)
}

/// The program's own log goes to standard error; `RUST_LOG` says how much of it.
pub(super) fn start_tracing(output: Output, unless_told: &str) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(unless_told));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(!output.is_json());
    // A second start in one process keeps the first one's log.
    let _ = builder.try_init();
}
