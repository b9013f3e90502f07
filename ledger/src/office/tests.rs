//! Given, when, then.

use schemas::Instant;
use schemas::ids::ActorId;
use schemas::vocabulary::{Channel, ChannelState, Role};

use super::Office;
use crate::answer::Decision;
use crate::command::{Asked, OfficeCommand};
use crate::rejection::Mark;

fn asked() -> Asked {
    let on = schemas::CivilDate::from_days(0).unwrap();
    Asked { now: Instant::EPOCH, on, channel: Channel::Admin, actor: ActorId::NIL }
}

fn set(state: ChannelState, reason: &str) -> OfficeCommand {
    OfficeCommand::SetChannel { channel: Channel::Web, state, reason: reason.into() }
}

fn done(office: &mut Office, seq: u64, command: &OfficeCommand) -> Mark {
    let Ok(Decision::Events(events)) = office.decide(command, &asked()) else {
        panic!("{command:?} should be done")
    };
    let mark = Mark { seq, head: [0; 8], time: Instant::EPOCH };
    events.iter().for_each(|event| office.apply(event, &mark));
    office.check().unwrap();
    mark
}

#[test]
fn a_channel_is_open_until_something_else_is_said() {
    let mut office = Office::new();
    assert_eq!(office.channel_state(Channel::Web), ChannelState::Open);
    done(&mut office, 1, &set(ChannelState::Draining, "too much"));
    assert_eq!(office.channel_state(Channel::Web), ChannelState::Draining);
    assert_eq!(office.channel_state(Channel::Hotline), ChannelState::Open);
}

#[test]
fn what_was_last_said_of_a_channel_is_a_repeat_but_what_was_said_before_that_is_not() {
    let mut office = Office::new();
    let closed = done(&mut office, 1, &set(ChannelState::Closed, "night"));
    assert_eq!(office.decide(&set(ChannelState::Closed, "night"), &asked()), Ok(Decision::Repeat(closed)));
    done(&mut office, 2, &set(ChannelState::Open, "morning"));
    done(&mut office, 3, &set(ChannelState::Closed, "night"));
}

#[test]
fn who_read_what_is_noted_every_time() {
    let mut office = Office::new();
    let read = OfficeCommand::NoteRead {
        actor: ActorId::NIL,
        role: Role::Auditor,
        purpose: "audit".into(),
        what: "events".into(),
        from: None,
        to: None,
    };
    done(&mut office, 1, &read);
    done(&mut office, 2, &read);
}

#[test]
fn an_event_of_a_centre_is_a_breach() {
    let mut office = Office::new();
    let event = schemas::events::HoldExpired { hold: schemas::ids::HoldId::NIL }.into();
    office.apply(&event, &Mark { seq: 1, head: [0; 8], time: Instant::EPOCH });
    assert!(office.check().is_err());
}
