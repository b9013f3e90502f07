//! Every draw of the demo, keyed by seed, person, purpose and number.
//!
//! No draw depends on what was drawn before it: the same seed makes the same people with the same intentions,
//! whatever the timing and whatever the ledger answers.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

/// What a draw is for. The numbers keep the draws of one person apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words say it")]
pub enum Purpose {
    World = 1,
    Intentions = 2,
    Secret = 3,
    RegistrationId = 4,
    HoldId = 5,
    ChangeId = 6,
    Step = 7,
    Call = 8,
    AdminId = 9,
    Identity = 10,
}

/// The source of all draws.
#[derive(Debug, Clone)]
pub struct Chance {
    seed: [u8; 32],
}

impl Chance {
    /// From the seed that the user gave.
    pub fn new(seed: u64) -> Self {
        Self { seed: ChaCha8Rng::seed_from_u64(seed).get_seed() }
    }

    /// The draws of one person (or another numbered thing) for one purpose; `number` tells its occasions apart.
    pub fn draws(&self, person: u32, purpose: Purpose, number: u16) -> Draws {
        let mut random = ChaCha8Rng::from_seed(self.seed);
        random.set_stream((purpose as u64) << 48 | u64::from(number) << 32 | u64::from(person));
        Draws(random)
    }

    /// A random (v4) UUID of one person.
    pub fn id(&self, person: u32, purpose: Purpose, number: u16) -> Uuid {
        let mut bytes = [0; 16];
        self.draws(person, purpose, number).0.fill_bytes(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// A person's secret: 128 bits in hex.
    pub fn secret(&self, person: u32) -> String {
        format!("{:032x}", self.draws(person, Purpose::Secret, 0).0.random::<u128>())
    }
}

/// A run of draws for one occasion.
#[derive(Debug, Clone)]
pub struct Draws(ChaCha8Rng);

impl Draws {
    /// Whole numbers in `[0, below)`; 0 when there is nothing to choose from.
    pub fn below(&mut self, below: usize) -> usize {
        if below < 2 { 0 } else { self.0.random_range(0..below) }
    }

    /// Milliseconds, evenly between two numbers of seconds.
    pub fn between_s(&mut self, least_s: u32, most_s: u32) -> u64 {
        self.0.random_range(u64::from(least_s) * 1_000..=u64::from(most_s.max(least_s)) * 1_000)
    }

    /// Evenly in `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        self.0.random::<f64>()
    }

    /// True in so many of 1,000 cases.
    pub fn per_mille(&mut self, share: u32) -> bool {
        self.0.random_range(0..1_000) < share
    }

    /// Milliseconds, exponential with this mean, at most eight times as many.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and eight times a mean that is far below 2^53"
    )]
    pub fn around_s(&mut self, mean_s: u32) -> u64 {
        let times = -(1.0 - self.unit()).ln();
        (times.clamp(0.0, 8.0) * f64::from(mean_s) * 1_000.0) as u64
    }

    /// The place of a draw in a list of weights.
    pub fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut left = self.0.random_range(0..weights.iter().sum::<u32>().max(1));
        for (at, &weight) in weights.iter().enumerate() {
            if left < weight {
                return at;
            }
            left -= weight;
        }
        0
    }

    /// Shuffles a list.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for at in (1..list.len()).rev() {
            list.swap(at, self.below(at + 1));
        }
    }
}
