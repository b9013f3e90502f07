//! An export that was killed: the same command makes it whole, as if nobody had.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use projections::tables::{Format, MANIFEST, Manifest};

use super::home::Home;
use super::program::{Program, What};

const FORMATS: [Format; 3] = [Format::Ndjson, Format::Csv, Format::Parquet];
/// The journal, whose first line says where the log ended when the export was begun.
const JOURNAL: &str = ".journal";

/// One export into a folder of its own.
pub(super) struct Exported {
    out: PathBuf,
    pub(super) what: What,
    /// Where the log ended when it was begun, if it came so far: the journal's first line.
    begun: Option<Vec<u8>>,
}

impl Exported {
    /// Not begun yet, beside a data directory; nothing of an earlier one is left.
    pub(super) fn beside(home: &Home, number: u64) -> Result<Self> {
        let out = home.data_dir.with_extension("export");
        clear(&out)?;
        let at = usize::try_from(number % 3)?;
        let format = FORMATS.get(at).copied().unwrap_or(Format::Parquet);
        Ok(Self { out, what: What::of_these_days(format)?, begun: None })
    }

    pub(super) fn out(&self) -> &Path {
        &self.out
    }

    /// Whether it had come to its end before it was killed: the manifest is named, and the journal gone.
    pub(super) fn is_finished(&self) -> bool {
        self.out.join(MANIFEST).exists() && !self.out.join(JOURNAL).exists()
    }

    /// It was killed; what a reader would make of it then, if that is wrong.
    pub(super) fn was_killed(&mut self) -> Result<Vec<String>> {
        let journal = fs::read(self.out.join(JOURNAL)).unwrap_or_default();
        let end = journal.iter().position(|&byte| byte == b'\n');
        self.begun = end.and_then(|end| journal.get(..=end)).map(<[u8]>::to_vec);
        // Who finds a manifest takes the folder for whole.
        if self.out.join(MANIFEST).exists() { self.disagrees() } else { Ok(Vec::new()) }
    }

    /// Gives the same command again, and compares with one that nobody killed; what is wrong. Nobody writes meanwhile.
    pub(super) async fn is_made_whole(&self, program: &Program, home: &Home) -> Result<Vec<String>> {
        program.export_whole(home, &self.out, &self.what).await.context("the same command again")?;
        let mut found = self.disagrees()?;
        let beside = self.out.with_extension("unkilled");
        clear(&beside)?;
        if let Some(begun) = &self.begun {
            fs::create_dir(&beside)?;
            fs::write(beside.join(JOURNAL), begun)?;
        }
        program.export_whole(home, &beside, &self.what).await.context("an export that nobody kills")?;
        let (killed, unkilled) = (files(&self.out)?, files(&beside)?);
        for path in killed.keys().chain(unkilled.keys()) {
            if killed.get(path) != unkilled.get(path) {
                found.push(format!("export: {path} is not what it is in an export that was not killed"));
            }
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// What of the folder is not as the manifest says, but for the journal.
    fn disagrees(&self) -> Result<Vec<String>> {
        let manifest = fs::read(self.out.join(MANIFEST)).context("a finished export has a manifest")?;
        let manifest: Manifest = serde_json::from_slice(&manifest)?;
        let mut found = Vec::new();
        let mut there = files(&self.out)?;
        there.retain(|path, _| path != MANIFEST && path != JOURNAL);
        for file in &manifest.files {
            there.remove(&file.path);
            let hash = projections::tables::hash_of(&self.out.join(&file.path));
            if hash.ok().as_deref() != Some(&file.sha256) {
                found.push(format!("export: {} is not as the manifest says", file.path));
            }
        }
        found.extend(there.keys().map(|path| format!("export: {path} is in no manifest")));
        if manifest.files.is_empty() {
            found.push("export: it is empty".to_owned());
        }
        Ok(found)
    }
}

fn clear(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder)?.to_string_lossy().into_owned();
                found.insert(name, fs::read(&path)?);
            }
        }
    }
    Ok(found)
}
