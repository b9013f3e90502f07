//! The one place where a log is opened: the embedded one of a data directory, or a topic of Apache Kafka.

mod note;

use std::path::PathBuf;
use std::sync::Arc;

use ledger::data_dir::{DataDir, DataDirError};
use ledger::log::kafka::{Copies, KafkaSettings, Protocol, SaslMechanism, TopicReader};
use ledger::log::{EmbeddedLog, KafkaLog, Log, LogError, NewLedger, ReadOnlyLog};
use schemas::ids::LedgerId;

use crate::config::Config;
use note::Note;

/// Why the log cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data directory cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The log cannot be used.
    #[error("the log: {0}")]
    Log(#[from] LogError),
    /// The log is gone, and what belongs to it is not.
    #[error(
        "there is no log in {0}, and there are views or a vault of one. A new ledger is only begun where there is nothing: \
         restore the log from a copy, or name another data directory"
    )]
    LogLost(PathBuf),
    /// A ledger with an embedded log is asked to go on in Kafka.
    #[error(
        "{0} has an embedded log with a ledger of its own, which cannot go on in Apache Kafka: start without --kafka, or \
         name another data directory"
    )]
    HasEmbeddedLog(PathBuf),
    /// What follows a topic is asked to go on with an embedded log.
    #[error(
        "{data_dir} follows topic {topic} of Apache Kafka (ledger {ledger}): start with --kafka BROKERS --topic {topic}, or \
         name another data directory"
    )]
    FollowsTopic {
        /// The data directory.
        data_dir: PathBuf,
        /// The topic that it follows.
        topic: String,
        /// The ledger in it.
        ledger: LedgerId,
    },
    /// The topic holds another ledger than the one that the data directory follows.
    #[error(
        "{data_dir} follows ledger {followed}, and topic {topic} holds ledger {found}: name the topic of that ledger, or \
         another data directory"
    )]
    OtherLedger {
        /// The data directory.
        data_dir: PathBuf,
        /// The ledger that it follows.
        followed: LedgerId,
        /// The topic that was asked for.
        topic: String,
        /// The ledger in it.
        found: LedgerId,
    },
    /// Which topic a data directory follows cannot be read or noted.
    #[error("{path} cannot be used: {why}")]
    Note {
        /// The file that says so.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

/// Opens the log to append to it. An embedded one begins in an empty data directory; a topic must be there.
///
/// # Errors
/// When the log is not what is expected, or the data directory belongs to another one.
pub(crate) fn to_append(
    config: &Config,
    data_dir: &DataDir,
    expect: &NewLedger,
) -> Result<Arc<dyn Log>, OpenError> {
    match config.kafka.settings() {
        Some(settings) => following(&settings, data_dir, Some(expect)),
        None => {
            follows_no_topic(data_dir)?;
            if !EmbeddedLog::is_begun(&data_dir.log())? && data_dir.has_neighbours()? {
                return Err(OpenError::LogLost(data_dir.log()));
            }
            Ok(Arc::new(EmbeddedLog::open(&data_dir.log(), expect)?))
        }
    }
}

/// Opens a log that is there, whichever ledger it is of, for a data directory that nobody else has open.
///
/// # Errors
/// When there is none, or the data directory belongs to another one.
pub(crate) fn existing(config: &Config, data_dir: &DataDir) -> Result<Arc<dyn Log>, OpenError> {
    match config.kafka.settings() {
        Some(settings) => following(&settings, data_dir, None),
        None => {
            follows_no_topic(data_dir)?;
            Ok(Arc::new(EmbeddedLog::open_existing(&data_dir.log())?))
        }
    }
}

/// Opens a log only to read it, beside whoever appends to it. A topic needs no data directory.
///
/// # Errors
/// When there is none, when the data directory follows a topic and none was asked for, or another ledger than the topic's.
pub(crate) fn to_read(config: &Config) -> Result<ToRead, OpenError> {
    match config.kafka.settings() {
        Some(settings) => {
            let topic = TopicReader::open(&settings)?;
            if let Ok(data_dir) = DataDir::open_read_only(&config.data_dir) {
                is_noted(&data_dir, Note::read(&data_dir)?.as_ref(), &settings, topic.identity().0)?;
            }
            Ok(ToRead::Topic(Box::new(topic)))
        }
        None => {
            let data_dir = DataDir::open_read_only(&config.data_dir)?;
            follows_no_topic(&data_dir)?;
            Ok(ToRead::Embedded(EmbeddedLog::open_read_only(&data_dir.log())?))
        }
    }
}

/// A log that is only read.
pub(crate) enum ToRead {
    Embedded(ReadOnlyLog),
    Topic(Box<TopicReader>),
}

impl ToRead {
    pub(crate) fn log(&self) -> &dyn Log {
        match self {
            Self::Embedded(log) => log,
            Self::Topic(topic) => topic.as_ref(),
        }
    }

    /// How the copies beside the records agree with what was read, where there are copies.
    pub(crate) fn copies(&self) -> Option<Copies> {
        match self {
            Self::Embedded(_) => None,
            Self::Topic(topic) => Some(topic.copies()),
        }
    }

    /// Why what was read may not stay there, as far as the settings of a topic tell.
    pub(crate) fn doubts(&self) -> &[String] {
        match self {
            Self::Embedded(_) => &[],
            Self::Topic(topic) => topic.doubts(),
        }
    }
}

/// Whether a data directory belongs to the ledger in a log that was opened to be read: an embedded log stands in it, and
/// of a topic it says that it follows it.
pub(crate) fn is_of(opened: &ToRead, data_dir: &DataDir, ledger: LedgerId) -> bool {
    match opened {
        ToRead::Embedded(_) => true,
        ToRead::Topic(_) => Note::read(data_dir).ok().flatten().is_some_and(|noted| noted.ledger == ledger),
    }
}

/// A topic, and the note in the data directory that says so.
fn following(
    settings: &KafkaSettings,
    data_dir: &DataDir,
    expect: Option<&NewLedger>,
) -> Result<Arc<dyn Log>, OpenError> {
    if EmbeddedLog::is_begun(&data_dir.log())? {
        return Err(OpenError::HasEmbeddedLog(data_dir.path().to_owned()));
    }
    let noted = Note::read(data_dir)?;
    if noted.is_none() && data_dir.has_neighbours()? {
        return Err(OpenError::LogLost(data_dir.log()));
    }
    let security = &settings.security;
    if security.protocol == Protocol::SaslPlaintext && security.sasl_mechanism == SaslMechanism::Plain {
        tracing::warn!(
            "the password is sent to the brokers as it is, and unencrypted: use sasl_ssl, or a scram mechanism"
        );
    }
    let log = KafkaLog::open(settings, expect)?;
    let (found, _) = log.identity();
    is_noted(data_dir, noted.as_ref(), settings, found)?;
    match noted {
        // A ledger may be copied to a topic of another name.
        Some(noted) if noted.topic == settings.topic => {}
        _ => Note { ledger: found, topic: settings.topic.clone() }.write(data_dir)?,
    }
    Ok(Arc::new(log))
}

/// What stands beside a log must be of the same ledger, whatever the topic is called.
fn is_noted(
    data_dir: &DataDir,
    noted: Option<&Note>,
    settings: &KafkaSettings,
    found: LedgerId,
) -> Result<(), OpenError> {
    match noted {
        Some(noted) if noted.ledger != found => Err(OpenError::OtherLedger {
            data_dir: data_dir.path().to_owned(),
            followed: noted.ledger,
            topic: settings.topic.clone(),
            found,
        }),
        _ => Ok(()),
    }
}

fn follows_no_topic(data_dir: &DataDir) -> Result<(), OpenError> {
    match Note::read(data_dir)? {
        None => Ok(()),
        Some(Note { ledger, topic }) => {
            Err(OpenError::FollowsTopic { data_dir: data_dir.path().to_owned(), topic, ledger })
        }
    }
}

#[cfg(test)]
mod tests;
