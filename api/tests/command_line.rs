//! The binary as an operator meets it.

#![allow(clippy::expect_used, reason = "it is test code")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn terminbuch(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_terminbuch"));
    command.args(arguments).env_remove("RUST_LOG").output().expect("it runs")
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).expect("text");
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

#[test]
fn credentials_are_made_listed_and_revoked_and_their_secret_stands_nowhere() {
    let dir = tempfile::tempdir().expect("a directory");
    let run = |arguments: &[&str]| {
        terminbuch(&[&["--json", "credentials", "--data-dir", path(dir.path())], arguments].concat())
    };
    let made = run(&["new", "--role", "agent", "--name", "Agnes"]);
    assert!(made.status.success(), "{made:?}");
    let made = lines(&made).remove(0);
    let token = made["token"].as_str().expect("a token");
    let secret = token.rsplit('_').next().expect("a secret");
    assert_eq!(secret.len(), 64);
    let file = std::fs::read_to_string(dir.path().join("keys/credentials")).expect("the file");
    assert!(!file.contains(secret));
    assert_eq!(mode(&dir.path().join("keys/credentials")), 0o600);
    assert_eq!(mode(&dir.path().join("keys")), 0o700);
    assert_eq!(run(&["new", "--role", "centre", "--name", "Desk"]).status.code(), Some(2));
    assert_eq!(run(&["new", "--role", "agent", "--name", "A", "--centre", "kassel"]).status.code(), Some(2));
    let id = made["id"].as_str().expect("an id");
    assert!(run(&["revoke", id]).status.success());
    assert_eq!(run(&["revoke", id]).status.code(), Some(2));
    let listed = lines(&run(&["list"]));
    assert_eq!((listed.len(), &listed[0]["id"]), (1, &made["id"]));
    assert!(listed[0]["revoked_at"].is_string(), "{listed:?}");
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

#[test]
fn the_configuration_says_where_it_comes_from_and_refuses_what_it_does_not_know() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("terminbuch.toml");
    std::fs::write(&file, "partitions = 8\n").expect("written");
    let run = |environment: Option<(&str, &str)>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terminbuch"));
        command.args(["serve", "--config", path(&file), "--web", "127.0.0.1:9", "--print-config"]);
        command.envs(environment).output().expect("it runs")
    };
    let said = String::from_utf8(run(Some(("TERMINBUCH_HOTLINE__THREADS", "3"))).stdout).expect("text");
    let line =
        |key: &str| said.lines().find(|line| line.starts_with(key)).unwrap_or_else(|| panic!("{said}"));
    assert!(line("partitions").contains('8') && line("partitions").contains("terminbuch.toml"), "{said}");
    assert!(line("web.address").contains("127.0.0.1:9") && line("web.address").contains("flag"), "{said}");
    assert!(
        line("hotline.threads").contains('3') && line("hotline.threads").contains("TERMINBUCH_"),
        "{said}"
    );
    // A name of digits is a name.
    let said = String::from_utf8(run(Some(("TERMINBUCH_DATA_DIR", "123"))).stdout).expect("text");
    assert!(said.lines().any(|line| line.starts_with("data_dir") && line.contains("\"123\"")), "{said}");
    let refused = run(Some(("TERMINBUCH_WEB__ADRESS", "127.0.0.1:1")));
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).to_lowercase().contains("adress"), "{refused:?}");
}

#[test]
fn serve_opens_the_web_alone_without_credentials_and_ends_when_told() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut command = Command::new(env!("CARGO_BIN_EXE_terminbuch"));
    let port = ["--web", "127.0.0.1:0", "--hotline", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
    command.args(["--json", "serve", "--data-dir", path(dir.path()), "--partitions", "4"]).args(port);
    let mut serving = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it runs");
    let mut line = String::new();
    BufReader::new(serving.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line:?}"));
    assert_eq!(said["kind"], "serving");
    assert!(
        said["web"].is_string() && said.get("hotline").is_none() && said.get("admin").is_none(),
        "{said}"
    );
    let beside = terminbuch(&["rebuild", "--data-dir", path(dir.path())]);
    assert_eq!(beside.status.code(), Some(2), "the data directory is locked: {beside:?}");
    let verified = terminbuch(&["--json", "verify", "--data-dir", path(dir.path())]);
    assert!(verified.status.success(), "it reads beside a running serve: {verified:?}");
    let report = lines(&verified).pop().expect("a line");
    assert_eq!(
        (&report["kind"], &report["clean"], &report["oversold"]),
        (&"report".into(), &true.into(), &0.into())
    );
    assert_eq!(report["partitions"].as_array().map(Vec::len), Some(4));
    assert_eq!(report["partitions"][0]["head"].as_str().map(str::len), Some(64));
    let told = Command::new("kill").args(["-TERM", &serving.id().to_string()]).status().expect("told");
    assert!(told.success());
    assert!(serving.wait().expect("it ended").success());
    let rebuilt = terminbuch(&["--json", "rebuild", "--data-dir", path(dir.path())]);
    assert!(rebuilt.status.success(), "{rebuilt:?}");
    assert!(lines(&rebuilt)[0]["records"].as_u64().is_some_and(|records| records >= 8), "{rebuilt:?}");
}

#[test]
fn a_directory_that_is_none_cannot_be_verified() {
    let dir = tempfile::tempdir().expect("a directory");
    let nowhere = terminbuch(&["verify", "--data-dir", path(&dir.path().join("nowhere"))]);
    assert_eq!(nowhere.status.code(), Some(2), "{nowhere:?}");
}
