//! `terminbuch`: one binary for everything. See `terminbuch --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    api::command_line::run()
}
