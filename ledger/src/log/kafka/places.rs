//! Single records from many places at once: the brokers are asked for all of them together.

use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use schemas::ids::Partition;

use super::super::{Entry, LogError};
use super::client::{self, Reader};
use super::follow::{entry, given_up};

/// How long one poll waits.
const WAIT: Duration = Duration::from_millis(100);

/// A partition, and an offset in it.
pub(super) type Place = (Partition, u64);

/// The entries at these places, each in a partition of its own, in the order of the places; none where there is none.
///
/// # Errors
/// When not all was answered in this time.
pub(super) fn entries_at(
    survey: &Reader,
    topic: &str,
    places: &[Place],
    timeout: Duration,
) -> Result<Vec<Option<Entry>>, LogError> {
    let found = first_entries_from(survey, topic, places, timeout)?;
    let there = |(found, &(_, offset)): (Option<Entry>, &Place)| found.filter(|entry| entry.offset == offset);
    Ok(found.into_iter().zip(places).map(there).collect())
}

/// The first entries from these places on, as above.
pub(super) fn first_entries_from(
    survey: &Reader,
    topic: &str,
    places: &[Place],
    timeout: Duration,
) -> Result<Vec<Option<Entry>>, LogError> {
    let found = first_entries_by(survey, topic, places, Instant::now() + timeout);
    if let Err(error) = survey.unassign() {
        tracing::debug!(%error, "a reader cannot be unassigned");
    }
    found
}

fn first_entries_by(
    survey: &Reader,
    topic: &str,
    places: &[Place],
    deadline: Instant,
) -> Result<Vec<Option<Entry>>, LogError> {
    let mut answers: Vec<Option<Answer>> = places.iter().map(|_| None).collect();
    client::assign(survey, topic, places.iter().copied())?;
    let mut why = "no answer".to_owned();
    while answers.iter().any(Option::is_none) {
        if Instant::now() > deadline {
            let open = places.iter().zip(&answers).find(|(_, answer)| answer.is_none());
            let (partition, offset) = open.map_or((Partition::OFFICE, 0), |(place, _)| *place);
            return Err(LogError::Unreachable(format!(
                "offset {offset} of partition {partition} cannot be read: {why}"
            )));
        }
        match next_answer(survey) {
            Heard::Of(partition, answer) => {
                let at = places.iter().position(|(asked, _)| client::number(*asked) == partition);
                if let Some(open @ None) = at.and_then(|at| answers.get_mut(at)) {
                    *open = Some(answer);
                }
            }
            // Somewhere the beginning or the end is gone. Of several places nobody knows which.
            Heard::GivenUp => match places {
                [_] => return Ok(vec![None]),
                _ => return one_by_one(survey, topic, places, deadline),
            },
            Heard::Trouble(error) => why = error,
            Heard::Nothing => {}
        }
    }
    Ok(answers.into_iter().map(Option::flatten).collect())
}

fn one_by_one(
    survey: &Reader,
    topic: &str,
    places: &[Place],
    deadline: Instant,
) -> Result<Vec<Option<Entry>>, LogError> {
    let each = places.iter().map(|place| first_entries_by(survey, topic, &[*place], deadline));
    Ok(each.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// The entry, or none: the partition ends there.
type Answer = Option<Entry>;

enum Heard {
    Of(i32, Answer),
    GivenUp,
    Trouble(String),
    Nothing,
}

fn next_answer(survey: &Reader) -> Heard {
    match survey.poll(WAIT) {
        Some(Ok(message)) => match entry(&message) {
            Some((_, entry)) => Heard::Of(message.partition(), Some(entry)),
            None => Heard::Nothing,
        },
        Some(Err(KafkaError::PartitionEOF(ended))) => Heard::Of(ended, None),
        Some(Err(error)) if given_up(&error) => Heard::GivenUp,
        Some(Err(error)) => Heard::Trouble(error.to_string()),
        None => Heard::Nothing,
    }
}
