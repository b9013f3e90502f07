//! Deals a day's places to the contingents.

use schemas::rules::ContingentShares;

/// Places by contingent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Dealt {
    pub(crate) web: u32,
    pub(crate) hotline: u32,
    pub(crate) open: u32,
}

impl Dealt {
    /// Everything for every channel.
    pub(crate) fn all_open(places: u32) -> Self {
        Self { open: places, ..Self::default() }
    }

    /// By largest remainder in basis points, ties in the order web, hotline, open.
    pub(crate) fn of_shares(places: u32, shares: &ContingentShares) -> Self {
        let points = [shares.web, shares.hotline, shares.open].map(|share| u64::from(share.0));
        let exact = points.map(|points| u64::from(places) * points);
        let mut whole = exact.map(|parts| parts / 10_000);
        let mut left = u64::from(places).saturating_sub(whole.iter().sum());
        let mut order = [0, 1, 2];
        // The sort is stable, so equal remainders keep the order of the contingents.
        order.sort_by_key(|&at: &usize| std::cmp::Reverse(exact.get(at).map(|parts| parts % 10_000)));
        for at in order {
            if left > 0
                && let Some(share) = whole.get_mut(at)
            {
                *share += 1;
                left -= 1;
            }
        }
        let [web, hotline, open] = whole.map(|places| u32::try_from(places).unwrap_or(u32::MAX));
        Self { web, hotline, open }
    }

    fn as_array(self) -> [u32; 3] {
        [self.web, self.hotline, self.open]
    }

    fn sum(self) -> u64 {
        self.as_array().into_iter().map(u64::from).sum()
    }
}

/// Hands a day's contingents out slot by slot, so that every slot has about the day's mixture and the sums are whole.
pub(super) struct Dealer {
    totals: Dealt,
    given: [u32; 3],
}

impl Dealer {
    pub(super) fn new(totals: Dealt) -> Self {
        Self { totals, given: [0; 3] }
    }

    /// The contingents of the next slot of so many places.
    pub(super) fn next(&mut self, capacity: u32) -> Dealt {
        let mut slot = [0; 3];
        for _ in 0..capacity {
            let Some(at) = self.furthest_behind() else { break };
            for counts in [&mut slot, &mut self.given] {
                if let Some(count) = counts.get_mut(at) {
                    *count += 1;
                }
            }
        }
        let [web, hotline, open] = slot;
        Dealt { web, hotline, open }
    }

    /// The contingent that is owed most at the next place, in the order web, hotline, open; none: all is given.
    fn furthest_behind(&self) -> Option<usize> {
        let dealt = self.given.iter().map(|&count| i128::from(count)).sum::<i128>() + 1;
        let places = i128::from(self.totals.sum());
        let owed =
            |at: usize, total: u32, given: u32| (i128::from(total) * dealt - i128::from(given) * places, at);
        self.totals
            .as_array()
            .into_iter()
            .zip(self.given)
            .enumerate()
            .filter(|(_, (total, given))| given < total)
            .map(|(at, (total, given))| owed(at, total, given))
            .max_by_key(|&(owed, at)| (owed, std::cmp::Reverse(at)))
            .map(|(_, at)| at)
    }
}
