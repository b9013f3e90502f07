//! Being told to end.

use std::io;
use std::sync::mpsc::{Receiver, channel};

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

/// Listens from now on, on a thread of its own: who looks at the receiver later has missed nothing.
///
/// # Errors
/// When there is no thread for it.
pub(crate) fn listen() -> io::Result<Receiver<()>> {
    let (tell, told) = channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        // Where no signal can be heard, one ends the program as always.
        if runtime.block_on(told_to_end()).is_ok() {
            // Nobody may want to know any more.
            let _ = tell.send(());
        }
    })?;
    Ok(told)
}
