//! The connection between us and the brokers, while both are well.

use super::brokers;
use super::proxy::Way;
use super::trial::{CENTRES, Trial, pause_ms, seed};

#[test]
fn the_connection_is_cut_held_up_and_deaf() {
    let seed = seed("connection");
    let brokers = brokers::one();
    let proxy = &brokers.proxies[0];
    let mut trial = Trial::begin("connection", seed, &brokers.cluster.bootstrap(), |settings| {
        settings.message_timeout_ms = 4_000;
    });
    let mut chance = trial.chance();
    let tally = trial.under_load(|| {
        for way in [Way::Cut, Way::Stalled, Way::Deaf, Way::Cut, Way::Deaf, Way::Stalled] {
            proxy.make(way);
            pause_ms(chance.between(100, 2_500));
            if way == Way::Deaf && chance.of_thousand(700) {
                // What was done meanwhile is never told.
                proxy.cut_once();
            }
            proxy.make(Way::Open);
            for _ in 0..chance.between(0, 4) {
                pause_ms(chance.between(0, 500));
                proxy.cut_once();
            }
            pause_ms(chance.between(200, 1_000));
        }
    });
    let reigns = trial.judge();
    assert!(tally["done"] > 100, "{tally:?}");
    assert!(reigns > CENTRES, "an owner who reads nothing claims anew: {reigns}");
}
