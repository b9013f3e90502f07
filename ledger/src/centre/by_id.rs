//! Things found by an id. They are hashed: people draw their ids at random, so an order of ids helps nobody and costs
//! a search through many places that are never at hand.
//!
//! The hash is keyed anew in each process, so that nobody can choose ids that get in each other's way. What a fold is may
//! not depend on it: nothing here can be gone through in the order of hashes.

use std::collections::HashMap;
use std::hash::Hash;

/// See the module's page.
#[derive(Debug, Clone)]
pub(super) struct ById<K, V>(HashMap<K, V, ahash::RandomState>);

impl<K, V> Default for ById<K, V> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<K: Eq + Hash, V: PartialEq> PartialEq for ById<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<K: Eq + Hash, V: Eq> Eq for ById<K, V> {}

impl<K: Copy + Ord + Hash, V> ById<K, V> {
    pub(super) fn get(&self, id: K) -> Option<&V> {
        self.0.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: K) -> Option<&mut V> {
        self.0.get_mut(&id)
    }

    /// What is there, or put there as nothing.
    pub(super) fn get_or_begin(&mut self, id: K) -> &mut V
    where
        V: Default,
    {
        self.0.entry(id).or_default()
    }

    pub(super) fn insert(&mut self, id: K, thing: V) {
        self.0.insert(id, thing);
    }

    pub(super) fn remove(&mut self, id: K) -> Option<V> {
        self.0.remove(&id)
    }

    /// All of them in the order of their ids, which have to be sorted for it.
    pub(super) fn in_order(&self) -> impl ExactSizeIterator<Item = &V> {
        let mut all: Vec<_> = self.0.iter().collect();
        all.sort_unstable_by_key(|(id, _)| **id);
        all.into_iter().map(|(_, thing)| thing)
    }
}

impl<K: Eq + Hash, V> FromIterator<(K, V)> for ById<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(things: I) -> Self {
        Self(things.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use schemas::ids::HoldId;

    use super::ById;

    #[test]
    fn what_it_is_and_how_it_is_gone_through_do_not_depend_on_hashes() {
        let ids: Vec<_> = (0..1_000_u32).map(|number| HoldId(u128::from(number).to_be_bytes())).collect();
        // Each has a key of its own for its hashes.
        let (there, back): (ById<_, _>, ById<_, _>) =
            (ids.iter().map(|id| (*id, *id)).collect(), ids.iter().rev().map(|id| (*id, *id)).collect());
        assert_eq!(there, back);
        for found in [there, back] {
            assert!(found.in_order().eq(&ids));
        }
    }
}
