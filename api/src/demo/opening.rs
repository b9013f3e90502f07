//! Monday 11 January: the centres are described, the deliveries announced and the places released, over the admin edge.

use hyper::Method;
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use schemas::{Instant, Position};
use serde_json::{Value, json};
use uuid::Uuid;

use super::cast::Cast;
use super::chance::Purpose;
use super::data::{CentreRow, RULES};
use super::supply::{CentreSupply, Day, Delivery};
use super::wire::{Connection, NoAnswer, Sent};

/// Each request on that day comes a second after the one before.
const STEP_MS: u64 = 1_000;

const DAY_MS: i64 = 24 * 3_600_000;

/// Why the centres could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpeningError {
    /// The edge gave no answer.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// The edge refused something that the demo may ask.
    #[error("{path} was refused: {status} {body}")]
    Refused {
        /// What was put.
        path: String,
        /// The status.
        status: u16,
        /// The problem.
        body: String,
    },
}

/// When the day begins: Monday 09:00.
pub fn begins_at(cast: &Cast) -> Instant {
    cast.calendar.opens_at.minus_millis(23 * 3_600_000)
}

/// How the centres stand once they are open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// When the last one was open.
    pub at: Instant,
    /// Where each stands, in the order of the tables.
    pub positions: Vec<Option<Position>>,
}

/// Opens all centres; `advance` moves the ledger's clock on.
///
/// # Errors
/// When the edge refuses something or does not answer.
pub async fn open(
    cast: &Cast,
    admin: &mut Connection,
    bearer: &HeaderValue,
    advance: &dyn Fn(Instant),
) -> Result<Opened, OpeningError> {
    let mut opened = Opened { at: begins_at(cast), positions: Vec::new() };
    for centre in 0..cast.tables.centres.len() {
        let mut position = None;
        for (path, body) in requests(cast, centre) {
            advance(opened.at);
            position = put(admin, bearer, path, body).await?;
            opened.at = opened.at.plus_millis(STEP_MS);
        }
        opened.positions.push(position);
    }
    Ok(opened)
}

async fn put(
    admin: &mut Connection,
    bearer: &HeaderValue,
    path: String,
    body: String,
) -> Result<Option<Position>, OpeningError> {
    let body = Bytes::from(body);
    let sent = Sent { method: Method::PUT, path, bearer: Some(bearer.clone()), known: None, body };
    let answer = admin.ask(&sent).await?;
    if answer.status.is_success() {
        return Ok(answer.position);
    }
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    Err(OpeningError::Refused { path: sent.path, status: answer.status.as_u16(), body })
}

/// Paths and bodies for one centre, in the order in which they are put.
pub(super) fn requests(cast: &Cast, at: usize) -> Vec<(String, String)> {
    let (Some(centre), Some(supply)) = (cast.tables.centres.get(at), cast.supply.get(at)) else {
        return Vec::new();
    };
    let path = format!("/v1/centres/{}", centre.id);
    let id = |number: usize| admin_id(cast, at, number);
    let mut requests = vec![
        (path.clone(), description(cast, at, centre).to_string()),
        (format!("{path}/rules/{}", id(0)), RULES.to_owned()),
    ];
    for (number, delivery) in supply.deliveries.iter().enumerate() {
        requests.push((format!("{path}/deliveries/{}", id(1 + number)), announced(delivery).to_string()));
    }
    for (number, day) in supply.days.iter().enumerate() {
        let release = released(day, id(1 + day.delivery)).to_string();
        requests.push((format!("{path}/releases/{}", id(1 + supply.deliveries.len() + number)), release));
    }
    requests.extend(received(cast, centre, supply, &path, id(1)));
    requests
}

fn admin_id(cast: &Cast, centre: usize, number: usize) -> Uuid {
    let centre = u32::try_from(centre).unwrap_or(u32::MAX);
    cast.chance.id(centre, Purpose::AdminId, u16::try_from(number).unwrap_or(u16::MAX))
}

fn description(cast: &Cast, at: usize, centre: &CentreRow) -> Value {
    let homes = cast.tables.districts.iter().filter(|home| home.centre == at);
    json!({
        "reference_prefix": centre.reference_prefix.to_string(),
        "name": format!("{}, {}", centre.name, centre.venue),
        "address": format!("{}, {} {}", centre.street, centre.postal_code, centre.city),
        "phone": centre.phone,
        "time_zone": "Europe/Berlin",
        "opens_on": centre.opens_on.to_string(),
        "catchment": homes.map(|home| home.district.to_string()).collect::<Vec<_>>(),
    })
}

fn announced(delivery: &Delivery) -> Value {
    json!({ "vaccine": delivery.vaccine, "doses": delivery.doses, "due_on": delivery.due_on.to_string() })
}

fn released(day: &Day, delivery: Uuid) -> Value {
    json!({
        "delivery": delivery.to_string(),
        "vaccine": day.vaccine,
        "first": { "date": day.first_on.to_string(), "places": day.first },
        "second": { "date": day.second_on.to_string(), "places": day.second },
    })
}

/// The first delivery was due before that Monday and came whole; the others are only announced.
fn received(
    cast: &Cast,
    centre: &CentreRow,
    supply: &CentreSupply,
    path: &str,
    delivery: Uuid,
) -> Option<(String, String)> {
    let first = supply.deliveries.first()?;
    let came = i64::from(first.due_on.days()) * DAY_MS < begins_at(cast).millis();
    let body = json!({
        "lot": format!("DEMO-{}-1", centre.reference_prefix),
        "doses": first.doses,
        "received_on": first.due_on.to_string(),
    });
    came.then(|| (format!("{path}/deliveries/{delivery}/receipt"), body.to_string()))
}
