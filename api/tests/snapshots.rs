//! `serve` ends with snapshots and begins from them, on both logs; without them, and with damaged ones, it answers the same; another
//! ledger's are refused. About ten seconds.

#![allow(clippy::expect_used, reason = "it is test code")]

mod support;

use std::fs;
use std::path::PathBuf;

use ledger::log::kafka::broker::cluster_for_tests;
use serde_json::{Value, json};
use support::program::{Serving, cannot_run, ends, text};
use support::{RULES, description, send, uuid};
use tempfile::TempDir;

/// Far more than there are: what there is of snapshots was taken at the end.
const SNAPSHOT_EVERY: u32 = 100;
const CENTRE: &str = "/v1/centres/frankfurt";
const PEOPLE: usize = 8;

/// A ledger with one centre and some people.
struct House {
    dir: TempDir,
    /// Which log, and the data directory.
    serve: Vec<String>,
    /// Where somebody is registered, and the secret.
    people: Vec<(String, String)>,
    /// Where the last of them stands: what is asked waits for it.
    position: String,
    /// What is answered before any restart.
    told: Vec<Value>,
}

impl House {
    /// Lived in once; ended in order.
    fn built(log: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let data = ["--data-dir", text(dir.path())];
        let serve = [&["--partitions", "4"], log, &data].concat().into_iter().map(str::to_owned).collect();
        let new = ["credentials", "new", "--role", "admin", "--name", "Ada"];
        let token = ends(&[&new, &data[..]].concat(), 0)["token"].as_str().expect("a token").to_owned();
        let mut house = Self { dir, serve, people: Vec::new(), position: String::new(), told: Vec::new() };
        let serving = house.serves();
        let put = |path: &str, body: &Value| {
            send(serving.admin, "PUT", path, Some(&token), Some(body)).expect_status(201);
        };
        put(CENTRE, &description("FRA"));
        put(&format!("{CENTRE}/rules/{}", uuid()), &serde_json::from_str(RULES).expect("rules"));
        for number in 0..PEOPLE {
            let (path, secret) = (format!("{CENTRE}/registrations/{}", uuid()), uuid() + &uuid());
            let name = format!("Muster{number}");
            let person = json!({ "family_name": name, "given_name": "Erika", "born_on": "1938-04-02" });
            let body = json!({ "group": 1, "district": "06412", "made_by": "self", "person": person });
            let receipt =
                send(serving.web, "PUT", &path, Some(&secret), Some(&body)).expect_status(201).json();
            house.position = receipt["position"].as_str().expect("a position").to_owned();
            house.people.push((path, secret));
        }
        house.told = house.answers(&serving);
        serving.end();
        house
    }

    fn arguments(&self) -> Vec<&str> {
        self.serve.iter().map(String::as_str).collect()
    }

    fn said(&self) -> PathBuf {
        self.dir.path().join("said")
    }

    fn serves(&self) -> Serving {
        Serving::start_noting(&self.arguments(), SNAPSHOT_EVERY, &self.said())
    }

    fn answers(&self, serving: &Serving) -> Vec<Value> {
        let availability = format!("{CENTRE}/availability?at_least={}", self.position);
        let mut told = vec![send(serving.web, "GET", &availability, None, None).expect_status(200).json()];
        for (path, secret) in &self.people {
            told.push(send(serving.web, "GET", path, Some(secret), None).expect_status(200).json());
        }
        told
    }

    /// Starts, and must answer as before; what it said meanwhile.
    #[track_caller]
    fn answers_the_same(&self) -> String {
        let serving = self.serves();
        assert_eq!(self.answers(&serving), self.told);
        let said = fs::read_to_string(self.said()).expect("what it said");
        serving.end();
        said
    }

    fn snapshots(&self) -> Vec<PathBuf> {
        let all = fs::read_dir(self.dir.path().join("snapshots")).expect("snapshots");
        let mut found: Vec<_> = all.map(|entry| entry.expect("an entry").path()).collect();
        found.sort();
        found
    }

    /// Makes these the only snapshots that there are.
    fn has_only(&self, snapshots: &[(PathBuf, Vec<u8>)]) {
        self.snapshots().iter().for_each(|path| fs::remove_file(path).expect("it goes"));
        snapshots.iter().for_each(|(path, bytes)| fs::write(path, bytes).expect("it is written"));
    }
}

fn with_bytes(paths: Vec<PathBuf>) -> Vec<(PathBuf, Vec<u8>)> {
    paths.into_iter().map(|path| (path.clone(), fs::read(path).expect("it is read"))).collect()
}

/// What stands behind a name in the line about how much of the log was read.
#[track_caller]
fn number(said: &str, name: &str) -> u64 {
    let line =
        said.lines().find(|line| line.contains("the log was read")).unwrap_or_else(|| panic!("{said}"));
    let value = line.split_once(&format!("{name}=")).and_then(|(_, rest)| rest.split(' ').next());
    value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{line}"))
}

fn snapshots_are_an_aid_and_no_source(house: &House, other: &House) {
    let taken = with_bytes(house.snapshots());
    assert_eq!(taken.len(), 1, "one partition has records; its snapshot was taken at the end: {taken:?}");

    let said = house.answers_the_same();
    assert_eq!(number(&said, "from_snapshots"), 1, "{said}");
    let with = number(&said, "records");

    house.has_only(&[]);
    let said = house.answers_the_same();
    assert_eq!(number(&said, "from_snapshots"), 0, "{said}");
    // A few claims may stand there by now, but far fewer than people.
    assert!(number(&said, "records") >= with + u64::try_from(PEOPLE).expect("a few"), "{said}");

    let mut altered = taken.clone();
    let middle = altered[0].1.len() / 2;
    altered[0].1[middle] ^= 1;
    house.has_only(&altered);
    let said = house.answers_the_same();
    assert_eq!(number(&said, "from_snapshots"), 0, "{said}");
    assert!(said.contains("a snapshot is damaged and thrown away"), "{said}");

    let foreign = with_bytes(other.snapshots());
    let here = (taken[0].0.clone(), foreign[0].1.clone());
    house.has_only(std::slice::from_ref(&here));
    let refused = [&["serve"], house.arguments().as_slice()].concat();
    cannot_run(&refused, text(&here.0));
    cannot_run(&refused, "of partition");

    house.has_only(&taken);
    let said = house.answers_the_same();
    assert_eq!(number(&said, "from_snapshots"), 1, "{said}");
}

#[test]
fn on_the_embedded_log() {
    snapshots_are_an_aid_and_no_source(&House::built(&[]), &House::built(&[]));
}

#[test]
fn on_kafka() {
    let brokers = cluster_for_tests().expect("a broker").bootstrap();
    let built = || {
        let topic = format!("snapshots-{}", uuid());
        let at = ["--kafka", brokers, "--topic", &topic];
        ends(&[&["topics", "create", "--partitions", "4"], &at[..]].concat(), 0);
        House::built(&at)
    };
    snapshots_are_an_aid_and_no_source(&built(), &built());
}
