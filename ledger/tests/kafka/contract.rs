//! The whole contract, each clause on a topic of its own.

use std::sync::Arc;

use ledger::log::{Log, contract};

use crate::common::{fresh_topic, open};

#[test]
fn it_keeps_the_contract() {
    let fresh = || -> Arc<dyn Log> { open(&fresh_topic()) };
    assert_eq!(contract::check(&fresh), Ok(()));
}
