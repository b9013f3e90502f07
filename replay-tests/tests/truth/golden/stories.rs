//! The stories behind the golden histories, as they would be decided today.

use ledger::CentreCommand as C;
use ledger::chain::{Origin, Pending, claim_value, genesis_value};
use ledger::command::{Command, ShrinkPlan, SlotPlan};
use ledger::fold::PartitionFold;
use ledger::{Asked, Decision};
use replay_tests::model::Model;
use schemas::ids::{ActorId, CentreNumber, ClaimId, LedgerId, NodeId, SlotId};
use schemas::vocabulary::{CancelDoses, CancelReason, Channel, Dose, MadeBy, ShrinkReason, WithdrawReason};
use schemas::{Body, Claim, Clock, Genesis, Instant};

use super::PARTITION;
use crate::universe as u;

/// A story: who asks for what, so many seconds after the one before.
pub(super) struct Story {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    told: fn(&mut Teller),
}

pub(super) const ALL: &[Story] = &[
    Story {
        name: "a-pair-is-booked",
        title: "A day is released; one hold lapses, one is extended and confirmed, one is given back; the contingents flow together.",
        told: a_pair_is_booked,
    },
    Story {
        name: "a-place-rests",
        title: "Seconds are cancelled and removed until a first place has none and rests; another cancelled second brings it back.",
        told: a_place_rests,
    },
    Story {
        name: "a-booking-moves",
        title: "A hold is swapped; bookings move with both doses, with the first and with the second alone; a single dose; a withdrawal and an erasure.",
        told: a_booking_moves,
    },
];

/// Decides commands one after the other and keeps their records.
pub(super) struct Teller {
    fold: PartitionFold,
    records: Vec<Vec<u8>>,
    model: Model,
    now: Instant,
}

impl Teller {
    pub(super) fn new() -> Self {
        let (ledger, now) = (LedgerId([0x47; 16]), u::beginning());
        let genesis = Genesis { partitions: 2, fold_version: 1, clock: Clock::Simulated };
        let mut teller = Self {
            fold: PartitionFold::new(None, PARTITION),
            records: Vec::new(),
            model: Model::new(CentreNumber(1)),
            now,
        };
        teller.append(genesis_value(ledger, PARTITION, genesis, now).unwrap());
        let claim = Claim {
            claim: ClaimId([0x43; 16]),
            node: NodeId([0x4e; 16]),
            knows_fold: 1,
            clock_accepted: false,
            url: String::new(),
        };
        let claim = claim_value(&teller.fold.chain, ledger, claim, now).unwrap();
        teller.append(claim);
        teller
    }

    pub(super) fn tell(mut self, story: &Story) -> (Vec<Vec<u8>>, Model) {
        (story.told)(&mut self);
        (self.records, self.model)
    }

    fn append(&mut self, value: Vec<u8>) {
        let offset = self.records.len() as u64;
        let ledger::chain::Verdict::Counts(counted) = self.fold.read(offset, &value).unwrap() else {
            panic!("the record at {offset} does not count");
        };
        if let Body::Decision(events) = &counted.body {
            self.model.tell(events, &counted.mark);
        }
        self.records.push(value);
    }

    fn decided(&mut self, events: Vec<schemas::Event>, origin: Origin) {
        let ledger = self.fold.chain.ledger().unwrap();
        let mut pending = Pending::after(&self.fold.chain, ledger);
        let pended = pending.push(origin, self.now, &Body::Decision(events)).unwrap();
        self.append(pended.value.to_vec());
    }

    /// So many seconds pass, and what is due happens.
    fn after(&mut self, seconds: u32) -> &mut Self {
        self.now = self.now.plus_seconds(seconds);
        while let Some((centre, events)) = self.fold.state.due(self.now) {
            self.decided(events, Origin { centre, ..Origin::WRITER });
        }
        self
    }

    /// Somebody asks for something that is granted.
    fn ask(&mut self, channel: Channel, command: C) -> &mut Self {
        let asked = Asked { now: self.now, on: u::civil_day(self.now), channel, actor: ActorId::NIL };
        let id = command.id();
        let command = Command::Centre("frankfurt".parse().unwrap(), command);
        match self.fold.state.decide(&command, &asked) {
            Ok((centre, Decision::Events(events))) => {
                self.decided(events, Origin { channel, command: id, actor: ActorId::NIL, centre });
            }
            other => panic!("{command:?}: {other:?}"),
        }
        self
    }

    fn opens(&mut self) -> &mut Self {
        let mut set = u::base_rules();
        set.contingents_flow_back_at = Some(u::beginning().plus_seconds(7_200));
        let effective_at = self.now;
        let due_on = u::civil_day(self.now);
        self.ask(Channel::Admin, C::DescribeCentre(u::description(0)))
            .ask(Channel::Admin, C::SetRules { rules: u::rules(1), effective_at, set })
            .ask(
                Channel::Admin,
                C::AnnounceDelivery { delivery: u::delivery(1), vaccine: u::COMIRNATY, doses: 60, due_on },
            )
            .ask(
                Channel::Admin,
                C::AnnounceDelivery { delivery: u::delivery(2), vaccine: u::JOHNSON, doses: 9, due_on },
            );
        for number in 1..6 {
            self.register(number);
        }
        self
    }

    fn register(&mut self, number: u8) -> &mut Self {
        let (registration, reference) = (u::registration(number.into()), u::reference(number.into()));
        let person = u::person(number);
        self.ask(Channel::Web, C::Register { registration, reference, made_by: MadeBy::Proxy, person })
    }

    /// First places by contingent on one day, and second ones so many days later.
    fn release(&mut self, number: usize, in_days: i32, first: [u32; 3], seconds: &[(i32, u32)]) -> &mut Self {
        let day = u::civil_day(self.now).plus_days(in_days).unwrap();
        let slot = |date, dose, [web, hotline, open]: [u32; 3], capacity| SlotPlan {
            start_at: u::start_on(date, 0),
            local_date: date,
            length_min: 15,
            dose,
            capacity,
            web,
            hotline,
            open,
        };
        let mut slots = vec![slot(day, Dose::First, first, first.iter().sum())];
        for &(days, places) in seconds {
            slots.push(slot(day.plus_days(days).unwrap(), Dose::Second, [0; 3], places));
        }
        let (delivery, vaccine) =
            if seconds.is_empty() { (u::delivery(2), u::JOHNSON) } else { (u::delivery(1), u::COMIRNATY) };
        self.ask(Channel::Admin, C::ReleaseSlots { release: u::release(number), delivery, vaccine, slots })
    }

    fn hold(
        &mut self,
        number: usize,
        first: u32,
        second: Option<u32>,
        instead_of: Option<usize>,
    ) -> &mut Self {
        self.hold_for(number, number, first, second, instead_of)
    }

    fn hold_for(
        &mut self,
        number: usize,
        registration: usize,
        first: u32,
        second: Option<u32>,
        instead_of: Option<usize>,
    ) -> &mut Self {
        let command = C::PlaceHold {
            hold: u::hold(number),
            registration: u::registration(registration),
            first: SlotId(first),
            second: second.map(SlotId),
            instead_of: instead_of.map(u::hold),
        };
        self.ask(Channel::Web, command)
    }

    fn confirm(&mut self, number: usize) -> &mut Self {
        self.ask(Channel::Web, C::ConfirmHold { hold: u::hold(number) })
    }

    fn cancel(&mut self, number: usize, doses: CancelDoses) -> &mut Self {
        let reason = CancelReason::Person;
        self.ask(Channel::Hotline, C::CancelBooking { booking: u::hold(number), doses, reason })
    }

    fn change(
        &mut self,
        number: usize,
        booking: usize,
        first: Option<u32>,
        second: Option<u32>,
    ) -> &mut Self {
        let (first, second) = (first.map(SlotId), second.map(SlotId));
        let (booking, change) = (u::hold(booking), u::change(number));
        self.ask(Channel::Hotline, C::RescheduleBooking { booking, change, first, second })
    }

    fn shrink(&mut self, number: usize, slot: u32, places: u32) -> &mut Self {
        let slots = vec![ShrinkPlan { slot: SlotId(slot), contingent: None, places }];
        let reason = ShrinkReason::Staffing;
        self.ask(Channel::Admin, C::ShrinkSlots { shrink: u::shrink(number), reason, slots })
    }
}

fn a_pair_is_booked(teller: &mut Teller) {
    let received_on = u::civil_day(u::beginning());
    let receipt =
        C::ReceiveDelivery { delivery: u::delivery(1), lot: "EJ6796".into(), doses: 30, received_on };
    teller.opens().release(1, 1, [3, 2, 1], &[(3, 4), (4, 4)]);
    teller.after(60).hold(1, 1, None, None);
    teller.after(60).hold(2, 1, Some(3), None).ask(Channel::Web, C::ExtendHold { hold: u::hold(2) });
    teller.after(700).confirm(2);
    teller.after(30).hold(3, 1, None, None).ask(Channel::Web, C::ReleaseHold { hold: u::hold(3) });
    teller.after(60).ask(Channel::Centre, receipt);
    teller.after(7_000).hold(4, 1, None, None);
}

fn a_place_rests(teller: &mut Teller) {
    teller.opens().release(1, 1, [2, 0, 1], &[(3, 3)]);
    for number in [1, 2] {
        teller.after(10).hold(number, 1, None, None).confirm(number);
    }
    teller.after(10).cancel(1, CancelDoses::Second).shrink(1, 2, 1);
    teller.after(10).cancel(1, CancelDoses::Both);
    teller.after(10).cancel(2, CancelDoses::Second);
    teller.after(10).hold(3, 1, None, None);
}

fn a_booking_moves(teller: &mut Teller) {
    teller.opens().release(1, 1, [2, 1, 1], &[(3, 3), (4, 3)]).release(2, 2, [2, 1, 1], &[(3, 5)]);
    teller.release(3, 1, [1, 1, 1], &[]);
    teller.after(10).hold(1, 1, None, None).hold_for(11, 1, 4, None, Some(1)).confirm(11);
    teller.after(10).hold(2, 1, None, None).confirm(2).change(1, 2, None, Some(5));
    teller.after(10).change(2, 2, Some(4), None);
    teller.after(10).change(3, 11, Some(1), Some(2));
    teller.after(10).hold(3, 6, None, None).confirm(3);
    let reason = WithdrawReason::Person;
    teller.after(10).ask(Channel::Web, C::WithdrawRegistration { registration: u::registration(1), reason });
    let erased = u::registration(2);
    teller.after(10).ask(Channel::Web, C::Erase { registration: erased, ended_in_views: false });
    teller.after(10).ask(Channel::Reactor, C::FinishErasure { registration: erased });
}
