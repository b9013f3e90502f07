//! Waiting until a broker can be used: what it says in its log, and whether it answers.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::BrokerError;

/// Said by a broker once the quorum has taken it in.
const SAID: &str = "Kafka Server started";
const PAUSE: Duration = Duration::from_millis(50);
const TOLD_LINES: usize = 30;

/// What is looked at.
pub(super) struct Watched {
    pub(super) broker: u8,
    pub(super) pid: u32,
    pub(super) log: PathBuf,
    /// Where in its log this start begins.
    pub(super) from: u64,
    pub(super) address: SocketAddr,
}

/// Waits until the broker is ready, has ended, or the time is over.
pub(super) fn wait(watched: &Watched, until: Instant, limit: Duration) -> Result<(), BrokerError> {
    loop {
        let ended = !runs(watched.pid);
        let said = text_from(&watched.log, watched.from);
        if said.contains(SAID) && TcpStream::connect_timeout(&watched.address, Duration::from_secs(1)).is_ok()
        {
            return Ok(());
        }
        if ended {
            return Err(BrokerError::Ended { broker: watched.broker, log: last_lines(&said) });
        }
        if Instant::now() >= until {
            return Err(BrokerError::NotReady { broker: watched.broker, limit, log: last_lines(&said) });
        }
        thread::sleep(PAUSE);
    }
}

/// Whether the process is there and more than a name that nobody has asked after yet.
pub(super) fn runs(pid: u32) -> bool {
    let Ok(told) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    // The state stands behind the program's name, which stands in brackets.
    let state = told.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next());
    !matches!(state, Some('Z' | 'X') | None)
}

/// The log from a place on; what cannot be read yet is empty.
fn text_from(log: &Path, from: u64) -> String {
    let mut bytes = Vec::new();
    let read = File::open(log).and_then(|mut file| {
        file.seek(SeekFrom::Start(from))?;
        file.read_to_end(&mut bytes)
    });
    match read {
        Ok(_) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => String::new(),
    }
}

/// The end of a log, for a message.
pub(super) fn end_of(log: &Path) -> String {
    last_lines(&text_from(log, 0))
}

fn last_lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    lines.iter().skip(lines.len().saturating_sub(TOLD_LINES)).copied().collect::<Vec<_>>().join("\n")
}
