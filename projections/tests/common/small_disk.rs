//! A disk that can be filled: `projections` fills the views', `replay-tests` a broker's.

#![allow(unreachable_pub, reason = "each test program has it as a module of its own")]

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A disk of its own, in memory. It goes with the test.
pub struct Disk(TempDir);

impl Disk {
    /// `size`: as mount takes it, in whole megabytes: `size=24m`.
    pub fn mount(size: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", size, "terminbuch"])
            .arg(folder.path())
            .output()
            .unwrap();
        assert!(
            mount.status.success(),
            "a small disk has to be mounted to be filled, which takes root: {}",
            String::from_utf8_lossy(&mount.stderr)
        );
        Self(folder)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all that is left.
    pub fn fill(&self) -> PathBuf {
        let path = self.path().join("filler");
        let mut file = File::create(&path).unwrap();
        for size in [1 << 20, 4 << 10, 1] {
            let bytes = vec![1; size];
            while file.write_all(&bytes).is_ok() {}
        }
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let done = Command::new("umount").arg("--lazy").arg(self.path()).status();
        if !done.is_ok_and(|status| status.success()) {
            eprintln!("{} stays mounted", self.path().display());
        }
    }
}
