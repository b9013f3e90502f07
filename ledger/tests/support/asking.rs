//! Commands for a running ledger, and which of them stand in its log. Shared by the tests that run one.

use std::time::{Duration, Instant as Monotonic};

use ledger::chain::{Chain, Verdict};
use ledger::command::{CentreCommand, CentreDescription};
use ledger::log::Log;
use ledger::{Command, Request};
use schemas::Body;
use schemas::ids::{ActorId, CentreId, CommandId, Cvx, DeliveryId, Partition};
use schemas::vocabulary::Channel;

pub(crate) fn asked(command: Command, patience: Duration) -> Request {
    Request { command, channel: Channel::Admin, actor: ActorId::NIL, deadline: Monotonic::now() + patience }
}

pub(crate) fn describe(id: &str) -> Command {
    let id: CentreId = id.parse().unwrap();
    let description = CentreDescription {
        id: id.clone(),
        reference_prefix: "FRA".parse().unwrap(),
        name: "Impfzentrum".to_owned(),
        address: "Festhalle".to_owned(),
        phone: "116117".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        opens_on: "2021-01-19".parse().unwrap(),
        catchment: vec!["06412".parse().unwrap()],
    };
    Command::Centre(id, CentreCommand::DescribeCentre(description))
}

/// An announcement at Frankfurt with an id of its own.
pub(crate) fn delivery(number: u32) -> Command {
    let delivery = DeliveryId((u128::from(number) << 64 | 0x4000_8000_0000_0000).to_be_bytes());
    let due_on = "2021-02-01".parse().unwrap();
    let command = CentreCommand::AnnounceDelivery { delivery, vaccine: Cvx(208), doses: 10, due_on };
    Command::Centre("frankfurt".parse().unwrap(), command)
}

/// The ids of the commands whose records count, in their order, and how many claims do.
pub(crate) fn read_commands(log: &dyn Log, partition: Partition) -> (Vec<CommandId>, u64) {
    let mut chain = Chain::new(None, partition);
    let mut commands = Vec::new();
    loop {
        let entries = log.read(partition, chain.next_offset(), 1 << 20).unwrap();
        if entries.is_empty() {
            return (commands, chain.epoch());
        }
        for entry in entries {
            if let Verdict::Counts(counted) = chain.judge(entry.offset, &entry.value).unwrap()
                && matches!(counted.body, Body::Decision(_))
            {
                commands.push(counted.prefix.command);
            }
        }
    }
}
