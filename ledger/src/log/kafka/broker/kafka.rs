//! Where Apache Kafka and Java are on this machine.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::BrokerError;

/// The version that `.ci/setup` fetches; `replay-tests/kafka/pom.xml` names the same.
pub(super) const VERSION: &str = "4.3.1";

/// What a broker is started from.
#[derive(Debug)]
pub(super) struct Kafka {
    /// The folder with the jars.
    pub(super) libs: PathBuf,
    /// The program.
    pub(super) java: OsString,
    /// Maps the classes that `.ci/setup` has archived, if it has; others are not taken, so nothing can go wrong by it.
    pub(super) classes: Option<OsString>,
}

impl Kafka {
    pub(super) fn find() -> Result<Self, BrokerError> {
        let libs = libs().ok_or(BrokerError::NoHome)?;
        if !holds_a_broker(&libs) {
            return Err(BrokerError::NoJars(libs));
        }
        let java = match env::var_os("JAVA_HOME") {
            Some(home) if !home.is_empty() => PathBuf::from(home).join("bin/java").into_os_string(),
            _ => OsString::from("java"),
        };
        let runs = Command::new(&java).arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        match runs {
            Ok(status) if status.success() => Ok(Self { classes: archived(&libs), libs, java }),
            _ => Err(BrokerError::NoJava(java)),
        }
    }
}

fn libs() -> Option<PathBuf> {
    if let Some(told) = env::var_os("TERMINBUCH_KAFKA_LIBS") {
        return Some(told.into());
    }
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")))?;
    Some(cache.join(format!("terminbuch/kafka-{VERSION}/libs")))
}

fn archived(libs: &Path) -> Option<OsString> {
    let archive = libs.parent()?.join("classes.jsa");
    let mut option = OsString::from("-XX:SharedArchiveFile=");
    option.push(&archive);
    archive.is_file().then_some(option)
}

fn holds_a_broker(libs: &Path) -> bool {
    let Ok(files) = libs.read_dir() else { return false };
    files.flatten().any(|file| {
        let name = file.file_name();
        let name = name.to_string_lossy();
        name.starts_with("kafka_2.13-") && name.ends_with(".jar")
    })
}

#[cfg(test)]
mod tests {
    use super::VERSION;

    #[test]
    fn what_is_fetched_is_what_is_looked_for() {
        let pom = include_str!("../../../../../replay-tests/kafka/pom.xml");
        assert_eq!(
            pom.matches(&format!("<version>{VERSION}</version>")).count(),
            2,
            "the broker and its tools"
        );
    }
}
