//! What a cluster of one's own is to be like.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Who may connect, and how. The brokers among themselves speak plainly, on ports of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Listeners {
    /// Everybody, in the clear.
    #[default]
    Plain,
    /// Everybody, over TLS.
    Tls,
    /// Whoever has a certificate of the cluster's own authority, over TLS.
    MutualTls,
    /// Whoever knows [`USER`](super::USER)'s password, by SCRAM-SHA-512 in the clear.
    Scram,
    /// Whoever knows [`USER`](super::USER)'s password, by SCRAM-SHA-512 over TLS.
    ScramTls,
}

impl Listeners {
    /// Whether the connection is encrypted.
    pub fn encrypts(self) -> bool {
        matches!(self, Self::Tls | Self::MutualTls | Self::ScramTls)
    }

    /// Whether the client says who it is by a password.
    pub fn asks_for_a_password(self) -> bool {
        matches!(self, Self::Scram | Self::ScramTls)
    }
}

/// What the brokers' Java machines are to be good at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Machine {
    /// Starts with little work: for what lasts seconds or minutes.
    #[default]
    Quick,
    /// Compiles what is used much with all it has: for measuring.
    Fast,
}

/// What a cluster is to be like. The default: one broker, plain listeners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterPlan {
    /// 1 or 3.
    pub brokers: u8,
    /// Who may connect, and how.
    pub listeners: Listeners,
    /// Further lines of `server.properties`: name and value. They win over what stands there else.
    pub extra: Vec<(String, String)>,
    /// Where clients are told to find each broker, one for each, or empty: at the broker itself. For a proxy in between.
    pub advertised: Vec<SocketAddr>,
    /// A folder that is there already, for the brokers' data alone; what is left in it stays. None: in the cluster's own
    /// folder, which goes with the cluster.
    pub data: Option<PathBuf>,
    /// What the Java machines are to be good at.
    pub machine: Machine,
    /// How long the start may take.
    pub limit: Duration,
}

impl Default for ClusterPlan {
    fn default() -> Self {
        Self {
            brokers: 1,
            listeners: Listeners::Plain,
            extra: Vec::new(),
            advertised: Vec::new(),
            data: None,
            machine: Machine::Quick,
            limit: Duration::from_secs(120),
        }
    }
}

impl ClusterPlan {
    /// Three brokers, plain listeners.
    pub fn of_three() -> Self {
        Self { brokers: 3, ..Self::default() }
    }

    pub(super) fn options(&self) -> Vec<&'static str> {
        let mut options = vec![
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            // Says when the broker is ready.
            "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
        ];
        if self.machine == Machine::Quick {
            options.push("-XX:TieredStopAtLevel=1");
        }
        options
    }
}
