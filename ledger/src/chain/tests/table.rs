//! For every rule the smallest history in which it speaks: with it the last verdict is the one named, without it another.

use schemas::ids::{Head, LedgerId, Partition};
use schemas::{Body, Clock, Genesis, Instant, Prefix, Raise, RecordKind};

use super::super::rules::Rule;
use super::forge::{Forge, bytes, claim, genesis, prefix};

/// The rule, its history, and the verdict on the last value.
type Row = (Rule, fn() -> Forge, &'static str);

const TABLE: &[Row] = &[
    (Rule::NoGap, || skipping(Forge::begun()), "halt: offset 2 follows where 1 is due"),
    (Rule::GenesisLedger, || genesis_but(|prefix| prefix.ledger = LedgerId([9; 16])), "halt: this is ledger"),
    (
        Rule::GenesisPartition,
        || genesis_but(|prefix| prefix.partition = Partition(2)),
        "halt: this is partition",
    ),
    (Rule::GenesisPlace, || genesis_but(|prefix| prefix.seq = 5), "halt: genesis is wrong: seq and epoch"),
    (Rule::GenesisCount, || genesis_of(1), "halt: genesis is wrong: its count"),
    (
        Rule::OneGenesis,
        || Forge::begun().raw(bytes(&prefix(RecordKind::Genesis), &genesis())),
        "void: a second genesis",
    ),
    (
        Rule::Ledger,
        || Forge::claimed().but(|prefix| prefix.ledger = LedgerId([9; 16])),
        "void: of another ledger",
    ),
    (
        Rule::Partition,
        || Forge::claimed().but(|prefix| prefix.partition = Partition(2)),
        "void: of another partition",
    ),
    (Rule::Repeat, || repeated(Forge::claimed().good(&Body::Barrier)), "repeat"),
    (Rule::ClaimAnywhere, || Forge::claimed().good(&Body::Barrier).good_claim(2), "counts as 3"),
    (Rule::ClaimEpoch, || claiming(Forge::claimed(), 1, 1), "void: a claim of epoch 1, where the next is 2"),
    (
        Rule::ClaimantKnows,
        || claiming(raised(), 2, 1),
        "void: a claim by a program that knows fold version 1",
    ),
    (Rule::Epoch, || Forge::claimed().but(|prefix| prefix.epoch = 0), "void: of epoch 0, where 1 reigns"),
    (Rule::Seq, || Forge::claimed().but(|prefix| prefix.seq += 1), "void: seq 3, where 2 is next"),
    (
        Rule::Prev,
        || Forge::claimed().but(|prefix| prefix.prev = Head([1; 32])),
        "void: it follows another head",
    ),
    (
        Rule::FoldVersion,
        || raised().but(|prefix| prefix.fold_version = 1),
        "void: of fold version 1, where 2",
    ),
    (
        Rule::Format,
        || Forge::claimed().but(|prefix| prefix.format = 2),
        "halt: record 2 counts but cannot be read: format 2",
    ),
    (
        Rule::Channel,
        || Forge::claimed().but(|prefix| prefix.channel = 99),
        "halt: record 2 counts but cannot be read: channel 99",
    ),
    (
        Rule::Time,
        || Forge::claimed().but(|prefix| prefix.time_ms = -1),
        "halt: record 2 counts but cannot be read: its time",
    ),
    (
        Rule::FoldKnown,
        || Forge::claimed().good(&Body::Raise(Raise { fold_version: 2 })),
        "halt: fold version 2 comes into force",
    ),
];

#[test]
fn every_rule_is_in_the_table() {
    for rule in Rule::ALL {
        assert!(TABLE.iter().any(|(named, ..)| named == rule), "{rule:?} is in no row");
    }
}

#[test]
fn with_all_rules_each_history_ends_as_the_table_says() {
    for (rule, history, verdict) in TABLE {
        let said = history().judged();
        let last = said.last().unwrap();
        assert!(last.starts_with(verdict), "{rule:?}: {said:#?}, not {verdict}");
    }
}

#[test]
fn each_rule_taken_away_changes_the_verdict_of_its_history() {
    for (rule, history, verdict) in TABLE {
        let said = history().judged_without([Some(*rule), None]);
        let last = said.last().unwrap();
        assert!(!last.starts_with(verdict), "nobody misses {rule:?}: {said:#?}");
    }
}

/// What has the right place but cannot be read halts; what is no record is void.
#[test]
fn unreadable_bytes_halt_only_where_they_would_count() {
    let last = |forge: Forge| forge.judged().pop().unwrap();
    let kind_six = |forge: Forge| forge.but(|prefix| prefix.kind = 6);
    assert!(
        last(kind_six(Forge::claimed()))
            .starts_with("halt: record 2 counts but cannot be read: record kind 6")
    );
    let elsewhere = |forge: Forge| forge.but(|prefix| (prefix.kind, prefix.seq) = (6, 9));
    assert_eq!(last(elsewhere(Forge::claimed())), "void: seq 9, where 2 is next");
    let taken = |forge: Forge| forge.but(|prefix| (prefix.kind, prefix.seq) = (6, 0));
    assert_eq!(last(taken(Forge::claimed())), "repeat");

    let unknown_event = |forge: Forge| {
        let mut body = vec![1, 0];
        body.extend_from_slice(&999_u16.to_le_bytes());
        body.extend_from_slice(&[1, 0, 0, 0, 0]);
        let value = forge.next(RecordKind::Decision).with_body(&body).unwrap();
        forge.raw(value)
    };
    assert!(last(unknown_event(Forge::claimed())).contains("event 0: event kind 999 version 1 is unknown"));
}

#[test]
fn a_claim_of_the_right_epoch_that_cannot_be_read_halts() {
    let torn = |epoch: u64| {
        let mut prefix = prefix(RecordKind::Claim);
        prefix.epoch = epoch;
        let value = prefix.with_body(&[1, 0, 0]).unwrap();
        Forge::claimed().raw(value).judged().pop().unwrap()
    };
    assert!(torn(2).starts_with("halt: record 2 counts but cannot be read: the body"), "{}", torn(2));
    assert_eq!(torn(1), "void: a claim of epoch 1, where the next is 2");
    assert_eq!(torn(3), "void: a claim of epoch 3, where the next is 2");
}

#[test]
fn bytes_that_are_no_record_are_void_after_genesis_and_halt_before() {
    let value = bytes(&Forge::claimed().next(RecordKind::Barrier), &Body::Barrier);
    let mut long = value.clone();
    long.resize(60_001, 0);
    let mut magic = value.clone();
    magic[0] = b'X';
    let mut length = value.clone();
    length.push(0);
    let wrong = [
        (value[..127].to_vec(), "127 bytes are too few"),
        (long, "60001 bytes are more"),
        (magic, "it does not begin with TBUC"),
        (length, "the prefix names a body of 0 bytes, but 1 follow"),
        (Vec::new(), "0 bytes are too few"),
    ];
    for (bytes, reason) in wrong {
        let after = Forge::claimed().raw(bytes.clone()).judged().pop().unwrap();
        assert!(after.starts_with(&format!("void: no record: {reason}")), "{after}");
        let before = Forge::empty().raw(bytes).judged().pop().unwrap();
        assert!(before.starts_with("halt: there is no genesis at offset 0"), "{before}");
    }
    let claim_first = Forge::empty().good_claim(1).judged().pop().unwrap();
    assert!(
        claim_first.starts_with("halt: there is no genesis at offset 0: a record of kind 1"),
        "{claim_first}"
    );
}

#[test]
fn what_is_void_moves_nothing_and_a_later_copy_counts() {
    let early = bytes(&Forge::claimed().good(&Body::Barrier).next(RecordKind::HandOver), &Body::HandOver);
    let forge = Forge::claimed().raw(early.clone()).good(&Body::Barrier).raw(early);
    assert_eq!(
        forge.judged()[2..],
        ["void: seq 3, where 2 is next", "counts as 2", "counts as 3"].map(str::to_owned)
    );
}

#[test]
fn what_does_not_count_moves_no_time() {
    let at = |time_ms: i64| move |prefix: &mut Prefix| prefix.time_ms = time_ms;
    let void = Forge::claimed().but(|prefix| (prefix.time_ms, prefix.seq) = (9_000, 7));
    let foreign = Forge::claimed().but(|prefix| (prefix.time_ms, prefix.epoch) = (9_000, 7));
    let repeat =
        Forge::claimed().good(&Body::Barrier).but(|prefix| (prefix.time_ms, prefix.seq) = (9_000, 2));
    for forge in [void, foreign, repeat] {
        assert_eq!(forge.time(), Instant::EPOCH);
    }
    assert_eq!(Forge::claimed().but(at(9_000)).time(), Instant::EPOCH.plus_millis(9_000));
}

#[test]
fn a_claim_takes_the_next_seq_wherever_it_lands_and_ends_the_epoch_before() {
    let old = Forge::claimed();
    let left_over = bytes(&old.next(RecordKind::Barrier), &Body::Barrier);
    let forge = old.good_claim(2).raw(left_over).good(&Body::Barrier);
    assert_eq!(
        forge.judged()[1..],
        ["counts as 1", "counts as 2", "void: of epoch 1, where 2 reigns", "counts as 3"].map(str::to_owned)
    );
}

fn genesis_but(change: impl FnOnce(&mut Prefix)) -> Forge {
    let mut prefix = prefix(RecordKind::Genesis);
    change(&mut prefix);
    Forge::empty().raw(bytes(&prefix, &genesis()))
}

fn genesis_of(partitions: u32) -> Forge {
    let genesis = Genesis { partitions, fold_version: 1, clock: Clock::Wall };
    Forge::empty().raw(bytes(&prefix(RecordKind::Genesis), &Body::Genesis(genesis)))
}

fn skipping(mut forge: Forge) -> Forge {
    let value = forge.claim(1, &claim(1, 1));
    forge.values.push((2, value));
    forge
}

fn repeated(forge: Forge) -> Forge {
    let (_, value) = forge.values.last().unwrap().clone();
    forge.raw(value)
}

fn claiming(forge: Forge, epoch: u64, knows: u16) -> Forge {
    let value = forge.claim(epoch, &claim(2, knows));
    forge.raw(value)
}

/// Where fold version 2 is in force, as a newer program sees it.
fn raised() -> Forge {
    let mut forge = Forge::claimed().good(&Body::Raise(Raise { fold_version: 2 }));
    forge.newest_fold = 2;
    forge
}
