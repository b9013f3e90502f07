//! Where the brokers are, and how they want to be spoken to. Plain values, for configuration files.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Everything that a client of the brokers is made from. `Debug` shows no secret; what is serialized holds them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KafkaSettings {
    /// `host:port`, some of the brokers, separated by commas; they name the others.
    pub brokers: String,
    /// The topic that is the log.
    pub topic: String,
    /// How they are spoken to.
    pub security: Security,
    /// How long opening, and anything about the topic as a whole, may take, in milliseconds.
    pub open_timeout_ms: u32,
    /// How long a read waits for brokers that do not answer, in milliseconds.
    pub read_timeout_ms: u32,
    /// How long a record may wait to be acknowledged before its outcome is told as unknown, in milliseconds.
    ///
    /// Longer than the brokers need to change a leader by their defaults (9 s until one is missed, then the election),
    /// so that a record survives that; and short enough that what nobody waits for any more does not arrive minutes
    /// later. One that expires does no harm: what was sent after it follows another head and is void.
    pub message_timeout_ms: u32,
}

impl Default for KafkaSettings {
    fn default() -> Self {
        Self {
            brokers: "localhost:9092".to_owned(),
            topic: "terminbuch".to_owned(),
            security: Security::default(),
            open_timeout_ms: 10_000,
            read_timeout_ms: 5_000,
            message_timeout_ms: 30_000,
        }
    }
}

impl KafkaSettings {
    /// Brokers that anybody may speak to, unencrypted.
    pub fn plain(brokers: impl Into<String>, topic: impl Into<String>) -> Self {
        Self { brokers: brokers.into(), topic: topic.into(), ..Self::default() }
    }

    pub(super) fn open_timeout(&self) -> Duration {
        Duration::from_millis(self.open_timeout_ms.into())
    }

    pub(super) fn read_timeout(&self) -> Duration {
        Duration::from_millis(self.read_timeout_ms.into())
    }
}

/// How brokers are spoken to: encryption, and who we are. The default is neither.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Security {
    /// What is spoken.
    pub protocol: Protocol,
    /// PEM with the authorities that the brokers' certificates are checked against. None: the system's.
    pub ca_file: Option<PathBuf>,
    /// PEM with our own certificate, where the brokers ask for one.
    pub certificate_file: Option<PathBuf>,
    /// PEM with the key of our certificate.
    pub key_file: Option<PathBuf>,
    /// What that key is encrypted with.
    pub key_password: Option<Password>,
    /// How we show who we are, with the two `sasl_…` protocols.
    pub sasl_mechanism: SaslMechanism,
    /// Who we are.
    pub username: Option<String>,
    /// What shows it.
    pub password: Option<Password>,
}

/// What is spoken with the brokers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Unencrypted, to anybody.
    #[default]
    Plaintext,
    /// TLS; who we are is told by our certificate, if the brokers ask for one.
    Ssl,
    /// Unencrypted, with a name and a password. A password sent so can be overheard, except with SCRAM.
    SaslPlaintext,
    /// TLS, with a name and a password.
    SaslSsl,
}

/// How name and password are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SaslMechanism {
    /// The password never leaves this machine.
    #[serde(rename = "scram-sha-256")]
    ScramSha256,
    /// The same with the longer hash.
    #[default]
    #[serde(rename = "scram-sha-512")]
    ScramSha512,
    /// The password is sent as it is.
    Plain,
}

impl Protocol {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plaintext => "plaintext",
            Self::Ssl => "ssl",
            Self::SaslPlaintext => "sasl_plaintext",
            Self::SaslSsl => "sasl_ssl",
        }
    }

    pub(super) fn is_encrypted(self) -> bool {
        matches!(self, Self::Ssl | Self::SaslSsl)
    }

    pub(super) fn has_sasl(self) -> bool {
        matches!(self, Self::SaslPlaintext | Self::SaslSsl)
    }
}

impl SaslMechanism {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
            Self::Plain => "PLAIN",
        }
    }
}

/// A password. It is shown to nobody, and wiped when it goes.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Zeroizing<String>);

impl Password {
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl Serialize for Password {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let secret = || Some(Password::from("tr0ub4dor".to_owned()));
        let security = Security {
            username: Some("ledger".to_owned()),
            password: secret(),
            key_password: secret(),
            ..Security::default()
        };
        let settings = KafkaSettings { security, ..KafkaSettings::plain("one:9092", "bookings") };
        let shown = format!("{settings:?} {settings:#?}");
        assert!(shown.contains("ledger") && !shown.contains("tr0ub4dor"), "{shown}");
    }

    #[test]
    fn a_file_names_what_it_wants_and_nothing_unknown() {
        let read = |text: &str| serde_json::from_str::<KafkaSettings>(text);
        let settings = read(
            r#"{"brokers": "a:1", "security": {"protocol": "sasl_ssl", "sasl_mechanism": "scram-sha-256", "password": "x"}}"#,
        )
        .unwrap();
        assert_eq!(settings.security.protocol, Protocol::SaslSsl);
        assert_eq!(settings.security.sasl_mechanism.name(), "SCRAM-SHA-256");
        assert_eq!(settings.topic, "terminbuch");
        let written = serde_json::to_string(&settings).unwrap();
        assert_eq!(read(&written).unwrap(), settings);
        assert!(read(r#"{"broker": "a:1"}"#).is_err());
        assert!(read(r#"{"security": {"protocol": "telnet"}}"#).is_err());
    }
}
