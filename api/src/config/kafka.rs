//! `[kafka]`: where the brokers are and how they want to be spoken to. Without brokers the log is the embedded one.

use std::fmt;
use std::path::PathBuf;

use ledger::log::kafka::{KafkaSettings, Password, Protocol, SaslMechanism, Security};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::ConfigError;

/// The topic that is the log unless another one is named.
pub const TOPIC: &str = "terminbuch";

/// What is shown of a secret.
pub(super) const SECRET_SHOWN: &str = "(set)";

/// No wait may be longer, in milliseconds.
const LONGEST_MS: u32 = 3_600_000;
/// No topic may have a longer name.
const LONGEST_TOPIC: usize = 249;

/// What can be set for a log in Apache Kafka.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KafkaConfig {
    /// `host:port` of some brokers, separated by commas; they name the others. None: the log is the embedded one.
    pub brokers: Option<String>,
    /// The topic that is the log; `terminbuch` when none is named.
    pub topic: Option<String>,
    /// What is spoken: `plaintext` when nothing is said, `ssl`, `sasl_plaintext` or `sasl_ssl`.
    pub protocol: Option<Protocol>,
    /// PEM with the authorities that the brokers' certificates are checked against; the system's when none is named.
    pub ca_file: Option<PathBuf>,
    /// PEM with our own certificate, where the brokers ask for one.
    pub certificate_file: Option<PathBuf>,
    /// PEM with the key of our certificate.
    pub key_file: Option<PathBuf>,
    /// What that key is encrypted with.
    pub key_password: Option<Secret>,
    /// How we show who we are: `scram-sha-512` when nothing is said, `scram-sha-256` or `plain`.
    pub sasl_mechanism: Option<SaslMechanism>,
    /// Who we are.
    pub username: Option<String>,
    /// What shows it.
    pub password: Option<Secret>,
    /// Milliseconds that opening, and anything about the topic as a whole, may take.
    pub open_timeout_ms: u32,
    /// Milliseconds that a read waits for brokers that do not answer.
    pub read_timeout_ms: u32,
    /// Milliseconds that a record may wait to be acknowledged before its outcome counts as unknown.
    pub message_timeout_ms: u32,
}

impl Default for KafkaConfig {
    fn default() -> Self {
        let KafkaSettings { open_timeout_ms, read_timeout_ms, message_timeout_ms, .. } =
            KafkaSettings::default();
        Self {
            brokers: None,
            topic: None,
            protocol: None,
            ca_file: None,
            certificate_file: None,
            key_file: None,
            key_password: None,
            sasl_mechanism: None,
            username: None,
            password: None,
            open_timeout_ms,
            read_timeout_ms,
            message_timeout_ms,
        }
    }
}

impl KafkaConfig {
    /// What a client of the brokers is made from; none: the log is the embedded one.
    pub fn settings(&self) -> Option<KafkaSettings> {
        let own = |secret: &Option<Secret>| secret.as_ref().map(|Secret(password)| password.clone());
        Some(KafkaSettings {
            brokers: self.brokers.clone()?,
            topic: self.topic().to_owned(),
            security: Security {
                protocol: self.protocol.unwrap_or_default(),
                ca_file: self.ca_file.clone(),
                certificate_file: self.certificate_file.clone(),
                key_file: self.key_file.clone(),
                key_password: own(&self.key_password),
                sasl_mechanism: self.sasl_mechanism.unwrap_or_default(),
                username: self.username.clone(),
                password: own(&self.password),
            },
            open_timeout_ms: self.open_timeout_ms,
            read_timeout_ms: self.read_timeout_ms,
            message_timeout_ms: self.message_timeout_ms,
        })
    }

    /// The topic's name.
    pub fn topic(&self) -> &str {
        self.topic.as_deref().unwrap_or(TOPIC)
    }

    /// Names the first thing that cannot be meant.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        match &self.brokers {
            Some(brokers) => brokers_are_named(brokers)?,
            None => self.nothing_without_brokers()?,
        }
        topic_can_be(self.topic())?;
        self.certificates_fit()?;
        self.user_fits()?;
        let waits = [
            ("open_timeout_ms", self.open_timeout_ms),
            ("read_timeout_ms", self.read_timeout_ms),
            ("message_timeout_ms", self.message_timeout_ms),
        ];
        match waits.iter().find(|(_, wait)| !(1..=LONGEST_MS).contains(wait)) {
            Some((key, wait)) => senseless(format!("kafka.{key} is {wait}: it goes from 1 to {LONGEST_MS}")),
            None => Ok(()),
        }
    }

    fn nothing_without_brokers(&self) -> Result<(), ConfigError> {
        let without = Self::default();
        let set = [
            ("topic", self.topic.is_some()),
            ("protocol", self.protocol.is_some()),
            ("ca_file", self.ca_file.is_some()),
            ("certificate_file", self.certificate_file.is_some()),
            ("key_file", self.key_file.is_some()),
            ("key_password", self.key_password.is_some()),
            ("sasl_mechanism", self.sasl_mechanism.is_some()),
            ("username", self.username.is_some()),
            ("password", self.password.is_some()),
            ("open_timeout_ms", self.open_timeout_ms != without.open_timeout_ms),
            ("read_timeout_ms", self.read_timeout_ms != without.read_timeout_ms),
            ("message_timeout_ms", self.message_timeout_ms != without.message_timeout_ms),
        ];
        match set.iter().find(|(_, set)| *set) {
            Some((key, _)) => senseless(format!(
                "kafka.{key} is set, but no brokers are: the log would be the embedded one. Name brokers \
                 (--kafka HOST:PORT), or take it out"
            )),
            None => Ok(()),
        }
    }

    fn certificates_fit(&self) -> Result<(), ConfigError> {
        let encrypted = matches!(self.protocol, Some(Protocol::Ssl | Protocol::SaslSsl));
        let files = [
            ("ca_file", self.ca_file.is_some()),
            ("certificate_file", self.certificate_file.is_some()),
            ("key_file", self.key_file.is_some()),
            ("key_password", self.key_password.is_some()),
        ];
        if !encrypted && let Some((key, _)) = files.iter().find(|(_, set)| *set) {
            return senseless(format!("kafka.{key} is set, but kafka.protocol is neither ssl nor sasl_ssl"));
        }
        match (&self.certificate_file, &self.key_file) {
            (Some(_), None) => {
                senseless("kafka.certificate_file is set, but kafka.key_file is not".to_owned())
            }
            (None, Some(_)) => {
                senseless("kafka.key_file is set, but kafka.certificate_file is not".to_owned())
            }
            (None, None) if self.key_password.is_some() => {
                senseless("kafka.key_password is set, but kafka.key_file is not".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn user_fits(&self) -> Result<(), ConfigError> {
        let has_user = matches!(self.protocol, Some(Protocol::SaslPlaintext | Protocol::SaslSsl));
        let parts = [
            ("username", self.username.is_some()),
            ("password", self.password.is_some()),
            ("sasl_mechanism", self.sasl_mechanism.is_some()),
        ];
        if !has_user && let Some((key, _)) = parts.iter().find(|(_, set)| *set) {
            return senseless(format!(
                "kafka.{key} is set, but kafka.protocol is neither sasl_plaintext nor sasl_ssl"
            ));
        }
        match parts.iter().take(2).find(|(_, set)| !*set) {
            Some((key, _)) if has_user => senseless(format!(
                "kafka.protocol shows who we are by a name and a password, but kafka.{key} is not set"
            )),
            _ => Ok(()),
        }
    }
}

fn senseless(what: String) -> Result<(), ConfigError> {
    Err(ConfigError::Senseless(what))
}

fn brokers_are_named(brokers: &str) -> Result<(), ConfigError> {
    for broker in brokers.split(',').map(str::trim) {
        let named = broker.rsplit_once(':').is_some_and(|(host, port)| {
            !host.is_empty() && !host.contains(['/', ' ']) && port.parse::<u16>().is_ok_and(|port| port > 0)
        });
        if !named {
            return senseless(format!(
                "kafka.brokers names {broker:?}: a broker is HOST:PORT, several have commas in between"
            ));
        }
    }
    Ok(())
}

fn topic_can_be(topic: &str) -> Result<(), ConfigError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let long_enough = (1..=LONGEST_TOPIC).contains(&topic.len());
    if long_enough && topic.bytes().all(allowed) && !matches!(topic, "." | "..") {
        return Ok(());
    }
    senseless(format!(
        "kafka.topic is {topic:?}: a topic's name has 1 to {LONGEST_TOPIC} letters, digits, dots, _ and -"
    ))
}

/// Something that nobody is shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Password);

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Password::from(text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SECRET_SHOWN)
    }
}

impl Serialize for Secret {
    /// Only that it is set.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(SECRET_SHOWN)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_string(SecretVisitor)
    }
}

/// Says of a secret that is none nothing but that.
struct SecretVisitor;

impl SecretVisitor {
    fn no_text<T, E: de::Error>() -> Result<T, E> {
        Err(E::custom("a secret is text and stands in quotes"))
    }
}

impl de::Visitor<'_> for SecretVisitor {
    type Value = Secret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Secret, E> {
        if text.is_empty() {
            Err(E::custom("a secret is not empty"))
        } else {
            Ok(Secret::from(text.to_owned()))
        }
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Secret, E> {
        Self::no_text()
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Secret, E> {
        Self::no_text()
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Secret, E> {
        Self::no_text()
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Secret, E> {
        Self::no_text()
    }

    fn visit_char<E: de::Error>(self, only: char) -> Result<Secret, E> {
        Ok(Secret::from(only.to_string()))
    }
}
