//! Files that hold one key each: written whole or not at all, and readable by their owner alone.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::VaultError;

const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
const OTHERS: u32 = 0o077;
/// More than any key file has, so that a wrong file is not read whole.
const MAX_FILE_BYTES: u64 = 256;

/// Makes a folder that only its owner can enter, or closes one that is there to all others.
pub fn private_folder(folder: &Path) -> Result<(), VaultError> {
    let failed = |error| storage(folder, &error);
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder).map_err(failed)?;
    let mode = folder.metadata().map_err(failed)?.permissions().mode();
    if mode & OTHERS != 0 {
        std::fs::set_permissions(folder, Permissions::from_mode(FOLDER_MODE)).map_err(failed)?;
    }
    Ok(())
}

/// The content of a key file; none when there is no such file.
///
/// # Errors
/// When it cannot be read, or others than its owner can.
pub fn read(file: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
    let opened = match File::open(file) {
        Ok(opened) => opened,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unusable(file, error.to_string())),
    };
    let metadata = opened.metadata().map_err(|error| unusable(file, error.to_string()))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & OTHERS != 0 {
        return Err(unusable(file, format!("others can read it (mode {mode:04o}): it must have mode 0600")));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(256));
    opened.take(MAX_FILE_BYTES).read_to_end(&mut bytes).map_err(|error| unusable(file, error.to_string()))?;
    Ok(Some(bytes))
}

/// Writes a key file that is not there yet. When this returns, it is durable under its name; before, it has none.
pub fn create(file: &Path, content: &[u8]) -> Result<(), VaultError> {
    let failed = |error| storage(file, &error);
    let draft: PathBuf = file.with_extension("draft");
    // A draft is left behind by a process that ended while it wrote one; nothing was ever made with that key.
    match std::fs::remove_file(&draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let mut opened =
        OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&draft).map_err(failed)?;
    opened.write_all(content).and_then(|()| opened.sync_all()).map_err(failed)?;
    // A hard link, unlike a rename, never takes the place of a key that is there.
    std::fs::hard_link(&draft, file).and_then(|()| std::fs::remove_file(&draft)).map_err(failed)?;
    let folder = file.parent().unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

pub(crate) fn unusable(file: &Path, why: impl Into<String>) -> VaultError {
    VaultError::KeyUnusable { file: file.to_owned(), why: why.into() }
}

fn storage(path: &Path, error: &std::io::Error) -> VaultError {
    VaultError::Storage(format!("{}: {error}", path.display()))
}
