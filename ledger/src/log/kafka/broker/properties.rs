//! What a broker is told: its `server.properties`.

use std::net::SocketAddr;
use std::path::Path;

use super::certificates::Certificates;
use super::ports::Ports;
use super::{ClusterPlan, Listeners};

/// Seconds instead of minutes, kilobytes instead of gigabytes: what these do on a large cluster they do here in little.
const SMALL_AND_QUICK: &str = "\
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=1
transaction.state.log.num.partitions=1
log.cleaner.dedupe.buffer.size=4194304
log.segment.delete.delay.ms=1000
";

/// One broker's part of a cluster.
pub(super) struct Node<'a> {
    pub(super) id: u8,
    /// Of all brokers, in their order.
    pub(super) ports: &'a [Ports],
    /// Where clients are sent to.
    pub(super) advertised: SocketAddr,
    /// Where its data are.
    pub(super) data: &'a Path,
    pub(super) certificates: Option<&'a Certificates>,
}

/// The text of the file. Of two lines with one name the later holds, so the plan's own come last.
pub(super) fn text(plan: &ClusterPlan, node: &Node<'_>, own: Ports) -> String {
    let mut lines = vec![
        "process.roles=broker,controller".to_owned(),
        format!("node.id={}", node.id),
        format!("controller.quorum.voters={}", voters(node.ports)),
        format!(
            "listeners=CONTROLLER://127.0.0.1:{},INTERNAL://127.0.0.1:{},CLIENT://127.0.0.1:{}",
            own.controller, own.broker, own.client
        ),
        format!("advertised.listeners=INTERNAL://127.0.0.1:{},CLIENT://{}", own.broker, node.advertised),
        format!(
            "listener.security.protocol.map=CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT,CLIENT:{}",
            protocol(plan.listeners)
        ),
        "controller.listener.names=CONTROLLER".to_owned(),
        "inter.broker.listener.name=INTERNAL".to_owned(),
        format!("log.dirs={}", escaped(node.data)),
    ];
    lines.extend(replication(plan.brokers));
    lines.push(SMALL_AND_QUICK.to_owned());
    lines.extend(security(plan.listeners, node.certificates));
    lines.extend(plan.extra.iter().map(|(name, value)| format!("{name}={value}")));
    lines.join("\n") + "\n"
}

fn voters(ports: &[Ports]) -> String {
    let voters = (1..).zip(ports).map(|(id, ports): (u8, _)| format!("{id}@127.0.0.1:{}", ports.controller));
    voters.collect::<Vec<_>>().join(",")
}

/// Kafka's own topics are as safe as ours.
fn replication(brokers: u8) -> Vec<String> {
    let in_sync = brokers.div_ceil(2);
    vec![
        format!("offsets.topic.replication.factor={brokers}"),
        format!("transaction.state.log.replication.factor={brokers}"),
        format!("transaction.state.log.min.isr={in_sync}"),
        format!("default.replication.factor={brokers}"),
    ]
}

fn protocol(listeners: Listeners) -> &'static str {
    match listeners {
        Listeners::Plain => "PLAINTEXT",
        Listeners::Tls | Listeners::MutualTls => "SSL",
        Listeners::Scram => "SASL_PLAINTEXT",
        Listeners::ScramTls => "SASL_SSL",
    }
}

fn security(listeners: Listeners, certificates: Option<&Certificates>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(files) = certificates {
        let asks = if listeners == Listeners::MutualTls { "required" } else { "none" };
        lines.extend([
            "listener.name.client.ssl.keystore.type=PEM".to_owned(),
            format!("listener.name.client.ssl.keystore.location={}", escaped(&files.server)),
            "listener.name.client.ssl.truststore.type=PEM".to_owned(),
            format!("listener.name.client.ssl.truststore.location={}", escaped(&files.ca)),
            format!("listener.name.client.ssl.client.auth={asks}"),
        ]);
    }
    if listeners.asks_for_a_password() {
        lines.extend([
            "listener.name.client.sasl.enabled.mechanisms=SCRAM-SHA-512".to_owned(),
            "listener.name.client.scram-sha-512.sasl.jaas.config=\
             org.apache.kafka.common.security.scram.ScramLoginModule required;"
                .to_owned(),
        ]);
    }
    lines
}

/// In a properties file a backslash begins an escape.
fn escaped(path: &Path) -> String {
    path.display().to_string().replace('\\', "\\\\")
}
