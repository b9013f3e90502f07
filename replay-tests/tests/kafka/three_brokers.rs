//! Three brokers: leaders move when one is killed, and all come back from nothing.

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
    let tally = trial.under_load(|| {
        // Every broker leads some partition, and one of them the controllers: each of them loses its leader once.
        for (number, fault) in [1_u8, 2, 3].into_iter().zip(first..) {
            match fault % 3 {
                0 => {
                    brokers.cluster.kill(number).unwrap();
                    pause_ms(chance.between(2_000, 5_000));
                    brokers.cluster.restart(number).unwrap();
                }
                1 => {
                    brokers.cluster.pause(number).unwrap();
                    pause_ms(chance.between(2_000, 6_000));
                    brokers.cluster.resume(number).unwrap();
                }
                _ => {
                    let proxy = &brokers.proxies[usize::from(number) - 1];
                    proxy.make(Way::Cut);
                    pause_ms(chance.between(500, 2_500));
                    proxy.make(Way::Open);
                    brokers.cluster.shut_down(number).unwrap();
                    brokers.cluster.restart(number).unwrap();
                }
            }
            brokers.cluster.wait_until_ready(brokers::READY).unwrap();
            pause_ms(chance.between(500, 1_500));
        }
    });
    trial.judge();
    assert!(tally["done"] > 100, "{tally:?}");
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
