//! Many at once: does each get what a single one would?

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

const THREADS: u8 = 8;
const STEPS: usize = 150;
const PEOPLE: u8 = 5;
const REGISTRATIONS: u8 = 12;

/// What the last answer about a registration said.
#[derive(Debug, Clone, PartialEq)]
enum Known {
    Kept(u8),
    Erased,
}

fn somebody(number: u8) -> Person {
    person(&format!("Schmidt{number}"), "Anna")
}

/// One thread works on registrations of its own, about people that all threads share.
fn work(vault: &Vault, thread: u8, mut chance: ChaCha8Rng) -> BTreeMap<RegistrationId, Known> {
    let mut known = BTreeMap::new();
    for _ in 0..STEPS {
        let mut id = registration(thread);
        id.0[0] = chance.random_range(0..REGISTRATIONS);
        let who = chance.random_range(0..PEOPLE);
        let erase = chance.random_range(0..10) == 0;
        if erase {
            let any = wait(vault.erase(&frankfurt(), id)).expect("erased");
            assert_eq!(any, matches!(known.get(&id), Some(Known::Kept(_))));
            known.insert(id, Known::Erased);
            continue;
        }
        let asked = Put { registration: id, person: somebody(who), ..put(0) };
        let outcome = wait(vault.put(asked));
        match (known.get(&id), outcome) {
            (None, Ok(stored)) => {
                assert!(!stored.existed);
                known.insert(id, Known::Kept(who));
            }
            (Some(Known::Kept(kept)), Ok(stored)) if *kept == who => assert!(stored.existed),
            (Some(Known::Kept(kept)), Err(VaultError::Differs)) if *kept != who => {}
            (Some(Known::Erased), Err(VaultError::Erased)) => {}
            (known, outcome) => panic!("{known:?}: {outcome:?}"),
        }
    }
    known
}

#[test]
fn a_crowd_gets_what_each_would_get_alone() {
    let seed: u64 = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_210_112);
    eprintln!("SEED={seed}");
    let home = Home::new();
    let vault = home.open();
    let all: BTreeMap<RegistrationId, Known> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let chance = ChaCha8Rng::seed_from_u64(seed.wrapping_add(u64::from(thread)));
                let vault = &vault;
                scope.spawn(move || work(vault, thread, chance))
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    let check = |vault: &Vault| {
        for (id, known) in &all {
            let read = vault.read(&frankfurt(), *id).expect("read");
            let expected = match known {
                Known::Kept(who) => Some((somebody(*who), 1)),
                Known::Erased => None,
            };
            assert_eq!(read, expected);
        }
        for who in 0..PEOPLE {
            let found = vault.find(&format!("Schmidt{who}"), "Anna", somebody(who).born_on).expect("found");
            let found: BTreeSet<_> = found.into_iter().map(|(_, id)| id).collect();
            let expected = all.iter().filter(|(_, known)| **known == Known::Kept(who));
            assert_eq!(found, expected.map(|(id, _)| *id).collect());
        }
    };
    check(&vault);
    drop(vault);
    check(&home.open());
}
