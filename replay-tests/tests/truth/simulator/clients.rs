//! People who ask, wait, ask again when they do not know, and sometimes ask twice at once.

use std::collections::VecDeque;

use ledger::command::Command;
use ledger::writer::{Request, Ticket};
use ledger::{Answer, CentreCommand};
use schemas::ids::ActorId;
use schemas::vocabulary::Channel;

use super::world::{Happening, World};
use crate::resolve::View;
use crate::steps::Step;

/// After so long a client believes that the node it asked is gone.
const PATIENCE_MS: u64 = 6_000;

#[derive(Clone)]
struct Wish {
    command: CentreCommand,
    channel: Channel,
    tries: u32,
}

#[derive(Default, Clone)]
struct Client {
    wish: Option<Wish>,
    open: Option<(Ticket, u64)>,
}

pub(super) struct Clients {
    /// Asked by the first client alone, one after the other.
    opening: VecDeque<Step>,
    steps: VecDeque<Step>,
    people: Vec<Client>,
    /// By ticket: who asked what.
    tickets: Vec<(usize, CentreCommand, usize)>,
    commands: Vec<CentreCommand>,
}

impl Clients {
    pub(super) fn new(people: usize, opening: Vec<Step>, steps: Vec<Step>) -> Self {
        Self {
            opening: opening.into(),
            steps: steps.into(),
            people: vec![Client::default(); people],
            tickets: Vec::new(),
            commands: Vec::new(),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.people.len()
    }

    pub(super) fn are_done(&self) -> bool {
        self.steps.is_empty() && self.people.iter().all(|client| client.wish.is_none())
    }

    /// Nobody begins anything new.
    pub(super) fn go_home(&mut self) {
        self.steps.clear();
    }

    /// A node has lost whatever it was asked.
    pub(super) fn lost(&mut self, node: usize) {
        for (ticket, (client, _, at)) in (0..).zip(&self.tickets) {
            let open = &mut self.people[*client].open;
            if *at == node && open.is_some_and(|(open, _)| open == ticket) {
                *open = None;
            }
        }
    }
}

impl World {
    /// The client's turn: it asks when it has something to ask and no answer is open.
    pub(super) fn ask(&mut self, client: usize) {
        let in_ms = self.chance.between(20, 200);
        self.plan(in_ms, Happening::Asks { client });
        if self.clients.people[client].open.is_some_and(|(_, since)| self.mono_ms < since + PATIENCE_MS) {
            return;
        }
        if self.clients.people[client].wish.is_none() {
            self.clients.people[client].wish = self.next_wish(client);
        }
        let Some(wish) = self.clients.people[client].wish.clone() else { return };
        let ticket = self.send(client, &wish);
        self.clients.people[client].open = Some((ticket, self.mono_ms));
        if self.chance.of_thousand(100) {
            self.send(client, &wish);
        }
    }

    fn next_wish(&mut self, client: usize) -> Option<Wish> {
        let opening = !self.clients.opening.is_empty() || self.clients.people[0].wish.is_some();
        let step = match (client, opening) {
            (0, _) if !self.clients.opening.is_empty() => self.clients.opening.pop_front(),
            (_, true) if self.auditor.model().registrations.is_empty() => None,
            _ => self.clients.steps.pop_front(),
        }?;
        let now = self.auditor.fold_time();
        let asked = &self.clients.commands;
        let command = View { model: self.auditor.model(), now, asked }.command(&step.ask);
        self.clients.commands.push(command.clone());
        Some(Wish { command, channel: step.channel, tries: 0 })
    }

    fn send(&mut self, client: usize, wish: &Wish) -> Ticket {
        let node = usize::try_from(self.chance.between(0, self.nodes.len() as u64)).unwrap();
        let ticket = self.clients.tickets.len() as u64;
        self.clients.tickets.push((client, wish.command.clone(), node));
        let deadline_ms = self.mono_ms + self.chance.between(50, 3_000);
        self.auditor.sent(ticket, &wish.command, wish.channel, deadline_ms);
        let request = Request {
            command: Command::Centre("frankfurt".parse().unwrap(), wish.command.clone()),
            channel: wish.channel,
            actor: ActorId::NIL,
            deadline_ms,
            dry_run: false,
        };
        let in_ms = self.chance.between(0, 30);
        self.plan(in_ms, Happening::Command { node, ticket, request: Box::new(request) });
        ticket
    }

    /// What the client makes of an answer.
    pub(super) fn answered(&mut self, ticket: Ticket, answer: &Answer) {
        let again = self.chance.of_thousand(200);
        let at = usize::try_from(ticket).unwrap();
        let in_opening = !self.clients.opening.is_empty();
        let client = &mut self.clients.people[self.clients.tickets[at].0];
        if client.open.is_none_or(|(open, _)| open != ticket) {
            return;
        }
        client.open = None;
        let Some(wish) = &mut client.wish else { return };
        wish.tries += 1;
        let ended = match answer {
            Answer::Done(_) => !again,
            Answer::Refused { .. } => true,
            Answer::Unknown | Answer::NotDone(_) => wish.tries > 12 && !in_opening,
        };
        if ended {
            client.wish = None;
        }
    }
}
