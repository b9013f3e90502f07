//! What is put on Monday, and in which order.

use std::collections::HashSet;

use crate::demo::cast::Cast;
use crate::demo::opening;

#[test]
fn each_centre_is_described_ruled_supplied_and_released() {
    let cast = Cast::draw(1, 2_000).unwrap();
    let of_frankfurt = opening::requests(&cast, 0);
    let requests: Vec<_> = (0..6).flat_map(|centre| opening::requests(&cast, centre)).collect();
    assert!(of_frankfurt.iter().all(|(path, _)| path.starts_with("/v1/centres/frankfurt")));
    let kinds: Vec<&str> =
        of_frankfurt.iter().map(|(path, _)| path.split('/').nth(4).unwrap_or("centre")).collect();
    assert_eq!(kinds[..6], ["centre", "rules", "deliveries", "deliveries", "deliveries", "deliveries"]);
    assert_eq!(kinds.iter().filter(|kind| **kind == "releases").count(), cast.supply[0].days.len());
    assert!(of_frankfurt.last().unwrap().0.ends_with("/receipt"), "the first delivery has come");
    let paths: HashSet<_> = requests.iter().map(|(path, _)| path).collect();
    assert_eq!(paths.len(), requests.len(), "every id is used once");
    for (path, body) in &requests {
        assert!(serde_json::from_str::<serde_json::Value>(body).is_ok(), "{path}: {body}");
    }
}
