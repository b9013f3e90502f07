//! The shell that keeps the brokers, and is told what to do line by line.
//!
//! The brokers' life hangs on a pipe that this process holds open: when it dies, however it dies, the system closes the
//! pipe, and the shell ends the brokers and removes their folder. Signals are sent by the shell too, so that there is no
//! other process that could be hit by mistake.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::BrokerError;
use super::kafka::Kafka;

const SCRIPT: &str = include_str!("keeper.sh");

/// The shell. Dropping it ends all brokers, and waits for that.
#[derive(Debug)]
pub(super) struct Keeper {
    shell: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Keeper {
    /// Takes the folder over: from now on the shell removes it.
    pub(super) fn start(room: &Path, kafka: &Kafka, options: &[&str]) -> Result<Self, BrokerError> {
        let mut classpath = OsString::from(&kafka.libs);
        classpath.push("/*");
        let mut shell = Command::new("sh")
            .args(["-c", SCRIPT, "terminbuch-broker"])
            .args([room.as_os_str(), &kafka.java, &classpath])
            .args(options)
            .args(&kafka.classes)
            // What a terminal sends to its programs (Ctrl-C) is for us alone: we end, and the shell cleans up.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(BrokerError::system("sh cannot be started"))?;
        let (Some(orders), Some(answers)) = (shell.stdin.take(), shell.stdout.take()) else {
            return Err(BrokerError::Keeper("it has no pipes".to_owned()));
        };
        Ok(Self { shell, orders: Some(orders), answers: BufReader::new(answers) })
    }

    /// Tells the shell to do something, and waits until it has.
    pub(super) fn tell(&mut self, order: &str) -> Result<String, BrokerError> {
        let refused = || BrokerError::system("the shell that keeps the brokers cannot be told anything");
        let Some(orders) = &mut self.orders else {
            return Err(BrokerError::Keeper("it has ended".to_owned()));
        };
        writeln!(orders, "{order}").and_then(|()| orders.flush()).map_err(refused())?;
        let mut answer = String::new();
        if self.answers.read_line(&mut answer).map_err(refused())? == 0 {
            return Err(BrokerError::Keeper(format!("it ended when it was told to {order}")));
        }
        Ok(answer.trim().to_owned())
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.orders = None;
        if let Err(error) = self.shell.wait() {
            tracing::warn!(%error, "the shell that keeps the brokers is not seen to end");
        }
    }
}
