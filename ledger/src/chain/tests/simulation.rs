//! Thousands of faulty histories: nothing counts twice, and readers from any start agree.

use std::sync::Arc;

use schemas::{Prefix, RecordKind};

use super::super::rules::Rule;
use super::super::{Chain, Verdict, VoidReason};
use super::forge::{LEDGER, PARTITION};
use super::world::{Fold, World};

fn read(log: &[Arc<[u8]>], taken_away: [Option<Rule>; 2]) -> (Fold, Vec<Chain>, Vec<Verdict>) {
    let mut chain = Chain::new(Some(LEDGER), PARTITION);
    chain.rules.taken_away = taken_away;
    let (mut fold, mut chains, mut verdicts) = (Fold::default(), Vec::new(), Vec::new());
    for (offset, value) in (0..).zip(log) {
        chains.push(chain.clone());
        let verdict = chain.judge(offset, value).unwrap();
        fold.apply(&verdict);
        verdicts.push(verdict);
    }
    (fold, chains, verdicts)
}

fn hurt(seeds: std::ops::Range<u64>, taken_away: [Option<Rule>; 2]) -> u64 {
    let hurt = |seed| u64::from(read(&World::run(seed, taken_away), taken_away).0.hurt());
    seeds.map(hurt).sum()
}

#[test]
fn under_all_rules_nothing_is_given_or_counted_twice() {
    let mut given = 0;
    for seed in 0..3_000 {
        let (fold, _, verdicts) = read(&World::run(seed, [None; 2]), [None; 2]);
        assert!(!fold.hurt(), "seed {seed}: {fold:?}");
        // `verify` takes this for damage.
        assert!(!verdicts.contains(&Verdict::Void(VoidReason::Prev)), "seed {seed}: an honest history forks");
        given += fold.given.len();
    }
    assert!(given > 3_000, "only {given} places were given: the histories are too faulty to show anything");
}

#[test]
fn readers_from_any_start_agree() {
    for seed in 0..100 {
        let log = World::run(seed, [None; 2]);
        let (_, chains, verdicts) = read(&log, [None; 2]);
        for (start, chain) in chains.into_iter().enumerate() {
            let bytes = schemas::codec::to_bytes(&chain).unwrap();
            let mut reader: Chain = schemas::codec::from_bytes(&bytes).unwrap();
            for offset in start..log.len() {
                let verdict = reader.judge(offset as u64, &log[offset]).unwrap();
                assert_eq!(verdict, verdicts[offset], "seed {seed}, from {start} at {offset}");
            }
        }
    }
}

#[test]
fn a_void_record_is_told_apart_by_the_epoch_it_is_of() {
    for seed in 0..200 {
        let log = World::run(seed, [None; 2]);
        let (_, chains, verdicts) = read(&log, [None; 2]);
        for ((chain, verdict), value) in chains.iter().zip(verdicts).zip(&log) {
            if let Verdict::Void(reason) = verdict {
                let (prefix, _) = Prefix::split(value).unwrap();
                let own = prefix.kind != RecordKind::Claim as u8 && prefix.epoch == chain.epoch();
                assert_eq!(reason.is_of_current_epoch(), own, "seed {seed}: {reason}");
            }
        }
    }
}

/// The rules mask one another: only a pair that is missing hurts, and the simulation has to find it.
#[test]
fn the_simulation_finds_pairs_of_missing_rules() {
    for pair in [[Rule::Prev, Rule::Seq], [Rule::Prev, Rule::Epoch]] {
        let found = hurt(0..2_000, pair.map(Some));
        assert!(found > 0, "2,000 histories without {pair:?} went well");
    }
}
