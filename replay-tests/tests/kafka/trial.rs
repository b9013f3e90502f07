//! One trial: a ledger in a topic of its own, people who compete for its places, faults meanwhile, and a judgement at the
//! end.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ledger::clock::{Clock as _, WallClock};
use ledger::log::kafka::topic::{self, TopicPlan};
use ledger::log::kafka::{KafkaLog, KafkaSettings};
use ledger::log::{Log, NewLedger};
use ledger::{Ledger, Options};
use projections::{Projector, ProjectorHandle, Settings as ProjectorSettings, Views, Waited};
use replay_tests::chance::Chance;
use replay_tests::history::checker::views;
use replay_tests::history::load::{AnswerTally, Load, LoadPlan, SmallWorld, Stop};
use replay_tests::history::{Checked, History, Recorder, Settings, Told, check, now_ns, witnesses};
use schemas::Clock;
use schemas::ids::NodeId;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::heard::{Expired, Heard};

/// All clocks are those of this machine; so much a busy machine may lay between reading one and using it.
const CLOCKS_WITHIN: Duration = Duration::from_millis(500);
/// Whoever has to wait longer for the service after the faults are over has found a fault of ours.
const RESUMES_WITHIN: Duration = Duration::from_secs(30);

/// A seed that is told, or one drawn anew. Printed, since a failure is worth nothing without it.
pub(crate) fn seed(test: &str) -> u64 {
    let told =
        std::env::var("TERMINBUCH_SEED").ok().map(|text| text.parse().expect("TERMINBUCH_SEED is a number"));
    let seed = told
        .unwrap_or_else(|| u64::from(u32::from_be_bytes(Uuid::new_v4().as_bytes()[..4].try_into().unwrap())));
    eprintln!("{test}: TERMINBUCH_SEED={seed}");
    seed
}

pub(crate) struct Trial {
    name: &'static str,
    seed: u64,
    pub(crate) settings: KafkaSettings,
    pub(crate) recorder: Recorder,
    pub(crate) expired: Expired,
    runtime: Runtime,
    ledger: Ledger,
    load: Load,
    views: Followed,
    healed_ns: u64,
}

/// Views that follow the log through all that happens to it.
struct Followed {
    views: Views,
    projector: ProjectorHandle,
    _folder: TempDir,
}

impl Followed {
    fn start(log: &Arc<dyn Log>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (views, projector) =
            Projector::start(Arc::clone(log), folder.path(), ProjectorSettings::default()).unwrap();
        Self { views, projector, _folder: folder }
    }

    /// They must come to where the log ends by themselves, and be what follows from it.
    fn are_what_follows(self, runtime: &Runtime, checked: &Checked) {
        for end in &checked.ends {
            let position = end.position.unwrap();
            let waited = runtime.block_on(self.views.wait_for_availability(position, RESUMES_WITHIN));
            assert_eq!(
                waited,
                Waited::Reached,
                "the views do not follow to {position}: {:?}",
                self.views.halted()
            );
        }
        assert_eq!(views::compare(&self.views, &checked.ends), []);
        self.projector.stop();
    }
}

/// How many centres there are. When all is well no more than their partitions are claimed, each once.
pub(crate) const CENTRES: u64 = 2;

pub(crate) fn plan(seed: u64) -> LoadPlan {
    let centres = vec!["frankfurt".parse().unwrap(), "kassel".parse().unwrap()];
    LoadPlan {
        patience: Duration::from_secs(3),
        last_patience: RESUMES_WITHIN,
        ..LoadPlan::new(seed, SmallWorld::new(centres))
    }
}

/// A topic for one test alone, with a ledger's beginning in it.
pub(crate) fn make_topic(name: &str, brokers: &str) -> KafkaSettings {
    let settings = KafkaSettings::plain(brokers, format!("{name}-{}", Uuid::new_v4()));
    let time = WallClock::start().now();
    let ledger = NewLedger { partitions: 3, clock: Clock::Wall, time, ledger: None };
    let report = topic::create(&settings, &TopicPlan { ledger, replication: None }).unwrap();
    assert!(report.is_safe(), "{report}");
    settings
}

pub(crate) fn open(settings: &KafkaSettings) -> Arc<dyn Log> {
    Arc::new(KafkaLog::open(settings, None).unwrap())
}

pub(crate) fn start_ledger(log: Arc<dyn Log>, node: u8, seed: u64) -> Ledger {
    let options = Options::new(NodeId([node; 16]), seed ^ u64::from(node));
    Ledger::start(log, Arc::new(WallClock::start()), options).unwrap()
}

impl Trial {
    /// Makes topic and ledger, and opens the centres.
    pub(crate) fn begin(
        name: &'static str,
        seed: u64,
        brokers: &str,
        change: impl FnOnce(&mut KafkaSettings),
    ) -> Self {
        let mut settings = make_topic(name, brokers);
        change(&mut settings);
        let expired = Expired::default();
        let log: Arc<dyn Log> = Arc::new(Heard { inner: open(&settings), expired: expired.clone() });
        let views = Followed::start(&log);
        let ledger = start_ledger(log, 1, seed);
        let recorder = Recorder::in_memory(1);
        let load = Load::new(vec![ledger.clone()], recorder.clone(), plan(seed));
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(load.open()).expect("the centres open");
        Self { name, seed, settings, recorder, expired, runtime, ledger, load, views, healed_ns: 0 }
    }

    pub(crate) fn chance(&self) -> Chance {
        Chance::new(self.seed)
    }

    /// Lets people ask, and the faults happen meanwhile; goes on a little when they are over.
    pub(crate) fn under_load(&mut self, faults: impl FnOnce()) -> AnswerTally {
        let stop = Stop::default();
        let running = self.runtime.spawn({
            let (load, stop) = (self.load.clone(), stop.clone());
            async move { load.run(&stop).await }
        });
        pause_ms(1_500);
        faults();
        self.healed_ns = now_ns();
        pause_ms(2_000);
        stop.now();
        self.runtime.block_on(running).unwrap()
    }

    /// Ends the ledger, reads the topic anew with a reader that has seen nothing of it, and lets the checker speak. How often
    /// the writers' own claims counted.
    pub(crate) fn judge(self) -> u64 {
        let reigns = self.ledger.status().iter().map(|status| status.tally.reigns).sum();
        let halted: Vec<_> = self.ledger.status().into_iter().filter_map(|status| status.halted).collect();
        self.ledger.shut_down();
        assert!(halted.is_empty(), "{halted:?}");
        let history = self.recorder.history();
        let checked = judge(self.name, &self.settings, &history);
        self.views.are_what_follows(&self.runtime, &checked);
        let counts = checked.report.counts;
        let after = resumed_after(&history, self.healed_ns);
        eprintln!("{}: {reigns} reigns, first new OK {after:?} after the last fault; {counts:?}", self.name);
        assert!(after.is_some_and(|after| after < RESUMES_WITHIN), "service does not resume: {after:?}");
        reigns
    }
}

/// Reads the topic from its beginning and checks the history against it.
pub(crate) fn judge(name: &str, settings: &KafkaSettings, history: &History) -> Checked {
    let witnesses = witnesses(open(settings).as_ref()).unwrap();
    let settings = Settings { clocks_within: Some(CLOCKS_WITHIN), ..Settings::default() };
    let checked = check(&witnesses, history, &settings);
    if !checked.report.is_clean() {
        let kept: PathBuf =
            std::env::temp_dir().join(format!("terminbuch-history-{name}-{}.jsonl", Uuid::new_v4()));
        history.save(&kept).unwrap();
        panic!("{name}: {}\nthe history is kept in {}", checked.report, kept.display());
    }
    checked
}

/// How long after that moment the first new record was told to somebody who asked after it.
fn resumed_after(history: &History, healed_ns: u64) -> Option<Duration> {
    let asked_after = history.calls.iter().filter(|call| call.asked.asked_ns >= healed_ns);
    let told = asked_after.filter(|call| matches!(call.told(), Some(Told::Done { repeated: false, .. })));
    let first = told.filter_map(|call| Some(call.answered.as_ref()?.answered_ns)).min()?;
    Some(Duration::from_nanos(first.saturating_sub(healed_ns)))
}

/// A fault lasts a while; nothing is waited for.
pub(crate) fn pause_ms(milliseconds: u64) {
    std::thread::sleep(Duration::from_millis(milliseconds));
}
