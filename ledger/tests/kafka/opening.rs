//! Opening, and what is refused there.

use std::sync::Arc;
use std::time::{Duration, Instant as Monotonic};

use ledger::log::{KafkaLog, KafkaSettings, Log, LogError, NewLedger};
use rdkafka::admin::{
    AdminOptions, AlterConfig, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use schemas::ids::{LedgerId, Partition};
use schemas::{Clock, Instant};

use crate::common::{
    ONE, admin, append, brokers, due_in_sync, fresh_name, fresh_topic, new_ledger, open, run, texts, value,
};

fn refused(settings: &KafkaSettings, expect: Option<&NewLedger>) -> LogError {
    KafkaLog::open(settings, expect).map(drop).expect_err("it must not open")
}

#[test]
fn what_was_written_is_there_after_it_was_opened_anew() {
    let settings = fresh_topic();
    let log = open(&settings);
    let identity = log.identity();
    append(&log, (0..500).map(value).collect()).unwrap();
    let before = log.read(ONE, 0, usize::MAX).unwrap();
    assert_eq!(log.read_cold(ONE, 0, usize::MAX).unwrap(), before);
    assert!(before.iter().all(|entry| entry.appended_at.is_some()), "the broker's time is passed on");
    drop(log);
    let log = open(&settings);
    assert_eq!(log.identity(), identity);
    assert_eq!(log.end(ONE), Ok(501));
    assert_eq!(log.read(ONE, 0, usize::MAX).unwrap(), before);
    assert_eq!(texts(&log.read(ONE, 499, 1).unwrap()), ["value 498"]);
    append(&log, vec![value(500)]).unwrap();
    assert_eq!(texts(&log.read(ONE, 500, usize::MAX).unwrap()), ["value 499", "value 500"]);
}

/// Brokers pack as the topic says: what somebody sets there must not make the log unreadable.
#[test]
fn records_are_read_however_brokers_pack_them() {
    let settings = fresh_topic();
    let in_sync = due_in_sync(&settings).to_string();
    let log = open(&settings);
    for (number, packing) in
        ["gzip", "zstd", "snappy", "lz4", "uncompressed", "producer"].into_iter().enumerate()
    {
        let altered = AlterConfig::new(ResourceSpecifier::Topic(&settings.topic));
        // What is not named goes back to what the brokers would have.
        let altered = altered
            .set("retention.ms", "-1")
            .set("message.timestamp.type", "LogAppendTime")
            .set("min.insync.replicas", &in_sync)
            .set("compression.type", packing);
        run(admin(brokers()).alter_configs([&altered], &AdminOptions::new())).unwrap()[0].as_ref().unwrap();
        append(&log, (number * 100..(number + 1) * 100).map(value).collect()).expect(packing);
    }
    let warm = log.read(ONE, 1, usize::MAX).unwrap();
    assert_eq!(texts(&warm), (0..600).map(|number| format!("value {number}")).collect::<Vec<_>>());
    drop(log);
    assert_eq!(open(&settings).read_cold(ONE, 1, usize::MAX).unwrap(), warm);
}

#[test]
fn a_cold_reader_goes_on_where_it_stopped() {
    let settings = fresh_topic();
    let log = open(&settings);
    append(&log, (0..5_000).map(value).collect()).unwrap();
    let (mut next, mut found) = (1, Vec::new());
    while next < log.end(ONE).unwrap() {
        let entries = log.read_cold(ONE, next, 1_000).unwrap();
        next = entries.last().unwrap().offset + 1;
        found.extend(texts(&entries));
    }
    assert_eq!(found, (0..5_000).map(|number| format!("value {number}")).collect::<Vec<_>>());
    assert_eq!(log.read_cold(ONE, next, 1_000), Ok(vec![]));
    let past = Err(LogError::PastTheEnd { partition: ONE, end: next, asked: next + 1 });
    assert_eq!(log.read_cold(ONE, next + 1, 1_000), past);
}

#[test]
fn another_count_clock_or_ledger_is_refused_by_name() {
    let settings = fresh_topic();
    let mine = new_ledger();
    for (expected, named) in [
        (NewLedger { partitions: 16, ..mine }, "it has 3 partitions, not 16"),
        (
            NewLedger { clock: Clock::Simulated, ..mine },
            "it runs on the wall clock, not on the simulated clock",
        ),
        (NewLedger { ledger: Some(LedgerId([7; 16])), ..mine }, "it is ledger "),
    ] {
        let error = refused(&settings, Some(&expected)).to_string();
        assert!(error.contains(named), "{error}");
    }
    let kept = NewLedger { time: Instant::MAX, ..mine };
    KafkaLog::open(&settings, Some(&kept)).expect("an existing ledger keeps its time");
}

#[test]
fn brokers_that_do_not_answer_are_named_within_the_time_there_is() {
    let nobody = KafkaSettings { open_timeout_ms: 3_000, ..KafkaSettings::plain("127.0.0.1:9", "bookings") };
    let begun = Monotonic::now();
    let error = refused(&nobody, None);
    assert!(matches!(error, LogError::Unreachable(_)), "{error:?}");
    assert!(error.to_string().contains("127.0.0.1:9"), "{error}");
    assert!(error.to_string().contains("Start them"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
}

#[test]
fn a_topic_that_is_not_there_is_named_and_not_made() {
    let settings = KafkaSettings::plain(brokers(), fresh_name());
    for _ in 0..2 {
        let error = refused(&settings, None);
        assert!(matches!(error, LogError::Mismatch(_)), "{error:?}");
        assert!(error.to_string().contains(&format!("no topic {}", settings.topic)), "{error}");
    }
}

#[test]
fn a_topic_without_genesis_is_no_ledger() {
    let settings = KafkaSettings::plain(brokers(), fresh_name());
    // With the brokers' own settings, which lose data: nobody is to mend a topic that is somebody else's.
    let topic = NewTopic::new(&settings.topic, 3, TopicReplication::Fixed(1));
    run(admin(brokers()).create_topics([&topic], &AdminOptions::new())).unwrap();
    let is_no_ledger = |why: &str| {
        let error = refused(&settings, None);
        assert!(matches!(&error, LogError::Mismatch(what) if what.contains(why)), "{error:?}");
        assert!(!error.to_string().contains("kafka-configs"), "{error}");
        assert!(!error.to_string().contains("restore"), "{error}");
    };
    is_no_ledger("is no ledger: partition 0 has no genesis");
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", &settings.brokers).create().unwrap();
    for partition in [0, 1, 2, 0, 1, 2] {
        let order =
            BaseRecord::<(), str>::to(&settings.topic).partition(partition).payload("an order for shoes");
        producer.send(order).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(crate::common::PATIENCE).unwrap();
    is_no_ledger("is no ledger that this program can read");
    // As retention does it.
    let mut before = TopicPartitionList::new();
    (0..3).for_each(|number| {
        before.add_partition_offset(&settings.topic, number, Offset::Offset(1)).unwrap();
    });
    run(admin(brokers()).delete_records(&before, &AdminOptions::new())).unwrap();
    is_no_ledger("is no ledger that this program can read: its beginning is gone");
}

#[test]
fn a_partition_that_was_added_is_refused() {
    let settings = fresh_topic();
    let more = NewPartitions::new(&settings.topic, 4);
    run(admin(brokers()).create_partitions([&more], &AdminOptions::new())).unwrap();
    crate::common::eventually("the fourth partition", || {
        let error = KafkaLog::open(&settings, None).map(drop).err();
        error.is_some_and(|error| error.to_string().contains("has 4 partitions, but was made with 3"))
    });
}

#[test]
fn two_logs_over_one_topic_see_each_other() {
    let settings = fresh_topic();
    let logs = [open(&settings), open(&settings)];
    append(&logs[0], vec![value(1)]).unwrap();
    append(&logs[1], vec![value(2)]).unwrap();
    for log in &logs {
        crate::common::eventually("both values", || log.end(ONE) == Ok(3));
        assert_eq!(texts(&log.read(ONE, 1, usize::MAX).unwrap()), ["value 1", "value 2"]);
        assert_eq!(log.end(Partition(2)), Ok(1));
    }
    assert_eq!(logs[0].identity(), logs[1].identity());
}

#[test]
fn the_last_reference_may_go_in_a_callback() {
    let log = open(&fresh_topic());
    let (done, dones) = crossbeam_channel::bounded(1);
    let last: Arc<dyn Log> = log.clone();
    let tell = move |outcome: Result<(), LogError>| {
        drop(last);
        drop(done.send(outcome));
    };
    log.append(ONE, vec![value(1).into()], Box::new(tell));
    drop(log);
    // It may have gone before the record was read back; the outcome comes all the same, and nothing hangs.
    dones.recv_timeout(crate::common::PATIENCE).expect("an outcome").unwrap();
}
