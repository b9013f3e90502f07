//! Writers over a real broker: they go on by themselves when it was away, and ask its clock for a witness.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ledger::clock::{Clock, OnJump, WallClock};
use ledger::log::KafkaSettings;
use ledger::log::kafka::broker::{ClusterPlan, OwnCluster};
use ledger::{Answer, Command, Ledger, NotDone, Options};
use schemas::Instant;
use schemas::ids::NodeId;

use crate::asking::{asked, delivery, describe, read_commands};
use crate::common::{PATIENCE, eventually, fresh_name, fresh_topic, make_topic, open};

/// Asks and waits.
pub(crate) fn ask(
    ledger: &Ledger,
    command: Command,
    patience: Duration,
) -> impl Future<Output = Answer> + use<> {
    let (ledger, request) = (ledger.clone(), asked(command, patience));
    async move { ledger.submit(request).await }
}

/// Asks for these while the broker is away, each with a second's patience, and hears nothing that it cannot know.
async fn ask_in_vain(ledger: &Ledger, numbers: std::ops::Range<u32>) {
    let calls: Vec<_> =
        numbers.map(|number| tokio::spawn(ask(ledger, delivery(number), Duration::from_secs(1)))).collect();
    for call in calls {
        let answer = call.await.unwrap();
        assert!(matches!(answer, Answer::Unknown | Answer::NotDone(NotDone::Late)), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn service_resumes_by_itself_and_nothing_is_done_twice() {
    let mut cluster = OwnCluster::start(&ClusterPlan::default()).expect("a broker starts");
    let plain = KafkaSettings::plain(cluster.bootstrap(), fresh_name());
    let settings = KafkaSettings { message_timeout_ms: 5_000, ..plain };
    make_topic(&settings);
    let log = open(&settings);
    let options = Options::new(NodeId([1; 16]), 1);
    let ledger = Ledger::start(Arc::clone(&log) as _, Arc::new(WallClock::start()), options).unwrap();
    let first = ask(&ledger, describe("frankfurt"), PATIENCE).await;
    assert!(matches!(first, Answer::Done(_)), "{first:?}");

    cluster.pause(1).unwrap();
    ask_in_vain(&ledger, 0..20).await;
    cluster.resume(1).unwrap();
    for number in 0..20 {
        let answer = ask(&ledger, delivery(number), PATIENCE).await;
        assert!(matches!(answer, Answer::Done(_)), "{answer:?}");
    }

    cluster.kill(1).unwrap();
    ask_in_vain(&ledger, 20..40).await;
    // Past the time after which records expire.
    ask_in_vain(&ledger, 40..41).await;
    tokio::time::sleep(Duration::from_secs(6)).await;
    cluster.restart(1).unwrap();
    cluster.wait_until_ready(PATIENCE).unwrap();
    for number in 20..41 {
        let answer = ask(&ledger, delivery(number), PATIENCE).await;
        assert!(matches!(answer, Answer::Done(_)), "{answer:?}");
    }
    assert!(ledger.status().iter().all(|status| status.halted.is_none()));
    ledger.shut_down();
    let (commands, claims) = read_commands(log.as_ref(), ledger.partition_of(&"frankfurt".parse().unwrap()));
    assert_eq!((commands.len(), commands.iter().collect::<BTreeSet<_>>().len()), (42, 42));
    assert!(claims <= 10, "{claims} claims");
}

/// A wall clock that is set wrong.
struct Wrong {
    wall: WallClock,
    ahead_ms: u64,
}

impl Clock for Wrong {
    fn now(&self) -> Instant {
        self.wall.now().plus_millis(self.ahead_ms)
    }

    fn look_again(&self) -> Instant {
        self.wall.look_again().plus_millis(self.ahead_ms)
    }

    fn on_jump(&self, _: OnJump) {}

    fn flows(&self) -> bool {
        true
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_the_broker_contradicts_decides_nothing() {
    let log = open(&fresh_topic());
    let start = |number: u8, ahead_ms: u64| {
        let clock = Arc::new(Wrong { wall: WallClock::start(), ahead_ms });
        Ledger::start(Arc::clone(&log) as _, clock, Options::new(NodeId([number; 16]), number.into()))
            .unwrap()
    };
    let wrong = start(1, 5_000);
    let answer = ask(&wrong, describe("frankfurt"), PATIENCE).await;
    assert_eq!(answer, Answer::NotDone(NotDone::ClockInDoubt));
    let doubts: Vec<String> = wrong.status().into_iter().filter_map(|status| status.doubt).collect();
    let is_told = |doubt: &String| doubt.contains("ahead of the log's");
    assert!(!doubts.is_empty() && doubts.iter().all(is_told), "{doubts:?}");
    let right = start(2, 0);
    let mut answer = ask(&right, describe("frankfurt"), PATIENCE).await;
    eventually("an answer of who is right", || {
        if matches!(answer, Answer::Done(_)) {
            return true;
        }
        answer = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(ask(&right, describe("frankfurt"), PATIENCE))
        });
        false
    });
    wrong.shut_down();
    right.shut_down();
}
