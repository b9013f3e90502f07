//! The edges as the people reach them: 256 connections, shared between web and hotline.

use std::net::SocketAddr;

use tokio::sync::mpsc;

use super::behaviour::Ask;
use super::cast::Cast;
use super::known::Expects;
use super::population::{Person, Way};
use super::request::Requests;
use super::switchboard::Agent;
use super::timeline::Ticket;
use super::wire::{Answered, Wire};

const WEB_CONNECTIONS: usize = 192;
const HOTLINE_CONNECTIONS: usize = 64;

/// Who asked what, and when.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    /// The request's ticket.
    pub ticket: Ticket,
    /// What was asked.
    pub what: What,
    /// Who asked it for a caller.
    pub agent: Option<Agent>,
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub enum What {
    /// A person's request.
    Asks(u32, Ask),
    /// Whether a centre has room, asked by nobody in particular.
    Word(u8),
}

/// Both edges.
pub struct Edges {
    requests: Requests,
    web: Wire<Mark>,
    hotline: Wire<Mark>,
}

/// Where all answers arrive, with the number of their connection.
pub type Answers = mpsc::UnboundedReceiver<(usize, Answered<Mark>)>;

impl Edges {
    /// Makes the connections' tasks in the runtime that this is called in.
    pub fn reach(web: SocketAddr, hotline: SocketAddr, requests: Requests) -> (Self, Answers) {
        let (sender, answers) = mpsc::unbounded_channel();
        let web = Wire::to(web, WEB_CONNECTIONS, &sender);
        let hotline = Wire::to(hotline, HOTLINE_CONNECTIONS, &sender);
        (Self { requests, web, hotline }, answers)
    }

    /// Sends a request on its way; `expects` says what is known of the centre.
    pub fn send(&mut self, cast: &Cast, mark: Mark, expects: Expects) {
        let (number, person, ask) = match mark.what {
            What::Asks(number, ask) => {
                let at = usize::try_from(number).unwrap_or(usize::MAX);
                let Some(person) = cast.people.get(at) else { return };
                (number, *person, ask)
            }
            What::Word(centre) => {
                let Some(home) = cast.tables.districts.first() else { return };
                let passer_by = Person { centre, district: home.district, way: Way::Web, by_proxy: false };
                (0, passer_by, Ask::Look)
            }
        };
        let agent = mark.agent.map(|agent| usize::from(agent.0));
        let sent = self.requests.of(number, &person, agent, ask, expects);
        self.wire(mark).send(mark, sent);
    }

    /// Notes that a connection has delivered the answer to this.
    pub fn is_idle(&mut self, mark: Mark, connection: usize) {
        self.wire(mark).is_idle(connection);
    }

    fn wire(&mut self, mark: Mark) -> &mut Wire<Mark> {
        if mark.agent.is_some() { &mut self.hotline } else { &mut self.web }
    }
}
