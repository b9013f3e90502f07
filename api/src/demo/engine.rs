//! The morning itself: takes event after event, asks over HTTP, and tells each person the answer.
//!
//! Everything here runs in one task of one single-threaded runtime, and the connections beside it; nothing is shared
//! with the server but the clock.

use std::time::{Duration, Instant as RealInstant};

use hyper::StatusCode;
use schemas::Instant;
use tokio::sync::mpsc;

use super::behaviour::{self, Ask, Moment, Next, State, Told};
use super::books::Books;
use super::calls::{Calls, Line};
use super::cast::Cast;
use super::chance::Chance;
use super::edges::{Edges, Mark, What};
use super::known::Known;
use super::opening::Opened;
use super::population::Way;
use super::seen::{Refusal, read_day, read_pairs, read_refusal};
use super::switchboard::{AGENTS, Agent};
use super::timeline::{Timeline, Turn};
use super::wire::{Answered, NoAnswer, Received};

/// Requests that are under way at the most.
const UNDER_WAY: usize = 256;

/// Requests after which the connections get their turn.
const TURNS_TO_GIVE: u32 = 8;

/// How often the display is told, in real time.
const SHOWN_EVERY: Duration = Duration::from_millis(250);

/// After the flow-back, so many virtual milliseconds take at least so long.
const PACE_MS: u64 = 600_000;
const PACE_TAKES: Duration = Duration::from_millis(60);

/// Word gets round for the first time so long after the contingents have flowed back, and then again and again.
const WORD_AFTER_S: u32 = 3_600;
const WORD_EVERY_S: u32 = 1_200;

/// What is scheduled.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// A person asks.
    Asks(u32, Ask),
    /// An agent can take the next call.
    Ready(Agent),
    /// Somebody looks whether a centre still has room, and tells those who gave up.
    Word(u8),
}

/// The morning under way.
pub struct Engine<'a> {
    cast: &'a Cast,
    states: Vec<State>,
    /// Whether something of a person's is scheduled or under way.
    busy: Vec<bool>,
    timeline: Timeline<Event>,
    calls: Calls,
    known: Vec<Known>,
    books: Books,
    edges: Edges,
    advance: &'a dyn Fn(Instant),
    ending: bool,
}

/// What the display is shown.
pub struct Glance<'a> {
    /// The virtual time.
    pub now: Instant,
    /// What was counted.
    pub books: &'a Books,
    /// What is known of each centre.
    pub known: &'a [Known],
    /// Calls answered, callers who hung up.
    pub calls: (u64, u64),
}

impl<'a> Engine<'a> {
    /// With the centres as they were opened; `advance` moves the ledger's clock on.
    pub fn new(cast: &'a Cast, opened: &Opened, edges: Edges, advance: &'a dyn Fn(Instant)) -> Self {
        let now = opened.at;
        let mut timeline = Timeline::at(now, cast.people.len() + 1_024);
        for (number, intentions) in (0..).zip(&cast.intentions) {
            let first = behaviour::first(intentions);
            timeline.schedule(first.at, Event::Asks(number, first.ask));
        }
        for centre in 0..u8::try_from(cast.supply.len()).unwrap_or(u8::MAX) {
            timeline.schedule(cast.calendar.flows_back_at.plus_seconds(WORD_AFTER_S), Event::Word(centre));
        }
        Self {
            cast,
            states: vec![State::default(); cast.people.len()],
            busy: vec![true; cast.people.len()],
            timeline,
            calls: Calls::new(AGENTS),
            known: opened.positions.iter().map(|&position| Known::opened(position)).collect(),
            books: Books::default(),
            edges,
            advance,
            ending: false,
        }
    }

    /// Runs until the contingents have flowed back and all pairs are live, or nobody asks any more.
    ///
    /// # Errors
    /// When a request has no answer in the end.
    pub async fn run(
        mut self,
        mut answers: mpsc::UnboundedReceiver<(usize, Answered<Mark>)>,
        mut show: impl FnMut(&Glance<'_>),
    ) -> Result<(Books, Vec<Known>, Instant), NoAnswer> {
        let (mut turns, mut shown_at) = (0, RealInstant::now());
        let mut pace = (self.cast.calendar.flows_back_at, RealInstant::now());
        loop {
            while let Ok(answer) = answers.try_recv() {
                self.take(answer)?;
            }
            if shown_at.elapsed() >= SHOWN_EVERY {
                show(&self.glance());
                shown_at = RealInstant::now();
            }
            let turn = if self.timeline.unanswered() < UNDER_WAY { self.timeline.turn() } else { Turn::Wait };
            match turn {
                Turn::Due(event) => {
                    self.keep_pace(&mut pace).await;
                    self.happens(event);
                }
                Turn::Wait => match answers.recv().await {
                    Some(answer) => self.take(answer)?,
                    None => break,
                },
                Turn::Over => break,
            }
            turns += 1;
            if turns % TURNS_TO_GIVE == 0 {
                tokio::task::yield_now().await;
            }
        }
        show(&self.glance());
        let now = self.timeline.now();
        Ok((self.books, self.known, now))
    }

    /// In the end only the writer's own expiries bring places back, which nobody is told of; so that nobody gives up
    /// before they are shown, ten virtual minutes after the flow-back take longer than a redraw does.
    async fn keep_pace(&self, (virtual_at, real_at): &mut (Instant, RealInstant)) {
        if self.timeline.now() < virtual_at.plus_millis(PACE_MS) {
            return;
        }
        tokio::time::sleep(PACE_TAKES.saturating_sub(real_at.elapsed())).await;
        (*virtual_at, *real_at) = (self.timeline.now(), RealInstant::now());
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Asks(number, ask) => self.asks(number, ask),
            Event::Ready(agent) => {
                let asked = self.calls.ready(&self.cast.chance, agent, self.timeline.now());
                for (caller, next) in asked {
                    self.timeline.schedule(next.at, Event::Asks(caller, next.ask));
                }
            }
            Event::Word(centre) => self.issue(What::Word(centre), None),
        }
    }

    fn asks(&mut self, number: u32, ask: Ask) {
        let now = self.timeline.now();
        let Some((moment, state)) = moment(self.cast, &mut self.states, number, now) else { return };
        if !behaviour::still_wanted(&moment, state, ask) {
            return self.rings_off(number);
        }
        if moment.person.way == Way::Web {
            return self.issue(What::Asks(number, ask), None);
        }
        match self.calls.asks(&self.cast.chance, number, ask, now) {
            Line::Through(agent) => self.issue(What::Asks(number, ask), Some(agent)),
            Line::At(at) => self.timeline.schedule(at, Event::Asks(number, ask)),
            Line::Waits => {}
        }
    }

    fn issue(&mut self, what: What, agent: Option<Agent>) {
        (self.advance)(self.timeline.now());
        let ticket = self.timeline.issue();
        let centre = match what {
            What::Asks(number, _) => self.cast.people.get(index(number)).map_or(0, |person| person.centre),
            What::Word(centre) => centre,
        };
        let now = self.timeline.now();
        let known = self.known.get_mut(usize::from(centre));
        let expects = known.map(|known| known.expects(now)).unwrap_or_default();
        self.edges.send(self.cast, Mark { ticket, what, agent }, expects);
    }

    fn take(&mut self, (connection, (mark, answer)): (usize, Answered<Mark>)) -> Result<(), NoAnswer> {
        self.edges.is_idle(mark, connection);
        self.timeline.answered(mark.ticket);
        let answer = answer?;
        self.books.answered(answer.took, answer.retries);
        match mark.what {
            What::Asks(number, ask) => self.tell(number, ask, mark.ticket.issued_at(), &answer),
            What::Word(centre) => self.spread_word(centre, mark.ticket.issued_at(), &answer),
        }
        let all_live = self.books.live.sum() == u64::from(self.cast.pairs());
        if !self.ending && all_live && self.timeline.now() >= self.cast.calendar.flows_back_at {
            self.ending = true;
            self.timeline.clear();
        }
        Ok(())
    }

    /// A person goes on from the instant at which he asked, so that the server's speed changes nothing.
    fn tell(&mut self, number: u32, ask: Ask, asked_at: Instant, answer: &Received) {
        let Some((moment, state)) = moment(self.cast, &mut self.states, number, asked_at) else { return };
        let (person, has) = (moment.person, state.has);
        let centre = usize::from(person.centre);
        let mut offers = Vec::new();
        let refusal: Refusal;
        if let Some(known) = self.known.get_mut(centre) {
            known.learns(asked_at, ask, answer);
        }
        if answer.status.is_success() && matches!(ask, Ask::Pairs(_) | Ask::Day(_)) {
            let read = if matches!(ask, Ask::Day(_)) {
                read_day(&answer.body, person.way)
            } else {
                read_pairs(&answer.body)
            };
            offers = read.unwrap_or_default();
        }
        let told = match (ask, answer.status) {
            (Ask::Look, StatusCode::OK | StatusCode::NOT_MODIFIED) => {
                self.known.get(centre).map(|known| Told::Days(&known.seen)).unwrap_or(Told::Done)
            }
            (Ask::Pairs(_) | Ask::Day(_), StatusCode::OK) => Told::Offers(&offers),
            (_, status) if status.is_success() => Told::Done,
            (_, status) => {
                refusal = read_refusal(status.as_u16(), &answer.body);
                tracing::debug!(number, ?ask, body = %String::from_utf8_lossy(&answer.body), "refused");
                Told::Refused(&refusal)
            }
        };
        self.books.told(person.way, has, ask, &told);
        let next = behaviour::step(&moment, state, ask, told).filter(|_| !self.ending);
        if let Some(ended) = self.calls.goes_on(number, next, asked_at) {
            self.timeline.schedule(ended.at, Event::Ready(ended.agent));
        }
        self.goes_on(number, next);
    }

    fn goes_on(&mut self, number: u32, next: Option<Next>) {
        if let Some(busy) = self.busy.get_mut(index(number)) {
            *busy = next.is_some();
        }
        if let Some(next) = next {
            self.timeline.schedule(next.at, Event::Asks(number, next.ask));
        }
    }

    /// Those who gave up look again, three for each free place; if they are too few, also those who wanted none any more.
    fn spread_word(&mut self, centre: u8, asked_at: Instant, answer: &Received) {
        let Some(known) = self.known.get_mut(usize::from(centre)) else { return };
        known.learns(asked_at, Ask::Look, answer);
        let free: u32 = known.seen.sums().iter().map(|room| room.free + room.held).sum();
        let now = self.timeline.now();
        let again = now.plus_seconds(WORD_EVERY_S);
        if self.ending || known.seen.is_sold_out() || again > self.cast.calendar.closes_at {
            return;
        }
        self.timeline.schedule(again, Event::Word(centre));
        let mut wanted = 3 * index(free);
        for even_if_content in [false, true] {
            for number in 0..u32::try_from(self.states.len()).unwrap_or(u32::MAX) {
                if wanted > 0 && self.hears(centre, number, now, even_if_content) {
                    wanted -= 1;
                }
            }
        }
    }

    fn hears(&mut self, centre: u8, number: u32, now: Instant, even_if_content: bool) -> bool {
        let is_busy = self.busy.get(index(number)).copied().unwrap_or(true);
        let Some((moment, state)) = moment(self.cast, &mut self.states, number, now) else { return false };
        if is_busy || moment.person.centre != centre || moment.person.way == Way::Phone {
            return false;
        }
        let next = behaviour::hears_of_room(&moment, state, even_if_content);
        self.goes_on(number, next);
        next.is_some()
    }

    fn rings_off(&mut self, number: u32) {
        self.goes_on(number, None);
        if let Some(ended) = self.calls.goes_on(number, None, self.timeline.now()) {
            self.timeline.schedule(ended.at, Event::Ready(ended.agent));
        }
    }

    fn glance(&self) -> Glance<'_> {
        Glance {
            now: self.timeline.now(),
            books: &self.books,
            known: &self.known,
            calls: self.calls.counts(),
        }
    }
}

fn moment<'c, 's>(
    cast: &'c Cast,
    states: &'s mut [State],
    number: u32,
    now: Instant,
) -> Option<(Moment<'c>, &'s mut State)> {
    let at = index(number);
    let (chance, calendar): (&Chance, _) = (&cast.chance, &cast.calendar);
    let (person, intentions) = (cast.people.get(at)?, cast.intentions.get(at)?);
    Some((Moment { chance, calendar, number, person, intentions, now }, states.get_mut(at)?))
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
