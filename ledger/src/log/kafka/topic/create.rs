//! Making the topic, with genesis at the beginning of every partition.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext};
use schemas::ids::Partition;

use super::super::client::{self, Ear, Role};
use super::super::headers;
use super::super::open::Survey;
use super::super::settings::KafkaSettings;
use super::admin::Admin;
use super::check::report;
use super::{TopicError, TopicPlan, TopicReport};
use crate::log::{Geneses, LogError};

/// As many copies as are wanted where there are enough brokers.
const WANTED_COPIES: i32 = 3;

/// Makes a topic with the settings that keep its data, writes genesis into every partition, and looks at the result.
///
/// # Errors
/// `Exists` when there is a topic of that name; when the brokers cannot be reached or refuse it; when genesis could not
/// be written as the first value everywhere. The topic is then no ledger, and is to be deleted.
pub fn create(settings: &KafkaSettings, plan: &TopicPlan) -> Result<TopicReport, TopicError> {
    let (_, geneses) = plan.ledger.geneses()?;
    let survey = Survey::begin(settings)?;
    let brokers = i32::try_from(survey.brokers()?).unwrap_or(i32::MAX);
    let replication = plan.replication.unwrap_or(WANTED_COPIES.min(brokers));
    if replication < 1 || replication > brokers {
        return Err(TopicError::Refused(format!(
            "each copy needs a broker of its own, and of the {replication} that were asked for there can be {brokers}. Leave \
             --replication out for as many as there can be, or start more brokers"
        )));
    }
    Admin::new(settings, survey.left())?.create(plan.ledger.partitions, replication)?;
    // Its leaders are known before anything is written to them.
    Survey::of_new(settings)?.spread()?.ok_or_else(|| TopicError::Missing(settings.topic.clone()))?;
    write(settings, geneses)?;
    report(settings, &Survey::of_new(settings)?)
}

fn write(settings: &KafkaSettings, geneses: Geneses) -> Result<(), TopicError> {
    let context = First { ear: Ear::new(Role::Producer), told: Arc::default() };
    let told = Arc::clone(&context.told);
    let producer: BaseProducer<First> = client::config(settings, Role::Producer)?
        .create_with_context(context)
        .map_err(|error| client::cannot_make(Role::Producer, &error))?;
    let count = geneses.len();
    for (partition, genesis) in (0..).map(Partition).zip(geneses) {
        let mut record = BaseRecord::<[u8], [u8], usize>::with_opaque_to(&settings.topic, 0)
            .partition(client::number(partition))
            .payload(&genesis);
        record.headers = headers::of(&genesis, None);
        producer.send(record).map_err(|(error, _)| client::failed(&error))?;
    }
    let timeout = settings.open_timeout().max(Duration::from_secs(1));
    producer.flush(timeout).map_err(|error| client::failed(&error))?;
    let told = told.lock().unwrap_or_else(PoisonError::into_inner);
    let first = told.iter().filter(|told| matches!(told, Ok(0))).count();
    if first == count {
        return Ok(());
    }
    let why = told.iter().find_map(|told| match told {
        Ok(0) => None,
        Ok(offset) => Some(format!("something else was written first, and it stands at offset {offset}")),
        Err(error) => Some(error.clone()),
    });
    Err(TopicError::Log(LogError::Unreachable(format!(
        "genesis stands in {first} of {count} partitions of topic {}: {}. Delete the topic and make it again",
        settings.topic,
        why.unwrap_or_else(|| "nothing was heard of the others".to_owned())
    ))))
}

/// Hears at which offset each genesis stands.
struct First {
    ear: Ear,
    told: Arc<Mutex<Vec<Result<i64, String>>>>,
}

impl ClientContext for First {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        self.ear.note(level, facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.ear.hear(&error, reason);
    }
}

impl ProducerContext for First {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, _: usize) {
        let told = match result {
            Ok(message) => Ok(message.offset()),
            Err((error, _)) => Err(error.to_string()),
        };
        self.told.lock().unwrap_or_else(PoisonError::into_inner).push(told);
    }
}
