//! The hashes that the format fixes: heads, and the partition of a centre.

use sha2::{Digest, Sha256};

use crate::ids::{CentreId, Head, Partition};

/// The head after genesis: SHA-256 over `terminbuch/1` and genesis as stored.
pub fn first_head(genesis: &[u8]) -> Head {
    Head(Sha256::new().chain_update(b"terminbuch/1").chain_update(genesis).finalize().into())
}

/// The head after a record that counts: SHA-256 over the head before it and the value as stored.
pub fn next_head(head: &Head, value: &[u8]) -> Head {
    Head(Sha256::new().chain_update(head.0).chain_update(value).finalize().into())
}

/// The partition of a centre in a ledger of `partitions` (at least 2): 1 + its hash modulo the rest.
pub fn partition_of(centre: &CentreId, partitions: u32) -> Partition {
    let digest: [u8; 32] = Sha256::digest(centre.as_str().as_bytes()).into();
    let [a, b, c, d, e, f, g, h, ..] = digest;
    let number = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
    let rest = u64::from(partitions.max(2) - 1);
    Partition(1 + u32::try_from(number % rest).unwrap_or(0))
}
