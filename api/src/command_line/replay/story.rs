//! The story of one thing.

use std::process::ExitCode;

use ledger::fold::FoldError;
use ledger::past::{PastError, read_values};
use projections::story::{Story, Subject, Told};
use schemas::ids::Partition;
use serde_json::{Value, json};

use super::{Failure, Job};
use crate::stamp::Zone;

/// Tells it, each event as it is read.
pub(super) fn tell(job: &Job<'_>, subject: &Subject) -> Result<ExitCode, Failure> {
    let partitions = partitions(job, subject);
    let bar = job.bar(&partitions)?;
    let (mut events, mut void) = (0_u64, 0_u64);
    let mut story: Option<Story> = None;
    for &partition in &partitions {
        let mut at = match story.take() {
            Some(before) => before.go_on_in(partition),
            None => Story::new(None, partition, subject.clone()),
        };
        let read = read_values(job.log, partition, &mut |values| bar.inc(values), &mut |entry| {
            let told = at
                .read(entry.offset, &entry.value)
                .map_err(|halt| PastError::Fold(FoldError::Halt { partition, offset: entry.offset, halt }))?;
            for told in told {
                *(if told.void.is_some() { &mut void } else { &mut events }) += 1;
                bar.suspend(|| job.output.say(&text(&told), &machine(&told)));
            }
            Ok(true)
        });
        if let Err(error) = read {
            bar.finish_and_clear();
            return job.unless_nothing(&error);
        }
        story = Some(at);
    }
    bar.finish_and_clear();
    if events == 0 && void == 0 {
        return Ok(job.nothing(&format!("nothing in the log concerns {subject}")));
    }
    let said = format!("{events} events concern {subject}, and {void} in void records");
    job.output.say(
        &said,
        &json!({ "kind": "story", "subject": subject.to_string(), "events": events, "void": void }),
    );
    Ok(ExitCode::SUCCESS)
}

/// Those that the subject can be in; the office, where reads are noted, comes last.
fn partitions(job: &Job<'_>, subject: &Subject) -> Vec<Partition> {
    let count = job.log.partitions();
    let named = match subject {
        Subject::Slot(centre, _) => Some(schemas::hashing::partition_of(centre, count)),
        Subject::Id(_) | Subject::Reference(_) => job.partition(),
    };
    let centres = match named {
        Some(partition) => vec![partition],
        None => (1..count).map(Partition).collect(),
    };
    centres.into_iter().chain([Partition::OFFICE]).collect()
}

fn text(told: &Told) -> String {
    let zone = Zone::named(&told.time_zone).unwrap_or_else(Zone::utc);
    let at = told.at.map_or_else(|| "at no time".to_owned(), |at| zone.show(at));
    let place = match (&told.position, &told.void) {
        (Some(position), _) => position.to_string(),
        (None, reason) => format!(
            "VOID at offset {} of partition {}: {}",
            told.offset,
            told.partition,
            reason.as_deref().unwrap_or("it does not count")
        ),
    };
    let node = told.node.map_or_else(|| "another node".to_owned(), |node| format!("node {node}"));
    format!(
        "{at}  {place}  {}\n    {}\n    by {}; written in epoch {} by {node}, offset {}",
        told.event.name(),
        told.words,
        who(told),
        told.epoch,
        told.offset
    )
}

fn who(told: &Told) -> String {
    let channel = told.channel.map_or_else(|| "an unknown channel".to_owned(), |channel| channel.to_string());
    match (told.actor.is_nil(), told.channel) {
        (true, Some(schemas::vocabulary::Channel::Writer)) => "the writer itself".to_owned(),
        (true, _) => format!("{channel}, whoever bears the registration's secret"),
        (false, _) => format!("{channel}, {}", told.actor),
    }
}

fn machine(told: &Told) -> Value {
    let zone = Zone::named(&told.time_zone).unwrap_or_else(Zone::utc);
    let mut line = json!({
        "kind": if told.void.is_some() { "void" } else { "event" },
        "partition": told.partition, "offset": told.offset, "epoch": told.epoch,
        "event": told.event.name(), "data": told.event.to_json().unwrap_or_default(), "words": told.words,
    });
    let Some(members) = line.as_object_mut() else { return line };
    let mut add =
        |name: &str, value: Option<Value>| value.map(|value| members.insert(name.to_owned(), value));
    add("position", told.position.map(|position| json!(position)));
    add("reason", told.void.clone().map(Value::from));
    add("node", told.node.map(|node| json!(node)));
    add("time", told.at.map(|at| json!(zone.show(at))));
    add("channel", told.channel.map(|channel| json!(channel)));
    add("actor", Some(told.actor).filter(|actor| !actor.is_nil()).map(|actor| json!(actor)));
    add("command", Some(told.command).filter(|command| !command.is_nil()).map(|command| json!(command)));
    add("centre", told.centre.as_ref().map(|centre| json!(centre)));
    line
}
