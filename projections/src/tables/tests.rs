//! The document says what the code has, and an export that was cut off goes on as if it had not been.

use super::*;

#[test]
fn the_document_names_every_column_in_order_and_no_other() {
    let text = include_str!("../../TABLES.md");
    for table in TableName::ALL {
        let part = text.split(&format!("\n## {table}\n")).nth(1).unwrap();
        let part = part.split("\n## ").next().unwrap();
        let named: Vec<&str> =
            part.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
        let columns: Vec<&str> = table.columns().iter().map(|column| column.name).collect();
        assert_eq!(named, columns, "{table}");
    }
}

#[test]
fn a_veil_of_two_purposes_shares_nothing_and_one_of_the_same_everything() {
    let key = [7; KEY_BYTES];
    let id = [3; 16];
    let (one, other) = (Veil::files(&key, "one"), Veil::files(&key, "other"));
    assert_eq!(one.uuid("hold", id), Veil::stream(&key, "one").uuid("hold", id));
    assert_ne!(one.uuid("hold", id), other.uuid("hold", id));
    assert_ne!(one.uuid("hold", id), one.uuid("registration", id));
    assert_ne!(one.uuid("hold", id), Veil::files(&[8; KEY_BYTES], "one").uuid("hold", id));
    assert_eq!(one.uuid("hold", [0; 16]), [0; 16]);
    assert_eq!(Veil::raw().uuid("hold", id), id);
    let uuid = uuid::Uuid::from_bytes(one.uuid("hold", id));
    assert_eq!((uuid.get_version_num(), uuid.get_variant()), (4, uuid::Variant::RFC4122));
}
