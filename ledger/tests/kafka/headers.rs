//! Keys and CloudEvents headers, as a reader that knows nothing of us finds them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ledger::log::{Log, Outgoing};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, Message, OwnedMessage};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use schemas::ids::CentreId;
use schemas::record::{Prefix, RecordKind};
use schemas::vocabulary::Channel;

use crate::common::{ONE, PATIENCE, fresh_topic, open};

fn headers(message: &OwnedMessage) -> BTreeMap<String, String> {
    let Some(headers) = message.headers() else { return BTreeMap::new() };
    let text = |value: Option<&[u8]>| String::from_utf8(value.unwrap_or_default().to_vec()).unwrap();
    headers.iter().map(|header| (header.key.to_owned(), text(header.value))).collect()
}

#[test]
fn a_record_has_copies_that_anybody_can_read() {
    let settings = fresh_topic();
    let log = open(&settings);
    let (ledger, _) = log.identity();
    let mut prefix = Prefix::new(RecordKind::Decision, Channel::Web, ledger, ONE);
    (prefix.epoch, prefix.seq, prefix.time_ms) = (3, 41, 1_610_434_800_000);
    prefix.prev.0[..8].copy_from_slice(&[0xab; 8]);
    let centre: CentreId = "kassel".parse().unwrap();
    let record = Outgoing { value: Arc::from(prefix.with_body(&[1, 2, 3]).unwrap()), centre: Some(centre) };
    let garbage = Outgoing::from(Arc::<[u8]>::from(&b"no record"[..]));
    let (done, dones) = crossbeam_channel::bounded(1);
    log.append(ONE, vec![record, garbage], Box::new(move |outcome| drop(done.send(outcome))));
    dones.recv_timeout(PATIENCE).unwrap().unwrap();

    let reader: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", &settings.brokers)
        .set("group.id", "anybody")
        .create()
        .unwrap();
    let mut from = TopicPartitionList::new();
    from.add_partition_offset(&settings.topic, 1, Offset::Beginning).unwrap();
    reader.assign(&from).unwrap();
    let next = || loop {
        if let Some(message) = reader.poll(Duration::from_secs(1)) {
            break message.unwrap().detach();
        }
    };
    let [genesis, record, garbage] = [next(), next(), next()];
    assert_eq!(headers(&genesis)["ce_type"], "terminbuch.genesis");
    assert_eq!(record.key(), Some(&b"kassel"[..]));
    let expected = [
        ("ce_id", "3-41-abababababababab".to_owned()),
        ("ce_source", format!("/terminbuch/{ledger}/1")),
        ("ce_specversion", "1.0".to_owned()),
        ("ce_subject", "kassel".to_owned()),
        ("ce_time", "2021-01-12T07:00:00.000Z".to_owned()),
        ("ce_type", "terminbuch.decision".to_owned()),
    ];
    let expected: BTreeMap<_, _> = expected.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    assert_eq!(headers(&record), expected);
    assert_eq!((garbage.key(), headers(&garbage)), (None, BTreeMap::new()));
}
