use std::path::Path;

use schemas::Event;
use schemas::vocabulary::*;
use serde_json::Value;

use crate::{file_names, here, python, samples};

fn document() -> String {
    std::fs::read_to_string(here().join("BYTES.md")).unwrap()
}

/// The part of the document under a heading of third rank.
fn section(document: &str, heading: &str) -> String {
    let wanted = format!("\n### {heading}\n");
    let (_, rest) =
        document.split_once(&wanted).unwrap_or_else(|| panic!("BYTES.md has no heading {heading:?}"));
    rest.lines().take_while(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_document_tells_every_field_of_every_event() {
    let document = document();
    for ((kind, version, name, slug), (_, schema)) in Event::CATALOGUE.iter().zip(Event::json_schemas()) {
        let schema = schema.to_value();
        let heading = format!("{kind} {name} (`{slug}`), version {version}");
        assert_fields(&section(&document, &heading), &schema, name);
        let none = serde_json::Map::new();
        for (name, inner) in schema["$defs"].as_object().unwrap_or(&none) {
            if inner["type"] == "object" {
                assert_fields(&section(&document, name), inner, name);
            }
        }
    }
}

fn assert_fields(section: &str, schema: &Value, name: &str) {
    let mut told: Vec<&str> =
        section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    told.sort_unstable();
    let mut fields: Vec<&str> =
        schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(told, fields, "BYTES.md tells other fields of {name} than there are");
}

#[test]
fn the_document_tells_every_word_and_its_number() {
    let document = document();
    macro_rules! check_words {
        ($($name:ident)*) => {$(
            let wanted: Vec<String> =
                $name::ALL.iter().map(|word| format!("| {} | `{}` |", word.number(), word)).collect();
            assert_words(&section(&document, stringify!($name)), &wanted, stringify!($name));
        )*};
    }
    check_words!(Channel Contingent Dose MadeBy ReleaseReason CancelDoses CancelReason WithdrawReason);
    check_words!(ChangeCause ShrinkReason ChannelState Role);
    let kinds = ["genesis", "claim", "decision", "barrier", "raise", "hand-over"];
    let wanted: Vec<String> =
        kinds.iter().enumerate().map(|(number, kind)| format!("| {number} | `{kind}` |")).collect();
    assert_words(&section(&document, "RecordKind"), &wanted, "RecordKind");
}

fn assert_words(section: &str, wanted: &[String], name: &str) {
    let rows: Vec<&str> = section.lines().filter(|line| line.contains("| `")).collect();
    assert_eq!(rows.len(), wanted.len(), "BYTES.md tells another number of words of {name} than there are");
    for (row, wanted) in rows.iter().zip(wanted) {
        assert!(row.starts_with(wanted), "{name}: BYTES.md has {row:?}, not {wanted:?}");
    }
}

#[test]
fn a_reader_written_from_the_document_reads_all_golden_vectors() {
    let output = python(&[&here().join("golden/read.py")]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (events, records) = (samples::events().len(), samples::history().len());
    assert!(told.starts_with(&format!("{events} events, {records} records and 3 examples agree")), "{told}");
}

/// A reader that agrees with everything would prove nothing.
#[test]
fn the_reader_sees_one_changed_byte_in_a_golden_file() {
    let golden = here().join("golden");
    let spoiled = Path::new(env!("CARGO_TARGET_TMPDIR")).join("spoiled-golden");
    for folder in ["events", "history"] {
        for name in file_names(&golden.join(folder)).iter().step_by(6) {
            copy_golden(&golden, &spoiled);
            let path = spoiled.join(folder).join(name);
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, with_last_digit_changed(&text)).unwrap();
            let output = python(&[&golden.join("read.py"), Path::new("--golden"), &spoiled]);
            assert_eq!(output.status.code(), Some(1), "{folder}/{name}: {output:?}");
        }
    }
}

fn copy_golden(from: &Path, to: &Path) {
    for folder in ["events", "history"] {
        // What an earlier run left may be under names that are gone.
        if to.join(folder).exists() {
            std::fs::remove_dir_all(to.join(folder)).unwrap();
        }
        std::fs::create_dir_all(to.join(folder)).unwrap();
        for name in file_names(&from.join(folder)) {
            std::fs::copy(from.join(folder).join(&name), to.join(folder).join(&name)).unwrap();
        }
    }
    std::fs::copy(from.join("partitions.tsv"), to.join("partitions.tsv")).unwrap();
}

fn with_last_digit_changed(text: &str) -> String {
    let text = text.trim_end();
    let (before, last) = text.split_at(text.len() - 1);
    let other = if last == "f" { "e" } else { "f" };
    format!("{before}{other}\n")
}
