//! Being told to end.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

/// Waits until the program is interrupted or told to terminate. From the first call on, neither ends it by itself.
///
/// # Errors
/// When the system does not let signals be heard.
pub(crate) async fn told_to_end() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}
