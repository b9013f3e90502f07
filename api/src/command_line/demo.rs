//! `terminbuch demo`.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use super::serve::start_tracing;
use super::which::WhichTopic;
use super::{Failure, Output};
use crate::config::ConfigError;
use crate::demo::run::{self, LogWanted, Morning, Settings};
use crate::serve::RunningOn;

/// What `demo` is told.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// How many people come; the supply is in proportion
    #[arg(long, default_value_t = 400_000, value_name = "COUNT",
        value_parser = clap::value_parser!(u32).range(100..=10_000_000))]
    people: u32,
    /// What everybody and everything is drawn from
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
    /// Where the ledger is kept; it must be empty. Without it, in a directory that is removed at the end
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// With --kafka alone the demo starts brokers of its own, and ends them; so many
    #[arg(long, value_name = "1|3", requires = "kafka")]
    brokers: Option<u8>,
    #[command(flatten)]
    topic: WhichTopic,
    /// End after the summary instead of staying up to be looked at
    #[arg(long)]
    exit: bool,
}

/// Lets the six centres of Hessen open, and ends well only if every pair is live and the log is clean.
pub(super) fn run(arguments: Arguments, output: &Output) -> Result<ExitCode, Failure> {
    start_tracing(*output, "warn");
    let log = log_wanted(&arguments)?;
    let Arguments { people, seed, data_dir, exit, .. } = arguments;
    let settings = Settings { people, seed, data_dir, log, json: output.is_json() };
    let morning = run::run(&settings).map_err(|error| Failure::Other(error.to_string()))?;
    if !exit {
        announce(&morning, output);
    }
    output.say(&morning.summary.text(), &morning.summary.json());
    if !exit {
        let _time_goes_on = RunningOn::start(morning.clock.clone())
            .map_err(|error| Failure::Other(format!("no thread for the clock: {error}")))?;
        // None comes when no signal can be heard: one ends the program as always.
        let _ = morning.told_to_end.recv();
    }
    let good = morning.summary.is_good();
    morning.server.shut_down();
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Without `--kafka` the embedded log, whatever is configured; with it and without any brokers, some of the demo's own.
fn log_wanted(arguments: &Arguments) -> Result<LogWanted, Failure> {
    let Arguments { topic, brokers, .. } = arguments;
    if !topic.is_wanted() {
        return match topic.needs_kafka() {
            Some(flag) => Err(ConfigError::Senseless(format!("{flag} needs --kafka")).into()),
            None => Ok(LogWanted::Embedded),
        };
    }
    match topic.config() {
        Err(Failure::Config(ConfigError::NoBrokers)) => {
            let topic = topic.topic().map(str::to_owned);
            Ok(LogWanted::OwnBrokers { brokers: brokers.unwrap_or(1), topic })
        }
        Ok(_) if brokers.is_some() => {
            let what = "--brokers says how many brokers the demo starts, but others are named";
            Err(ConfigError::Senseless(what.to_owned()).into())
        }
        config => Ok(LogWanted::Topic(Box::new(config?.kafka))),
    }
}

/// Where to look, and with which credentials. They open this demo's ledger and nothing else.
fn announce(morning: &Morning, output: &Output) {
    let edges = [
        ("web", Some(morning.server.web_address()), None),
        ("hotline", morning.server.hotline_address(), morning.badges.agents.first()),
        ("audit", morning.server.audit_address(), Some(&morning.badges.auditor)),
        ("admin", morning.server.admin_address(), Some(&morning.badges.admin)),
    ];
    let mut text = String::from("The centres can be looked at until you end this (Ctrl-C):\n");
    let mut machine = json!({ "kind": "serving", "data_dir": morning.data_dir.display().to_string() });
    for (edge, address, badge) in edges {
        let Some(address) = address else { continue };
        let badge = badge.and_then(|badge| badge.to_str().ok());
        text.push_str(&format!("  {edge:<8} http://{address}"));
        if let Some(badge) = badge {
            text.push_str(&format!("  Authorization: {badge}"));
        }
        text.push('\n');
        if let Some(members) = machine.as_object_mut() {
            members
                .insert(edge.to_owned(), json!({ "address": address.to_string(), "authorization": badge }));
        }
    }
    if let Some(brokers) = &morning.kafka.brokers {
        let topic = morning.kafka.topic();
        text.push_str(&format!("  log      topic {topic} of Apache Kafka at {brokers}\n"));
        if let Some(members) = machine.as_object_mut() {
            members.insert("kafka".to_owned(), json!({ "brokers": brokers, "topic": topic }));
        }
    }
    text.push_str(&format!(
        "  ledger   {}\n  try      curl http://{}/v1/centres/frankfurt/availability\n",
        morning.data_dir.display(),
        morning.server.web_address()
    ));
    output.say(&text, &machine);
}
