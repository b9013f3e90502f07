//! How far a verification is: a bar for people at a terminal, a line a second for machines.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use ledger::verify::Progress;
use serde_json::json;

use super::Output;

const LINE_EVERY: Duration = Duration::from_secs(1);

pub(super) struct Shown {
    output: Output,
    bar: ProgressBar,
    lined_at: Instant,
}

impl Shown {
    pub(super) fn new(output: Output) -> Self {
        let hidden = output.is_json() || !std::io::stderr().is_terminal();
        let bar = if hidden { ProgressBar::hidden() } else { ProgressBar::no_length().with_style(style()) };
        Self { output, bar, lined_at: Instant::now() }
    }

    pub(super) fn show(&mut self, progress: &Progress) {
        let Progress { values, of, bytes, partition } = *progress;
        if self.bar.length().is_none() {
            // What a run before has read says nothing of this one's rate.
            self.bar.set_length(of);
            self.bar.set_position(values);
            self.bar.reset_eta();
        }
        self.bar.set_position(values);
        self.bar.set_message(HumanBytes(bytes).to_string());
        if self.output.is_json() && self.lined_at.elapsed() >= LINE_EVERY {
            self.lined_at = Instant::now();
            let line = json!({ "kind": "progress", "records": values, "of": of, "bytes": bytes, "partition": partition });
            self.output.say("", &line);
        }
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

fn style() -> ProgressStyle {
    let template = "{bar:40} {human_pos}/{human_len} records  {msg}  {per_sec}  {eta} left";
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
