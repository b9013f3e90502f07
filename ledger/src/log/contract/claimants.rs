//! Clauses about two claimants over one log, with the chain as the judge.

use std::sync::Arc;

use schemas::ids::{ClaimId, LedgerId, NodeId};
use schemas::{Body, Claim, Instant};

use super::{ALL_BYTES, Found, ONE, append, ensure, read, same};
use crate::chain::{Chain, FOLD_VERSION, Origin, Pending, Verdict, VoidReason, claim_value};
use crate::log::Log;

/// Reads a partition on, as writer, projector and verifier do.
struct Reader {
    chain: Chain,
    verdicts: Vec<Verdict>,
}

impl Reader {
    fn at_the_end_of(log: &Arc<dyn Log>) -> Result<Self, String> {
        let mut reader = Self { chain: Chain::new(None, ONE), verdicts: Vec::new() };
        reader.read_on(log)?;
        Ok(reader)
    }

    /// The verdicts on what is new.
    fn read_on(&mut self, log: &Arc<dyn Log>) -> Result<Vec<Verdict>, String> {
        let mut fresh = Vec::new();
        for entry in read(log, ONE, self.chain.next_offset(), ALL_BYTES)? {
            fresh.push(self.chain.judge(entry.offset, &entry.value).map_err(|halt| halt.to_string())?);
        }
        self.verdicts.extend(fresh.iter().cloned());
        Ok(fresh)
    }

    fn ledger(&self) -> Result<LedgerId, String> {
        self.chain.ledger().ok_or_else(|| "there is no genesis".to_owned())
    }

    fn claim(&self, number: u8) -> Result<Arc<[u8]>, String> {
        let claim = Claim {
            claim: ClaimId([number; 16]),
            node: NodeId([number; 16]),
            knows_fold: FOLD_VERSION,
            clock_accepted: false,
            url: String::new(),
        };
        let value = claim_value(&self.chain, self.ledger()?, claim, Instant::EPOCH);
        value.map(Arc::from).map_err(|error| error.to_string())
    }

    fn barriers(&self, count: usize) -> Result<Vec<Arc<[u8]>>, String> {
        let mut pending = Pending::after(&self.chain, self.ledger()?);
        let barrier =
            |_| pending.push(Origin::WRITER, Instant::EPOCH, &Body::Barrier).map(|pended| pended.value);
        (0..count).map(barrier).collect::<Result<_, _>>().map_err(|error| error.to_string())
    }
}

fn counts(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Counts(_))
}

fn all_count(what: &str, verdicts: &[Verdict], count: usize) -> Found {
    ensure(verdicts.len() == count && verdicts.iter().all(counts), || format!("{what}: {verdicts:?}"))
}

pub(super) fn two_claims(log: &Arc<dyn Log>) -> Found {
    let mut reader = Reader::at_the_end_of(log)?;
    append(log, ONE, vec![reader.claim(1)?])?;
    append(log, ONE, vec![reader.claim(2)?])?;
    let verdicts = reader.read_on(log)?;
    let second = Verdict::Void(VoidReason::ClaimEpoch { found: 1, next: 2 });
    ensure(verdicts.first().is_some_and(counts), || format!("the first claim: {verdicts:?}"))?;
    same("the second claim", &verdicts.get(1), &Some(&second))?;
    same("the owner", &reader.chain.claim(), &Some((ClaimId([1; 16]), NodeId([1; 16]))))
}

pub(super) fn late_claim(log: &Arc<dyn Log>) -> Found {
    let mut reader = Reader::at_the_end_of(log)?;
    append(log, ONE, vec![reader.claim(1)?])?;
    all_count("the first claim", &reader.read_on(log)?, 1)?;
    // Both are made here; what the first owner sends in the meantime stands before the claim, the rest behind it.
    let (claim, sent) = (reader.claim(2)?, reader.barriers(4)?);
    let (before, after) = sent.split_at(2);
    append(log, ONE, before.to_vec())?;
    append(log, ONE, vec![claim])?;
    append(log, ONE, after.to_vec())?;
    let verdicts = reader.read_on(log)?;
    all_count("two barriers and the claim", verdicts.get(..3).unwrap_or_default(), 3)?;
    let void = Verdict::Void(VoidReason::Epoch { found: 1, current: 2 });
    same("what the first owner sent after", &verdicts.get(3..), &Some(&[void.clone(), void][..]))
}

pub(super) fn repeats(log: &Arc<dyn Log>) -> Found {
    let mut reader = Reader::at_the_end_of(log)?;
    append(log, ONE, vec![reader.claim(1)?])?;
    reader.read_on(log)?;
    let sent = reader.barriers(2)?;
    append(log, ONE, sent.clone())?;
    append(log, ONE, sent)?;
    let verdicts = reader.read_on(log)?;
    all_count("the barriers", verdicts.get(..2).unwrap_or_default(), 2)?;
    same("the repeats", &verdicts.get(2..), &Some(&[Verdict::Repeat, Verdict::Repeat][..]))
}

pub(super) fn barriers(log: &Arc<dyn Log>) -> Found {
    let mut reader = Reader::at_the_end_of(log)?;
    append(log, ONE, vec![reader.claim(1)?])?;
    reader.read_on(log)?;
    for value in reader.barriers(100)? {
        append(log, ONE, vec![value])?;
    }
    all_count("the barriers", &reader.read_on(log)?, 100)?;
    let again = Reader::at_the_end_of(log)?;
    same("the head of a second reader", &again.chain.head(), &reader.chain.head())?;
    same("the verdicts of a second reader", &again.verdicts, &reader.verdicts)
}
