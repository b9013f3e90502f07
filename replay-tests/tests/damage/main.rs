//! Damage in a data directory, and what the real program says of it when it is started there. Each row of `DAMAGE.md` that
//! names this test is a row of [`rows`]; `--nocapture` prints what was seen. About half a second a row.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first thing that is not as it should be")]

mod harm;
mod house;
mod rows;

use house::{House, Seen};
use rows::{Expected, ROWS, Row};

fn judge(row: &Row, seen: &Seen) -> Result<(), String> {
    let said = |word: &&str| seen.said.contains(word);
    let holds = match row.expected {
        Expected::Refused(words) => !seen.serves && words.iter().all(said),
        Expected::Mended(words) => seen.serves && seen.everything_is_there && words.iter().all(said),
    };
    if holds { Ok(()) } else { Err(format!("{}: expected {:?}, saw {seen:#?}", row.what, row.expected)) }
}

#[test]
fn every_damage_is_refused_or_mended_and_told() {
    let (house, other) = (House::built("frankfurt"), House::built("kassel"));
    let mut wrong = Vec::new();
    for row in ROWS {
        let copy = house.copied();
        (row.harm)(copy.path(), other.path());
        let seen = copy.opened(&house.told);
        eprintln!(
            "| {} | {} | {} |",
            row.what,
            if seen.serves { "serves" } else { "refuses" },
            seen.in_short()
        );
        wrong.extend(judge(row, &seen).err());
        if !seen.serves && copy.opened(&house.told).serves {
            wrong.push(format!("{}: refused, and served at the next start", row.what));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_directory_that_cannot_be_written_to_is_refused() {
    let house = House::built("frankfurt");
    let seen = house.copied().opened_read_only();
    eprintln!("| a read-only directory | {} |", seen.in_short());
    assert!(!seen.serves && seen.said.contains("Read-only file system"), "{seen:#?}");
}

/// The limits make different files the first that cannot grow: the log's, the vault's, the views'.
#[test]
fn a_disk_that_fills_up_loses_nothing_that_was_told() {
    let house = House::built("frankfurt");
    for blocks in [60, 150, 400] {
        let copy = house.copied();
        let (kept, seen) = copy.filled("frankfurt", blocks);
        eprintln!("| a full disk ({blocks} blocks) | {} told | {} |", kept.len(), seen.in_short());
        assert!(!seen.serves || seen.everything_is_there, "{blocks} blocks were never full");
        let again = copy.opened(&kept);
        assert!(again.serves && again.everything_is_there, "{blocks} blocks: {again:#?}");
    }
}

#[test]
fn without_damage_it_serves_and_says_nothing() {
    let house = House::built("frankfurt");
    let seen = house.copied().opened(&house.told);
    assert!(seen.serves && seen.everything_is_there, "{seen:#?}");
    assert!(!seen.said.contains("damaged"), "{seen:#?}");
}
