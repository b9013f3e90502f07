//! Whole small histories as bytes, with the state that they must still lead to.
//!
//! They were written once, by `TERMINBUCH_WRITE_GOLDEN=1`, which writes only where there is no file yet. What is
//! written stays: a version that reads them to another end has changed the past.

mod file;
mod stories;

use std::path::PathBuf;

use ledger::chain::Verdict;
use ledger::fold::PartitionFold;
use replay_tests::model::Model;
use schemas::Body;
use schemas::ids::{CentreNumber, Partition};

use crate::run::same_slots;
use file::Golden;
use stories::{Story, Teller};

const PARTITION: Partition = Partition(1);

fn path(story: &Story) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(format!("{}.txt", story.name))
}

/// The state at the end, told by the model.
fn state(model: &Model) -> Vec<String> {
    let slots = model.slots.iter().map(|slot| file::slot_line(model, slot));
    let holds = model.holds.iter().map(file::hold_line);
    let registrations = model.registrations.iter().map(file::registration_line);
    slots.chain(holds).chain(registrations).collect()
}

#[test]
fn golden_histories_are_read_to_the_same_end_and_told_in_the_same_way() {
    let write = std::env::var_os("TERMINBUCH_WRITE_GOLDEN").is_some();
    let mut hashes = String::new();
    for story in stories::ALL {
        let path = path(story);
        if write && !path.exists() {
            let (records, model) = Teller::new().tell(story);
            let golden = Golden { title: story.title.to_owned(), records, state: state(&model) };
            std::fs::write(&path, golden.to_text()).unwrap();
        }
        let golden = Golden::read(&std::fs::read_to_string(&path).unwrap_or_else(|error| {
            panic!("{}: {error}", path.display());
        }));
        hashes.push_str(&follow(story, &golden));
        tell_again(story, &golden);
    }
    // It changes only together with `ledger::snapshot::FORMAT`.
    let pair = "a-pair-is-booked 328e1ea72fc13b8452248222365cd77011395d51912cfb151018481a8a81a58d\n";
    assert!(hashes.contains(pair), "{hashes}");
}

/// Reads the bytes with the ledger's fold and with the model; the state hash at the end.
fn follow(story: &Story, golden: &Golden) -> String {
    let mut fold = PartitionFold::new(None, PARTITION);
    let mut model = Model::new(CentreNumber(1));
    for (offset, value) in (0..).zip(&golden.records) {
        let verdict = fold.read(offset, value).unwrap();
        let Verdict::Counts(counted) = verdict else {
            panic!("{}: the record at {offset} does not count", story.name);
        };
        if let Body::Decision(events) = &counted.body {
            model.tell(events, &counted.mark);
            assert_eq!(model.breaches(), [""; 0], "{}: after the record at {offset}", story.name);
        }
    }
    let centre = fold.state.by_number(CentreNumber(1)).expect("the centre was described");
    assert_eq!(centre.check_all(), Ok(()), "{}", story.name);
    assert_eq!(same_slots(&model, centre), Ok(()), "{}", story.name);
    assert_eq!(state(&model), golden.state, "{}", story.name);
    format!("{} {}\n", story.name, fold.state_hash().unwrap())
}

/// The story would be decided in the same way today, byte for byte.
fn tell_again(story: &Story, golden: &Golden) {
    let (records, _) = Teller::new().tell(story);
    assert_eq!(records.len(), golden.records.len(), "{}", story.name);
    for (offset, (today, then)) in records.iter().zip(&golden.records).enumerate() {
        assert_eq!(file::hex(today), file::hex(then), "{}: the record at {offset}", story.name);
    }
}
