//! Could the topic lose data, and which ledger begins in it?

use super::super::super::LogError;
use super::super::open::{Spread, Survey};
use super::super::settings::KafkaSettings;
use super::admin::Admin;
use super::{Finding, TopicError, TopicReport, Warning, settings};

/// Looks at a topic: every setting that could lose data, each with the way to mend it, and its geneses.
///
/// # Errors
/// When the brokers cannot be reached or do not let us ask, or the topic is none of ours.
pub fn check(settings: &KafkaSettings) -> Result<TopicReport, TopicError> {
    report(settings, &Survey::begin(settings)?)
}

/// What is there, as these brokers tell it.
pub(super) fn report(settings: &KafkaSettings, survey: &Survey) -> Result<TopicReport, TopicError> {
    let spread = survey.spread()?.ok_or_else(|| TopicError::Missing(settings.topic.clone()))?;
    // Whose topic it is comes first: nobody is told to mend the settings of somebody else's.
    let identity = match survey.ends(&spread).and_then(|_| survey.identity(&spread)) {
        Err(LogError::Mismatch(what) | LogError::Damaged(what)) => {
            return Err(TopicError::NoLedger { topic: settings.topic.clone(), what });
        }
        identity => identity?.0,
    };
    let (findings, warnings) = look(settings, survey, &spread)?;
    Ok(TopicReport {
        topic: settings.topic.clone(),
        partitions: spread.partitions,
        replication: spread.replication,
        ledger: identity.ledger,
        genesis: identity.genesis,
        findings,
        warnings,
    })
}

/// How many partitions a topic that is in use has now, and what could lose data.
pub(in crate::log::kafka) fn findings_now(
    kafka: &KafkaSettings,
    survey: &Survey,
) -> Result<(u32, Vec<Finding>), TopicError> {
    let spread = survey.spread()?.ok_or_else(|| TopicError::Missing(kafka.topic.clone()))?;
    Ok((spread.partitions, look(kafka, survey, &spread)?.0))
}

/// What could lose data, and what should be known.
pub(in crate::log::kafka) fn look(
    kafka: &KafkaSettings,
    survey: &Survey,
    spread: &Spread,
) -> Result<(Vec<Finding>, Vec<Warning>), TopicError> {
    let told = Admin::new(kafka, survey.left())?.settings()?;
    let value = |name: &str| told.iter().find(|(told, _)| told == name).and_then(|(_, value)| value.clone());
    let findings = settings::findings(&kafka.topic, &kafka.brokers, spread.replication, value);
    let in_sync = value("min.insync.replicas").and_then(|copies| copies.parse().ok());
    Ok((findings, settings::warnings(spread.replication, in_sync)))
}
