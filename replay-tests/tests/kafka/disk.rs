//! A broker whose disk is full.

use std::fs;
use std::time::{Duration, Instant};

use ledger::log::kafka::broker::ClusterPlan;

use super::brokers::Brokers;
use super::small_disk::Disk;
use super::trial::{Trial, pause_ms, seed};

/// Kafka sets little aside before it writes; this is enough for a few minutes of load.
const SIZE: &str = "size=96m";

#[test]
fn a_broker_runs_out_of_disk_and_gets_some_back() {
    let seed = seed("disk");
    let disk = Disk::mount(SIZE);
    let data = Some(disk.path().to_owned());
    let mut brokers = Brokers::start(ClusterPlan { data, ..ClusterPlan::default() });
    let mut trial = Trial::begin("disk", seed, &brokers.cluster.bootstrap(), |settings| {
        settings.message_timeout_ms = 4_000;
    });
    let mut chance = trial.chance();
    let tally = trial.under_load(|| {
        let filler = disk.fill();
        let until = Instant::now() + Duration::from_secs(20);
        while brokers.cluster.pid(1).is_some() && Instant::now() < until {
            pause_ms(50);
        }
        let said = fs::read_to_string(brokers.cluster.log_file(1)).unwrap();
        assert!(said.contains("No space left on device"), "the broker has not noticed");
        assert_eq!(brokers.cluster.pid(1), None, "Kafka ends when its only disk fails");
        pause_ms(chance.between(0, 2_000));
        fs::remove_file(filler).unwrap();
        brokers.restart_all();
    });
    trial.judge();
    assert!(tally["done"] > 100, "{tally:?}");
    // The broker lets go of its disk first.
    drop(brokers);
}
