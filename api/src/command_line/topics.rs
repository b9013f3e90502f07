//! `terminbuch topics`.

use std::process::ExitCode;

use ledger::clock::{Clock as _, WallClock};
use ledger::log::NewLedger;
use ledger::log::kafka::KafkaSettings;
use ledger::log::kafka::topic::{self, Finding, TopicError, TopicPlan, TopicReport};
use schemas::{Clock, Instant};
use serde_json::{Value, json};

use super::which::WhichTopic;
use super::{Failure, Output};
use crate::config::{Config, ConfigError};
use crate::serve::SIMULATED_BEGIN_MS;

/// What `topics` is told.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make the topic with the settings that keep its data, and begin a ledger in it
    Create {
        #[command(flatten)]
        topic: WhichTopic,
        /// Partitions of the ledger, the office among them (16 if absent)
        #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(2..=10_000))]
        partitions: Option<u32>,
        /// Copies that the brokers keep [3, or one on each broker when there are fewer]
        #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(i32).range(1..=100))]
        replication: Option<i32>,
        /// Which clock the ledger runs on
        #[arg(long, value_enum, default_value_t = ClockName::Wall)]
        clock: ClockName,
    },
    /// Look whether the topic could lose data, and which ledger is in it
    Check {
        #[command(flatten)]
        topic: WhichTopic,
        /// The ledger must have so many partitions
        #[arg(long, value_name = "COUNT")]
        partitions: Option<u32>,
        /// The ledger must run on this clock
        #[arg(long, value_enum)]
        clock: Option<ClockName>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ClockName {
    /// The time of day
    Wall,
    /// A clock that somebody moves, as in the demo
    Simulated,
}

/// 0 when the topic is sound, 1 when there is something to mend.
pub(super) fn run(arguments: Arguments, output: &Output) -> Result<ExitCode, Failure> {
    super::serve::start_tracing(*output, "error");
    let looked = match arguments.action {
        Action::Create { topic, partitions, replication, clock } => {
            let config = topic.config()?;
            let (kind, time) = clock.begins();
            let partitions = partitions.unwrap_or(config.partitions);
            let ledger = NewLedger { partitions, clock: kind, time, ledger: None };
            topic::create(&settings(&config)?, &TopicPlan { ledger, replication })
        }
        Action::Check { topic, partitions, clock } => {
            let settings = settings(&topic.config()?)?;
            topic::check(&settings).map(|mut report| {
                report.findings.extend(not_as_expected(&report, partitions, clock));
                report
            })
        }
    };
    match looked {
        Ok(report) => Ok(show(&report, output)),
        Err(TopicError::NoLedger { topic, what }) => Ok(no_ledger(&topic, &what, output)),
        Err(error) => Err(Failure::Other(error.to_string())),
    }
}

fn settings(config: &Config) -> Result<KafkaSettings, Failure> {
    Ok(config.kafka.settings().ok_or(ConfigError::NoBrokers)?)
}

impl ClockName {
    /// As genesis says it, and when such a ledger begins.
    fn begins(self) -> (Clock, Instant) {
        match self {
            Self::Wall => (Clock::Wall, WallClock::start().now()),
            Self::Simulated => {
                (Clock::Simulated, Instant::from_millis(SIMULATED_BEGIN_MS).unwrap_or(Instant::EPOCH))
            }
        }
    }

    fn of(clock: Clock) -> Self {
        match clock {
            Clock::Wall => Self::Wall,
            Clock::Simulated => Self::Simulated,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Wall => "wall",
            Self::Simulated => "simulated",
        }
    }
}

/// In what the ledger is not the one that was asked for.
fn not_as_expected(report: &TopicReport, partitions: Option<u32>, clock: Option<ClockName>) -> Vec<Finding> {
    let is = ClockName::of(report.genesis.clock);
    let other = "it is not the ledger that is expected, and a server that expects it will not start";
    let partitions = partitions.filter(|wanted| *wanted != report.partitions).map(|wanted| Finding {
        setting: "partitions".to_owned(),
        value: report.partitions.to_string(),
        loses: other.to_owned(),
        mend: format!(
            "A ledger keeps its partitions: set partitions = {} for the server, or make another topic with {wanted}",
            report.partitions
        ),
    });
    let clock = clock.filter(|wanted| *wanted != is).map(|wanted| Finding {
        setting: "clock".to_owned(),
        value: is.name().to_owned(),
        loses: other.to_owned(),
        mend: format!("A ledger keeps its clock: make another topic with --clock {}", wanted.name()),
    });
    partitions.into_iter().chain(clock).collect()
}

fn show(report: &TopicReport, output: &Output) -> ExitCode {
    let clock = ClockName::of(report.genesis.clock).name();
    let warnings: Vec<String> = report.warnings.iter().map(ToString::to_string).collect();
    let machine = json!({ "kind": "topic", "topic": report.topic, "ledger": report.ledger, "clock": clock,
        "partitions": report.partitions, "replication": report.replication, "sound": report.is_safe(),
        "findings": findings(&report.findings), "warnings": warnings });
    let end = if report.is_safe() { "sound" } else { "not sound: no ledger runs on it like this" };
    output.say(&format!("{report}\nclock: {clock}\n{end}"), &machine);
    code(report.is_safe())
}

/// There is such a topic, and it cannot be a log.
fn no_ledger(topic: &str, what: &str, output: &Output) -> ExitCode {
    let machine = json!({ "kind": "topic", "topic": topic, "ledger": Value::Null, "sound": false, "reason": what,
        "findings": [], "warnings": [] });
    output.say(&format!("{what}\nnot sound: no ledger runs on it"), &machine);
    code(false)
}

fn findings(found: &[Finding]) -> Vec<Value> {
    found
        .iter()
        .map(|Finding { setting, value, loses, mend }| {
            json!({ "setting": setting, "value": value, "why": loses, "mend": mend })
        })
        .collect()
}

fn code(sound: bool) -> ExitCode {
    if sound { ExitCode::SUCCESS } else { ExitCode::from(1) }
}
