//! One vaccination centre: pure `decide`, `apply`, `due` and `check`.

mod slot;

pub use slot::{Counts, FirstPlaces, Places, SecondCounts, Slot};
