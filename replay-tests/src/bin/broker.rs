//! A cluster of one's own at hand: starts it, says where it is, and keeps it until the program ends.

use anyhow::Result;
use clap::{Parser, ValueEnum};
use ledger::log::kafka::broker::{ClusterPlan, Listeners, Machine, OwnCluster, PASSWORD, USER};

/// Starts an Apache Kafka cluster on loopback and keeps it until Ctrl-C. It takes its data with it.
#[derive(Parser)]
struct Options {
    /// 1 or 3.
    #[arg(long, default_value_t = 1)]
    brokers: u8,
    /// Who may connect, and how.
    #[arg(long, value_enum, default_value = "plain")]
    listeners: Kind,
    /// A line of the brokers' server.properties: NAME=VALUE.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Plain,
    Tls,
    MutualTls,
    Scram,
    ScramTls,
}

#[expect(clippy::print_stdout, reason = "a person or a script reads it")]
fn main() -> Result<()> {
    let options = Options::parse();
    let listeners = match options.listeners {
        Kind::Plain => Listeners::Plain,
        Kind::Tls => Listeners::Tls,
        Kind::MutualTls => Listeners::MutualTls,
        Kind::Scram => Listeners::Scram,
        Kind::ScramTls => Listeners::ScramTls,
    };
    let pairs = options.set.iter().filter_map(|line| line.split_once('='));
    let extra = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let plan = ClusterPlan {
        brokers: options.brokers,
        listeners,
        extra,
        machine: Machine::Fast,
        ..ClusterPlan::default()
    };
    let cluster = OwnCluster::start(&plan)?;
    println!("KAFKA_BROKERS={}", cluster.bootstrap());
    for number in 1..=cluster.brokers() {
        println!(
            "broker {number}: process {:?}, log {}",
            cluster.pid(number),
            cluster.log_file(number).display()
        );
    }
    if let (Some(ca), Some((certificate, key))) = (cluster.ca_file(), cluster.client_files()) {
        println!("ca {}\nclient {}\nkey {}", ca.display(), certificate.display(), key.display());
    }
    if listeners.asks_for_a_password() {
        println!("SCRAM-SHA-512 user {USER} password {PASSWORD}");
    }
    loop {
        std::thread::park();
    }
}
