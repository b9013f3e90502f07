//! Keys and headers that disagree with their record: nobody minds, and whoever verifies hears of it.

use std::sync::Arc;

use ledger::log::kafka::TopicReader;
use ledger::log::{KafkaSettings, Log, LogError};
use ledger::verify::verify;
use rdkafka::config::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use schemas::ids::{CentreNumber, LedgerId};
use schemas::vocabulary::Channel;
use schemas::{Prefix, RecordKind};

use crate::common::{ONE, PATIENCE, append, brokers, fresh_topic, open};

/// A record that is void where it will stand: its epoch has not begun.
fn barrier(ledger: LedgerId, centre: CentreNumber) -> Vec<u8> {
    let prefix = Prefix::new(RecordKind::Barrier, Channel::Writer, ledger, ONE);
    Prefix { epoch: 99, centre, ..prefix }.with_body(&[]).unwrap()
}

fn write(settings: &KafkaSettings, value: &[u8], key: Option<&str>, headers: Option<OwnedHeaders>) {
    let producer: BaseProducer = ClientConfig::new().set("bootstrap.servers", brokers()).create().unwrap();
    let mut record = BaseRecord::<str, [u8]>::to(&settings.topic).partition(1).payload(value);
    (record.key, record.headers) = (key, headers);
    producer.send(record).map_err(|(error, _)| error).unwrap();
    producer.flush(PATIENCE).unwrap();
}

#[test]
fn what_we_write_agrees_and_what_others_write_beside_it_is_told() {
    let settings = fresh_topic();
    let log = open(&settings);
    let (ledger, _) = log.identity();
    append(&log, vec![Arc::from(barrier(ledger, CentreNumber::NONE))]).unwrap();
    write(&settings, b"garbage", Some("kassel"), None);
    let reader = TopicReader::open(&settings).unwrap();
    assert!(verify(&reader, &mut |_| {}).unwrap().clean);
    let copies = reader.copies();
    assert_eq!((copies.compared, copies.differ), (4, 0), "{copies:?}");

    write(&settings, &barrier(ledger, CentreNumber::NONE), Some("kassel"), None);
    write(&settings, &barrier(ledger, CentreNumber::NONE), None, None);
    let lie = Header { key: "ce_specversion", value: Some("0.3") };
    write(&settings, &barrier(ledger, CentreNumber::NONE), None, Some(OwnedHeaders::new().insert(lie)));
    write(&settings, &barrier(ledger, CentreNumber(7)), Some("kassel"), None);
    let reader = TopicReader::open(&settings).unwrap();
    assert!(verify(&reader, &mut |_| {}).unwrap().clean, "no rule reads them");
    let copies = reader.copies();
    assert_eq!((copies.compared, copies.differ), (8, 4), "{copies:?}");
    let told: Vec<String> = copies.first.iter().map(ToString::to_string).collect();
    for (told, due) in told.iter().zip([
        "partition 1 offset 3: the key is \"kassel\", and the record is of no centre",
        "partition 1 offset 4: header ce_specversion is absent",
        "partition 1 offset 5: header ce_specversion is \"0.3\"",
        "partition 1 offset 6: the key is \"kassel\", and the record is of centre 7",
    ]) {
        assert!(told.starts_with(due), "{told}");
    }
}

#[test]
fn a_reader_shows_what_stood_there_and_appends_nothing() {
    let settings = fresh_topic();
    let log = open(&settings);
    let reader = TopicReader::open(&settings).unwrap();
    append(&log, vec![crate::common::value(1)]).unwrap();
    assert_eq!((reader.identity(), reader.end(ONE)), (log.identity(), Ok(1)));
    assert_eq!(reader.read(ONE, 0, usize::MAX).unwrap(), log.read_cold(ONE, 0, 1).unwrap());
    assert_eq!(reader.read(ONE, 1, usize::MAX), Ok(vec![]));
    assert!(matches!(reader.read(ONE, 2, usize::MAX), Err(LogError::PastTheEnd { .. })));
    let (outcome, outcomes) = crossbeam_channel::bounded(1);
    reader.append(ONE, vec![], Box::new(move |result| drop(outcome.send(result))));
    assert_eq!(outcomes.recv_timeout(PATIENCE), Ok(Err(LogError::Closed)));
}
