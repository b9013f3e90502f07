//! A process that is listened to, killed or told to end.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// A start or an end that takes longer than this has failed.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// A running process. It is killed when it is dropped.
pub(super) struct Running {
    child: Child,
    /// Its first line; empty when it ends without one.
    first_line: Option<oneshot::Receiver<String>>,
    /// Its last line; its output has ended, and so has it.
    ended: Option<oneshot::Receiver<String>>,
    last_line: String,
}

impl Running {
    /// A process that was just started.
    pub(super) fn listened_to(mut child: Child) -> Result<Self> {
        let output = child.stdout.take().context("it has no output")?;
        let (first_line, ended) = listen(output);
        Ok(Self { child, first_line: Some(first_line), ended: Some(ended), last_line: String::new() })
    }

    /// Waits for its first line; empty when it ended without one.
    pub(super) async fn says(&mut self) -> Result<String> {
        let first_line = self.first_line.take().context("its first line was read before")?;
        let line = timeout(PATIENCE, first_line).await.context("it does not start")??;
        if line.is_empty() {
            self.child.wait()?;
        }
        Ok(line)
    }

    /// Waits until it ends by itself. Whoever stops waiting can begin again.
    pub(super) async fn ends(&mut self) {
        if let Some(ended) = &mut self.ended {
            self.last_line = ended.await.unwrap_or_default();
            self.ended = None;
        }
    }

    /// The same at most so long; whether it did.
    pub(super) async fn ends_within(&mut self, at_most: Duration) -> bool {
        timeout(at_most, self.ends()).await.is_ok()
    }

    /// Waits until it is done by itself; how it ended, and its last line.
    pub(super) async fn done(mut self) -> Result<(ExitStatus, String)> {
        ensure!(self.ends_within(PATIENCE).await, "it does not end");
        Ok((self.child.wait()?, std::mem::take(&mut self.last_line)))
    }

    /// SIGKILL, and waits until it is gone; whether it died before it had ended in order. One that has refused has not died.
    pub(super) fn kill(mut self) -> Result<bool> {
        self.child.kill()?;
        let status = self.child.wait()?;
        ensure!(
            status.code().is_none_or(|code| code == 0),
            "it was to be killed, and had ended with {status}"
        );
        Ok(!status.success())
    }

    /// SIGTERM, and waits until it has ended in order.
    pub(super) async fn end(mut self) -> Result<()> {
        let told = Command::new("sh").arg("-c").arg(format!("kill -TERM {}", self.child.id())).status()?;
        ensure!(told.success(), "it cannot be told to end");
        ensure!(self.ends_within(PATIENCE).await, "it was told to end, and did not");
        let status = self.child.wait()?;
        ensure!(status.success(), "it was told to end, and ended with {status}");
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first line of an output, and at its end the last.
fn listen(output: impl Read + Send + 'static) -> (oneshot::Receiver<String>, oneshot::Receiver<String>) {
    let ((says, first_line), (ends, ended)) = (oneshot::channel(), oneshot::channel());
    std::thread::spawn(move || {
        let (mut reader, mut line) = (BufReader::new(output), String::new());
        // An output that breaks off has ended; and nobody need be listening any more.
        let _ = reader.read_line(&mut line);
        let _ = says.send(line.clone());
        let _ = ends.send(reader.lines().map_while(Result::ok).last().unwrap_or(line));
    });
    (first_line, ended)
}
