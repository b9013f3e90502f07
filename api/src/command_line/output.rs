//! What the program prints: text for people or JSON lines for machines, and failures with an exit code.

use std::io::{self, Write as _};

use serde_json::{Value, json};

use crate::config::ConfigError;
use crate::credentials::CredentialError;
use crate::log::OpenError;
use crate::serve::ServeError;

/// Where answers of the command line go: to standard output, as text or as JSON lines.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    json: bool,
}

impl Output {
    /// JSON lines, or text.
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether machines read it.
    pub fn is_json(self) -> bool {
        self.json
    }

    /// Says something in the form that is wanted. Nobody can be told that nobody listens, so that is let pass.
    pub fn say(self, text: &str, machine: &Value) {
        let mut out = io::stdout().lock();
        let _ = if self.json { writeln!(out, "{machine}") } else { writeln!(out, "{text}") };
        let _ = out.flush();
    }

    /// Says why it did not work, to standard error, and to machines in a line of their own.
    pub(super) fn failure(self, failure: &Failure) {
        if self.json {
            self.say("", &json!({ "kind": "failure", "reason": failure.to_string() }));
        }
        let _ = writeln!(io::stderr().lock(), "terminbuch: {failure}");
    }
}

/// Why a subcommand could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The configuration is not valid.
    #[error("configuration: {0}")]
    Config(#[from] ConfigError),
    /// The server did not start.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The log could not be opened.
    #[error(transparent)]
    Log(#[from] OpenError),
    /// The credentials could not be read or changed.
    #[error(transparent)]
    Credentials(#[from] CredentialError),
    /// Anything else, in words for the operator.
    #[error("{0}")]
    Other(String),
}

impl Failure {
    /// 2: it could not run.
    pub(super) fn exit_code(&self) -> u8 {
        2
    }
}
