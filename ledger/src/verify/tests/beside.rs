//! What stands beside the log: commitments and checkpoints; and repeats that are none.

use schemas::events::{ErasureDone, ErasureOrdered, RegistrationWithdrawn};
use schemas::ids::{CentreId, Commitment, Head, RegistrationId};
use schemas::vocabulary::{Channel, WithdrawReason};

use super::super::{Commitments, Outcome, Report, Standing, Verification, Wrong};
use super::story::{CONTENT, ONE, Story, person, put, read};
use crate::log::Log as _;
use crate::vault::Committed;

/// A vault that keeps this of registration 1, and what the story commits to of all others.
struct Vault(Result<Committed, String>);

impl Commitments for Vault {
    fn committed(&self, _: &CentreId, registration: RegistrationId, _: u32) -> Result<Committed, String> {
        if registration == person(1) { self.0.clone() } else { Ok(Committed::To(Commitment([0; 32]))) }
    }
}

fn beside(story: &Story, vault: Result<Committed, String>) -> Report {
    match Verification::of(&story.log).with_vault(&Vault(vault)).run(&mut |_| ()).unwrap() {
        Outcome::Done(report) => *report,
        Outcome::Stopped(progress) => panic!("{progress:?}"),
    }
}

fn wrongs(report: &Report) -> Vec<Wrong> {
    report.faults.iter().map(|fault| fault.wrong).collect()
}

#[test]
fn a_vault_must_keep_what_was_committed_to_or_have_erased_it() {
    let story = Story::opened();
    let kept = beside(&story, Ok(Committed::To(Commitment([0; 32]))));
    assert!(kept.clean && kept.vault_read, "{:?}", kept.faults);
    assert_eq!((kept.commitments_kept, kept.commitments_erased), (4, 0));
    let erased = beside(&story, Ok(Committed::Erased));
    assert!(erased.clean);
    assert_eq!((erased.commitments_kept, erased.commitments_erased), (3, 1));
    let differs = beside(&story, Ok(Committed::To(Commitment([1; 32]))));
    assert_eq!(wrongs(&differs), [Wrong::CommitmentDiffers]);
    assert_eq!(differs.faults[0].offset, Some(7), "at the registration itself");
    assert_eq!(wrongs(&beside(&story, Ok(Committed::Nothing))), [Wrong::CommitmentMissing]);
    assert_eq!(wrongs(&beside(&story, Err("an entry is damaged".to_owned()))), [Wrong::VaultDamaged]);
    assert!(!story.verified().vault_read);
}

#[test]
fn what_the_ledger_calls_erased_must_be_gone() {
    let mut story = Story::opened();
    let (registration, reason) = (person(1), WithdrawReason::Erasure);
    let withdrawn = RegistrationWithdrawn { registration, reason, content: CONTENT };
    let ordered = ErasureOrdered { registration, content: CONTENT };
    story.record(Channel::Web, 110, vec![withdrawn.into(), ordered.into()]);
    assert!(beside(&story, Ok(Committed::To(Commitment([0; 32])))).clean, "it is not yet done");
    story.record(Channel::Reactor, 120, vec![ErasureDone { registration }.into()]);
    assert!(beside(&story, Ok(Committed::Erased)).clean);
    assert_eq!(wrongs(&beside(&story, Ok(Committed::To(Commitment([0; 32]))))), [Wrong::NotErased]);
}

fn standing(story: &Story) -> Standing {
    let chain = read(&story.log, ONE);
    let (what, offset, head) = ("the views".to_owned(), chain.next_offset(), chain.head());
    let (seq, fold_version) = (chain.position().seq, chain.fold_version());
    Standing { what, partition: ONE, offset, seq, head, fold_version }
}

fn with_standing(story: &Story, standing: Standing) -> Report {
    match Verification::of(&story.log).with_standings([standing]).run(&mut |_| ()).unwrap() {
        Outcome::Done(report) => *report,
        Outcome::Stopped(progress) => panic!("{progress:?}"),
    }
}

#[test]
fn a_checkpoint_must_stand_in_the_log() {
    let mut story = Story::opened();
    let there = standing(&story);
    story.web(100, super::story::placed(1, 100));
    let report = with_standing(&story, there.clone());
    assert!(report.clean, "{:?}", report.faults);
    assert_eq!(report.standings, 1);
    let wrong = [
        Standing { head: Head([9; 32]), ..there.clone() },
        Standing { seq: there.seq + 1, ..there.clone() },
        Standing { fold_version: 2, ..there.clone() },
        Standing { offset: there.offset - 1, ..there.clone() },
    ];
    for wrong in wrong {
        let report = with_standing(&story, wrong.clone());
        assert_eq!(wrongs(&report), [Wrong::CheckpointDiffers], "{wrong:?}");
        assert_eq!(report.faults[0].offset, Some(wrong.offset - 1));
    }
    let past = with_standing(&story, Standing { offset: 99, ..there });
    assert_eq!(wrongs(&past), [Wrong::CheckpointDiffers]);
    assert!(past.faults[0].what.contains("offset 99, past its end at 12"), "{:?}", past.faults);
}

#[test]
fn a_repeat_must_be_what_it_repeats() {
    let story = Story::opened();
    let again = story.log.read(ONE, 3, 1).unwrap().remove(0).value;
    put(&story.log, ONE, again.clone());
    assert!(story.verified().clean);
    let mut other = again.to_vec();
    *other.last_mut().unwrap() ^= 1;
    put(&story.log, ONE, other);
    let report = story.verified();
    assert_eq!((report.repeats, report.repeats_not_compared), (2, 0));
    assert_eq!(wrongs(&report), [Wrong::RepeatDiffers]);
    assert_eq!(report.faults[0].offset, Some(12));
}

#[test]
fn versions_are_tallied_as_they_were_written() {
    let report = Story::opened().verified();
    assert_eq!(report.payloads["CentreDescribed v2"], 1);
    assert_eq!((report.payloads["RegistrationAccepted v1"], report.events["RegistrationAccepted"]), (4, 4));
    assert_eq!(report.fold_versions.values().sum::<u64>(), report.records);
}
