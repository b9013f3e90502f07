//! The binary and brokers that want a password over TLS, told by a configuration file as a user would.

#![allow(clippy::expect_used, reason = "it is test code")]

mod support;

use std::path::Path;

use ledger::log::kafka::broker::{ClusterPlan, Listeners, OwnCluster, PASSWORD, USER};
use serde_json::{Value, json};

use support::program::{Serving, cannot_run, ends, text};
use support::{RULES, description, registration, send, uuid};

fn configuration(cluster: &OwnCluster, file: &Path, password: &str) {
    let ca = cluster.ca_file().expect("there is TLS");
    let lines = [
        "[kafka]".to_owned(),
        format!("brokers = \"{}\"", cluster.bootstrap()),
        "topic = \"bookings\"".to_owned(),
        "protocol = \"sasl_ssl\"".to_owned(),
        format!("ca_file = \"{}\"", ca.display()),
        format!("username = \"{USER}\""),
        format!("password = \"{password}\""),
    ];
    std::fs::write(file, lines.join("\n")).expect("written");
    let mut readable = std::fs::metadata(file).expect("it is there").permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut readable, 0o600);
    std::fs::set_permissions(file, readable).expect("its owner's alone");
}

#[test]
fn a_hold_is_placed_and_verified_over_tls_with_a_password() {
    let plan = ClusterPlan { listeners: Listeners::ScramTls, ..ClusterPlan::default() };
    let cluster = OwnCluster::start(&plan).expect("a broker");
    let dir = tempfile::tempdir().expect("a directory");
    let (right, wrong) = (dir.path().join("right.toml"), dir.path().join("wrong.toml"));
    configuration(&cluster, &right, PASSWORD);
    configuration(&cluster, &wrong, "guessed");
    let data = dir.path().join("data");
    let data = ["--data-dir", text(&data)];
    let (right, wrong) = (["--config", text(&right)], ["--config", text(&wrong)]);
    for command in [&["topics", "create"][..], &["topics", "check"], &["verify"]] {
        cannot_run(&[command, &wrong].concat(), "Look at the protocol, user name, password and certificates");
    }
    cannot_run(&[&["serve"], &wrong[..], &data].concat(), "refuse us");
    ends(&[&["topics", "create", "--partitions", "4"], &right[..]].concat(), 0);
    let new = ["credentials", "new", "--role", "admin", "--name", "Ada"];
    let token = ends(&[&new, &data[..]].concat(), 0)["token"].as_str().expect("a token").to_owned();

    let serving = Serving::start(&[&["--partitions", "4"], &right[..], &data].concat());
    let admin = |path: &str, body: &Value| {
        send(serving.admin, "PUT", &format!("/v1/centres/frankfurt{path}"), Some(&token), Some(body))
            .expect_status(201)
            .position()
    };
    admin("", &description("FRA"));
    let rules: Value = serde_json::from_str(RULES).expect("rules");
    admin(&format!("/rules/{}", uuid()), &rules);
    let delivery = uuid();
    let doses = json!({ "vaccine": "comirnaty", "doses": 200, "due_on": "2099-01-15" });
    admin(&format!("/deliveries/{delivery}"), &doses);
    let day = json!({ "delivery": delivery, "vaccine": "comirnaty", "first": { "date": "2099-01-19", "places": 100 },
        "second": { "date": "2099-02-09", "places": 100 } });
    let last = admin(&format!("/releases/{}", uuid()), &day);

    let (person, secret) = (uuid(), uuid().replace('-', ""));
    let put = |path: &str, body: &Value| {
        let path = format!("/v1/centres/frankfurt{path}");
        send(serving.web, "PUT", &path, Some(&secret), Some(body)).expect_status(201).position()
    };
    put(&format!("/registrations/{person}"), &registration("Muster"));
    let pairs = format!("/v1/centres/frankfurt/pairs?limit=1&at_least={last}");
    let pairs = send(serving.web, "GET", &pairs, None, None).expect_status(200).json();
    put(
        &format!("/holds/{}", uuid()),
        &json!({ "registration": person, "first": pairs["pairs"][0]["first"]["slot"] }),
    );
    let report = ends(&[&["verify"], &right[..]].concat(), 0);
    assert_eq!((&report["clean"], &report["live_holds"]), (&json!(true), &json!(1)), "{report}");
    serving.end();
}
