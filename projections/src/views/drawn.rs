//! A document that was drawn: its bytes, and the same compressed, each made once however many ask.

use std::fmt;
use std::io::Write as _;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use flate2::{Compression, GzBuilder};

/// How hard the compressor tries. A document is redrawn up to twenty times a second: this takes a third of the time of the
/// usual 6, and makes the documents an eighth larger.
const LEVEL: Compression = Compression::new(4);

/// A document. Cheap to clone: all clones share the bytes, and the compressed ones as soon as there are any.
#[derive(Clone)]
pub struct Drawn(Arc<Forms>);

struct Forms {
    plain: Arc<[u8]>,
    gzip: OnceLock<Option<Arc<[u8]>>>,
}

impl Drawn {
    /// The bytes as they were drawn.
    pub fn plain(&self) -> Arc<[u8]> {
        Arc::clone(&self.0.plain)
    }

    /// The same as gzip (RFC 1952), made by the first who asks; none where that would save nothing. The same document
    /// always gives the same bytes.
    pub fn gzip(&self) -> Option<Arc<[u8]>> {
        self.0.gzip.get_or_init(|| compressed(&self.0.plain)).clone()
    }
}

fn compressed(plain: &[u8]) -> Option<Arc<[u8]>> {
    // Without name and time in the header. Writing into memory does not fail; if it did, the plain bytes would serve.
    let mut encoder = GzBuilder::new().write(Vec::new(), LEVEL);
    encoder.write_all(plain).ok()?;
    let bytes = encoder.finish().ok()?;
    (bytes.len() < plain.len()).then(|| bytes.into())
}

impl From<Vec<u8>> for Drawn {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Forms { plain: bytes.into(), gzip: OnceLock::new() }))
    }
}

/// Its plain bytes.
impl Deref for Drawn {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0.plain
    }
}

/// What is compressed follows from what is not.
impl PartialEq for Drawn {
    fn eq(&self, other: &Self) -> bool {
        self.0.plain == other.0.plain
    }
}

impl Eq for Drawn {}

impl fmt::Debug for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::sync::Arc;

    use super::Drawn;

    #[test]
    fn it_is_compressed_once_and_back_again() {
        let plain = br#"{"free":120,"held":29}"#.repeat(100);
        let drawn = Drawn::from(plain.clone());
        let gzip = drawn.gzip().expect("it saves something");
        assert!(gzip.len() * 10 < plain.len());
        let mut back = Vec::new();
        flate2::read::GzDecoder::new(&*gzip).read_to_end(&mut back).expect("it is gzip");
        assert_eq!(back, plain);
        let again = drawn.clone().gzip().expect("the same");
        assert!(Arc::ptr_eq(&gzip, &again), "a clone shares what was compressed");
        assert_eq!(
            Drawn::from(plain).gzip().as_deref(),
            Some(&*gzip),
            "the same bytes for the same document"
        );
    }

    #[test]
    fn what_would_grow_is_not_compressed() {
        assert_eq!(Drawn::from(b"{}".to_vec()).gzip(), None);
    }
}
