//! `terminbuch verify` as an auditor meets it: beside a running server, with what stands beside the log.

#![allow(clippy::expect_used, reason = "it is test code")]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use support::World;

fn verify(data: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_terminbuch"));
    command.args(["--json", "verify", "--data-dir"]).arg(data).args(arguments);
    command.env_remove("RUST_LOG").output().expect("it runs")
}

/// The report, and the exit code.
fn report(output: &Output) -> (Value, Option<i32>) {
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_else(|| panic!("{output:?}"));
    (serde_json::from_str(last).unwrap_or_else(|_| panic!("{last}")), output.status.code())
}

/// Five people, one of them erased again.
fn morning() -> World {
    let world = World::morning();
    world.opens();
    let people: Vec<_> = (0..5).map(|_| world.register()).collect();
    people[0].book(1);
    people[4].send("POST", &format!("{}/erase", people[4].path()), None).expect_status(201);
    world
}

#[test]
fn a_running_server_is_verified_with_its_views_and_its_vault_and_gives_a_page() {
    let world = morning();
    let (data, page) = (world.dir.path().join("data"), world.dir.path().join("page.html"));
    let file = page.to_str().expect("UTF-8");
    let (mut found, mut code) = report(&verify(&data, &["--html", file]));
    // On a busy machine the vault may erase behind its answer.
    for _ in 0..50 {
        if found["commitments_erased"] == 1 {
            break;
        }
        (found, code) = report(&verify(&data, &["--html", file]));
    }
    assert_eq!(
        (code, &found["clean"], &found["not_checked"]),
        (Some(0), &json!(true), &json!([])),
        "{found}"
    );
    assert_eq!((&found["vault_read"], &found["live_bookings"]), (&json!(true), &json!(1)));
    assert_eq!((&found["commitments_kept"], &found["commitments_erased"]), (&json!(4), &json!(1)));
    assert!(found["standings"].as_u64().is_some_and(|count| count > 0), "{found}");
    let output = verify(&data, &[]);
    let took = String::from_utf8_lossy(&output.stdout);
    let took = took.lines().find(|line| line.contains("\"took\"")).expect("a line of what it took");
    let took: Value = serde_json::from_str(took).expect("JSON");
    assert!(took["peak_rss_kib"].as_u64().is_some_and(|peak| peak > 1_000), "{took}");
    let page = fs::read_to_string(&page).expect("a page");
    for said in ["Clean: nothing is wrong", "RegistrationAccepted v1", "How to read this page"] {
        assert!(page.contains(said), "{said}");
    }
    assert!(page.contains(found["partitions"][1]["head"].as_str().expect("a head")));
    assert!(!page.contains("Muster"), "no person stands in it");
    let (again, _) = report(&verify(&data, &["--threads", "1"]));
    assert_eq!(again["partitions"], found["partitions"], "the same log, whatever the threads");
}

#[test]
fn what_is_missing_beside_the_log_is_said_and_what_is_wrong_is_a_fault() {
    let mut world = morning();
    let other = morning();
    world.shut_down();
    let (data, foreign) = (world.dir.path().join("data"), other.dir.path().join("data"));
    fs::rename(data.join("keys"), data.join("elsewhere")).expect("moved");
    let (found, code) = report(&verify(&data, &[]));
    assert_eq!((code, &found["clean"], &found["vault_read"]), (Some(0), &json!(true), &json!(false)));
    let why = found["not_checked"][0].as_str().expect("why");
    assert!(why.starts_with("the commitments in the vault: the key ") && why.contains("is missing"), "{why}");
    fs::rename(data.join("elsewhere"), data.join("keys")).expect("moved back");

    fs::rename(data.join("views"), data.join("own-views")).expect("moved");
    copy(&foreign.join("views"), &data.join("views"));
    let (found, code) = report(&verify(&data, &[]));
    assert_eq!((code, &found["faults"][0]["wrong"]), (Some(1), &json!("ForeignViews")), "{found}");
    fs::remove_dir_all(data.join("views")).expect("removed");
    fs::rename(data.join("own-views"), data.join("views")).expect("moved back");

    fs::rename(data.join("vault"), data.join("own-vault")).expect("moved");
    copy(&foreign.join("vault"), &data.join("vault"));
    let (found, code) = report(&verify(&data, &[]));
    assert_eq!((code, &found["faults"][0]["wrong"]), (Some(1), &json!("VaultDamaged")), "{found}");
    fs::remove_dir_all(data.join("vault")).expect("removed");
    fs::create_dir(data.join("vault")).expect("made");
    let (found, _) = report(&verify(&data, &[]));
    assert_eq!(found["not_checked"], json!(["the commitments in the vault: there is no vault"]));
}

#[test]
fn a_state_to_resume_from_is_gone_at_the_end_and_a_foreign_one_is_refused() {
    let mut world = morning();
    world.shut_down();
    let (data, state) = (world.dir.path().join("data"), world.dir.path().join("state"));
    let file = state.to_str().expect("UTF-8");
    let (found, code) = report(&verify(&data, &["--resume", file]));
    assert_eq!((code, &found["clean"]), (Some(0), &json!(true)), "{found}");
    assert!(!state.exists());
    fs::write(&state, "something else").expect("written");
    let refused = verify(&data, &["--resume", file]);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("was not written by a verification"), "{said}");
}

/// The files of a folder, without the folders in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("made");
    for file in fs::read_dir(from).expect("there") {
        let file = file.expect("a file");
        if file.path().is_file() {
            fs::copy(file.path(), to.join(file.file_name())).expect("copied");
        }
    }
}
