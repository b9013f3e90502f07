use schemas::events::*;
use schemas::vocabulary::{Channel, ChannelState, Role};

use super::{Sample, content, parse, uuid};

pub(super) fn all() -> Vec<Sample> {
    vec![
        Sample::new("", "the web is drained", channel_set()),
        Sample::new("", "an analyst read an hour", records_read()),
        Sample::new(
            "-one-thing",
            "an agent looked one person up",
            RecordsRead { role: Role::Agent, from: None, to: None, ..records_read() },
        ),
    ]
}

fn channel_set() -> ChannelSet {
    ChannelSet {
        channel: Channel::Web,
        state: ChannelState::Draining,
        reason: "Wartung bis 22 Uhr – bitte später".to_owned(),
        content: content(0x24),
    }
}

fn records_read() -> RecordsRead {
    RecordsRead {
        actor: uuid(0xac70_4001),
        role: Role::Analyst,
        purpose: "weekly report".to_owned(),
        what: "events of frankfurt".to_owned(),
        from: Some(parse("2021-01-12T08:00:00.000+01:00")),
        to: Some(parse("2021-01-12T09:00:00.000+01:00")),
    }
}
