//! Three brokers: leaders move when one is killed, and all come back from nothing.

use rdkafka::metadata::MetadataPartition;

use super::brokers;
use super::proxy::Way;
use super::trial::{Trial, pause_ms, seed};

#[test]
fn each_broker_in_turn_is_killed_stopped_or_cut_off() {
    let seed = seed("three brokers");
    let mut brokers = brokers::three();
    let mut trial = Trial::begin("three-brokers", seed, &brokers.cluster.bootstrap(), |_| {});
    let mut chance = trial.chance();
    let first = chance.between(0, 3);
    let topic = trial.settings.topic.clone();
    // Nobody can lead but who has all of a partition, so each fault waits until all of them have.
    let is_whole = |partition: &MetadataPartition| partition.isr().len() == 3 && partition.leader() > 0;
    let mut led = Vec::new();
    let tally = trial.under_load(|| {
        // Whoever led a partition at first is away once, and one of them leads the controllers.
        for (number, fault) in [1_u8, 2, 3].into_iter().zip(first..) {
            led.push(brokers.leaders_once(&topic, is_whole));
            match fault % 3 {
                0 => brokers.cluster.kill(number).unwrap(),
                1 => brokers.cluster.pause(number).unwrap(),
                _ => {
                    let proxy = &brokers.proxies[usize::from(number) - 1];
                    proxy.make(Way::Cut);
                    pause_ms(chance.between(500, 2_500));
                    proxy.make(Way::Open);
                    brokers.cluster.shut_down(number).unwrap();
                }
            }
            // Longer than its session lasts, and than a controller takes to be elected.
            let is_led =
                |partition: &MetadataPartition| ![-1, i32::from(number)].contains(&partition.leader());
            led.push(brokers.leaders_once(&topic, is_led));
            pause_ms(chance.between(0, 2_000));
            match fault % 3 {
                1 => brokers.cluster.resume(number).unwrap(),
                _ => brokers.cluster.restart(number).unwrap(),
            }
            brokers.cluster.wait_until_ready(brokers::READY).unwrap();
            pause_ms(chance.between(500, 1_500));
        }
    });
    trial.judge();
    assert!(tally["done"] > 100, "{tally:?}");
    for (partition, at_first) in &led[0] {
        assert!(led.iter().any(|then| then[partition] != *at_first), "{partition} keeps its leader: {led:?}");
    }
}

#[test]
fn after_all_brokers_were_gone_no_answer_is_contradicted_and_service_resumes() {
    let seed = seed("all gone");
    let mut brokers = brokers::three();
    let mut trial = Trial::begin("all-gone", seed, &brokers.cluster.bootstrap(), |_| {});
    let mut chance = trial.chance();
    trial.under_load(|| {
        for number in [2, 3, 1] {
            brokers.cluster.kill(number).unwrap();
            pause_ms(chance.between(0, 300));
        }
        pause_ms(chance.between(500, 3_000));
        brokers.restart_all();
    });
    trial.judge();
}
