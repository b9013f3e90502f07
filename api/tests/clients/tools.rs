//! The programs that `.ci/setup` fetched, and how to run them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sha2::{Digest as _, Sha256};

/// Where the files of this room are.
pub(crate) fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name)
}

/// What was fetched by exactly the versions that stand here.
fn room() -> PathBuf {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache"))).expect("a home");
    let mut digest = Sha256::new();
    for name in ["package-lock.json", "requirements.txt"] {
        digest.update(std::fs::read(here(name)).expect("it stands here"));
    }
    let digest: [u8; 32] = digest.finalize().into();
    let key: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let room = cache.join("terminbuch").join(format!("clients-{key}"));
    assert!(room.is_dir(), "{} is not there: run .ci/setup", room.display());
    room
}

/// A program for Node.js: one of the packages', by its path below `node_modules`, or one of our own.
pub(crate) fn node(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(room().join("bin/node"));
    command.arg(packages().join(program)).env("REDOCLY_TELEMETRY", "off");
    command.env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    command
}

/// The packages for Node.js.
pub(crate) fn packages() -> PathBuf {
    room().join("node/node_modules")
}

/// Python with the packages; what it says comes at once.
pub(crate) fn python(modules: &Path) -> Command {
    let packages = room().join("python");
    let both = std::env::join_paths([modules, &packages]).expect("paths");
    let mut command = Command::new("python3");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let programs = [packages.join("bin")].into_iter().chain(std::env::split_paths(&path));
    command.env("PYTHONPATH", both).env("PYTHONDONTWRITEBYTECODE", "1").env("NO_COLOR", "1");
    command.env("PATH", std::env::join_paths(programs).expect("paths"));
    command
}

/// Runs it to its end; all that it said.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> (bool, String) {
    let Output { status, stdout, stderr } =
        command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    (status.success(), said)
}

/// Runs it to its end, which has to be a good one; its standard output.
#[track_caller]
pub(crate) fn succeed(command: &mut Command) -> String {
    let Output { status, stdout, stderr } =
        command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let told = String::from_utf8_lossy(&stdout).into_owned();
    assert!(status.success(), "{command:?}\n{told}\n{}", String::from_utf8_lossy(&stderr));
    told
}
