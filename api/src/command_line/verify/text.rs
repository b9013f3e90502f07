//! What a verification found, as lines for people.

use indicatif::{HumanBytes, HumanCount};
use ledger::log::kafka::Copies;
use ledger::verify::Report;

use super::Ended;

/// How many faults are shown to people; machines and pages get all that the report keeps.
const FAULTS_SHOWN: usize = 20;

pub(super) fn text(ended: &Ended) -> String {
    let report = &ended.report;
    let mut lines: Vec<String> = ended.doubts.iter().map(|doubt| format!("warning: {doubt}")).collect();
    lines.extend(ended.copies.iter().flat_map(about_copies));
    lines.extend(report.partitions.iter().map(|at| {
        format!("partition {:>3}  seq {:>9}  epoch {:>4}  head {}", at.partition, at.seq, at.epoch, at.head)
    }));
    lines.push(format!(
        "{} records count, {} are void, {} are repeats; {} live bookings ({} with all their doses), {} live holds; \
         {} places oversold",
        report.records,
        report.void,
        report.repeats,
        report.live_bookings,
        report.live_pairs,
        report.live_holds,
        report.oversold
    ));
    lines.extend(beside(report));
    lines.extend(report.not_checked.iter().map(|what| format!("not checked: {what}")));
    lines.extend(report.faults.iter().take(FAULTS_SHOWN).map(ToString::to_string));
    lines.push(verdict(report) + &rate(ended));
    lines.join("\n")
}

/// In a word or two.
pub(super) fn verdict(report: &Report) -> String {
    match report.fault_count {
        0 => "clean".to_owned(),
        1 => "damaged: 1 fault".to_owned(),
        count => format!("damaged: {count} faults"),
    }
}

fn rate(ended: &Ended) -> String {
    let whole = |rate: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is shown in whole ones"
        )]
        let rate = rate as u64;
        rate
    };
    format!(
        " ({:.1} s, {} records/s, {}/s)",
        ended.took.as_secs_f64(),
        HumanCount(whole(ended.per_second(ended.report.records))),
        HumanBytes(whole(ended.per_second(ended.report.bytes)))
    )
}

fn beside(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    if report.vault_read {
        lines.push(format!(
            "{} commitments agree with the vault, {} are to data that were erased",
            report.commitments_kept, report.commitments_erased
        ));
    }
    if report.standings > 0 {
        lines.push(format!("{} checkpoints of the views stand in the log", report.standings));
    }
    lines
}

/// No rule reads keys and headers, so a log is clean whatever they say; who reads the topic with other programs should know.
fn about_copies(copies: &Copies) -> Vec<String> {
    if copies.differ == 0 {
        return Vec::new();
    }
    let mut lines: Vec<String> = copies.first.iter().take(FAULTS_SHOWN).map(ToString::to_string).collect();
    lines.push(format!(
        "{} of {} records have a key or headers that disagree with them; no rule reads these",
        copies.differ, copies.compared
    ));
    lines
}
