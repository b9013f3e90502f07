//! Free ports on loopback.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};

use super::BrokerError;

/// Below the ports that systems give to outgoing connections: one of those could take a broker's port while the broker is
/// down and wants to come back to it.
const FIRST: u16 = 15_000;
const COUNT: u16 = 15_000;
const TRIES: u32 = 1_000;

/// What one broker listens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ports {
    /// For clients.
    pub(super) client: u16,
    /// For the other brokers.
    pub(super) broker: u16,
    /// For the quorum of controllers.
    pub(super) controller: u16,
}

/// Ports that were free a moment ago. Nobody can keep them free: a broker that finds one taken says so and ends.
pub(super) fn choose(brokers: u8) -> Result<Vec<Ports>, BrokerError> {
    let mut taken = BTreeSet::new();
    (0..brokers)
        .map(|_| {
            Ok(Ports { client: free(&mut taken)?, broker: free(&mut taken)?, controller: free(&mut taken)? })
        })
        .collect()
}

fn free(taken: &mut BTreeSet<u16>) -> Result<u16, BrokerError> {
    for _ in 0..TRIES {
        let drawn = getrandom::u32().map_err(|error| BrokerError::System {
            what: "the system has no chance",
            why: error.to_string(),
        })?;
        let [low, high, ..] = drawn.to_le_bytes();
        let port = FIRST + u16::from_le_bytes([low, high]) % COUNT;
        if taken.insert(port) && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(BrokerError::System { what: "no port is free", why: format!("{TRIES} were tried") })
}
