//! The page to keep: one file, for an auditor who was not there.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

use ledger::clock::{Clock as _, WallClock};
use ledger::log::kafka::Copies;
use ledger::verify::{Fault, Report, Wrong};

use super::html::Html;
use super::{Ended, text};
use crate::config::Config;
use crate::stamp::Zone;

const STYLE: &str = include_str!("page.css");
/// What is looked at in every ledger, in the order in which it is read.
const CHECKS: &[(&str, &str)] = &[
    ("Genesis", "every partition begins with it, all say the same, and they are of one ledger"),
    (
        "Chain",
        "every record that counts follows the head before it; all others are void or repeats, and why is tallied; a repeat is what it repeats",
    ),
    ("Claims", "nobody wrote before he had claimed, epochs follow one another, and time never goes back"),
    ("Versions", "every format, rule version and payload can be read; how often each was written is tallied"),
    (
        "Sums",
        "after every record, in every contingent of a first-dose slot free + held + resting + booked = capacity, in every second-dose slot free + held + reserved + booked = capacity; at the end every hold and booking is counted once more",
    ),
    (
        "Backing",
        "every free first place of a two-dose vaccine has its second place inside the interval, taken, freed and found in the order of the rules",
    ),
    (
        "Rules",
        "cohorts, caps, daily limits, contingents, intervals, doses and catchment are those in force at the record",
    ),
    (
        "Deadlines",
        "holds end when they should and in order, nothing is confirmed, given back or extended after its deadline, and nothing due was left undone before a later decision",
    ),
    ("Ids", "what has begun never begins again, however long ago it ended"),
    (
        "People",
        "one live hold or booking for each registration, one booking for each person, and nothing outlives what it belongs to",
    ),
    (
        "Commitments",
        "the data that the vault still has are those that were committed to; what was erased is gone",
    ),
    ("Checkpoints", "the views stand where the log stands"),
];

/// What was read, when and how fast.
pub(super) struct Read {
    source: String,
    at: String,
    took: Duration,
    per_second: (f64, f64),
    /// Why it may not stay there.
    doubts: Vec<String>,
}

impl Read {
    /// What this configuration names, read just now.
    pub(super) fn now(config: &Config, ended: &Ended) -> Self {
        let source = match config.kafka.settings() {
            Some(settings) => format!("topic {} at {}", settings.topic, settings.brokers),
            None => format!("the embedded log in {}", config.data_dir.display()),
        };
        let at = Zone::utc().show(WallClock::start().now());
        let report = &ended.report;
        let per_second = (ended.per_second(report.records), ended.per_second(report.bytes));
        Self { source, at, took: ended.took, per_second, doubts: ended.doubts.clone() }
    }
}

/// The page.
pub(super) fn page(read: &Read, report: &Report, copies: Option<&Copies>) -> String {
    let ledger =
        report.ledger.map_or_else(|| "a ledger without a name".to_owned(), |id| format!("ledger {id}"));
    let title = format!("Verification of {ledger}");
    let body = Html::all([
        Html::element("header", Html::all([Html::element("h1", Html::text(&title)), banner(report)])),
        Html::element(
            "main",
            Html::all([
                section("What was read", was_read(read, report)),
                section("What was found", findings(report)),
                section("What was not checked, and why", not_checked(report)),
                section("Where each partition stands", partitions(report)),
                section("What the records are", records(report)),
                section("What is alive at the end", alive(report)),
                section("Beside the log", beside(report, copies)),
                section("What was checked", checks()),
                section("How to read this page", Html::fixed(include_str!("page_help.html"))),
            ]),
        ),
    ]);
    Html::page(&title, STYLE, &body)
}

fn section(title: &str, content: Html) -> Html {
    Html::element("section", Html::all([Html::element("h2", Html::text(title)), content]))
}

fn banner(report: &Report) -> Html {
    if report.clean {
        return Html::classed(
            "p",
            "verdict clean",
            Html::text("Clean: nothing is wrong in what was checked."),
        );
    }
    let what = format!("{}: see what was found.", text::verdict(report));
    Html::classed("p", "verdict damaged", Html::text(what.replacen('d', "D", 1)))
}

fn pairs(rows: impl IntoIterator<Item = (&'static str, String)>) -> Html {
    let rows = rows.into_iter().flat_map(|(name, value)| {
        [Html::element("dt", Html::text(name)), Html::element("dd", Html::text(value))]
    });
    Html::element("dl", Html::all(rows))
}

fn was_read(read: &Read, report: &Report) -> Html {
    let values: u64 = report.partitions.iter().map(|at| at.values).sum();
    let (records, bytes) = read.per_second;
    let rows = [
        ("Source", read.source.clone()),
        ("Ledger", report.ledger.map_or_else(|| "not told".to_owned(), |ledger| ledger.to_string())),
        ("Read at", read.at.clone()),
        ("Values", format!("{} in {} partitions", grouped(values), report.partitions.len())),
        ("Bytes", grouped(report.bytes)),
        (
            "Took",
            format!("{:.1} s ({records:.0} records/s, {:.1} MB/s)", read.took.as_secs_f64(), bytes / 1e6),
        ),
        ("Program", format!("terminbuch {}", env!("CARGO_PKG_VERSION"))),
    ];
    pairs(rows.into_iter().chain(read.doubts.iter().map(|doubt| ("Warning", doubt.clone()))))
}

fn findings(report: &Report) -> Html {
    if report.fault_count == 0 {
        return Html::element("p", Html::text("Nothing."));
    }
    let mut sorts: BTreeMap<Wrong, u64> = BTreeMap::new();
    report.faults.iter().for_each(|fault| *sorts.entry(fault.wrong).or_default() += 1);
    let said = match report.faults.len() {
        kept if u64::try_from(kept) == Ok(report.fault_count) => format!("{kept} in all."),
        kept => format!("{} in all; the first {kept} are told here.", grouped(report.fault_count)),
    };
    let sorts = sorts
        .iter()
        .map(|(wrong, count)| vec![format!("{wrong:?}"), grouped(*count), wrong.meaning().to_owned()]);
    let rows = report.faults.iter().map(|fault| {
        let Fault { partition, offset, position, wrong, what } = fault;
        let position = position.map_or_else(String::new, |position| position.to_string());
        let (partition, offset) = match offset {
            Some(offset) => (partition.to_string(), offset.to_string()),
            None if wrong.is_beside() => (String::new(), "beside the log".to_owned()),
            None => (partition.to_string(), "at the end".to_owned()),
        };
        vec![partition, offset, position, format!("{wrong:?}"), what.clone()]
    });
    Html::all([
        Html::element("p", Html::text(said)),
        Html::table(&["Sort", "How many", "What it means"], sorts),
        Html::table(&["Partition", "Offset", "Position", "Sort", "What was found"], rows),
    ])
}

fn not_checked(report: &Report) -> Html {
    if report.not_checked.is_empty() {
        return Html::element("p", Html::text("Everything that can be checked was."));
    }
    let items = report.not_checked.iter().map(|what| Html::element("li", Html::text(what)));
    Html::element("ul", Html::all(items))
}

fn partitions(report: &Report) -> Html {
    let rows = report.partitions.iter().map(|at| {
        let counts = [at.seq, at.epoch, at.values, at.records, at.void, at.repeats, at.bytes].map(grouped);
        [vec![at.partition.to_string()], counts.into(), vec![at.head.to_string()]].concat()
    });
    let head = ["Partition", "Seq", "Epoch", "Values", "Count", "Void", "Repeats", "Bytes", "Head"];
    Html::table(&head, rows)
}

fn records(report: &Report) -> Html {
    let sums = [
        ("Records that count", grouped(report.records)),
        ("Void", grouped(report.void)),
        ("Repeats", grouped(report.repeats)),
    ];
    Html::all([
        pairs(sums),
        counted("Payload, as written", &report.payloads),
        counted("Fold version", &report.fold_versions),
        counted("Why values are void", &report.void_by_reason),
    ])
}

fn alive(report: &Report) -> Html {
    let sums = [
        ("Live bookings", grouped(report.live_bookings)),
        ("with all their doses", grouped(report.live_pairs)),
        ("Live holds", grouped(report.live_holds)),
        ("Places oversold", grouped(report.oversold)),
    ];
    Html::all([
        pairs(sums),
        counted("Bookings by contingent", &report.booked_by_contingent),
        counted("Bookings by channel", &report.booked_by_channel),
    ])
}

fn beside(report: &Report, copies: Option<&Copies>) -> Html {
    let mut rows = vec![("Checkpoints of the views that stand in the log", grouped(report.standings))];
    if report.vault_read {
        rows.push(("Commitments that agree with the vault", grouped(report.commitments_kept)));
        rows.push(("Commitments to data that were erased", grouped(report.commitments_erased)));
    }
    if let Some(Copies { compared, differ, .. }) = copies {
        let said = format!("{} of {}; no rule reads these", grouped(*differ), grouped(*compared));
        rows.push(("Keys or headers of the topic that disagree with their record", said));
    }
    pairs(rows)
}

fn checks() -> Html {
    Html::table(
        &["What", "That"],
        CHECKS.iter().map(|(what, that)| vec![(*what).to_owned(), (*that).to_owned()]),
    )
}

/// A table of counts, if there are any.
fn counted<K: Display>(title: &str, counts: &BTreeMap<K, u64>) -> Html {
    if counts.is_empty() {
        return Html::default();
    }
    Html::table(
        &[title, "How many"],
        counts.iter().map(|(name, count)| vec![name.to_string(), grouped(*count)]),
    )
}

/// A number whose digits can be counted: `12 345`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use schemas::ids::Partition;

    use super::*;

    fn read() -> Read {
        let at = "2021-01-12T08:00:00.000+00:00".to_owned();
        let source = "the embedded log in <b>".to_owned();
        let doubts = vec!["topic <b> could lose data".to_owned()];
        Read { source, at, took: Duration::from_secs(2), per_second: (1_000.0, 250_000.0), doubts }
    }

    #[test]
    fn whatever_stands_in_a_ledger_is_text_and_never_html() {
        let mut report = Report::default();
        let what = "a name <script>alert('&\"')</script>\u{1b}[2J".to_owned();
        report.beside(Wrong::VaultDamaged, what.clone());
        report.not_checked.push(what);
        report.void_by_reason.insert("<i>".to_owned(), 1_234_567);
        let page = page(&read(), &report, None);
        assert!(
            !page.contains("<script")
                && !page.contains("<b>")
                && !page.contains("<i>")
                && !page.contains('\u{1b}')
        );
        assert_eq!(
            page.matches("&lt;script&gt;alert(&#39;&amp;&quot;&#39;)&lt;/script&gt;\u{fffd}[2J").count(),
            2
        );
        assert!(page.contains("1 234 567") && page.contains("Damaged: 1 fault"));
        assert!(page.contains("The vault, or an entry of it, cannot be read"), "what the sort means");
    }

    #[test]
    fn a_page_needs_nothing_from_elsewhere() {
        let report = Report { clean: true, ..Report::default() };
        let page = page(&read(), &report, Some(&Copies::default()));
        for foreign in ["http:", "https:", "<script", "<link", "<img", "url(", "@import"] {
            assert!(!page.contains(foreign), "{foreign}");
        }
        assert!(page.contains("Clean: nothing is wrong"));
        for (what, _) in CHECKS {
            assert!(page.contains(what), "{what}");
        }
    }

    #[test]
    fn every_fault_stands_with_its_place() {
        let mut report = Report::default();
        report.beside(Wrong::CheckpointDiffers, "the views".to_owned());
        report.beside(Wrong::ForeignViews, "the views".to_owned());
        report.faults.push(Fault {
            partition: Partition(3),
            offset: Some(77),
            position: "3@70-0102030405060708".parse().ok(),
            wrong: Wrong::NotFree,
            what: "slot 5".to_owned(),
        });
        let page = page(&read(), &report, None);
        assert!(
            page.contains("3@70-0102030405060708")
                && page.contains(">77<")
                && page.contains("at the end")
                && page.contains("beside the log")
        );
    }
}
