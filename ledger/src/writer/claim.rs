//! When to claim, and which claims are one's own.

use schemas::Instant;
use schemas::ids::ClaimId;

/// A partition whose owner wrote within so many milliseconds is never claimed by another.
pub(super) const QUIET_MS: u64 = 500;
const FIRST_PAUSE_MS: u64 = 100;
const LONGEST_PAUSE_MS: u64 = 60_000;
const FORGET_AFTER_MS: u64 = 600_000;
/// The pause between tries while the log takes nothing; shorter than that of a quarrel, for nobody is hurt by them.
const LONGEST_FAILURE_PAUSE_MS: u64 = 5_000;
/// A claim that was sent long ago may still be read, but only of so many is kept count.
const MOST_OPEN: usize = 64;

/// The claims of one writer.
#[derive(Debug)]
pub(super) struct Claims {
    /// Sent since a claim last counted, and when by the ledger's clock: only these can still come to count.
    open: Vec<(ClaimId, Instant)>,
    under_way: Option<UnderWay>,
    not_before_ms: u64,
    /// Doubled whenever a claim or a reign is lost to another.
    pause_ms: u64,
    /// Reigns and claims that failed since a record was last read back.
    failures: u32,
    reign_since_ms: Option<u64>,
    /// Whether a reign was given up, so that the partition is to be claimed without a silence.
    pressing: bool,
    chance: u64,
}

/// A claim without an outcome.
#[derive(Debug, Clone, Copy)]
struct UnderWay {
    call: u64,
    sent_ms: u64,
}

impl Claims {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            open: Vec::new(),
            under_way: None,
            not_before_ms: 0,
            pause_ms: FIRST_PAUSE_MS,
            failures: 0,
            reign_since_ms: None,
            pressing: false,
            chance: seed | 1,
        }
    }

    /// Whether a claim was sent and is still hoped for. Every append has an outcome in the end, and until then a second
    /// claim would only lie behind the first; elsewhere than on a log of one's own this is trusted for a minute.
    pub(super) fn is_under_way(&self, exclusive: bool, now_ms: u64) -> bool {
        self.under_way.is_some_and(|claim| exclusive || now_ms < claim.sent_ms + LONGEST_PAUSE_MS)
    }

    /// Whether no pause is left to wait for.
    pub(super) fn may_try(&self, now_ms: u64) -> bool {
        now_ms >= self.not_before_ms
    }

    /// A fresh claim that goes out with this append when the clock says `time`.
    pub(super) fn open(&mut self, call: u64, time: Instant, now_ms: u64) -> ClaimId {
        let id = self.draw_id();
        if self.open.len() >= MOST_OPEN {
            self.open.remove(0);
        }
        self.open.push((id, time));
        self.under_way = Some(UnderWay { call, sent_ms: now_ms });
        id
    }

    /// The outcome of an append is known, or known to be unknown: if it was the claim's, another may be sent.
    pub(super) fn delivered(&mut self, call: u64, happened: bool, now_ms: u64) {
        if self.under_way.is_some_and(|claim| claim.call == call) && !happened {
            self.under_way = None;
            self.falter(now_ms);
        }
    }

    /// Takes note of a claim that counts: if it is one's own, also one given up, what the clock said when it was
    /// handed over. All others that were sent can no longer count, for they name an epoch that is over.
    pub(super) fn counted(&mut self, claim: ClaimId, now_ms: u64) -> Option<Instant> {
        let own = self.open.iter().find(|(id, _)| *id == claim).map(|&(_, time)| time);
        let tried = self.under_way.take().is_some();
        self.open.clear();
        self.pressing = false;
        let reigned_since = self.reign_since_ms.take();
        if own.is_some() {
            return own;
        }
        if reigned_since.is_some_and(|since| now_ms.saturating_sub(since) > FORGET_AFTER_MS) {
            self.pause_ms = FIRST_PAUSE_MS;
        }
        if tried || reigned_since.is_some() {
            self.not_before_ms = now_ms + self.jittered(self.pause_ms);
            self.pause_ms = (self.pause_ms * 2).min(LONGEST_PAUSE_MS);
        }
        None
    }

    /// A reign has begun.
    pub(super) fn reigns(&mut self, now_ms: u64) {
        self.reign_since_ms = Some(now_ms);
    }

    /// A record of one's own was read back: the log works.
    pub(super) fn progressed(&mut self) {
        self.failures = 0;
    }

    /// A reign was given up: claim anew, the first time at once.
    pub(super) fn press(&mut self, now_ms: u64) {
        self.pressing = true;
        self.falter(now_ms);
    }

    pub(super) fn is_pressing(&self) -> bool {
        self.pressing
    }

    fn falter(&mut self, now_ms: u64) {
        let pause_ms = match self.failures {
            0 => 0,
            more => self.jittered((FIRST_PAUSE_MS << (more - 1).min(10)).min(LONGEST_FAILURE_PAUSE_MS)),
        };
        self.failures = self.failures.saturating_add(1);
        self.not_before_ms = now_ms + pause_ms;
    }

    /// Between half of it and all of it, so that two who lost together do not come back together.
    fn jittered(&mut self, pause_ms: u64) -> u64 {
        pause_ms / 2 + self.draw() % (pause_ms / 2 + 1)
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
