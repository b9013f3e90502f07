//! A data directory with something in it, and the program started on a copy.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use api::config::Config;
use api::credentials::{self, NewCredential};
use api::{ServeClock, ServeOptions, Server};
use replay_tests::history::Recorder;
use replay_tests::history::load::{Load, LoadPlan, SmallWorld};
use schemas::vocabulary::Role;

/// A registration that was told as done: where, and its secret.
pub(crate) struct Told {
    path: String,
    secret: String,
}

pub(crate) struct House {
    _folder: tempfile::TempDir,
    path: PathBuf,
    pub(crate) told: Vec<Told>,
}

/// What a start came to.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) serves: bool,
    pub(crate) everything_is_there: bool,
    /// All that was said, on both outputs.
    pub(crate) said: String,
}

impl Seen {
    /// The line that matters.
    pub(crate) fn in_short(&self) -> &str {
        let telling = |line: &&str| {
            let is_one = ["ERROR", "WARN", "\"failure\""].iter().any(|word| line.contains(word));
            is_one && !line.contains("stays closed")
        };
        self.said.lines().rfind(telling).unwrap_or_default()
    }
}

impl House {
    /// With one centre, some registrations, snapshots, and a credential; stopped and started once, so that there are table files
    /// beside write-ahead logs.
    pub(crate) fn built(centre: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let new = NewCredential { name: "Ada".to_owned(), role: Role::Admin, centres: Vec::new() };
        credentials::create(&path, new, schemas::Instant::EPOCH).unwrap();
        let mut house = Self { _folder: folder, path, told: Vec::new() };
        for round in 0..3 {
            house.live(centre, round);
        }
        house
    }

    fn live(&mut self, centre: &str, round: u32) {
        let mut config =
            Config { data_dir: self.path.clone(), partitions: 3, snapshot_every: 10, ..Config::default() };
        for edge in [&mut config.web, &mut config.hotline, &mut config.audit, &mut config.admin] {
            edge.address.set_port(0);
        }
        let server = Server::start(ServeOptions { config, clock: ServeClock::Wall }).unwrap();
        if round == 0 {
            let world = SmallWorld::new(vec![centre.parse().unwrap()]);
            let plan = LoadPlan::new(1, world);
            let load = Load::new(vec![server.ledger().clone()], Recorder::in_memory(1), plan);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(load.open()).unwrap();
        }
        for number in 0..20 {
            let (told, body) = person(centre, &format!("{round}x{number}"));
            assert_eq!(ask(&server.web_address().to_string(), "PUT", &told, &body), 201);
            self.told.push(told);
        }
        server.shut_down();
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn copied(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let copied = Command::new("cp").arg("-a").arg(&self.path).arg(&path).status().unwrap();
        assert!(copied.success());
        Self { _folder: folder, path, told: Vec::new() }
    }

    /// Starts the program, looks whether everything is there that was told, and kills it.
    pub(crate) fn opened(&self, told: &[Told]) -> Seen {
        self.lived_in("exec \"$0\" \"$@\"", |web| told.iter().all(|told| ask(web, "GET", told, "") == 200))
    }

    /// The same where the directory cannot be written to.
    pub(crate) fn opened_read_only(&self) -> Seen {
        let script = format!(
            "mount --bind {0} {0} && mount -o remount,ro,bind {0} && exec \"$0\" \"$@\"",
            self.path.display()
        );
        let script = format!("exec unshare -m sh -c '{script}' \"$0\" \"$@\"");
        self.lived_in(&script, |_| true)
    }

    /// Starts the program where no file may grow beyond so many blocks, as on a disk that fills up, and registers people
    /// until that fails; those who were told that it did not.
    pub(crate) fn filled(&self, centre: &str, blocks: u32) -> (Vec<Told>, Seen) {
        let mut kept = Vec::new();
        // The signal is ignored, so that a write fails as it does on a full disk.
        let script = format!("trap '' XFSZ; ulimit -S -f {blocks}; exec \"$0\" \"$@\"");
        let seen = self.lived_in(&script, |web| {
            (0..5_000).any(|number| {
                let (told, body) = person(centre, &format!("full{number}"));
                let was_full = ask(web, "PUT", &told, &body) != 201;
                kept.extend((!was_full).then_some(told));
                was_full
            })
        });
        (kept, seen)
    }

    /// Runs the program by a shell script, does something while it serves, and kills it.
    fn lived_in(&self, script: &str, mut meanwhile: impl FnMut(&str) -> bool) -> Seen {
        let mut command = Command::new("sh");
        command.args(["-c", script]).arg(env!("CARGO_BIN_EXE_reliability"));
        command.args(["terminbuch", "--json", "serve", "--partitions", "3", "--data-dir"]).arg(&self.path);
        for edge in ["--web", "--hotline", "--audit", "--admin"] {
            command.args([edge, "127.0.0.1:0"]);
        }
        let stderr = self.path.with_extension("stderr");
        command.stderr(std::fs::File::create(&stderr).unwrap()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        output.read_line(&mut said).unwrap();
        let first: serde_json::Value = serde_json::from_str(&said).unwrap_or_default();
        let web = first["web"].as_str();
        let everything_is_there = web.is_some_and(&mut meanwhile);
        // One that refused is gone already.
        let _ = child.kill();
        output.read_to_string(&mut said).unwrap();
        child.wait().unwrap();
        let serves = web.is_some();
        said.push_str(&std::fs::read_to_string(stderr).unwrap());
        Seen { serves, everything_is_there, said }
    }
}

/// Somebody new, and what he sends.
fn person(centre: &str, name: &str) -> (Told, String) {
    let path = format!("/v1/centres/{centre}/registrations/{}", uuid::Uuid::new_v4());
    let told = Told { path, secret: format!("{}{}", uuid::Uuid::new_v4(), uuid::Uuid::new_v4()) };
    let person = serde_json::json!({ "family_name": format!("Muster{name}"), "given_name": "Erika", "born_on": "1938-04-02" });
    let body = serde_json::json!({ "group": 1, "district": "06412", "made_by": "self", "person": person });
    (told, body.to_string())
}

/// The status of an answer.
fn ask(address: &str, method: &str, told: &Told, body: &str) -> u16 {
    let mut stream = TcpStream::connect(address).unwrap();
    let Told { path, secret } = told;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: t\r\nauthorization: Bearer {secret}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}
