//! Network file systems are refused: their fsync and their locks do not promise what the log needs.

use std::fs;
use std::path::Path;

use super::super::LogError;

const REFUSED: [&str; 17] = [
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "fuse",
    "gfs2",
    "glusterfs",
    "gpfs",
    "lustre",
    "nfs",
    "nfs4",
    "ocfs2",
    "smb3",
    "smbfs",
    "vboxsf",
    "virtiofs",
];

/// Refuses a folder that lies on a network file system.
pub(super) fn refuse_network(dir: &Path) -> Result<(), LogError> {
    let Ok(mounts) = fs::read_to_string("/proc/self/mountinfo") else {
        tracing::warn!("this system does not tell what file system {} lies on", dir.display());
        return Ok(());
    };
    let dir = dir
        .canonicalize()
        .map_err(|error| LogError::Storage(format!("{} cannot be found: {error}", dir.display())))?;
    match type_of(&mounts, &dir) {
        Some(kind) if is_refused(kind) => Err(LogError::Mismatch(format!(
            "{} lies on a network file system ({kind}): the log needs a local disk",
            dir.display()
        ))),
        _ => Ok(()),
    }
}

fn is_refused(kind: &str) -> bool {
    REFUSED.contains(&kind) || kind.starts_with("fuse.")
}

/// The type of the file system that holds `dir`: that of the longest mount point, the last one mounted there.
fn type_of<'a>(mounts: &'a str, dir: &Path) -> Option<&'a str> {
    let holding = mounts.lines().filter_map(|line| {
        let (mount, system) = line.split_once(" - ")?;
        let point = unescape(mount.split(' ').nth(4)?);
        let kind = system.split(' ').next()?;
        dir.starts_with(&point).then_some((point.len(), kind))
    });
    holding.max_by_key(|(length, _)| *length).map(|(_, kind)| kind)
}

/// Mount points are written with octal escapes for space, tab, newline and backslash.
fn unescape(point: &str) -> String {
    let escapes = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    escapes.iter().fold(point.to_owned(), |text, (escape, plain)| text.replace(escape, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 27 0:27 / /data rw,relatime shared:1 - nfs4 server:/export rw
31 30 0:28 / /data/local\\040disk rw,relatime - xfs /dev/vdb rw
32 27 0:29 / /home/me/remote rw,nosuid - fuse.sshfs me@there:/ rw
";

    #[test]
    fn the_longest_mount_point_decides() {
        let type_of = |dir: &str| type_of(MOUNTS, Path::new(dir));
        assert_eq!(type_of("/var/terminbuch"), Some("ext4"));
        assert_eq!(type_of("/data/terminbuch"), Some("nfs4"));
        assert_eq!(type_of("/database"), Some("ext4"));
        assert_eq!(type_of("/data/local disk/terminbuch"), Some("xfs"));
        assert_eq!(type_of("/home/me/remote/x"), Some("fuse.sshfs"));
    }

    #[test]
    fn network_and_user_space_file_systems_are_refused() {
        assert!(["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p"].into_iter().all(is_refused));
        assert!(
            ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "fuseblk"]
                .iter()
                .all(|kind| !is_refused(kind))
        );
    }
}
