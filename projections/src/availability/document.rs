//! Whole documents, spliced from the rows of days that were drawn before.

use schemas::Position;

use super::Face;

/// A centre by day.
///
/// # Errors
/// When JSON cannot be made of the centre's name or zone, which none that was let in can cause.
pub(crate) fn centre_document<'a>(
    face: &Face,
    changed: Position,
    days: impl Iterator<Item = &'a [u8]>,
) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = b"{\"centre\":".to_vec();
    serde_json::to_writer(&mut bytes, &face.centre)?;
    bytes.extend_from_slice(b",\"time_zone\":");
    serde_json::to_writer(&mut bytes, face.clock.name())?;
    bytes.extend_from_slice(b",\"changed_position\":");
    serde_json::to_writer(&mut bytes, &changed)?;
    bytes.extend_from_slice(b",\"days\":[");
    join(&mut bytes, days);
    bytes.extend_from_slice(b"]}");
    Ok(bytes)
}

/// All centres by day, in the order given.
pub(crate) fn all_document<'a>(centres: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut bytes = b"{\"centres\":[".to_vec();
    join(&mut bytes, centres);
    bytes.extend_from_slice(b"]}");
    bytes
}

fn join<'a>(bytes: &mut Vec<u8>, parts: impl Iterator<Item = &'a [u8]>) {
    for (index, part) in parts.filter(|part| !part.is_empty()).enumerate() {
        if index > 0 {
            bytes.push(b',');
        }
        bytes.extend_from_slice(part);
    }
}
