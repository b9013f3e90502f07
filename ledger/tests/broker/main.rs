//! A cluster of one's own starts, does as it is told, and is gone when its parent is.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod parent;

use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use ledger::log::kafka::broker::{BrokerError, ClusterPlan, Listeners, OwnCluster};

const LIMIT: Duration = Duration::from_secs(120);

fn answers(cluster: &OwnCluster, number: u8) -> bool {
    TcpStream::connect(cluster.address(number).unwrap()).is_ok()
}

/// The system takes a moment to stop every thread of a process.
fn comes_true(what: &str, is_true: impl Fn() -> bool) {
    let until = Instant::now() + LIMIT;
    while !is_true() {
        assert!(Instant::now() < until, "never: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn one_broker_comes_back_to_its_place() {
    let mut cluster = OwnCluster::start(&ClusterPlan::default()).unwrap();
    let bootstrap = cluster.bootstrap();
    let first = cluster.pid(1).expect("it runs");
    let folder = cluster.log_file(1).parent().unwrap().to_owned();
    assert!(answers(&cluster, 1));

    cluster.kill(1).unwrap();
    assert_eq!(cluster.pid(1), None);
    assert!(!answers(&cluster, 1), "nobody listens any more");
    assert!(!parent::runs(first));
    cluster.wait_until_ready(LIMIT).expect("nobody waits for a broker that was killed");

    cluster.restart(1).unwrap();
    cluster.wait_until_ready(LIMIT).unwrap();
    assert_eq!(cluster.bootstrap(), bootstrap);
    assert_ne!(cluster.pid(1), Some(first));
    assert!(answers(&cluster, 1));

    // A stopped broker still has its port, but can be ended only the hard way.
    cluster.pause(1).unwrap();
    let stopped = cluster.pid(1).expect("it is stopped, not gone");
    comes_true("it is stopped", || parent::state(stopped) == Some('T'));
    cluster.resume(1).unwrap();
    comes_true("it goes on", || parent::state(stopped) != Some('T'));
    cluster.pause(1).unwrap();
    drop(cluster);
    assert!(!parent::runs(stopped));
    assert!(!folder.exists());
}

#[test]
fn three_brokers_go_on_without_one() {
    let mut cluster = OwnCluster::start(&ClusterPlan::of_three()).unwrap();
    assert_eq!(cluster.bootstrap().split(',').count(), 3);
    let pids: Vec<_> = (1..=3).map(|number| cluster.pid(number).expect("it runs")).collect();
    cluster.kill(2).unwrap();
    assert!(answers(&cluster, 1) && answers(&cluster, 3) && !answers(&cluster, 2));
    cluster.restart(2).unwrap();
    cluster.wait_until_ready(LIMIT).unwrap();
    cluster.shut_down(3).unwrap();
    assert_eq!(cluster.pid(3), None);
    assert_eq!(cluster.kill(4), Err(BrokerError::NoSuchBroker { asked: 4, brokers: 3 }));
    drop(cluster);
    assert!(pids.into_iter().all(|pid| !parent::runs(pid)));
}

#[test]
fn a_broker_shows_a_certificate_of_its_clusters_authority_and_asks_for_the_clients() {
    let plan = ClusterPlan { listeners: Listeners::MutualTls, ..ClusterPlan::default() };
    let cluster = OwnCluster::start(&plan).unwrap();
    let (certificate, key) = cluster.client_files().unwrap();
    let shaken = |own: bool| {
        let mut client = Command::new("openssl");
        client.args(["s_client", "-verify_return_error", "-verify_ip", "127.0.0.1", "-tls1_2", "-CAfile"]);
        client.arg(cluster.ca_file().unwrap()).args(["-connect", &cluster.bootstrap()]);
        if own {
            client.arg("-cert").arg(certificate).arg("-key").arg(key);
        }
        client.stdin(Stdio::null()).output().unwrap()
    };
    let mutual = shaken(true);
    assert!(mutual.status.success(), "{}", String::from_utf8_lossy(&mutual.stderr));
    assert!(!shaken(false).status.success(), "nobody comes in without a certificate");
}

#[test]
fn what_cannot_be_planned_is_refused() {
    let of_two = ClusterPlan { brokers: 2, ..ClusterPlan::default() };
    assert_eq!(OwnCluster::start(&of_two).err(), Some(BrokerError::Count(2)));
}

#[test]
fn a_broker_that_does_not_come_up_says_why() {
    let extra = vec![("log.retention.ms".to_owned(), "soon".to_owned())];
    let told = OwnCluster::start(&ClusterPlan { extra, ..ClusterPlan::default() }).unwrap_err();
    assert!(matches!(told, BrokerError::Ended { .. }), "{told}");
    assert!(told.to_string().contains("log.retention.ms"), "{told}");
}
