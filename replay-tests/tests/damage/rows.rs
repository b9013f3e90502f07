//! The rows: what is done, and what must be seen.

use std::path::Path;

use crate::harm::{cut, ending, files, flip, named, remove, replace};

#[derive(Debug, Clone, Copy)]
pub(crate) enum Expected {
    /// It does not start, and says these words.
    Refused(&'static [&'static str]),
    /// It serves, has everything that was told, and says these words.
    Mended(&'static [&'static str]),
}

use Expected::{Mended, Refused};

pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) harm: fn(&Path, &Path),
    pub(crate) expected: Expected,
}

const fn row(what: &'static str, harm: fn(&Path, &Path), expected: Expected) -> Row {
    Row { what, harm, expected }
}

const LOG: &str = "log/rocks";

pub(crate) const ROWS: &[Row] = &[
    row(
        "log: a flipped byte in a table",
        |at, _| flip(&files(&at.join(LOG), ending(".sst")), 20),
        Refused(&["damaged"]),
    ),
    row(
        "log: a flipped byte in the write-ahead log",
        |at, _| flip(&files(&at.join(LOG), ending(".log")), 50),
        Refused(&["damaged"]),
    ),
    row(
        "log: a flipped byte in the manifest",
        |at, _| flip(&files(&at.join(LOG), named("MANIFEST")), 50),
        Refused(&["log"]),
    ),
    row(
        "log: a flipped byte in CURRENT",
        |at, _| flip(&files(&at.join(LOG), named("CURRENT")), 30),
        Refused(&["log"]),
    ),
    row(
        "log: CURRENT is gone",
        |at, _| remove(&files(&at.join(LOG), named("CURRENT"))),
        Refused(&["damaged"]),
    ),
    row("log: a table is gone", |at, _| remove(&files(&at.join(LOG), ending(".sst"))), Refused(&["log"])),
    row(
        "log: its newest half is cut off",
        |at, _| cut(&files(&at.join(LOG), ending(".log")), 4_000),
        Refused(&["damaged"]),
    ),
    row(
        "log: cut in the middle of the last record",
        |at, _| cut(&files(&at.join(LOG), ending(".log")), 7),
        Refused(&["damaged"]),
    ),
    row(
        "log: the high-water note has a flipped byte",
        |at, _| flip(&files(&at.join("log"), named("high-water")), 50),
        Refused(&["high-water"]),
    ),
    row(
        "log: the high-water note is gone",
        |at, _| remove(&files(&at.join("log"), named("high-water"))),
        Refused(&["damaged"]),
    ),
    row(
        "log: all of it is gone",
        |at, _| std::fs::remove_dir_all(at.join("log")).unwrap(),
        Refused(&["there is no log"]),
    ),
    row(
        "log: another ledger's",
        |at, other| replace(&at.join("log"), &other.join("log")),
        Refused(&["of ledger"]),
    ),
    row(
        "views: a flipped byte in the manifest",
        |at, _| flip(&files(&at.join("views"), named("MANIFEST")), 50),
        Mended(&["the views are damaged"]),
    ),
    row(
        "views: a flipped byte in CURRENT",
        |at, _| flip(&files(&at.join("views"), named("CURRENT")), 30),
        Mended(&["the views are damaged"]),
    ),
    row(
        "views: a table is gone",
        |at, _| remove(&files(&at.join("views"), ending(".sst"))),
        Mended(&["the views are damaged"]),
    ),
    row(
        "views: a flipped byte in the write-ahead log",
        |at, _| flip(&files(&at.join("views"), ending(".log")), 50),
        Mended(&[]),
    ),
    row(
        "views: all of them are gone",
        |at, _| std::fs::remove_dir_all(at.join("views")).unwrap(),
        Mended(&[]),
    ),
    row(
        "views: another ledger's",
        |at, other| replace(&at.join("views"), &other.join("views")),
        Refused(&["the views are of ledger", "rebuild them"]),
    ),
    row(
        "snapshots: a flipped byte in each",
        |at, _| flip(&files(&at.join("snapshots"), ending(".fold")), 60),
        Mended(&["a snapshot is damaged"]),
    ),
    row(
        "snapshots: each is cut",
        |at, _| cut(&files(&at.join("snapshots"), ending(".fold")), 5),
        Mended(&["a snapshot is damaged"]),
    ),
    row(
        "snapshots: all are gone",
        |at, _| remove(&files(&at.join("snapshots"), ending(".fold"))),
        Mended(&[]),
    ),
    row(
        "snapshots: another ledger's",
        |at, other| replace(&at.join("snapshots"), &other.join("snapshots")),
        Refused(&["snapshot", "of ledger", "delete it"]),
    ),
    row(
        "vault: a flipped byte in the manifest",
        |at, _| flip(&files(&at.join("vault"), named("MANIFEST")), 50),
        Refused(&["vault"]),
    ),
    row(
        "vault: a flipped byte in CURRENT",
        |at, _| flip(&files(&at.join("vault"), named("CURRENT")), 30),
        Refused(&["vault"]),
    ),
    row(
        "vault: a flipped byte in a table",
        |at, _| flip(&files(&at.join("vault"), ending(".sst")), 20),
        Refused(&["vault"]),
    ),
    row(
        "vault: a flipped byte in the write-ahead log",
        |at, _| flip(&files(&at.join("vault"), ending(".log")), 50),
        Refused(&["vault"]),
    ),
    row(
        "vault: all of it is gone",
        |at, _| std::fs::remove_dir_all(at.join("vault")).unwrap(),
        Refused(&["there is no vault in"]),
    ),
    row(
        "vault: it and all keys are gone",
        |at, _| ["vault", "keys"].iter().for_each(|gone| std::fs::remove_dir_all(at.join(gone)).unwrap()),
        Refused(&["there is no vault in"]),
    ),
    row(
        "vault: its note of how far it was is gone",
        |at, _| remove(&files(&at.join("vault"), named("high-water"))),
        Refused(&["high-water", "restore the vault from a copy"]),
    ),
    row(
        "vault: another ledger's",
        |at, other| replace(&at.join("vault"), &other.join("vault")),
        Refused(&["vault"]),
    ),
    row(
        "keys: a key is gone",
        |at, _| remove(&files(&at.join("keys"), |name| name != "credentials")[..1]),
        Refused(&["key"]),
    ),
    row(
        "keys: a key is cut",
        |at, _| cut(&files(&at.join("keys"), |name| name != "credentials")[..1], 1),
        Refused(&["key"]),
    ),
    row(
        "keys: a key has a flipped byte",
        |at, _| flip(&files(&at.join("keys"), |name| name != "credentials")[..1], 50),
        Refused(&["vault"]),
    ),
    row(
        "keys: the credentials have a flipped byte",
        |at, _| flip(&files(&at.join("keys"), named("credentials")), 0),
        Refused(&["credentials"]),
    ),
    row(
        "keys: the credentials say something else",
        |at, _| {
            let path = at.join("keys/credentials");
            let told = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, told.replacen("\"sha256\": \"", "\"sha256\": \"f", 1)).unwrap();
        },
        Refused(&["credentials", "restore it from a copy"]),
    ),
    row(
        "the note of a topic is none",
        |at, _| std::fs::write(at.join("topic"), "{\"ledger\":").unwrap(),
        Refused(&["topic"]),
    ),
    row(
        "log, views and snapshots are another ledger's",
        |at, other| {
            ["log", "views", "snapshots"]
                .iter()
                .for_each(|folder| replace(&at.join(folder), &other.join(folder)));
        },
        Refused(&["vault"]),
    ),
    row(
        "snapshots: one whose format is not known",
        |at, _| {
            for path in files(&at.join("snapshots"), ending(".fold")) {
                with_format(&path, 9);
            }
        },
        Refused(&["has format 9"]),
    ),
    row(
        "snapshots: a half-written one beside them",
        |at, _| {
            std::fs::write(at.join("snapshots/00001-00000000000000000099.new"), "half").unwrap();
        },
        Mended(&[]),
    ),
];

/// Writes another format into a snapshot, with the checksum that belongs to it.
pub(crate) fn with_format(path: &Path, format: u16) {
    use sha2::Digest as _;
    let mut bytes = std::fs::read(path).unwrap();
    bytes[36..38].copy_from_slice(&format.to_le_bytes());
    let checksum = sha2::Sha256::digest(&bytes[36..]);
    bytes[4..36].copy_from_slice(&checksum);
    std::fs::write(path, bytes).unwrap();
}
