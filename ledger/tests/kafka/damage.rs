//! Topics that lost something, or were written to by somebody who should not have.

use std::time::Duration;

use ledger::chain::{Chain, Halt};
use ledger::log::kafka::broker::{ClusterPlan, OwnCluster};
use ledger::log::{KafkaLog, KafkaSettings, Log, LogError};
use rdkafka::admin::AdminOptions;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use schemas::ids::Partition;

use crate::common::{
    ONE, PATIENCE, admin, append, brokers, eventually, fresh_name, fresh_topic, make_topic, open, run, value,
};

fn damage<T>(outcome: Result<T, LogError>) -> Option<String> {
    match outcome {
        Err(LogError::Damaged(what) | LogError::Gap { what, .. }) => Some(what),
        _ => None,
    }
}

#[test]
fn records_that_were_deleted_are_missed_now_and_at_the_next_start() {
    let settings = fresh_topic();
    let log = open(&settings);
    append(&log, (0..10).map(value).collect()).unwrap();
    let mut before = TopicPartitionList::new();
    before.add_partition_offset(&settings.topic, 1, Offset::Offset(5)).unwrap();
    run(admin(brokers()).delete_records(&before, &AdminOptions::new())).unwrap();
    let cold = log.read_cold(ONE, 0, usize::MAX);
    assert!(damage(cold.clone()).is_some_and(|what| what.contains("begins at offset 5")), "{cold:?}");
    eventually("damage", || damage(log.read(ONE, 8, usize::MAX)).is_some());
    let refused = append(&log, vec![value(10)]);
    assert!(damage(refused.clone()).is_some(), "{refused:?}");
    drop(log);
    let opened = KafkaLog::open(&settings, None).map(drop);
    assert!(damage(opened.clone()).is_some_and(|what| what.contains("begins at offset 5")), "{opened:?}");
}

#[test]
fn a_topic_that_was_deleted_and_made_anew_is_noticed() {
    let settings = fresh_topic();
    let log = open(&settings);
    append(&log, (0..10).map(value).collect()).unwrap();
    run(admin(brokers()).delete_topics(&[&settings.topic], &AdminOptions::new())).unwrap()[0]
        .as_ref()
        .unwrap();
    // The name is free only after a while.
    eventually("a new topic of the same name", || {
        let plan =
            ledger::log::kafka::topic::TopicPlan { ledger: crate::common::new_ledger(), replication: None };
        ledger::log::kafka::topic::create(&settings, &plan).is_ok()
    });
    let other = open(&settings);
    append(&other, (0..20).map(value).collect()).unwrap();
    eventually("damage", || damage(log.read(ONE, 8, usize::MAX)).is_some());
    assert_eq!(other.end(ONE), Ok(21));
}

#[test]
fn a_topic_that_is_gone_is_noticed() {
    let settings = fresh_topic();
    let log = open(&settings);
    run(admin(brokers()).delete_topics(&[&settings.topic], &AdminOptions::new())).unwrap()[0]
        .as_ref()
        .unwrap();
    eventually("damage", || damage(log.end(ONE)).is_some_and(|what| what.contains("no topic")));
}

#[test]
fn a_topic_that_is_gone_is_not_made_anew_by_an_append() {
    let extra = vec![("auto.create.topics.enable".to_owned(), "true".to_owned())];
    let cluster =
        OwnCluster::start(&ClusterPlan { extra, ..ClusterPlan::default() }).expect("a broker starts");
    let plain = KafkaSettings::plain(cluster.bootstrap(), fresh_name());
    let settings = KafkaSettings { message_timeout_ms: 3_000, ..plain };
    make_topic(&settings);
    let log = open(&settings);
    append(&log, vec![value(0)]).unwrap();
    run(admin(&settings.brokers).delete_topics(&[&settings.topic], &AdminOptions::new())).unwrap()[0]
        .as_ref()
        .unwrap();
    let mut told = None;
    eventually("damage", || {
        told = damage(append(&log, vec![value(1)]));
        told.is_some()
    });
    assert!(told.as_ref().is_some_and(|what| what.contains("there is no topic")), "{told:?}");
    // All topics are asked for, as no question for one by its name could be trusted here.
    let reader: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", &settings.brokers).create().unwrap();
    let found = reader.fetch_metadata(None, PATIENCE).unwrap();
    assert!(found.topics().iter().all(|topic| topic.name() != settings.topic), "it was made anew");
}

/// Writes one value in a transaction, which leaves a marker behind it that is no record.
fn stray_transaction(settings: &KafkaSettings) {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", &settings.brokers)
        .set("transactional.id", format!("stray-{}", settings.topic))
        .create()
        .unwrap();
    producer.init_transactions(PATIENCE).unwrap();
    producer.begin_transaction().unwrap();
    let record = BaseRecord::<(), str>::to(&settings.topic).partition(1).payload("stray");
    producer.send(record).map_err(|(error, _)| error).unwrap();
    producer.commit_transaction(Duration::from_secs(30)).unwrap();
    // The marker comes a moment after it was committed.
    let reader: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", &settings.brokers).create().unwrap();
    eventually("the marker", || {
        reader.fetch_watermarks(&settings.topic, 1, PATIENCE).is_ok_and(|(_, high)| high == 3)
    });
}

#[test]
fn a_stray_transaction_leaves_a_gap_that_halts_and_hangs_nobody() {
    let settings = fresh_topic();
    let log = open(&settings);
    stray_transaction(&settings);
    // Genesis, the stray value at 1, its marker at 2, and ours at 3.
    append(&log, vec![value(3)]).unwrap();
    let expected = vec![0, 1, 3];
    for entries in [log.read(ONE, 0, usize::MAX).unwrap(), log.read_cold(ONE, 0, usize::MAX).unwrap()] {
        assert_eq!(entries.iter().map(|entry| entry.offset).collect::<Vec<_>>(), expected);
    }
    for entries in [log.read(ONE, 2, usize::MAX).unwrap(), log.read_cold(ONE, 2, usize::MAX).unwrap()] {
        let mut chain = Chain::new(None, ONE);
        for entry in log.read(ONE, 0, usize::MAX).unwrap().iter().take(2) {
            chain.judge(entry.offset, &entry.value).unwrap();
        }
        let halt = chain.judge(entries[0].offset, &entries[0].value);
        assert_eq!(halt, Err(Halt::Gap { expected: 2, found: 3 }));
    }
}

#[test]
fn a_marker_at_the_end_is_missed_when_it_is_read() {
    let settings = fresh_topic();
    stray_transaction(&settings);
    let log = open(&settings);
    assert_eq!(log.end(ONE), Ok(3));
    assert_eq!(log.read(ONE, 0, usize::MAX).unwrap().len(), 2);
    let found = log.read(ONE, 2, usize::MAX);
    assert!(damage(found.clone()).is_some_and(|what| what.contains("nothing from offset 2")), "{found:?}");
}

#[test]
fn a_marker_that_who_cannot_wait_comes_upon_is_looked_into() {
    let settings = fresh_topic();
    stray_transaction(&settings);
    let log = open(&settings);
    eventually("damage", || {
        let found = log.read_without_waiting(ONE, 2, usize::MAX);
        assert!(!matches!(found, Ok(Some(_))), "{found:?}");
        damage(found).is_some_and(|what| what.contains("nothing from offset 2"))
    });
}

#[test]
fn a_marker_behind_an_open_log_is_noticed_and_the_other_partitions_go_on() {
    let settings = fresh_topic();
    let log = open(&settings);
    stray_transaction(&settings);
    eventually("damage", || {
        damage(log.read(ONE, 2, usize::MAX)).is_some_and(|what| what.contains("nothing from offset 2"))
    });
    assert_eq!(
        log.read(ONE, 0, usize::MAX).map(|entries| entries.len()),
        Ok(2),
        "what stands before it is sound"
    );
    assert_eq!(log.end(ONE), Ok(2));
    let refused = append(&log, vec![value(3)]);
    assert!(matches!(refused, Err(LogError::Gap { partition: ONE, .. })), "{refused:?}");
    let (tell, told) = std::sync::mpsc::channel();
    log.append(
        Partition::OFFICE,
        vec![value(1).into()],
        Box::new(move |outcome| tell.send(outcome).unwrap()),
    );
    told.recv_timeout(PATIENCE).unwrap().unwrap();
    assert_eq!(log.read(Partition::OFFICE, 1, usize::MAX).unwrap().len(), 1);
}

#[test]
fn garbage_is_passed_on_for_the_chain_to_judge() {
    let settings = fresh_topic();
    let log = open(&settings);
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", &settings.brokers)
        .set("compression.type", "snappy")
        .create()
        .unwrap();
    producer
        .send(BaseRecord::<str, ()>::to(&settings.topic).partition(1).key("a tombstone"))
        .map_err(drop)
        .unwrap();
    producer
        .send(BaseRecord::<(), str>::to(&settings.topic).partition(1).payload("squeezed"))
        .map_err(drop)
        .unwrap();
    producer.flush(PATIENCE).unwrap();
    append(&log, vec![value(1)]).unwrap();
    for entries in [log.read(ONE, 1, usize::MAX).unwrap(), log.read_cold(ONE, 1, usize::MAX).unwrap()] {
        assert_eq!(crate::common::texts(&entries), ["", "squeezed", "value 1"]);
    }
}

#[test]
fn another_name_for_the_same_brokers_is_the_same_log() {
    let settings = fresh_topic();
    let other = KafkaSettings::plain(format!("127.0.0.1:9,{}", settings.brokers), settings.topic.clone());
    assert_eq!(open(&other).identity(), open(&settings).identity());
    make_topic(&KafkaSettings::plain(settings.brokers, fresh_name()));
}
