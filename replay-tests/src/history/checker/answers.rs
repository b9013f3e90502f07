//! Every answer beside the record that it names.

use schemas::{Instant, Position};

use super::index::Askings;
use super::order::{Floor, floor_of};
use super::partition::{PartitionWitness, Record};
use super::report::Report;
use super::violation::Violation;
use crate::history::{Call, CallId, History, Told};

/// Checks all answers, and that no command was done twice.
pub(super) fn check(
    history: &History,
    askings: &Askings<'_>,
    read: &[PartitionWitness],
    floors: &[Floor],
    report: &mut Report,
) {
    for (number, call) in history.calls.iter().enumerate() {
        report.counts.calls += 1;
        match call.told() {
            Some(Told::Done { position, recorded_at, repeated, .. }) => {
                report.counts.done += u64::from(!repeated);
                report.counts.repeated += u64::from(*repeated);
                match find(read, *position) {
                    None => report.add(Violation::NoSuchPosition { call: call.id(), position: *position }),
                    Some(record) => {
                        stands_there(number, call, *recorded_at, record, askings, report);
                        if !repeated && !is_first(number, askings) {
                            is_in_order(number, call, record, floors, report);
                        }
                    }
                }
            }
            Some(Told::Refused { as_of, is_final, .. }) => {
                report.counts.refused += 1;
                if find(read, *as_of).is_none() {
                    report.add(Violation::NoSuchPosition { call: call.id(), position: *as_of });
                } else if !is_final {
                    is_fresh(number, call.id(), *as_of, floors, report);
                }
            }
            Some(Told::NotDone(_)) => report.counts.not_done += 1,
            Some(Told::Unknown) | None => {
                let stands = askings.keys.get(number).and_then(Option::as_ref);
                let stands = stands.is_some_and(|key| read.iter().any(|partition| partition.has(key)));
                report.counts.unknown_once += u64::from(stands);
                report.counts.unknown_absent += u64::from(!stands);
            }
        }
    }
    for (key, asking) in askings.iter() {
        let calls: Vec<&Call> = asking.calls.iter().filter_map(|&at| history.calls.get(at)).collect();
        let records: Vec<&Record> = read.iter().flat_map(|partition| partition.records_of(key)).collect();
        all_say_the_same(&calls, &records, report);
        surely_not_done(&calls, &records, report);
    }
}

fn find(read: &[PartitionWitness], position: Position) -> Option<&Record> {
    let partition = read.iter().find(|witness| witness.partition == position.partition)?;
    partition.record(position)
}

fn stands_there(
    number: usize,
    call: &Call,
    told_at: Instant,
    record: &Record,
    askings: &Askings<'_>,
    report: &mut Report,
) {
    let own = askings.keys.get(number).and_then(Option::as_ref);
    let same_command = match own {
        Some(key) => record.key.as_ref() == Some(key),
        None => record.key.is_none() && record.command == call.asked.command.id(),
    };
    let told = match call.told() {
        Some(Told::Done { events, .. }) => *events,
        _ => None,
    };
    let what = if !same_command {
        Some("the record is another command's")
    } else if record.time != told_at {
        Some("the record has another time")
    } else if told.is_some_and(|told| Some(told) != record.events) {
        Some("the record has other events")
    } else {
        None
    };
    if let Some(what) = what {
        report.add(Violation::AnotherRecord { call: call.id(), position: record.position, what });
    }
}

/// Whether nobody asked for the same before; then the record itself is held to the order.
fn is_first(number: usize, askings: &Askings<'_>) -> bool {
    let asking = askings.keys.get(number).and_then(Option::as_ref).and_then(|key| askings.get(key));
    asking.is_some_and(|asking| asking.first() == Some(number))
}

fn is_in_order(number: usize, call: &Call, record: &Record, floors: &[Floor], report: &mut Report) {
    let (call, position) = (call.id(), record.position);
    if let Some((told, told_to)) = floor_of(floors, number, position)
        && position.seq <= told.seq
    {
        report.add(Violation::OutOfOrder { call, position, told_to, told });
    }
}

fn is_fresh(number: usize, call: CallId, as_of: Position, floors: &[Floor], report: &mut Report) {
    if let Some((told, told_to)) = floor_of(floors, number, as_of)
        && as_of.seq < told.seq
    {
        report.add(Violation::RefusalOutdated { call, as_of, told_to, told });
    }
}

/// All OKs of one command name one record, unless there honestly are several.
fn all_say_the_same(calls: &[&Call], records: &[&Record], report: &mut Report) {
    if records.len() > 1 {
        // Twice, which is told already, or lawfully again.
        return;
    }
    let mut before: Option<(CallId, Position)> = None;
    for call in calls {
        let Some(Told::Done { position, .. }) = call.told() else { continue };
        match before {
            Some((before, told_before)) if told_before != *position => {
                let (call, told) = (call.id(), *position);
                report.add(Violation::AnswersDiffer { call, told, before, told_before });
            }
            _ => before = Some((call.id(), *position)),
        }
    }
}

/// When all callers were told that nothing was done, nothing was.
fn surely_not_done(calls: &[&Call], records: &[&Record], report: &mut Report) {
    let all = calls.iter().all(|call| matches!(call.told(), Some(Told::NotDone(_))));
    if let (true, Some(call), Some(record)) = (all, calls.first(), records.first()) {
        report.add(Violation::DoneAllTheSame { call: call.id(), position: record.position });
    }
}
