//! Brokers that want encryption, a password or a certificate.

use std::path::Path;
use std::time::{Duration, Instant as Monotonic};

use ledger::log::kafka::broker::{ClusterPlan, Listeners, OwnCluster, PASSWORD, USER};
use ledger::log::kafka::{Password, Protocol, SaslMechanism, Security};
use ledger::log::{KafkaLog, KafkaSettings, LogError};

use crate::common::{ONE, append, fresh_name, make_topic, open, texts, value};

fn cluster(listeners: Listeners) -> OwnCluster {
    OwnCluster::start(&ClusterPlan { listeners, ..ClusterPlan::default() }).expect("a broker starts")
}

/// With the patience that handshakes need while other tests start brokers; a refusal that was heard waits for none of it.
fn settings(cluster: &OwnCluster, security: Security) -> KafkaSettings {
    let plain = KafkaSettings::plain(cluster.bootstrap(), fresh_name());
    KafkaSettings { security, open_timeout_ms: 60_000, ..plain }
}

fn path(file: &Path) -> Option<std::path::PathBuf> {
    Some(file.to_owned())
}

fn works(settings: &KafkaSettings) {
    make_topic(settings);
    let log = open(settings);
    append(&log, vec![value(1)]).unwrap();
    assert_eq!(texts(&log.read_cold(ONE, 1, usize::MAX).unwrap()), ["value 1"]);
}

/// How it is refused, which must not take longer than it may.
fn refused(settings: &KafkaSettings) -> LogError {
    let begun = Monotonic::now();
    let error = KafkaLog::open(settings, None).map(drop).expect_err("it must not open");
    let at_most = Duration::from_millis(settings.open_timeout_ms.into()) + Duration::from_secs(2);
    assert!(begun.elapsed() < at_most, "{:?}: {error}", begun.elapsed());
    error
}

#[test]
fn scram_over_tls() {
    let cluster = cluster(Listeners::ScramTls);
    let right = Security {
        protocol: Protocol::SaslSsl,
        ca_file: path(cluster.ca_file().unwrap()),
        sasl_mechanism: SaslMechanism::ScramSha512,
        username: Some(USER.to_owned()),
        password: Some(Password::from(PASSWORD.to_owned())),
        ..Security::default()
    };
    works(&settings(&cluster, right.clone()));

    let wrong = Security { password: Some(Password::from("guessed".to_owned())), ..right.clone() };
    let error = refused(&settings(&cluster, wrong));
    assert!(matches!(&error, LogError::Mismatch(what) if what.contains("refuse us")), "{error:?}");
    assert!(!error.to_string().contains("guessed"), "{error}");

    let stranger = Security { ca_file: None, ..right.clone() };
    let error = refused(&settings(&cluster, stranger));
    assert!(matches!(&error, LogError::Mismatch(what) if what.contains("certificate")), "{error:?}");

    let nameless = Security { username: None, ..right.clone() };
    let error = refused(&settings(&cluster, nameless));
    assert!(error.to_string().contains("needs username and password"), "{error}");

    let no_file = Security { ca_file: Some("/nowhere/ca.pem".into()), ..right };
    let error = refused(&settings(&cluster, no_file));
    assert!(error.to_string().contains("ca_file /nowhere/ca.pem cannot be read"), "{error}");

    let plain = KafkaSettings { open_timeout_ms: 3_000, ..settings(&cluster, Security::default()) };
    let error = refused(&plain);
    assert!(matches!(&error, LogError::Unreachable(what) if what.contains("TLS")), "{error:?}");
}

#[test]
fn a_certificate_of_our_own() {
    let cluster = cluster(Listeners::MutualTls);
    let (certificate, key) = cluster.client_files().unwrap();
    let right = Security {
        protocol: Protocol::Ssl,
        ca_file: path(cluster.ca_file().unwrap()),
        certificate_file: path(certificate),
        key_file: path(key),
        ..Security::default()
    };
    works(&settings(&cluster, right.clone()));
    let without = Security { certificate_file: None, key_file: None, ..right };
    let error = refused(&settings(&cluster, without));
    assert!(error.to_string().contains("certificate"), "{error:?}");
}
