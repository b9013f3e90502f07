//! The morning recounted: from its own log, without the code that decided, and from what the centres show.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant as RealInstant};

use hyper::Method;
use hyper::body::Bytes;
use ledger::log::LogError;
use ledger::verify::{Progress, VerifyError, verify};

use super::cast::Cast;
use super::seen::Seen;
use super::wire::{Connection, NoAnswer, Sent};
use crate::config::Config;
use crate::log::{self, OpenError};

/// How long the views may take to show what stands in the log.
const VIEWS_TAKE_AT_MOST: Duration = Duration::from_secs(10);

/// Why the morning could not be recounted.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each says what it is")]
pub enum AuditError {
    #[error(transparent)]
    Log(#[from] OpenError),
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

/// What the recount found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// Places given beyond capacity.
    pub oversold: u64,
    /// Records that count, genesis and claims included.
    pub records: u64,
    /// Live bookings with both places.
    pub live_pairs: u64,
    /// Live bookings by the channel that placed their hold.
    pub booked_by_channel: BTreeMap<String, u64>,
    /// `clean`, or the first fault.
    pub verdict: String,
}

/// Reads the whole log beside the running server.
///
/// # Errors
/// When the log cannot be read.
pub fn of(config: &Config, progress: &mut dyn FnMut(&Progress)) -> Result<Audit, AuditError> {
    let log = match log::to_read(config) {
        Err(OpenError::Log(LogError::Damaged(verdict))) => {
            return Ok(Audit { verdict, ..Audit::default() });
        }
        log => log?,
    };
    let report = verify(log.log(), progress)?;
    let copy = log.copies().and_then(|copies| copies.first.into_iter().next());
    let verdict = match (report.clean, report.faults.first()) {
        (true, _) if let Some(copy) = copy => copy.to_string(),
        (true, _) => "clean".to_owned(),
        (false, Some(fault)) => fault.to_string(),
        (false, None) => format!("{} faults", report.fault_count),
    };
    let mut by_channel = BTreeMap::from(["web", "hotline"].map(|channel| (channel.to_owned(), 0)));
    by_channel.extend(report.booked_by_channel);
    Ok(Audit {
        oversold: report.oversold,
        records: report.records,
        live_pairs: report.live_pairs,
        booked_by_channel: by_channel,
        verdict,
    })
}

/// The pairs that are booked as the centres' availability shows it, once it shows all of them or after ten seconds.
///
/// # Errors
/// When the edge does not answer.
pub async fn booked_pairs(cast: &Cast, web: SocketAddr) -> Result<u64, NoAnswer> {
    let mut connection = Connection::to(web);
    let begun = RealInstant::now();
    loop {
        let mut booked = 0;
        for centre in &cast.tables.centres {
            let path = format!("/v1/centres/{}/availability", centre.id);
            let sent = Sent { method: Method::GET, path, bearer: None, known: None, body: Bytes::new() };
            let seen = Seen::read(&connection.ask(&sent).await?.body).unwrap_or_default();
            let firsts: u32 = seen.sums().iter().map(|room| room.booked).sum();
            let [.., seconds] = seen.seconds;
            booked += u64::from(firsts.min(seconds));
        }
        if booked >= u64::from(cast.pairs()) || begun.elapsed() > VIEWS_TAKE_AT_MOST {
            return Ok(booked);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
