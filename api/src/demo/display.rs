//! What is shown while the morning goes on: a table that stays in place on a terminal, or JSON lines.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::{Duration, Instant as RealInstant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use ledger::verify::Progress;
use schemas::Instant;
use serde_json::{Value, json};

use super::cast::Cast;
use super::engine::Glance;
use super::seen::{Room, Seen};

/// JSON lines come at most so often.
const LINE_EVERY: Duration = Duration::from_secs(2);

/// Local time is one hour ahead of UTC in that week.
const ZONE_MS: u64 = 3_600_000;

/// The days of the demo, from Monday 11 January.
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

/// Where the display goes.
pub enum Display {
    /// Lines that stay in place, on standard error.
    Table(Table),
    /// JSON lines on standard output.
    Lines(Lines),
}

/// Bars and lines of a terminal.
pub struct Table {
    all: MultiProgress,
    pairs: ProgressBar,
    centres: Vec<ProgressBar>,
    counts: ProgressBar,
    rate: Rate,
}

/// JSON lines, paced.
pub struct Lines {
    shown_at: Option<RealInstant>,
    rate: Rate,
}

/// Requests a second since the last look.
struct Rate {
    at: RealInstant,
    requests: u64,
}

impl Display {
    /// JSON lines, or a table for all centres.
    pub fn new(json: bool, cast: &Cast) -> Self {
        let rate = Rate { at: RealInstant::now(), requests: 0 };
        if json {
            return Self::Lines(Lines { shown_at: None, rate });
        }
        let all = MultiProgress::new();
        let pairs = all.add(
            ProgressBar::new(u64::from(cast.pairs()))
                .with_style(style("{prefix}  {bar:40} {pos}/{len} pairs live  {elapsed_precise}")),
        );
        let line = || all.add(ProgressBar::new_spinner().with_style(style("{prefix:10} {msg}")));
        let heading = line();
        heading.set_prefix("centre");
        heading.set_message(HEADING);
        let centres = cast.tables.centres.iter().map(|centre| {
            let row = line();
            row.set_prefix(centre.id.to_string());
            row
        });
        let centres: Vec<_> = centres.collect();
        let counts = line();
        Self::Table(Table { all, pairs, centres, counts, rate })
    }

    /// Shows how things stand.
    pub fn show(&mut self, cast: &Cast, glance: &Glance<'_>) {
        match self {
            Self::Table(table) => table.show(glance),
            Self::Lines(lines) => lines.show(cast, glance),
        }
    }

    /// Tells of a step that is neither the morning nor its summary.
    pub fn says(&self, text: &str) {
        match self {
            // What cannot be shown is not worth ending the demo for.
            Self::Table(table) => drop(table.all.println(text)),
            Self::Lines(_) => line(&json!({ "kind": "note", "text": text })),
        }
    }

    /// Shows how far the verification of the log is.
    pub fn verifies(&mut self, progress: &Progress) {
        if let Self::Table(table) = self {
            table
                .counts
                .set_message(format!("verifies its log: {} of {} records", progress.values, progress.of));
        }
    }

    /// Takes what stays in place off the terminal.
    pub fn ends(&self) {
        if let Self::Table(table) = self {
            let _ = table.all.clear();
        }
    }
}

const HEADING: &str =
    "     web: free  held booked   hotline: free  held booked   open: free  held booked  resting";

impl Table {
    fn show(&mut self, glance: &Glance<'_>) {
        self.pairs.set_prefix(weekday_time(glance.now));
        self.pairs.set_position(glance.books.live.sum());
        for (row, known) in self.centres.iter().zip(glance.known) {
            row.set_message(row_text(&known.seen));
        }
        let rate = self.rate.since(glance.books.requests);
        let (calls, hung_up) = glance.calls;
        let mut text = format!(
            "{rate} requests/s, {} in all; {} registered, {calls} calls, {hung_up} hung up; refused:",
            glance.books.requests, glance.books.registrations
        );
        for (rule, count) in &glance.books.refused {
            // Writing into a String cannot fail.
            let _ = write!(text, " {rule} {count}");
        }
        self.counts.set_message(text);
    }
}

impl Lines {
    fn show(&mut self, cast: &Cast, glance: &Glance<'_>) {
        if self.shown_at.is_some_and(|shown_at| shown_at.elapsed() < LINE_EVERY) {
            return;
        }
        self.shown_at = Some(RealInstant::now());
        let centres: Vec<Value> = cast
            .tables
            .centres
            .iter()
            .zip(glance.known)
            .map(|(centre, known)| {
                let [web, hotline, open] = known.seen.sums();
                json!({ "centre": centre.id.to_string(), "web": room(&web), "hotline": room(&hotline), "open": room(&open) })
            })
            .collect();
        line(&json!({
            "kind": "progress",
            "at": glance.now.to_string(),
            "booked_pairs": glance.books.live.sum(),
            "registrations": glance.books.registrations,
            "requests": glance.books.requests,
            "requests_per_s": self.rate.since(glance.books.requests),
            "refused": glance.books.refused,
            "centres": centres,
        }));
    }
}

impl Rate {
    fn since(&mut self, requests: u64) -> u64 {
        let millis = u64::try_from(self.at.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
        let rate = (requests - self.requests.min(requests)) * 1_000 / millis;
        (self.at, self.requests) = (RealInstant::now(), requests);
        rate
    }
}

/// One JSON line on standard output. A reader who has gone away ends nothing.
pub fn line(value: &Value) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{value}");
    let _ = out.flush();
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn row_text(seen: &Seen) -> String {
    let [web, hotline, open] = seen.sums();
    let three = |room: &Room| format!("{:6} {:5} {:6}", room.free, room.held, room.booked);
    let resting = web.resting + hotline.resting + open.resting;
    format!("{:>12}{}{:>9}{}{:>6}{}{resting:>9}", "", three(&web), "", three(&hotline), "", three(&open))
}

fn room(room: &Room) -> Value {
    json!({ "free": room.free, "held": room.held, "resting": room.resting, "booked": room.booked })
}

/// `Tue 08:04:10`, local time.
pub fn weekday_time(at: Instant) -> String {
    let local = at.plus_millis(ZONE_MS);
    let seconds = u64::try_from(local.millis() / 1_000).unwrap_or(0);
    let days = usize::try_from(seconds / 86_400).unwrap_or(0);
    let weekday = WEEKDAYS.get(days % 7).copied().unwrap_or("");
    let of_day = seconds % 86_400;
    format!("{weekday} {:02}:{:02}:{:02}", of_day / 3_600, of_day / 60 % 60, of_day % 60)
}
