use schemas::body::{Claim, Clock, Genesis, Raise};
use schemas::hashing::{first_head, next_head, partition_of};
use schemas::ids::{CentreNumber, Head, Partition};
use schemas::vocabulary::Channel;
use schemas::{Body, Instant, Prefix};

use super::{booking, parse, supply, uuid};

/// A record of the golden history, and the head after it.
pub(crate) struct RecordSample {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) value: Vec<u8>,
    pub(crate) head: Head,
}

/// One small partition from its beginning until its owner gives it away.
pub(crate) fn history() -> Vec<RecordSample> {
    let mut writer = Writer { epoch: 0, fold_version: 1, records: Vec::new() };
    writer.write("genesis", "the partition begins", "2021-01-11T06:00:00.000Z", Channel::Writer, &genesis());
    writer.epoch = 1;
    writer.write("claim", "a node takes it over", "2021-01-11T06:00:01.250Z", Channel::Writer, &claim());
    let centre = Body::Decision(vec![supply::centre_described().into()]);
    writer.write(
        "decision",
        "an operator describes a centre",
        "2021-01-11T06:05:00.000Z",
        Channel::Admin,
        &centre,
    );
    let several = "a swap: the events of one decision stand or fall together";
    writer.write("decision-of-two", several, "2021-01-12T07:07:00.007Z", Channel::Web, &swap());
    let resting = "refusals may rest on it";
    writer.write("barrier", resting, "2021-01-12T07:07:00.100Z", Channel::Writer, &Body::Barrier);
    let raise = Body::Raise(Raise { fold_version: 2 });
    writer.write(
        "raise",
        "fold version 2 from the next record on",
        "2021-01-12T20:00:00.000Z",
        Channel::Admin,
        &raise,
    );
    writer.fold_version = 2;
    writer.write(
        "hand-over",
        "the owner gives it away",
        "2021-01-12T20:00:05.000Z",
        Channel::Writer,
        &Body::HandOver,
    );
    writer.records
}

fn genesis() -> Body {
    Body::Genesis(Genesis { partitions: 16, fold_version: 1, clock: Clock::Simulated })
}

fn claim() -> Body {
    Body::Claim(Claim {
        claim: uuid(0xc1a1_0001),
        node: uuid(0x90de_0001),
        knows_fold: 2,
        clock_accepted: false,
        url: "http://127.0.0.1:8083".to_owned(),
    })
}

fn swap() -> Body {
    Body::Decision(vec![booking::hold_released().into(), booking::hold_placed().into()])
}

struct Writer {
    epoch: u64,
    fold_version: u16,
    records: Vec<RecordSample>,
}

impl Writer {
    fn write(&mut self, name: &'static str, about: &'static str, at: &str, channel: Channel, body: &Body) {
        let prefix = self.prefix(at, channel, body);
        let value = prefix.with_body(&body.to_bytes().unwrap()).unwrap();
        let head = match self.records.last() {
            Some(before) => next_head(&before.head, &value),
            None => first_head(&value),
        };
        self.records.push(RecordSample { name, about, value, head });
    }

    fn prefix(&self, at: &str, channel: Channel, body: &Body) -> Prefix {
        let mut prefix = Prefix::new(body.kind(), channel, uuid(0x7e12_b0c4), partition());
        prefix.epoch = self.epoch;
        prefix.fold_version = self.fold_version;
        prefix.time_ms = parse::<Instant>(at).millis();
        if let (Some(before), false) = (self.records.last(), matches!(body, Body::Claim(_))) {
            prefix.seq = u64::try_from(self.records.len()).unwrap();
            prefix.prev = before.head;
        }
        if matches!(body, Body::Decision(_)) {
            prefix.centre = CentreNumber(1);
        }
        if channel == Channel::Web {
            prefix.command = uuid(0x51c2_0001);
        }
        if channel == Channel::Admin {
            prefix.actor = uuid(0xac70_4001);
        }
        prefix
    }
}

pub(crate) fn partition() -> Partition {
    partition_of(&parse("frankfurt"), 16)
}
