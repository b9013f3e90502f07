//! The highest position seen, noted beside the log. A log that ends earlier has lost what somebody was told.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::super::LogError;

const TITLE: &str = "terminbuch high-water 1";

/// The small file beside the log.
#[derive(Debug, Clone)]
pub(super) struct HighWater {
    path: PathBuf,
}

impl HighWater {
    pub(super) fn beside(dir: &Path) -> Self {
        Self { path: dir.join("high-water") }
    }

    /// The noted ends, in the order of the partitions; none when nothing was ever noted.
    pub(super) fn read(&self) -> Result<Option<Vec<u64>>, LogError> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed("read", &error)),
        };
        match parse(&text) {
            Some(ends) => Ok(Some(ends)),
            None => Err(LogError::Damaged(format!("{} cannot be understood", self.path.display()))),
        }
    }

    /// Notes these ends, durably and all at once.
    pub(super) fn write(&self, ends: &[u64]) -> Result<(), LogError> {
        self.write_atomically(&format(ends)).map_err(|error| self.failed("written", &error))
    }

    fn write_atomically(&self, text: &str) -> io::Result<()> {
        let fresh = self.path.with_extension("new");
        let mut file = File::create(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, &self.path)?;
        self.path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
    }

    fn failed(&self, what: &str, error: &io::Error) -> LogError {
        LogError::Storage(format!("{} cannot be {what}: {error}", self.path.display()))
    }
}

/// A title, one end a line, and how many there are: a file that was cut short does not parse.
fn format(ends: &[u64]) -> String {
    let mut text = format!("{TITLE}\n");
    ends.iter().for_each(|end| text.push_str(&format!("{end}\n")));
    text.push_str(&format!("partitions {}\n", ends.len()));
    text
}

fn parse(text: &str) -> Option<Vec<u64>> {
    let mut lines = text.strip_suffix('\n')?.lines();
    if lines.next()? != TITLE {
        return None;
    }
    let count: usize = lines.next_back()?.strip_prefix("partitions ")?.parse().ok()?;
    let ends = lines.map(str::parse).collect::<Result<Vec<u64>, _>>().ok()?;
    (ends.len() == count).then_some(ends)
}

/// Halts when the log ends before what was noted.
pub(super) fn compare(noted: Option<&[u64]>, ends: &[u64]) -> Result<(), LogError> {
    let Some(noted) = noted else {
        // It is written at once after genesis, so only that moment can have gone without it.
        let untouched = ends.iter().all(|&end| end <= 1);
        return if untouched {
            Ok(())
        } else {
            Err(LogError::Damaged("log/high-water is missing".to_owned()))
        };
    };
    if noted.len() != ends.len() {
        let (noted, found) = (noted.len(), ends.len());
        return Err(LogError::Damaged(format!("{noted} partitions were noted, {found} are there")));
    }
    for (partition, (noted, end)) in noted.iter().zip(ends).enumerate() {
        if end < noted {
            return Err(LogError::Damaged(format!(
                "partition {partition} ends at offset {end}, but {noted} was seen: records are lost"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_is_read_again_and_a_cut_note_is_damage() {
        let dir = tempfile::tempdir().unwrap();
        let note = HighWater::beside(dir.path());
        assert_eq!(note.read(), Ok(None));
        note.write(&[1, 20, 3]).unwrap();
        assert_eq!(note.read(), Ok(Some(vec![1, 20, 3])));
        let text = fs::read_to_string(&note.path).unwrap();
        for length in 0..text.len() {
            fs::write(&note.path, &text[..length]).unwrap();
            assert!(matches!(note.read(), Err(LogError::Damaged(_))), "cut to {length} bytes");
        }
    }

    #[test]
    fn an_earlier_end_is_damage() {
        assert_eq!(compare(Some(&[5, 7]), &[5, 7]), Ok(()));
        assert_eq!(compare(Some(&[5, 7]), &[6, 9]), Ok(()));
        assert!(compare(Some(&[5, 7]), &[5, 6]).is_err());
        assert!(compare(Some(&[5, 7]), &[5, 7, 1]).is_err());
        assert_eq!(compare(None, &[1, 1]), Ok(()));
        assert!(compare(None, &[1, 2]).is_err());
    }
}
