//! Making topics, and finding what could lose data.

use ledger::log::kafka::topic::{TopicError, TopicPlan, check, create};
use ledger::log::{KafkaLog, KafkaSettings, LogError};
use rdkafka::admin::{AdminOptions, AlterConfig, ResourceSpecifier};
use schemas::Clock;

use crate::common::{admin, brokers, due_in_sync, fresh_name, fresh_topic, new_ledger, run};

#[test]
fn a_new_topic_is_a_safe_ledger() {
    let settings = KafkaSettings::plain(brokers(), fresh_name());
    let made = create(&settings, &TopicPlan { ledger: new_ledger(), replication: Some(1) }).unwrap();
    assert!(made.is_safe(), "{made}");
    assert_eq!((made.partitions, made.replication), (3, 1));
    assert_eq!((made.genesis.partitions, made.genesis.clock), (3, Clock::Wall));
    assert!(made.to_string().contains("3 partitions, 1 copy\n"), "{made}");
    let [warning] = &*made.warnings else { panic!("{made}") };
    assert!(warning.to_string().contains("one copy"), "{warning}");
    assert_eq!(check(&settings).unwrap(), made);
    let log = KafkaLog::open(&settings, Some(&new_ledger())).unwrap();
    assert_eq!(log.identity(), (made.ledger, made.genesis));
}

#[test]
fn an_existing_topic_is_left_as_it_is() {
    let settings = fresh_topic();
    let before = check(&settings).unwrap();
    let error = create(&settings, &TopicPlan { ledger: new_ledger(), replication: None }).unwrap_err();
    assert_eq!(error, TopicError::Exists(settings.topic.clone()));
    assert_eq!(check(&settings).unwrap(), before);
}

#[test]
fn more_copies_than_brokers_are_refused_before_anything_is_made() {
    let settings = KafkaSettings::plain(brokers(), fresh_name());
    let error = create(&settings, &TopicPlan { ledger: new_ledger(), replication: Some(99) }).unwrap_err();
    assert!(
        matches!(&error, TopicError::Refused(what) if what.contains("Leave --replication out")),
        "{error:?}"
    );
    assert_eq!(check(&settings).unwrap_err(), TopicError::Missing(settings.topic));
}

#[test]
fn every_setting_that_loses_data_is_found_and_nothing_runs_on_it() {
    let settings = fresh_topic();
    let in_sync = due_in_sync(&settings);
    // More than there are copies, or fewer than are safe.
    let (in_sync, other) = (in_sync.to_string(), (3 - in_sync).to_string());
    let good = [
        ("cleanup.policy", "delete"),
        ("retention.ms", "-1"),
        ("retention.bytes", "-1"),
        ("unclean.leader.election.enable", "false"),
        ("message.timestamp.type", "LogAppendTime"),
        ("min.insync.replicas", &*in_sync),
        ("max.message.bytes", "1048576"),
    ];
    for (name, bad) in [
        ("cleanup.policy", "compact"),
        ("retention.ms", "604800000"),
        ("retention.bytes", "1000000"),
        ("unclean.leader.election.enable", "true"),
        ("message.timestamp.type", "CreateTime"),
        ("min.insync.replicas", &*other),
        ("max.message.bytes", "60000"),
    ] {
        let mut altered = AlterConfig::new(ResourceSpecifier::Topic(&settings.topic));
        for (other, value) in good {
            altered = altered.set(other, if other == name { bad } else { value });
        }
        run(admin(brokers()).alter_configs([&altered], &AdminOptions::new())).unwrap()[0].as_ref().unwrap();
        crate::common::eventually(&format!("{name}={bad}"), || {
            check(&settings).unwrap().findings.iter().map(|found| &found.setting).eq([name])
        });
        let error = KafkaLog::open(&settings, None).map(drop).unwrap_err();
        let said = format!("{name} is {bad}: ");
        assert!(matches!(&error, LogError::Mismatch(what) if what.contains(&said)), "{error}");
    }
}
