//! Reading beside a writer, in this process and in another; and a writer that is killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::super::super::{Log, LogError};
use super::super::EmbeddedLog;
use super::{ONE, TWO, append, open, texts};

/// Says to the test's own program that it is the writer, and where.
const WRITER: &str = "TERMINBUCH_TEST_WRITER";

#[test]
fn a_reader_beside_sees_what_stood_when_it_opened() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    append(&log, ONE, &["a", "b"]).unwrap();
    let reader = EmbeddedLog::open_read_only(dir.path()).unwrap();
    append(&log, ONE, &["c"]).unwrap();
    assert_eq!((reader.ledger(), reader.partitions(), reader.clock()), (log.ledger(), 3, log.clock()));
    assert_eq!(texts(&reader, ONE), ["a", "b"]);
    assert_eq!(reader.end(ONE), Ok(3));
    assert_eq!(reader.read(ONE, 3, 10), Ok(Vec::new()));
    assert_eq!(reader.read(ONE, 4, 10), Err(LogError::PastTheEnd { partition: ONE, end: 3, asked: 4 }));
    assert_eq!(texts(&EmbeddedLog::open_read_only(dir.path()).unwrap(), ONE), ["a", "b", "c"]);
    append(&log, ONE, &["d"]).unwrap();
    drop(log);
    assert_eq!(texts(&EmbeddedLog::open_read_only(dir.path()).unwrap(), ONE), ["a", "b", "c", "d"]);
    assert_eq!(texts(&open(dir.path()), ONE), ["a", "b", "c", "d"]);
}

#[test]
fn a_reader_appends_nothing() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    let reader = EmbeddedLog::open_read_only(dir.path()).unwrap();
    let (outcome, outcomes) = crossbeam_channel::bounded(1);
    reader.append(ONE, Vec::new(), Box::new(move |result| outcome.send(result).unwrap()));
    assert_eq!(outcomes.recv(), Ok(Err(LogError::Closed)));
}

/// Runs this test again as a writer in a process of its own, reads beside it, kills it and looks at what is left.
#[test]
fn another_process_writes_is_read_and_killed() {
    if let Some(dir) = std::env::var_os(WRITER) {
        return write_until_killed(Path::new(&dir));
    }
    let dir = tempfile::tempdir().unwrap();
    let mut writer = Writer::start(dir.path());
    for round in 1..=15 {
        let promised = writer.promises_at_least(round * 20);
        let reader = EmbeddedLog::open_read_only(dir.path()).unwrap();
        let found = texts(&reader, ONE);
        assert!(found.len() >= promised, "{promised} are promised, {} can be read", found.len());
        for (number, text) in found.iter().enumerate() {
            assert!(text.starts_with(&format!("{number} ")), "{number}: {text:.20}");
        }
        assert!(texts(&reader, TWO).len() + 1 >= promised);
    }
    let promised = writer.kill();
    let log = open(dir.path());
    assert!(texts(&log, ONE).len() >= promised);
    append(&log, ONE, &["and on"]).unwrap();
}

#[expect(clippy::print_stdout, reason = "it is how the writer tells what it was promised")]
fn write_until_killed(dir: &Path) {
    let log = open(dir);
    let filler = "x".repeat(30_000);
    // The one who reads kills it long before; should he be gone, it ends by itself.
    for number in 0..100_000 {
        append(&log, ONE, &[&format!("{number} {filler}")]).unwrap();
        println!("promised {}", number + 1);
        append(&log, TWO, &["other"]).unwrap();
    }
}

struct Writer {
    child: Child,
    said: BufReader<std::process::ChildStdout>,
}

impl Writer {
    fn start(dir: &Path) -> Self {
        let test = "log::embedded::tests::beside::another_process_writes_is_read_and_killed";
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([test, "--exact", "--nocapture", "--test-threads=1"])
            .env(WRITER, dir)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        Self { child, said }
    }

    fn next_promise(&mut self) -> Option<usize> {
        loop {
            let mut line = String::new();
            if self.said.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            // The test harness writes the name of the test before the first promise.
            if let Some((_, number)) = line.split_once("promised ") {
                return number.trim().parse().ok();
            }
        }
    }

    fn promises_at_least(&mut self, many: usize) -> usize {
        loop {
            let promised = self.next_promise().expect("the writer goes on");
            if promised >= many {
                return promised;
            }
        }
    }

    /// The last promise before it died.
    fn kill(mut self) -> usize {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let mut last = 0;
        while let Some(promised) = self.next_promise() {
            last = promised;
        }
        last
    }
}

impl Drop for Writer {
    /// A test that fails leaves no writer behind.
    fn drop(&mut self) {
        if self.child.kill().is_ok() {
            self.child.wait().unwrap();
        }
    }
}
