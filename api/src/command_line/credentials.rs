//! `terminbuch credentials`.

use std::path::PathBuf;
use std::process::ExitCode;

use ledger::clock::{Clock as _, WallClock};
use schemas::ids::{ActorId, CentreId};
use schemas::vocabulary::Role;
use serde_json::json;

use super::{Failure, Output};
use crate::credentials::{self, Credential, NewCredential};

/// What `credentials` is told.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Whose credentials
    #[arg(long, global = true, value_name = "DIR", default_value = "terminbuch-data")]
    data_dir: PathBuf,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a credential; its token is printed once and kept nowhere
    New {
        /// agent, centre, auditor, analyst or admin
        #[arg(long)]
        role: Role,
        /// Whose it is
        #[arg(long)]
        name: String,
        /// A centre that it is bound to; only for the role centre, may be given several times
        #[arg(long = "centre", value_name = "ID")]
        centres: Vec<CentreId>,
    },
    /// Show all credentials, revoked ones too
    List,
    /// Take a credential out of force
    Revoke {
        /// Its id, as `list` shows it
        id: ActorId,
    },
}

/// Works beside a running `serve`, which hears of it within a second.
pub(super) fn run(arguments: Arguments, output: &Output) -> Result<ExitCode, Failure> {
    let Arguments { data_dir, action } = arguments;
    let now = WallClock::start().now();
    match action {
        Action::New { role, name, centres } => {
            let (id, token) = credentials::create(&data_dir, NewCredential { name, role, centres }, now)?;
            output.say(
                &format!("{token}\n(id {id}; this is shown once)"),
                &json!({ "kind": "credential", "id": id, "role": role, "token": token }),
            );
        }
        Action::List => credentials::list(&data_dir)?.iter().for_each(|it| show(it, output)),
        Action::Revoke { id } => {
            credentials::revoke(&data_dir, id, now)?;
            output.say(&format!("revoked {id}"), &json!({ "kind": "revoked", "id": id }));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show(credential: &Credential, output: &Output) {
    let Credential { id, name, role, centres, made_at, revoked_at, .. } = credential;
    let bound = centres.iter().map(CentreId::as_str).collect::<Vec<_>>().join(",");
    let state = revoked_at.map_or_else(|| "in force".to_owned(), |at| format!("revoked {at}"));
    output.say(
        &format!("{id}  {role:<8} {name:<24} {bound:<24} made {made_at}  {state}"),
        &json!({ "kind": "credential", "id": id, "role": role, "name": name, "centres": centres,
            "made_at": made_at, "revoked_at": revoked_at }),
    );
}
