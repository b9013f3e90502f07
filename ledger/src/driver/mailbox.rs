//! The bounded two-lane mailbox of a partition: what the edges put in and the writer takes out.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use schemas::vocabulary::Channel;
use tokio::sync::oneshot;

use crate::answer::{Answer, NotDone};
use crate::writer::Request;

/// A lane holds at most so many letters.
pub const LANE_CAPACITY: usize = 4_096;
/// So many letters of the hotline's lane are taken before one of the web's.
const HOTLINE_WEIGHT: u8 = 4;

/// A request and where its answer goes.
pub(super) struct Letter {
    pub(super) request: Box<Request>,
    pub(super) reply: oneshot::Sender<Answer>,
}

#[derive(Default)]
pub(super) struct Mailbox(Mutex<Lanes>);

#[derive(Default)]
struct Lanes {
    hotline: VecDeque<Letter>,
    web: VecDeque<Letter>,
    hotline_taken: u8,
    closed: bool,
}

impl Mailbox {
    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a letter into its channel's lane: the web has its own, all others use the hotline's.
    pub(super) fn post(&self, letter: Letter) -> Result<(), NotDone> {
        let mut lanes = self.lanes();
        if lanes.closed {
            return Err(NotDone::ShuttingDown);
        }
        let lane = if letter.request.channel == Channel::Web { &mut lanes.web } else { &mut lanes.hotline };
        if lane.len() >= LANE_CAPACITY {
            return Err(NotDone::Overloaded);
        }
        lane.push_back(letter);
        Ok(())
    }

    /// The next letter: four of the hotline's for one of the web's while both have some.
    pub(super) fn take(&self) -> Option<Letter> {
        let mut lanes = self.lanes();
        let is_hotlines_turn = lanes.hotline_taken < HOTLINE_WEIGHT || lanes.web.is_empty();
        if is_hotlines_turn && let Some(letter) = lanes.hotline.pop_front() {
            lanes.hotline_taken = lanes.hotline_taken.saturating_add(1).min(HOTLINE_WEIGHT);
            return Some(letter);
        }
        lanes.hotline_taken = 0;
        lanes.web.pop_front().or_else(|| lanes.hotline.pop_front())
    }

    /// The letters that nobody waits for any more.
    pub(super) fn take_late(&self, now_ms: u64) -> Vec<Letter> {
        let mut lanes = self.lanes();
        let mut late = Vec::new();
        let Lanes { hotline, web, .. } = &mut *lanes;
        for lane in [hotline, web] {
            let letters = std::mem::take(lane).into_iter();
            let (gone, kept): (Vec<_>, Vec<_>) =
                letters.partition(|letter| now_ms >= letter.request.deadline_ms);
            *lane = kept.into();
            late.extend(gone);
        }
        late
    }

    /// Letters that wait, of the web's and of the hotline's lane.
    pub(super) fn waiting(&self) -> (usize, usize) {
        let lanes = self.lanes();
        (lanes.web.len(), lanes.hotline.len())
    }

    /// Takes no more letters; those that wait are handed back.
    pub(super) fn close(&self) -> Vec<Letter> {
        let mut lanes = self.lanes();
        lanes.closed = true;
        let mut letters: Vec<Letter> = lanes.hotline.drain(..).collect();
        letters.extend(lanes.web.drain(..));
        letters
    }
}

/// Wakes the driver's thread. Wakes are merged and never lost.
#[derive(Default)]
pub(super) struct Signal {
    raised: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    pub(super) fn raise(&self) {
        let mut raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
        let was_raised = std::mem::replace(&mut *raised, true);
        // Not while it is locked, or who is woken would wait at once.
        drop(raised);
        if !was_raised {
            self.changed.notify_one();
        }
    }

    /// Waits until it is raised, at most so long, and lowers it.
    pub(super) fn wait(&self, at_most: Duration) {
        let raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(raised, at_most, |raised| !*raised);
        let (mut raised, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *raised = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Command, OfficeCommand};
    use schemas::ids::ActorId;
    use schemas::vocabulary::ChannelState;

    fn letter(channel: Channel) -> Letter {
        let command = OfficeCommand::SetChannel {
            channel: Channel::Web,
            state: ChannelState::Open,
            reason: String::new(),
        };
        let request = Request {
            command: Command::Office(command),
            channel,
            actor: ActorId::NIL,
            deadline_ms: 1,
            dry_run: false,
        };
        Letter { request: Box::new(request), reply: oneshot::channel().0 }
    }

    #[test]
    fn the_hotline_goes_before_the_web_and_does_not_starve_it() {
        let mailbox = Mailbox::default();
        for _ in 0..10 {
            assert!(mailbox.post(letter(Channel::Web)).is_ok());
            assert!(mailbox.post(letter(Channel::Hotline)).is_ok());
        }
        let order: Vec<Channel> =
            std::iter::from_fn(|| mailbox.take()).map(|letter| letter.request.channel).collect();
        let hotline = order.iter().take(10).filter(|&&channel| channel == Channel::Hotline).count();
        assert_eq!((order.len(), hotline), (20, 8));
    }

    #[test]
    fn letters_that_nobody_waits_for_are_taken_out_of_both_lanes() {
        let mailbox = Mailbox::default();
        for (channel, deadline_ms) in
            [(Channel::Web, 10), (Channel::Web, 30), (Channel::Hotline, 20), (Channel::Hotline, 40)]
        {
            let mut letter = letter(channel);
            letter.request.deadline_ms = deadline_ms;
            assert!(mailbox.post(letter).is_ok());
        }
        let mut late: Vec<u64> =
            mailbox.take_late(20).iter().map(|letter| letter.request.deadline_ms).collect();
        late.sort_unstable();
        assert_eq!((late, mailbox.waiting()), (vec![10, 20], (1, 1)));
    }

    #[test]
    fn a_full_web_lane_leaves_the_hotline_room() {
        let mailbox = Mailbox::default();
        for _ in 0..LANE_CAPACITY {
            assert!(mailbox.post(letter(Channel::Web)).is_ok());
        }
        assert_eq!(mailbox.post(letter(Channel::Web)).err(), Some(NotDone::Overloaded));
        assert!(mailbox.post(letter(Channel::Centre)).is_ok());
        assert_eq!(mailbox.waiting(), (LANE_CAPACITY, 1));
        assert_eq!(mailbox.close().len(), LANE_CAPACITY + 1);
        assert_eq!(mailbox.post(letter(Channel::Web)).err(), Some(NotDone::ShuttingDown));
    }
}
