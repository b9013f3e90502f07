//! One broker: killed, stopped, restarted under load, and messages that expire meanwhile.

use super::brokers::{self, READY};
use super::trial::{CENTRES, Trial, pause_ms, seed};

#[test]
fn a_broker_is_killed_stopped_and_restarted_under_load() {
    let seed = seed("one broker");
    let mut brokers = brokers::one();
    let mut trial = Trial::begin("one-broker", seed, &brokers.cluster.bootstrap(), |_| {});
    let mut chance = trial.chance();
    let first = chance.between(0, 3);
    let tally = trial.under_load(|| {
        for fault in first..first + 3 {
            match fault % 3 {
                0 => {
                    brokers.cluster.kill(1).unwrap();
                    pause_ms(chance.between(0, 1_500));
                    brokers.restart_all();
                }
                1 => {
                    brokers.cluster.pause(1).unwrap();
                    pause_ms(chance.between(300, 4_000));
                    brokers.cluster.resume(1).unwrap();
                }
                _ => {
                    brokers.cluster.shut_down(1).unwrap();
                    brokers.restart_all();
                }
            }
            pause_ms(chance.between(200, 1_500));
        }
    });
    let reigns = trial.judge();
    assert!(tally["done"] > 100, "{tally:?}");
    assert!(reigns > CENTRES, "an owner whose broker was gone claims anew: {reigns}");
}

#[test]
fn messages_expire_while_the_broker_stands_still() {
    let seed = seed("expiry");
    let mut brokers = brokers::one();
    let mut trial = Trial::begin("expiry", seed, &brokers.cluster.bootstrap(), |settings| {
        settings.message_timeout_ms = 700;
    });
    let mut chance = trial.chance();
    trial.under_load(|| {
        for _ in 0..3 {
            brokers.cluster.pause(1).unwrap();
            // The library looks once a second for messages that have expired.
            pause_ms(chance.between(2_000, 2_800));
            brokers.cluster.resume(1).unwrap();
            pause_ms(chance.between(500, 2_000));
        }
        brokers.cluster.wait_until_ready(READY).unwrap();
    });
    let expired = trial.expired.count();
    let reigns = trial.judge();
    assert!(expired > 0, "no message expired");
    assert!(reigns > CENTRES, "an owner whose messages expired claims anew: {reigns}");
}
