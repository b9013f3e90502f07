//! Two processes on one topic, each told for ever to own. Each in turn sleeps for longer than any time-out, and wakes up as
//! an owner whose time is over.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use ledger::chain::{Chain, Verdict, VoidReason};
use ledger::log::Log;
use ledger::log::kafka::KafkaSettings;
use replay_tests::chance::Chance;
use replay_tests::history::load::{Load, LoadPlan, Stop};
use replay_tests::history::{History, Recorder, Witness, witnesses};
use schemas::{Body, Prefix, RecordKind};

use super::brokers;
use super::trial::{judge, make_topic, open, pause_ms, plan, seed, start_ledger};

const PART: &str = "TERMINBUCH_QUARREL_PART";
const BROKERS: &str = "TERMINBUCH_QUARREL_BROKERS";
const TOPIC: &str = "TERMINBUCH_QUARREL_TOPIC";
const SEED: &str = "TERMINBUCH_QUARREL_SEED";
const RECORDING: &str = "TERMINBUCH_QUARREL_RECORDING";

/// Longer than a caller waits (3 s), a message lives (3 s), or a read takes (1 s).
const SLEEP_MS: u64 = 7_000;
/// Long enough to be taken over from (0.5 s), and short enough to wake up with messages that are still alive.
const NAP_MS: std::ops::Range<u64> = 600..2_500;
const NAPS: usize = 6;
/// So many at most, until somebody has written who did not know that its time was over.
const MOST_NAPS: usize = 18;

fn settings(brokers: &str, topic: &str) -> KafkaSettings {
    KafkaSettings {
        message_timeout_ms: 3_000,
        read_timeout_ms: 1_000,
        ..KafkaSettings::plain(brokers, topic)
    }
}

/// One of the two, as seen from outside. It ends with the test.
struct Party {
    child: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Party {
    fn start(number: u8, settings: &KafkaSettings, seed: u64, recording: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "quarrel::the_part", "--nocapture"])
            .env(PART, number.to_string())
            .env(BROKERS, &settings.brokers)
            .env(TOPIC, &settings.topic)
            .env(SEED, seed.to_string())
            .env(RECORDING, recording)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let orders = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, orders, answers }
    }

    fn hears(&mut self, beginning: &str) -> String {
        let mut lines = self.answers.by_ref().map_while(Result::ok);
        lines
            .find(|line| line.starts_with(beginning))
            .unwrap_or_else(|| panic!("it does not say {beginning}"))
    }

    fn tell(&mut self, order: &str) {
        writeln!(self.orders, "{order}").unwrap();
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").arg(signal).arg(self.child.id().to_string()).status().unwrap();
        assert!(sent.success());
    }

    fn sleeps(&self, milliseconds: u64) {
        self.signal("-STOP");
        pause_ms(milliseconds);
        self.signal("-CONT");
    }

    /// How often it began to reign.
    fn ends(&mut self) -> u64 {
        self.tell("stop");
        let tally = self.hears("tally");
        eprintln!("{tally}");
        assert!(self.child.wait().unwrap().success());
        tally.split_whitespace().find_map(|word| word.parse().ok()).unwrap()
    }
}

impl Drop for Party {
    fn drop(&mut self) {
        // One that has ended is past killing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Does nothing unless this program was started to play a part.
#[test]
#[expect(clippy::print_stdout, reason = "the other process reads it")]
fn the_part() {
    let var = |name| std::env::var(name).ok();
    let Some(number) = var(PART) else { return };
    let number: u8 = number.parse().unwrap();
    let settings = settings(&var(BROKERS).unwrap(), &var(TOPIC).unwrap());
    let seed = var(SEED).unwrap().parse().unwrap();
    let recorder = Recorder::to_file(number.into(), Path::new(&var(RECORDING).unwrap())).unwrap();
    let ledger = start_ledger(open(&settings), number, seed);
    let plan = LoadPlan { first_client: u32::from(number) * 1_000, clients: 16, ..plan(seed) };
    let load = Load::new(vec![ledger.clone()], recorder, plan);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    if number == 1 {
        runtime.block_on(load.open()).expect("the centres open");
    }
    println!("\nready");
    let mut orders = std::io::stdin().lines().map_while(Result::ok);
    assert_eq!(orders.next().as_deref(), Some("go"));
    let stop = Stop::default();
    let running = runtime.spawn({
        let (load, stop) = (load.clone(), stop.clone());
        async move { load.run(&stop).await }
    });
    let _ = orders.next();
    stop.now();
    let tally = runtime.block_on(running).unwrap();
    let reigns: u64 = ledger.status().iter().map(|status| status.tally.reigns).sum();
    ledger.shut_down();
    println!("\ntally of process {number}: {reigns} reigns, {tally:?}");
}

/// How many claims stand in the topic, whether they count or not.
fn claims(log: &dyn Log) -> usize {
    let values = witnesses(log).unwrap().into_iter().flat_map(|witness| witness.entries);
    values
        .filter(|entry| {
            Prefix::split(&entry.value).is_ok_and(|(prefix, _)| prefix.kind == RecordKind::Claim as u8)
        })
        .count()
}

/// How many records an owner has written after another had taken over from it: the danger itself, and each is void.
fn stale(log: &dyn Log) -> usize {
    witnesses(log).unwrap().iter().map(stale_in).sum()
}

fn stale_in(witness: &Witness) -> usize {
    let mut chain = Chain::new(None, witness.partition);
    let mut owners = BTreeMap::new();
    let mut is_stale = |offset, value: &[u8]| match chain.judge(offset, value).unwrap() {
        Verdict::Counts(counted) => {
            if let Body::Claim(claim) = &counted.body {
                owners.insert(counted.prefix.epoch, claim.node);
            }
            false
        }
        Verdict::Void(VoidReason::Epoch { found, current }) => {
            found < current && owners.get(&found) != owners.get(&current)
        }
        _ => false,
    };
    witness.entries.iter().filter(|entry| is_stale(entry.offset, &entry.value)).count()
}

#[test]
fn two_processes_that_both_believe_to_own_do_no_harm() {
    brokers::anywhere(quarrel);
}

fn quarrel(brokers: &str) {
    let seed = seed("quarrel");
    let topic = make_topic("quarrel", brokers);
    let settings = settings(&topic.brokers, &topic.topic);
    let folder = tempfile::tempdir().unwrap();
    let recordings = [folder.path().join("1"), folder.path().join("2")];
    let mut one = Party::start(1, &settings, seed, &recordings[0]);
    one.hears("ready");
    let mut two = Party::start(2, &settings, seed, &recordings[1]);
    two.hears("ready");
    let log = open(&settings);
    one.tell("go");
    two.tell("go");
    pause_ms(2_000);
    let mut chance = Chance::new(seed);
    let mut naps = 0;
    while naps < NAPS || (naps < MOST_NAPS && stale(log.as_ref()) == 0) {
        naps += 1;
        let party = if chance.of_thousand(500) { &one } else { &two };
        party.sleeps(chance.between(NAP_MS.start, NAP_MS.end));
        pause_ms(chance.between(200, 2_000));
    }
    for party in [&one, &two] {
        party.sleeps(SLEEP_MS);
        pause_ms(2_000);
    }
    let (quarrel, stale) = (claims(log.as_ref()), stale(log.as_ref()));
    let two_reigned = two.ends();
    // What the other one owned is taken over; then there is nothing to claim.
    pause_ms(3_000);
    let taken_over = claims(log.as_ref());
    pause_ms(3_000);
    let at_peace = claims(log.as_ref());
    let one_reigned = one.ends();
    eprintln!(
        "quarrel: {quarrel} claims, {taken_over} after one gave up, {at_peace} in the end; {stale} stale records"
    );
    assert!(stale > 0, "nobody wrote after its time was over, so nothing was shown");
    assert_eq!(taken_over, at_peace, "whoever owns alone claims no more");
    // One slept for longer than two waits, and then two: one has lost what it owned, and got it back.
    assert!(one_reigned > 1 && two_reigned > 0, "{one_reigned} and {two_reigned} reigns are no quarrel");
    assert!(quarrel < 10 * (naps + 2), "{quarrel} claims after {naps} naps");
    let [first, second] = &recordings;
    let history = History::load(&[first, second]).unwrap();
    let counts = judge("quarrel", &settings, &history).report.counts;
    eprintln!("quarrel: {counts:?}");
}
