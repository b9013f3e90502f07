//! Real-time order: what is asked later stands later.

use schemas::Position;

use super::index::Askings;
use super::partition::PartitionWitness;
use super::report::Report;
use super::violation::Violation;
use crate::history::{CallId, History, Told};

/// The latest position of each partition that anybody had been told when a call was made, and who.
pub(super) type Floor = Vec<Option<(Position, CallId)>>;

/// What had been told before each call. Positions that do not stand in the log are passed over: they are a violation of
/// their own, and would drag others after them.
pub(super) fn floors(history: &History, partitions: usize, stands: &dyn Fn(Position) -> bool) -> Vec<Floor> {
    let mut answers: Vec<(u64, Position, CallId)> = history.calls.iter().filter_map(told_position).collect();
    answers.retain(|&(_, position, _)| stands(position));
    answers.sort_unstable();
    let mut answers = answers.into_iter().peekable();
    let mut floor: Floor = vec![None; partitions];
    let mut floors = Vec::with_capacity(history.calls.len());
    // Calls stand in the order in which they were made.
    for call in &history.calls {
        while let Some((_, position, who)) = answers.next_if(|&(at_ns, ..)| at_ns < call.asked.asked_ns) {
            let known = usize::try_from(position.partition.0).ok().and_then(|at| floor.get_mut(at));
            if let Some(known) = known
                && known.is_none_or(|(latest, _)| latest.seq < position.seq)
            {
                *known = Some((position, who));
            }
        }
        floors.push(floor.clone());
    }
    floors
}

fn told_position(call: &crate::history::Call) -> Option<(u64, Position, CallId)> {
    let answered = call.answered.as_ref()?;
    let position = match answered.told {
        Told::Done { position, .. } => position,
        Told::Refused { as_of, .. } => as_of,
        Told::NotDone(_) | Told::Unknown => return None,
    };
    Some((answered.answered_ns, position, call.id()))
}

/// What had been told of this partition.
pub(super) fn floor_of(floors: &[Floor], call: usize, position: Position) -> Option<(Position, CallId)> {
    *floors.get(call)?.get(usize::try_from(position.partition.0).ok()?)?
}

/// No record stands before what had been told when its command was first asked.
pub(super) fn check_records(
    partition: &PartitionWitness,
    askings: &Askings<'_>,
    floors: &[Floor],
    history: &History,
    report: &mut Report,
) {
    for record in &partition.records {
        let first = record.key.as_ref().and_then(|key| askings.get(key)).and_then(|asking| asking.first());
        let Some(first) = first else { continue };
        let Some((told, told_to)) = floor_of(floors, first, record.position) else { continue };
        if record.position.seq <= told.seq
            && let Some(call) = history.calls.get(first)
        {
            let (call, position) = (call.id(), record.position);
            report.add(Violation::OutOfOrder { call, position, told_to, told });
        }
    }
}
