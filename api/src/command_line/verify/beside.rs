//! What stands beside the log in the data directory, and whether it can be looked at: the views and the vault.
//!
//! The views are read before the log is opened and the vault after it, so that beside a running `serve` the log has all
//! that the views know, and the vault all that the log names.

use ledger::data_dir::DataDir;
use ledger::vault::{VaultError, VaultReader};
use ledger::verify::{Report, Standing, Wrong};
use projections::rows::Checkpoint;
use projections::{Stand, StoreError};
use schemas::ids::{LedgerId, Partition};

use crate::config::Config;

/// What was found beside the log.
pub(super) struct Beside {
    pub(super) standings: Vec<Standing>,
    pub(super) vault: Option<VaultReader>,
    views: Result<Option<Stand>, StoreError>,
    found: Vec<(Wrong, String)>,
    not_checked: Vec<String>,
}

impl Beside {
    pub(super) fn before_the_log(config: &Config) -> Self {
        let views = match DataDir::open_read_only(&config.data_dir) {
            Ok(data_dir) => projections::checkpoints(&data_dir.views()),
            Err(_) => Ok(None),
        };
        Self { standings: Vec::new(), vault: None, views, found: Vec::new(), not_checked: Vec::new() }
    }

    /// `ledger`: the one that the log is of.
    pub(super) fn behind_the_log(&mut self, config: &Config, ledger: Option<LedgerId>) {
        let Ok(data_dir) = DataDir::open_read_only(&config.data_dir) else {
            let none = format!("there is no data directory at {}", config.data_dir.display());
            return self.leave(&["the checkpoints of the views", "the commitments in the vault"], &none);
        };
        let Some(ledger) = ledger else {
            let none = "the log does not say which ledger it is of";
            return self.leave(&["the checkpoints of the views", "the commitments in the vault"], none);
        };
        let is_topic = config.kafka.settings().is_some();
        self.stand(ledger, is_topic);
        match VaultReader::open(&data_dir.vault(), &data_dir.keys(), ledger) {
            Ok(Some(vault)) => self.vault = Some(vault),
            Ok(None) => self.leave(&["the commitments in the vault"], "there is no vault"),
            // A copy of the data travels without keys, and is verified as far as it can be.
            Err(error @ VaultError::KeyMissing { .. }) => {
                self.leave(&["the commitments in the vault"], &error.to_string());
            }
            Err(error @ VaultError::Mismatch(_)) if is_topic => {
                self.leave(&["the commitments in the vault"], &error.to_string());
            }
            Err(error) => self.found.push((Wrong::VaultDamaged, error.to_string())),
        }
    }

    fn stand(&mut self, ledger: LedgerId, is_topic: bool) {
        let what = &["the checkpoints of the views"];
        match std::mem::replace(&mut self.views, Ok(None)) {
            Ok(None) => self.leave(what, "there are no views"),
            Err(error) => self.leave(what, &error.to_string()),
            Ok(Some((meta, _))) if meta.ledger != ledger => {
                let of = format!("the views are of ledger {}, the log is of {ledger}", meta.ledger);
                // A topic may be read from anywhere, also beside the data of another ledger.
                if is_topic { self.leave(what, &of) } else { self.found.push((Wrong::ForeignViews, of)) }
            }
            Ok(Some((_, checkpoints))) => {
                self.standings =
                    checkpoints.into_iter().map(|(partition, at)| standing(partition, at)).collect();
            }
        }
    }

    fn leave(&mut self, what: &[&str], why: &str) {
        self.not_checked.extend(what.iter().map(|what| format!("{what}: {why}")));
    }

    pub(super) fn add_to(self, report: &mut Report) {
        if report.repeats_not_compared > 0 {
            let count = report.repeats_not_compared;
            report.not_checked.push(format!("{count} repeats: they came too late after what they repeat"));
        }
        if report.ids_not_compared > 0 {
            let count = report.ids_not_compared;
            let why = "a partition had more ids that may have begun again than are looked for";
            report.not_checked.push(format!("whether {count} ids began before: {why}"));
        }
        report.not_checked.extend(self.not_checked);
        for (wrong, what) in self.found {
            report.beside(wrong, what);
        }
    }
}

fn standing(partition: Partition, at: Checkpoint) -> Standing {
    let Checkpoint { offset, seq, head, fold_version, .. } = at;
    Standing { what: "the views".to_owned(), partition, offset, seq, head, fold_version }
}
