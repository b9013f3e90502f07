//! When to claim, and which claims are one's own.

use schemas::ids::ClaimId;

/// A partition whose owner wrote within so many milliseconds is never claimed by another.
pub(super) const QUIET_MS: u64 = 500;
const FIRST_PAUSE_MS: u64 = 100;
const LONGEST_PAUSE_MS: u64 = 60_000;
const FORGET_AFTER_MS: u64 = 600_000;

/// The claims of one writer.
#[derive(Debug)]
pub(super) struct Claims {
    /// Sent and neither read nor overtaken by a reign.
    open: Vec<ClaimId>,
    last_sent_ms: Option<u64>,
    pause_ms: u64,
    not_before_ms: u64,
    reign_since_ms: u64,
    /// Whether a reign was given up, so that a claim is due at once.
    pressing: bool,
    chance: u64,
}

impl Claims {
    pub(super) fn new(seed: u64, now_ms: u64) -> Self {
        Self {
            open: Vec::new(),
            last_sent_ms: None,
            pause_ms: FIRST_PAUSE_MS,
            not_before_ms: 0,
            reign_since_ms: now_ms,
            pressing: false,
            chance: seed | 1,
        }
    }

    /// Whether a claim was sent and is still hoped for: on a log of one's own until its outcome is known.
    pub(super) fn is_under_way(&self, exclusive: bool, now_ms: u64) -> bool {
        self.last_sent_ms.is_some_and(|sent| exclusive || now_ms < sent + QUIET_MS)
    }

    /// The append of a claim may have failed: another may be sent.
    pub(super) fn forget_sent(&mut self) {
        self.last_sent_ms = None;
    }

    /// Whether the pause after lost claims is over.
    pub(super) fn may_try(&self, now_ms: u64) -> bool {
        now_ms >= self.not_before_ms
    }

    /// A fresh claim that is now under way.
    pub(super) fn open(&mut self, now_ms: u64) -> ClaimId {
        let id = self.draw_id();
        // A claim that was sent long ago may still be read, but only of so many is kept count.
        if self.open.len() >= 64 {
            self.open.remove(0);
        }
        self.open.push(id);
        self.last_sent_ms = Some(now_ms);
        id
    }

    /// Takes note of a claim that counts; whether it is one's own, also one given up.
    pub(super) fn is_won(&mut self, claim: ClaimId, now_ms: u64) -> bool {
        let won = self.open.contains(&claim);
        if won {
            self.settle(now_ms);
        } else if self.last_sent_ms.is_some() {
            self.lose(now_ms);
        }
        self.last_sent_ms = None;
        won
    }

    /// A reign begins by one of these claims; the others are overtaken.
    pub(super) fn settle(&mut self, now_ms: u64) {
        self.open.clear();
        self.last_sent_ms = None;
        self.pressing = false;
        self.reign_since_ms = now_ms;
    }

    /// A claim that was won while a pipeline was under way: the reign begins after the rewind.
    pub(super) fn keep_won(&mut self, claim: ClaimId) {
        self.open.push(claim);
    }

    /// Whether this claim is one's own and no reign has begun by it yet.
    pub(super) fn is_open(&self, claim: ClaimId) -> bool {
        self.open.contains(&claim)
    }

    /// A reign was given up: claim anew without waiting.
    pub(super) fn press(&mut self) {
        self.pressing = true;
    }

    pub(super) fn is_pressing(&self) -> bool {
        self.pressing
    }

    fn lose(&mut self, now_ms: u64) {
        if now_ms.saturating_sub(self.reign_since_ms) > FORGET_AFTER_MS {
            self.pause_ms = FIRST_PAUSE_MS;
        }
        self.pressing = false;
        let jitter = self.draw() % self.pause_ms.max(1);
        self.not_before_ms = now_ms + self.pause_ms + jitter;
        self.pause_ms = (self.pause_ms * 2).min(LONGEST_PAUSE_MS);
    }

    fn draw_id(&mut self) -> ClaimId {
        let bits = (u128::from(self.draw()) << 64) | u128::from(self.draw());
        ClaimId(uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid().into_bytes())
    }

    /// SplitMix64 (Steele, Lea, Flood 2014): chance that a seed repeats.
    fn draw(&mut self) -> u64 {
        self.chance = self.chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.chance;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
