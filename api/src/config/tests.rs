use std::io::Write as _;
use std::path::Path;

use ledger::log::kafka::{Password, Protocol, SaslMechanism};

use super::{ConfigError, Flags, KafkaFlags, explain, extract, sources};

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(text.as_bytes()).expect("written");
    file
}

#[test]
fn without_anything_the_defaults_hold_and_every_edge_is_on_loopback() {
    let config = extract(&sources(None, &Flags::default()).expect("sources")).expect("valid");
    for edge in [&config.web, &config.hotline, &config.audit, &config.admin] {
        assert!(edge.address.ip().is_loopback());
        assert!(edge.backlog >= 1024);
    }
}

#[test]
fn a_flag_wins_over_the_file_and_says_so() {
    let file = file("partitions = 4\n[web]\naddress = \"127.0.0.1:1\"\nthreads = 7\n");
    let flags = Flags { web_address: Some("127.0.0.1:2".parse().expect("address")), ..Flags::default() };
    let sources = sources(Some(file.path()), &flags).expect("sources");
    let config = extract(&sources).expect("valid");
    assert_eq!((config.partitions, config.web.threads, config.web.address.port()), (4, 7, 2));
    let text = explain(&sources).expect("explained");
    let line =
        |key: &str| text.lines().find(|line| line.starts_with(key)).unwrap_or_else(|| panic!("{text}"));
    assert!(line("web.address").ends_with("# flag"), "{text}");
    assert!(line("web.threads").contains(&file.path().display().to_string()), "{text}");
    assert!(line("hotline.threads").ends_with("# default"), "{text}");
}

#[test]
fn an_unknown_key_is_an_error_that_names_it() {
    let file = file("[web]\nadress = \"127.0.0.1:1\"\n");
    let error =
        extract(&sources(Some(file.path()), &Flags::default()).expect("sources")).expect_err("unknown");
    assert!(error.to_string().contains("adress"), "{error}");
}

#[test]
fn a_named_file_has_to_be_there() {
    let gone = Path::new("/nowhere/terminbuch.toml");
    assert!(matches!(sources(Some(gone), &Flags::default()), Err(ConfigError::NoFile(_))));
}

fn config_of(text: &str) -> Result<super::Config, ConfigError> {
    let file = file(text);
    extract(&sources(Some(file.path()), &Flags::default()).expect("sources"))
}

fn refusal_of(text: &str) -> String {
    config_of(text).expect_err(text).to_string()
}

#[test]
fn without_brokers_the_log_is_the_embedded_one() {
    assert_eq!(config_of("").expect("valid").kafka.settings(), None);
}

#[test]
fn all_that_can_be_said_about_brokers_reaches_the_client() {
    let config = config_of(
        "[kafka]\nbrokers = \"one:9092, [::1]:9093\"\ntopic = \"bookings\"\nprotocol = \"sasl_ssl\"\nca_file = \"/ca\"\n\
         certificate_file = \"/c\"\nkey_file = \"/k\"\nkey_password = \"open\"\nsasl_mechanism = \"scram-sha-256\"\n\
         username = \"ledger\"\npassword = \"tr0ub4dor\"\nmessage_timeout_ms = 9000\n",
    );
    let settings = config.expect("valid").kafka.settings().expect("Kafka");
    let security = &settings.security;
    assert_eq!((&*settings.brokers, &*settings.topic), ("one:9092, [::1]:9093", "bookings"));
    assert_eq!((security.protocol, security.sasl_mechanism), (Protocol::SaslSsl, SaslMechanism::ScramSha256));
    assert_eq!(security.ca_file.as_deref(), Some(Path::new("/ca")));
    assert_eq!(security.certificate_file.as_deref(), Some(Path::new("/c")));
    assert_eq!(security.key_file.as_deref(), Some(Path::new("/k")));
    assert_eq!(security.username.as_deref(), Some("ledger"));
    assert_eq!(security.password, Some(Password::from("tr0ub4dor".to_owned())));
    assert_eq!(security.key_password, Some(Password::from("open".to_owned())));
    assert_eq!(settings.message_timeout_ms, 9_000);
}

#[test]
fn what_cannot_be_meant_is_named() {
    let brokers = "[kafka]\nbrokers = \"one:9092\"\n";
    for (text, named) in [
        ("topic = \"bookings\"", "kafka.topic is set, but no brokers"),
        ("password = \"x\"", "kafka.password is set, but no brokers"),
        ("read_timeout_ms = 7", "kafka.read_timeout_ms is set, but no brokers"),
    ] {
        let refusal = refusal_of(&format!("[kafka]\n{text}\n"));
        assert!(refusal.starts_with(named), "{refusal}");
    }
    for (text, named) in [
        ("certificate_file = \"/c\"\nprotocol = \"ssl\"", "kafka.key_file is not"),
        ("key_file = \"/k\"\nprotocol = \"ssl\"", "kafka.certificate_file is not"),
        ("key_password = \"x\"\nprotocol = \"ssl\"", "kafka.key_file is not"),
        ("ca_file = \"/ca\"", "neither ssl nor sasl_ssl"),
        ("ca_file = \"/ca\"\nprotocol = \"sasl_plaintext\"", "neither ssl nor sasl_ssl"),
        ("username = \"ledger\"\nprotocol = \"ssl\"", "neither sasl_plaintext nor sasl_ssl"),
        ("username = \"ledger\"\nprotocol = \"sasl_ssl\"", "kafka.password is not set"),
        ("password = \"x\"\nprotocol = \"sasl_ssl\"", "kafka.username is not set"),
        ("protocol = \"telnet\"", "telnet"),
        ("open_timeout_ms = 0", "kafka.open_timeout_ms is 0"),
        ("topic = \"über\"", "kafka.topic is"),
        ("topic = \"\"", "kafka.topic is"),
        ("topics = \"a\"", "topics"),
    ] {
        let refusal = refusal_of(&format!("{brokers}{text}\n"));
        assert!(refusal.contains(named), "{text}: {refusal}");
    }
    for broker in ["", "one", "one:", "one:0", "one:70000", "one:9092,", ":9092", "kafka://one:9092"] {
        let refusal = refusal_of(&format!("[kafka]\nbrokers = {broker:?}\n"));
        assert!(refusal.contains("HOST:PORT"), "{broker:?}: {refusal}");
    }
}

#[test]
fn no_secret_is_shown_whatever_is_said_about_it() {
    let text = "[kafka]\nbrokers = \"one:9092\"\nprotocol = \"sasl_ssl\"\nusername = \"ledger\"\npassword = \"tr0ub4dor\"\n";
    let file = file(text);
    let sources = sources(Some(file.path()), &Flags::default()).expect("sources");
    let config = extract(&sources).expect("valid");
    let shown = format!(
        "{} {config:?} {}",
        explain(&sources).expect("explained"),
        serde_json::to_string(&config).expect("JSON")
    );
    assert!(shown.contains("(set)") && !shown.contains("tr0ub4dor"), "{shown}");
    for wrong in ["31415926", "true", "3.1415926", "[\"31415926\"]"] {
        let refusal = refusal_of(&text.replace("\"tr0ub4dor\"", wrong));
        assert!(refusal.contains("password") && !refusal.contains("1415926"), "{refusal}");
    }
}

#[test]
fn kafka_without_brokers_asks_for_them() {
    let wanted = KafkaFlags { kafka: Some(None), topic: None };
    let flags = Flags { kafka: wanted, ..Flags::default() };
    assert!(matches!(sources(None, &flags), Err(ConfigError::NoBrokers)));
    let file = file("[kafka]\nbrokers = \"one:9092\"\n");
    let config = extract(&sources(Some(file.path()), &flags).expect("they are configured")).expect("valid");
    assert_eq!(config.kafka.brokers.as_deref(), Some("one:9092"));
    let named = KafkaFlags { kafka: Some(Some("two:9092".to_owned())), topic: Some("mine".to_owned()) };
    let flags = Flags { kafka: named, ..Flags::default() };
    let config = extract(&sources(Some(file.path()), &flags).expect("sources")).expect("valid");
    assert_eq!((config.kafka.brokers.as_deref(), config.kafka.topic()), (Some("two:9092"), "mine"));
}

#[test]
fn values_with_which_nothing_could_be_answered_are_refused_by_name() {
    for (text, named) in [
        ("request_timeout_ms = 0", "request_timeout_ms"),
        ("partitions = 1", "partitions"),
        ("[web]\nmax_connections = 0", "web.max_connections"),
        ("[hotline]\nheader_timeout_ms = 0", "hotline.header_timeout_ms"),
        ("[admin]\nmax_body_bytes = 0", "admin.max_body_bytes"),
        ("[web]\nthreads = 100000", "web.threads"),
    ] {
        let file = file(text);
        let sources = sources(Some(file.path()), &Flags::default()).expect("sources");
        let error = extract(&sources).expect_err("senseless");
        assert!(error.to_string().starts_with(named), "{text}: {error}");
    }
}
