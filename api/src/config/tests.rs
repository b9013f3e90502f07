use std::io::Write as _;

use super::{ConfigError, Flags, explain, extract, sources};

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(text.as_bytes()).expect("written");
    file
}

#[test]
fn without_anything_the_defaults_hold_and_every_edge_is_on_loopback() {
    let config = extract(&sources(None, &Flags::default()).expect("sources")).expect("valid");
    for edge in [&config.web, &config.hotline, &config.admin] {
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
    let gone = std::path::Path::new("/nowhere/terminbuch.toml");
    assert!(matches!(sources(Some(gone), &Flags::default()), Err(ConfigError::NoFile(_))));
}
