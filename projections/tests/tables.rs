//! Exports of a small ledger over several days: what is cut off goes on, and a day is closed by what stands behind it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::date;
use common::day::Desk;
use ledger::log::{Log, LogError, MemoryLog};
use projections::tables::{
    Export, ExportError, Exported, Format, Manifest, Noted, Order, TableName, Veil, hash_of,
};
use schemas::ids::Partition;
use schemas::vocabulary::CancelDoses;
use schemas::{Body, Event, Position};

const DAY_MS: u64 = 86_400_000;

fn order(from: &str, to: &str, since: Vec<Position>) -> Order {
    Order {
        format: Format::Parquet,
        tables: TableName::ALL.to_vec(),
        from: date(from),
        to: date(to),
        purpose: "test".to_owned(),
        raw: false,
        since,
    }
}

/// Makes an export; `told` says after each batch whether to go on.
fn export(
    desk: &Desk,
    order: Order,
    out: &Path,
    told: &mut dyn FnMut() -> bool,
) -> Result<Exported, ExportError> {
    let veil = Veil::files(&[7; 32], &order.purpose);
    let noted = Noted::Nowhere;
    Export { log: &*desk.world.log, order, noted, veil, out }.run(&mut |_| told())
}

fn whole(desk: &Desk, order: Order, out: &Path) -> Manifest {
    export(desk, order, out, &mut || true).unwrap().manifest
}

/// Three days, each with somebody who books.
fn three_days() -> Desk {
    let mut desk = Desk::open(1, "frankfurt");
    for number in 1..=3 {
        desk.register(number);
        desk.place(number, 1, None).unwrap();
        desk.confirm(number);
        desk.world.pass_ms(DAY_MS);
    }
    desk
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            all.extend(files(&path).into_iter().map(|(below, bytes)| (format!("{name}/{below}"), bytes)));
        } else {
            all.insert(name, fs::read(path).unwrap());
        }
    }
    all
}

#[test]
fn an_export_that_was_cut_off_anywhere_goes_on_to_the_same_bytes() {
    let desk = three_days();
    let dir = tempfile::tempdir().unwrap();
    let unbroken = dir.path().join("unbroken");
    let ask = || order("2021-01-11", "2021-01-14", Vec::new());
    let manifest = whole(&desk, ask(), &unbroken);
    assert!(manifest.files.len() >= 7, "{manifest:?}");
    let mut kept_some = false;
    for cut in 0..4 {
        let out = dir.path().join(format!("cut-{cut}"));
        let mut left = cut;
        let stopped = export(&desk, ask(), &out, &mut || {
            left -= 1;
            left >= 0
        });
        assert!(matches!(stopped, Err(ExportError::Stopped)), "{cut}");
        assert!(!out.join("manifest.json").exists());
        // What a kill leaves: half a file, half a line.
        let journal = out.join(".journal");
        let torn = [fs::read(&journal).unwrap(), b"{\"path\":\"tab".to_vec()].concat();
        fs::write(&journal, torn).unwrap();
        let other = order("2021-01-12", "2021-01-14", Vec::new());
        assert!(matches!(export(&desk, other, &out, &mut || true), Err(ExportError::OtherOrder(_))));
        let done = export(&desk, ask(), &out, &mut || true).unwrap();
        kept_some |= done.kept > 0;
        assert_eq!(done.manifest, manifest);
        assert!(files(&out) == files(&unbroken), "after {cut}");
    }
    assert!(kept_some, "no start found anything that was finished");
}

#[test]
fn an_export_that_was_cut_off_behind_its_manifest_is_whole_for_the_same_command_alone() {
    let desk = three_days();
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let ask = || order("2021-01-11", "2021-01-14", Vec::new());
    let manifest = whole(&desk, ask(), &out);
    let unbroken = files(&out);
    assert!(matches!(export(&desk, ask(), &out, &mut || true), Err(ExportError::Finished(_))));
    fs::write(out.join(".journal"), "what a kill leaves").unwrap();
    let other = order("2021-01-12", "2021-01-14", Vec::new());
    assert!(matches!(export(&desk, other, &out, &mut || true), Err(ExportError::Finished(_))));
    let again = export(&desk, ask(), &out, &mut || true).unwrap();
    assert_eq!((&again.manifest, again.kept), (&manifest, manifest.files.len()));
    assert!(files(&out) == unbroken, "the journal is gone, and nothing else");
}

/// Cuts an export off behind some of its files.
fn cut_off(desk: &Desk, out: &Path) {
    let mut left = 3;
    let stopped = export(desk, order("2021-01-11", "2021-01-14", Vec::new()), out, &mut || {
        left -= 1;
        left >= 0
    });
    assert!(matches!(stopped, Err(ExportError::Stopped)));
    assert!(files(out).keys().any(|name| name.ends_with(".parquet")));
}

fn gone_on(log: &dyn Log, out: &Path) -> Result<Exported, ExportError> {
    let order = order("2021-01-11", "2021-01-14", Vec::new());
    let veil = Veil::files(&[7; 32], &order.purpose);
    Export { log, order, noted: Noted::Nowhere, veil, out }.run(&mut |_| true)
}

#[test]
fn an_export_goes_on_in_no_log_that_lost_what_was_read() {
    let desk = three_days();
    let dir = tempfile::tempdir().unwrap();
    cut_off(&desk, dir.path());
    let shorter = MemoryLog::empty(common::PARTITIONS);
    for partition in (0..common::PARTITIONS).map(Partition) {
        let mut entries = desk.world.log.read(partition, 0, usize::MAX).unwrap();
        if partition == desk.partition() {
            entries.pop();
        }
        let values = entries.into_iter().map(|entry| entry.value.into()).collect();
        shorter.append(partition, values, Box::new(|outcome| outcome.unwrap()));
    }
    let refused = gone_on(&shorter, dir.path()).unwrap_err();
    assert!(
        matches!(&refused, ExportError::Log(LogError::Damaged(why)) if why.contains("shows nothing")),
        "{refused}"
    );
}

#[test]
fn an_export_goes_on_in_no_other_history_of_its_ledger() {
    let dir = tempfile::tempdir().unwrap();
    cut_off(&three_days(), dir.path());
    let mut other = Desk::open(1, "frankfurt");
    for number in 4..=9 {
        other.register(number);
        other.place(number, 1, None).unwrap();
        other.world.pass_ms(DAY_MS);
    }
    let refused = gone_on(&*other.world.log, dir.path()).unwrap_err();
    assert!(matches!(refused, ExportError::OtherHistory { .. }), "{refused}");
}

#[test]
fn a_finished_file_that_was_changed_is_written_again() {
    let desk = three_days();
    let dir = tempfile::tempdir().unwrap();
    let (out, unbroken) = (dir.path().join("out"), dir.path().join("unbroken"));
    let ask = || order("2021-01-11", "2021-01-14", Vec::new());
    let manifest = whole(&desk, ask(), &unbroken);
    let mut left = 3;
    let stopped = export(&desk, ask(), &out, &mut || {
        left -= 1;
        left >= 0
    });
    assert!(matches!(stopped, Err(ExportError::Stopped)));
    let names = files(&out);
    let finished: Vec<_> = names.keys().filter(|name| name.ends_with(".parquet")).collect();
    assert!(!finished.is_empty());
    for name in finished {
        fs::write(out.join(name), "other bytes").unwrap();
    }
    assert_eq!(export(&desk, ask(), &out, &mut || true).unwrap().kept, 0);
    for file in &manifest.files {
        assert_eq!(hash_of(&out.join(&file.path)).unwrap(), file.sha256);
    }
}

#[test]
fn a_period_is_closed_by_what_stands_behind_it_and_the_rest_comes_with_the_next_export() {
    let mut desk = three_days();
    let dir = tempfile::tempdir().unwrap();
    let first = whole(&desk, order("2021-01-11", "2021-01-12", Vec::new()), &dir.path().join("first"));
    let at = |manifest: &Manifest| {
        manifest.partitions.iter().find(|range| range.partition == desk.partition()).copied().unwrap()
    };
    assert!(at(&first).closed && !first.closed, "the other partitions are silent");
    for partition in (0..common::PARTITIONS).map(Partition) {
        desk.world.body(partition, 0, &Body::Barrier);
    }
    let closed = whole(&desk, order("2021-01-11", "2021-01-12", Vec::new()), &dir.path().join("closed"));
    assert!(closed.closed);
    assert_eq!(closed.rows(TableName::Bookings), 2, "as of the end of the period");
    assert_eq!(closed.files, first.files, "what is closed stays as it is");
    let since = closed.partitions.iter().map(|range| range.last).collect();
    let rest = whole(&desk, order("2021-01-11", "2021-01-14", since), &dir.path().join("rest"));
    let all = whole(&desk, order("2021-01-11", "2021-01-14", Vec::new()), &dir.path().join("all"));
    assert_eq!(rest.rows(TableName::Events) + closed.rows(TableName::Events), all.rows(TableName::Events));
    assert_eq!((rest.rows(TableName::Events), rest.rows(TableName::Bookings)), (3, 3));
    desk.cancel(3, CancelDoses::Both);
    let changed = closed.partitions.iter().map(|range| Position { head: [9; 8], ..range.last }).collect();
    let foreign =
        export(&desk, order("2021-01-11", "2021-01-14", changed), &dir.path().join("foreign"), &mut || true);
    assert!(matches!(foreign, Err(ExportError::ForeignManifest(_))));
}

#[test]
fn a_partition_with_two_time_zones_loses_nothing_between_two_exports() {
    let mut desk = Desk::open(1, "frankfurt");
    desk.world.pass_ms(DAY_MS / 2);
    let partition = desk.partition();
    for (number, zone) in [(2, "Asia/Tokyo"), (1, "Europe/Berlin")] {
        let Event::CentreDescribed(mut described) = common::described("frankfurt", 2) else { unreachable!() };
        described.time_zone = zone.to_owned();
        desk.world.record(partition, number, vec![Event::CentreDescribed(described)]);
    }
    let dir = tempfile::tempdir().unwrap();
    let events =
        |from: &str, to: &str, since| Order { tables: vec![TableName::Events], ..order(from, to, since) };
    let first = whole(&desk, events("2021-01-11", "2021-01-11", Vec::new()), &dir.path().join("first"));
    let since = first.partitions.iter().map(|range| range.last).collect();
    let rest = whole(&desk, events("2021-01-11", "2021-01-12", since), &dir.path().join("rest"));
    let all = whole(&desk, events("2021-01-11", "2021-01-12", Vec::new()), &dir.path().join("all"));
    let rows = |manifest: &Manifest| manifest.rows(TableName::Events);
    assert!(rows(&all) > 2);
    assert_eq!(rows(&first) + rows(&rest), rows(&all));
}

/// The first member of each line, which is the name of what the row is about.
fn names_in(folder: &Path, table: &str) -> Vec<Vec<String>> {
    let of_table = |(path, _): &(String, Vec<u8>)| path.starts_with(&format!("table={table}/"));
    let lines = |(_, bytes): (String, Vec<u8>)| {
        let text = String::from_utf8(bytes).unwrap();
        text.lines().map(|line| line.split('"').nth(3).unwrap().to_owned()).collect()
    };
    files(folder).into_iter().filter(of_table).map(lines).collect()
}

#[test]
fn the_place_of_a_row_tells_nothing_where_subjects_are_keyed() {
    let mut desk = Desk::open(1, "frankfurt");
    for number in 1..=9 {
        desk.register(number);
    }
    let dir = tempfile::tempdir().unwrap();
    let ask = |raw| Order { format: Format::Ndjson, raw, ..order("2021-01-11", "2021-01-11", Vec::new()) };
    whole(&desk, ask(false), &dir.path().join("keyed"));
    let raw = Export {
        log: &*desk.world.log,
        order: ask(true),
        noted: Noted::Nowhere,
        veil: Veil::raw(),
        out: &dir.path().join("raw"),
    };
    raw.run(&mut |_| true).unwrap();
    for table in ["events", "registrations"] {
        let keyed = names_in(&dir.path().join("keyed"), table);
        assert!(keyed.iter().any(|names| names.len() >= 9));
        assert!(keyed.iter().all(|names| names.is_sorted()), "{keyed:?}");
    }
    let places = names_in(&dir.path().join("raw"), "events");
    assert!(places.iter().flatten().any(|place| place.ends_with("@2.0")), "{places:?}");
    let seq = |place: &String| place.split(['@', '.']).nth(1).unwrap().parse::<u64>().unwrap();
    assert!(
        places.iter().all(|places| places.is_sorted_by_key(seq)),
        "those who see everything see the order"
    );
}
