//! The state as it was.

use std::collections::BTreeMap;
use std::process::ExitCode;

use ledger::centre::Centre;
use ledger::fold::PartitionFold;
use ledger::office::Office;
use ledger::past::{Until, fold_until};
use schemas::Instant;
use schemas::ids::{CentreId, Cvx, Partition};
use schemas::vocabulary::{Channel, Dose};
use serde_json::{Value, json};

use super::days::{Sum, days};
use super::{Failure, Job};
use crate::past::AsOf;
use crate::stamp::Zone;

/// Shows the state of every partition that is asked about.
pub(super) fn show(job: &Job<'_>, as_of: Option<&AsOf>) -> Result<ExitCode, Failure> {
    let untils = untils(job, as_of)?;
    if untils.is_empty() {
        let centre = job.centre.as_ref().map(CentreId::as_str).unwrap_or_default();
        return Ok(job.nothing(&format!(
            "the positions of --as-of say nothing about {centre}: its partition is another"
        )));
    }
    let partitions: Vec<Partition> = untils.keys().copied().collect();
    let bar = job.bar(&partitions)?;
    let mut found = false;
    for (&partition, &until) in &untils {
        let fold = match fold_until(job.log, partition, until, &mut |values| bar.inc(values)) {
            Ok(fold) => fold,
            Err(error) => {
                bar.finish_and_clear();
                return job.unless_nothing(&error);
            }
        };
        found |= bar.suspend(|| show_partition(job, &fold))?;
    }
    bar.finish_and_clear();
    if let Some(centre) = job.centre.as_ref().filter(|_| !found) {
        return Ok(job.nothing(&format!("there was no centre {centre}")));
    }
    Ok(ExitCode::SUCCESS)
}

/// How far each partition is read. A position is a moment of its partition alone.
fn untils(job: &Job<'_>, as_of: Option<&AsOf>) -> Result<BTreeMap<Partition, Until>, Failure> {
    let every = |until| (0..job.log.partitions()).map(|number| (Partition(number), until)).collect();
    let mut untils: BTreeMap<Partition, Until> = match as_of {
        None => every(Until::End),
        Some(AsOf::Instant(at)) => every(Until::Instant(*at)),
        Some(AsOf::Positions(positions)) => {
            let twice = positions
                .iter()
                .find(|one| positions.iter().filter(|other| other.partition == one.partition).count() > 1);
            if let Some(twice) = twice {
                let partition = twice.partition;
                return Err(Failure::Other(format!("--as-of names partition {partition} more than once")));
            }
            positions.iter().map(|&position| (position.partition, Until::Position(position))).collect()
        }
    };
    if let Some(unknown) = untils.keys().find(|partition| partition.0 >= job.log.partitions()) {
        let count = job.log.partitions();
        return Err(Failure::Other(format!("the ledger has {count} partitions, and no partition {unknown}")));
    }
    if let Some(partition) = job.partition() {
        untils.retain(|&of, _| of == partition);
    }
    Ok(untils)
}

/// Whether a centre was shown.
fn show_partition(job: &Job<'_>, fold: &PartitionFold) -> Result<bool, Failure> {
    let position = fold.chain.position();
    let at = Zone::utc().show(fold.time());
    let hash = fold.state_hash().map_err(|error| Failure::Other(error.to_string()))?.to_string();
    let machine = json!({ "kind": "partition", "partition": position.partition, "position": position, "as_of": at,
        "epoch": fold.chain.epoch(), "state_hash": hash });
    let text = format!("partition {} as of {position} ({at})\n  state hash {hash}", position.partition);
    job.output.say(&text, &machine);
    if position.partition == Partition::OFFICE {
        show_channels(job, fold.state.office());
    }
    let wanted = |id: &CentreId| job.centre.as_ref().is_none_or(|centre| centre == id);
    let mut shown = false;
    for (_, centre) in fold.state.centres() {
        let Some(id) = centre.description().map(|described| &described.id).filter(|id| wanted(id)) else {
            continue;
        };
        shown = true;
        show_centre(job, id, centre, fold.time());
    }
    Ok(shown)
}

/// Those that somebody can be shut out of, as `GET /v1/centres` names them: a channel is open until something else is said.
fn show_channels(job: &Job<'_>, office: &Office) {
    for channel in [Channel::Web, Channel::Hotline, Channel::Partner, Channel::Centre] {
        let (state, entry) = (office.channel_state(channel), office.channel(channel));
        let set_at = entry.map(|entry| entry.known.mark.position(Partition::OFFICE));
        let mut machine = json!({ "kind": "channel", "channel": channel, "state": state });
        let mut text = format!("  channel {channel}: {state}");
        if let (Some(entry), Some(set_at), Some(members)) = (entry, set_at, machine.as_object_mut()) {
            members.insert("reason".into(), json!(entry.reason));
            members.insert("set_position".into(), json!(set_at));
            text = format!("{text}, since {set_at}: {}", entry.reason);
        }
        job.output.say(&text, &machine);
    }
}

fn show_centre(job: &Job<'_>, id: &CentreId, centre: &Centre, at: Instant) {
    let totals = centre.totals();
    let days = days(centre);
    let rows: Vec<Value> = days.iter().map(|(key, sum)| day_json(centre, at, *key, sum)).collect();
    let machine = json!({ "kind": "centre", "centre": id, "registrations": totals.registrations,
        "holds": totals.holds, "bookings": totals.bookings, "days": rows });
    let mut lines = vec![format!(
        "  {id}: {} registrations, {} holds live, {} bookings",
        totals.registrations, totals.holds, totals.bookings
    )];
    lines.extend(days.iter().map(|(key, sum)| day_text(centre, at, *key, sum)));
    job.output.say(&lines.join("\n"), &machine);
}

/// As the rules in force name it, else by its code.
fn vaccine(centre: &Centre, at: Instant, cvx: Cvx) -> String {
    let named = centre.rules_at(at).and_then(|rules| rules.vaccine(cvx));
    named.map_or_else(|| format!("cvx-{cvx}"), |rule| rule.name.to_string())
}

fn day_json(
    centre: &Centre,
    at: Instant,
    (date, dose, cvx): (schemas::CivilDate, Dose, Cvx),
    sum: &Sum,
) -> Value {
    let mut day =
        json!({ "date": date, "dose": dose_number(dose), "vaccine": vaccine(centre, at, cvx), "cvx": cvx });
    if let (Some(members), Ok(Value::Object(counts))) = (day.as_object_mut(), serde_json::to_value(sum)) {
        members.extend(counts);
    }
    day
}

fn day_text(
    centre: &Centre,
    at: Instant,
    (date, dose, cvx): (schemas::CivilDate, Dose, Cvx),
    sum: &Sum,
) -> String {
    let kept = match (sum.resting, sum.reserved) {
        (Some(resting), _) => format!("resting {resting:>5}"),
        (None, reserved) => format!("reserved {:>4}", reserved.unwrap_or(0)),
    };
    format!(
        "    {date}  dose {}  {:<12} capacity {:>5}  free {:>5}  held {:>5}  {kept}  booked {:>5}",
        dose_number(dose),
        vaccine(centre, at, cvx),
        sum.capacity,
        sum.free,
        sum.held,
        sum.booked
    )
}

fn dose_number(dose: Dose) -> u8 {
    match dose {
        Dose::First => 1,
        Dose::Second => 2,
    }
}
