//! The binary as a process of its own.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

pub fn terminbuch(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_terminbuch"));
    command.arg("--json").args(arguments).env_remove("RUST_LOG").output().expect("it runs")
}

pub fn last_line(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().last().unwrap_or_else(|| panic!("no line: {output:?}"));
    serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))
}

#[track_caller]
pub fn ends(arguments: &[&str], code: i32) -> Value {
    let output = terminbuch(arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
    last_line(&output)
}

#[track_caller]
pub fn cannot_run(arguments: &[&str], why: &str) {
    let said = ends(arguments, 2);
    assert!(said["reason"].as_str().is_some_and(|reason| reason.contains(why)), "{arguments:?}: {said}");
}

pub fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// A `serve` that ends with its value.
pub struct Serving {
    child: Child,
    pub web: SocketAddr,
    pub admin: SocketAddr,
}

impl Serving {
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terminbuch"));
        command.stderr(Stdio::null());
        Self::spawn(command, arguments)
    }

    /// With a snapshot after so many records; what it says goes into a file.
    pub fn start_noting(arguments: &[&str], snapshot_every: u32, said: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terminbuch"));
        command.env("TERMINBUCH_SNAPSHOT_EVERY", snapshot_every.to_string()).env_remove("RUST_LOG");
        command.stderr(std::fs::File::create(said).expect("a file"));
        Self::spawn(command, arguments)
    }

    fn spawn(mut command: Command, arguments: &[&str]) -> Self {
        let ports = ["--web", "127.0.0.1:0", "--hotline", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
        command.args(["--json", "serve"]).args(ports).args(arguments);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it runs");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line:?}"));
        let address = |edge: &str| said[edge].as_str().and_then(|at| at.parse().ok()).expect("an address");
        Self { web: address("web"), admin: address("admin"), child }
    }

    pub fn end(mut self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(told.expect("told").success());
        assert!(self.child.wait().expect("it ended").success());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It has ended already when all went well.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
