//! What can be done to files.

use std::path::{Path, PathBuf};

/// The files of a folder whose names pass; at least one, or the harm would do nothing.
pub(crate) fn files(folder: &Path, is_meant: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = all
        .filter(|path| path.is_file() && is_meant(path.file_name().unwrap().to_str().unwrap()))
        .filter(|path| path.metadata().unwrap().len() > 0)
        .collect();
    found.sort();
    assert!(!found.is_empty(), "{} has no such file", folder.display());
    found
}

pub(crate) fn named(begin: &'static str) -> impl Fn(&str) -> bool {
    move |name| name.starts_with(begin)
}

pub(crate) fn ending(end: &'static str) -> impl Fn(&str) -> bool {
    move |name| name.ends_with(end)
}

/// Flips a bit of each, so far into it (in hundredths).
pub(crate) fn flip(files: &[PathBuf], hundredths: usize) {
    for path in files {
        let mut bytes = std::fs::read(path).unwrap();
        let at = (bytes.len() * hundredths / 100).min(bytes.len() - 1);
        bytes[at] ^= 0x10;
        std::fs::write(path, bytes).unwrap();
    }
}

/// Takes so many bytes from the end of each.
pub(crate) fn cut(files: &[PathBuf], bytes: usize) {
    for path in files {
        let whole = std::fs::read(path).unwrap();
        std::fs::write(path, &whole[..whole.len().saturating_sub(bytes)]).unwrap();
    }
}

pub(crate) fn remove(files: &[PathBuf]) {
    files.iter().for_each(|path| std::fs::remove_file(path).unwrap());
}

/// Puts a folder of another house in the place of this one's.
pub(crate) fn replace(folder: &Path, by: &Path) {
    std::fs::remove_dir_all(folder).unwrap();
    copy(by, folder);
}

/// Copies a folder's files, also of folders in it, over what is there.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { assert!(std::fs::copy(&path, &target).is_ok()) }
    }
}
