//! What a correct toy does always passes, however its callers' times overlap.

use ledger::CentreCommand;
use replay_tests::chance::Chance;
use replay_tests::history::{History, Told};
use schemas::ids::{ChangeId, SlotId};
use schemas::vocabulary::{CancelDoses, CancelReason, Channel, WithdrawReason};

use crate::toy::{Toy, hold, registration};
use crate::wrong::{confirm, place, register};

/// Something of everything, over few numbers, so that much of it is repeated or refused.
fn wish(chance: &mut Chance) -> (Channel, CentreCommand) {
    let number = u8::try_from(chance.between(1, 9)).unwrap();
    let slots = [1, 1, 2, 7, 8, 3];
    let slot = *chance.one_of(&slots).unwrap();
    let channel = if number.is_multiple_of(3) { Channel::Hotline } else { Channel::Web };
    let command = match chance.between(0, 20) {
        0..4 => register(number),
        4..9 => place(number, slot),
        9..12 => confirm(number),
        12 => CentreCommand::ExtendHold { hold: hold(number) },
        13 => CentreCommand::ReleaseHold { hold: hold(number) },
        14..16 => CentreCommand::RescheduleBooking {
            booking: hold(number),
            change: ChangeId(hold(number + 100 + u8::try_from(chance.between(0, 3)).unwrap()).0),
            first: Some(SlotId(slot)),
            second: None,
        },
        16..18 => CentreCommand::CancelBooking {
            booking: hold(number),
            doses: if chance.of_thousand(500) { CancelDoses::Both } else { CancelDoses::Second },
            reason: CancelReason::Person,
        },
        18 => CentreCommand::WithdrawRegistration {
            registration: registration(number),
            reason: WithdrawReason::Person,
        },
        _ => {
            let held = place(number, slot);
            let CentreCommand::PlaceHold { registration, first, second, .. } = held else { panic!("a hold") };
            let instead_of = Some(hold(number));
            CentreCommand::PlaceHold { hold: hold(number + 50), registration, first, second, instead_of }
        }
    };
    (channel, command)
}

fn toy_run(seed: u64, steps: usize) -> Toy {
    let mut chance = Chance::new(seed);
    let mut toy = Toy::opened();
    let mut open: Vec<usize> = Vec::new();
    let mut decided: Vec<(usize, Told)> = Vec::new();
    for _ in 0..steps {
        match chance.between(0, 100) {
            0..40 => {
                let (channel, command) = wish(&mut chance);
                let patience_ms = if chance.of_thousand(200) { chance.between(0, 20) } else { 5_000 };
                open.push(toy.asks_until(channel, command, patience_ms));
            }
            40..70 if !open.is_empty() => {
                let at = usize::try_from(chance.between(0, open.len() as u64)).unwrap();
                let call = open.swap_remove(at);
                // Some are never looked at.
                if chance.of_thousand(950) {
                    decided.push((call, toy.decides(call)));
                } else {
                    decided.push((call, Told::NotDone("NotOwner".into())));
                }
            }
            70..92 if !decided.is_empty() => {
                let at = usize::try_from(chance.between(0, decided.len() as u64)).unwrap();
                let (call, told) = decided.swap_remove(at);
                match chance.between(0, 20) {
                    0 => toy.hears(call, Told::Unknown),
                    1 => {}
                    _ => toy.hears(call, told),
                }
            }
            92..95 => {
                let ms = if chance.of_thousand(150) { 70_000 } else { 200 };
                toy.pass(chance.between(1, ms));
            }
            95 => toy.claims(),
            96 => toy.barrier(),
            97 => {
                let copy = chance.one_of(&toy.entries).unwrap().value.clone();
                toy.append(copy);
            }
            _ => toy.decides_what_is_due(),
        }
    }
    toy
}

#[test]
fn what_a_correct_toy_does_always_passes() {
    let first = std::env::var("TERMINBUCH_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1_u64);
    let runs = std::env::var("TERMINBUCH_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(60_u64);
    let mut sum = (0, 0, 0, 0, 0);
    for seed in first..first + runs {
        let toy = toy_run(seed, 300);
        let report = toy.checked().report;
        assert!(report.is_clean(), "seed {seed}: {report}");
        let counts = report.counts;
        sum.0 += counts.done;
        sum.1 += counts.repeated;
        sum.2 += counts.refused;
        sum.3 += counts.unknown_once;
        sum.4 += counts.repeats;
    }
    eprintln!("seeds from {first}: done, repeated, refused, unknown and done, repeated values {sum:?}");
    assert!(sum.0 > 500 && sum.1 > 50 && sum.2 > 200 && sum.3 > 20 && sum.4 > 20, "hardly reached: {sum:?}");
}

#[test]
fn a_history_survives_being_written_down() {
    let history = toy_run(7, 200).history();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.jsonl");
    history.save(&path).unwrap();
    assert_eq!(History::load(&[path.as_path()]).unwrap(), history);
    // A process that was killed may leave half a line.
    let mut text = std::fs::read(&path).unwrap();
    let whole = text.len();
    text.extend_from_slice(b"{\"asked\":{\"call\":[1,");
    std::fs::write(&path, &text).unwrap();
    assert_eq!(History::load(&[path.as_path()]).unwrap(), history);
    text.truncate(whole);
    text.splice(0..1, *b"x");
    std::fs::write(&path, &text).unwrap();
    assert!(History::load(&[path.as_path()]).unwrap_err().to_string().contains("line 1"));
}
