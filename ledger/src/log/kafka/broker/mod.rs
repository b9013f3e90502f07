//! A cluster of one's own: one Apache Kafka broker or three on loopback, in folders of their own, on free ports. The demo
//! and the tests use it. It is gone when this process is, however that dies.
//!
//! Each broker is a controller, too. Data survive [`kill`](OwnCluster::kill) and [`restart`](OwnCluster::restart), and go with
//! the cluster.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

mod certificates;
mod error;
mod kafka;
mod keeper;
mod plan;
mod ports;
mod properties;
mod ready;
mod shared;

pub use error::BrokerError;
pub use plan::{ClusterPlan, Listeners, Machine};
pub use shared::{TestCluster, cluster_for_tests};

use certificates::Certificates;
use kafka::Kafka;
use keeper::Keeper;
use ports::Ports;
use properties::Node;

/// Who a client has to be where [`Listeners`] ask for a password.
pub const USER: &str = "terminbuch";
/// That user's password.
pub const PASSWORD: &str = "not-a-secret-on-loopback";

/// How often other ports are taken when one was taken by somebody else in between.
const PORT_TRIES: u32 = 5;

/// A cluster that runs. Dropping it kills the brokers and removes their folder.
#[derive(Debug)]
pub struct OwnCluster {
    keeper: Keeper,
    room: PathBuf,
    ports: Vec<Ports>,
    advertised: Vec<SocketAddr>,
    certificates: Option<Certificates>,
    brokers: Vec<Broker>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Broker {
    /// None after it was ended by us.
    pid: Option<u32>,
    log_from: u64,
}

impl OwnCluster {
    /// Starts a cluster and waits until it can be used.
    ///
    /// # Errors
    /// When Java or Apache Kafka is missing, the system refuses something, or a broker does not get ready within the plan's
    /// limit; the error shows the end of its log.
    pub fn start(plan: &ClusterPlan) -> Result<Self, BrokerError> {
        let advertises_all = plan.advertised.is_empty() || plan.advertised.len() == usize::from(plan.brokers);
        if !matches!(plan.brokers, 1 | 3) || !advertises_all {
            return Err(BrokerError::Count(plan.brokers));
        }
        let kafka = Kafka::find()?;
        let mut tried = 1;
        loop {
            match Self::start_once(plan, &kafka) {
                Err(BrokerError::Ended { log, .. })
                    if log.contains("Address already in use") && tried < PORT_TRIES =>
                {
                    tried += 1;
                }
                settled => return settled,
            }
        }
    }

    fn start_once(plan: &ClusterPlan, kafka: &Kafka) -> Result<Self, BrokerError> {
        let folder = tempfile::Builder::new()
            .prefix("terminbuch-kafka-")
            .tempdir()
            .map_err(BrokerError::system("the cluster's folder cannot be made"))?;
        let certificates = match plan.listeners.encrypts() {
            true => Some(certificates::make(&folder.path().join("certificates"))?),
            false => None,
        };
        let ports = ports::choose(plan.brokers)?;
        let advertised = match plan.advertised.as_slice() {
            [] => ports.iter().map(|ports| on_loopback(ports.client)).collect(),
            told => told.to_vec(),
        };
        let keeper = Keeper::start(folder.path(), kafka, &plan.options())?;
        let brokers = vec![Broker::default(); ports.len()];
        let mut cluster = Self { keeper, room: folder.keep(), ports, advertised, certificates, brokers };
        cluster.format(plan)?;
        for number in 1..=plan.brokers {
            cluster.restart(number)?;
        }
        cluster.wait_until_ready(plan.limit)?;
        Ok(cluster)
    }

    fn format(&mut self, plan: &ClusterPlan) -> Result<(), BrokerError> {
        for ((id, ports), advertised) in (1..).zip(&self.ports).zip(&self.advertised) {
            let folder = self.room.join(id.to_string());
            let data =
                plan.data.as_ref().map_or_else(|| folder.join("data"), |data| data.join(id.to_string()));
            let node = Node {
                id,
                ports: &self.ports,
                advertised: *advertised,
                data: &data,
                certificates: self.certificates.as_ref(),
            };
            fs::create_dir(&folder).map_err(BrokerError::system("a broker's folder cannot be made"))?;
            fs::write(folder.join("server.properties"), properties::text(plan, &node, *ports))
                .map_err(BrokerError::system("a broker's settings cannot be written"))?;
        }
        let user = match plan.listeners.asks_for_a_password() {
            true => format!("SCRAM-SHA-512=[name={USER},password={PASSWORD}]"),
            false => String::new(),
        };
        match self.keeper.tell(&format!("format terminbuch-own-cluste {user}"))?.as_str() {
            "formatted" => Ok(()),
            _ => Err(BrokerError::Ended { broker: 1, log: ready::end_of(&self.log_file(1)) }),
        }
    }

    /// What clients are to be given: `host:port` of each broker, with commas in between.
    pub fn bootstrap(&self) -> String {
        self.advertised.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(",")
    }

    /// How many brokers there are, whether they run or not.
    pub fn brokers(&self) -> u8 {
        u8::try_from(self.brokers.len()).unwrap_or(u8::MAX)
    }

    /// Where a broker itself listens for clients, whatever it advertises. Brokers are numbered from 1.
    ///
    /// # Errors
    /// When there is no such broker.
    pub fn address(&self, number: u8) -> Result<SocketAddr, BrokerError> {
        let place = self.place(number)?;
        let ports = self.ports.get(place).ok_or(self.no_such(number))?;
        Ok(on_loopback(ports.client))
    }

    /// The process of a broker that runs.
    pub fn pid(&self, number: u8) -> Option<u32> {
        let place = self.place(number).ok()?;
        self.brokers.get(place)?.pid.filter(|pid| ready::runs(*pid))
    }

    /// What a broker has said: the file that its log goes to.
    pub fn log_file(&self, number: u8) -> PathBuf {
        self.room.join(number.to_string()).join("broker.log")
    }

    /// The certificate of the authority that signed the brokers' own, where there is TLS.
    pub fn ca_file(&self) -> Option<&Path> {
        self.certificates.as_ref().map(|files| files.ca.as_path())
    }

    /// A client's certificate of the same authority, and its key, where there is TLS.
    pub fn client_files(&self) -> Option<(&Path, &Path)> {
        self.certificates.as_ref().map(|files| (files.client.as_path(), files.client_key.as_path()))
    }

    /// Kills a broker (SIGKILL), and waits until it is gone. One that is gone stays so.
    ///
    /// # Errors
    /// When there is no such broker, or the cluster's keeper is gone.
    pub fn kill(&mut self, number: u8) -> Result<(), BrokerError> {
        self.end(number, "kill")
    }

    /// Asks a broker to end (SIGTERM): it hands its partitions over first. Waits until it is gone.
    ///
    /// # Errors
    /// When there is no such broker, or the cluster's keeper is gone.
    pub fn shut_down(&mut self, number: u8) -> Result<(), BrokerError> {
        self.end(number, "shut")
    }

    /// Stops a broker in the middle of what it does (SIGSTOP).
    ///
    /// # Errors
    /// When there is no such broker, or the cluster's keeper is gone.
    pub fn pause(&mut self, number: u8) -> Result<(), BrokerError> {
        self.place(number)?;
        self.keeper.tell(&format!("pause {number}")).map(drop)
    }

    /// Lets a broker go on that was stopped by [`pause`](Self::pause).
    ///
    /// # Errors
    /// When there is no such broker, or the cluster's keeper is gone.
    pub fn resume(&mut self, number: u8) -> Result<(), BrokerError> {
        self.place(number)?;
        self.keeper.tell(&format!("resume {number}")).map(drop)
    }

    /// Starts a broker in its old folder on its old ports, after killing it if it still runs. Does not wait until it is
    /// ready: one of three cannot be before another one is.
    ///
    /// # Errors
    /// When there is no such broker, or the cluster's keeper is gone.
    pub fn restart(&mut self, number: u8) -> Result<(), BrokerError> {
        self.kill(number)?;
        let log_from = fs::metadata(self.log_file(number)).map_or(0, |file| file.len());
        let told = self.keeper.tell(&format!("start {number}"))?;
        let Some(pid) = told.strip_prefix("started ").and_then(|pid| pid.parse().ok()) else {
            return Err(BrokerError::Keeper(format!("it started no broker but says {told:?}")));
        };
        self.set(number, Broker { pid: Some(pid), log_from })
    }

    /// Waits until every broker that was started and not ended since can be used.
    ///
    /// # Errors
    /// When one of them has ended or is not ready within `limit`; the error shows the end of its log.
    pub fn wait_until_ready(&self, limit: Duration) -> Result<(), BrokerError> {
        let until = Instant::now() + limit;
        for (number, broker) in (1..).zip(&self.brokers) {
            let Some(pid) = broker.pid else { continue };
            let watched = ready::Watched {
                broker: number,
                pid,
                log: self.log_file(number),
                from: broker.log_from,
                address: self.address(number)?,
            };
            ready::wait(&watched, until, limit)?;
        }
        Ok(())
    }

    fn end(&mut self, number: u8, how: &str) -> Result<(), BrokerError> {
        self.place(number)?;
        self.keeper.tell(&format!("{how} {number}"))?;
        self.set(number, Broker::default())
    }

    fn set(&mut self, number: u8, broker: Broker) -> Result<(), BrokerError> {
        let place = self.place(number)?;
        let no_such = self.no_such(number);
        *self.brokers.get_mut(place).ok_or(no_such)? = broker;
        Ok(())
    }

    fn place(&self, number: u8) -> Result<usize, BrokerError> {
        match usize::from(number).checked_sub(1) {
            Some(place) if place < self.brokers.len() => Ok(place),
            _ => Err(self.no_such(number)),
        }
    }

    fn no_such(&self, asked: u8) -> BrokerError {
        BrokerError::NoSuchBroker { asked, brokers: self.brokers() }
    }
}

fn on_loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}
