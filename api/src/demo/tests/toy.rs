//! A stand-in for the edges: the same paths over one lock, with one slot a day. It lets the engine be tested alone.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use schemas::{CivilDate, Instant};
use serde_json::{Value, json};

use crate::demo::cast::Cast;

/// What the stand-in knows.
pub(super) struct Toy {
    pub(super) now: Instant,
    flows_back_at: Instant,
    centres: HashMap<String, Vec<Day>>,
    registrations: HashMap<String, Option<String>>,
    things: HashMap<String, Thing>,
    deadlines: BTreeMap<(Instant, String), ()>,
}

struct Day {
    date: CivilDate,
    /// web, hotline, open: free, held, booked.
    rooms: [[u32; 3]; 3],
}

#[derive(Clone)]
struct Thing {
    centre: String,
    registration: String,
    day: usize,
    from: usize,
    booked: bool,
    whole: bool,
    deadline: Instant,
}

pub(super) type Shared = Arc<Mutex<Toy>>;

impl Toy {
    pub(super) fn of(cast: &Cast) -> Shared {
        let centres = cast.tables.centres.iter().zip(&cast.supply).map(|(centre, supply)| {
            let days = supply.days.iter().map(|day| {
                let (web, hotline) = (day.first * 6 / 10, day.first * 3 / 10);
                let rooms = [web, hotline, day.first - web - hotline].map(|free| [free, 0, 0]);
                Day { date: day.first_on, rooms }
            });
            (centre.id.to_string(), days.collect())
        });
        Arc::new(Mutex::new(Self {
            now: Instant::EPOCH,
            flows_back_at: cast.calendar.flows_back_at,
            centres: centres.collect(),
            registrations: HashMap::new(),
            things: HashMap::new(),
            deadlines: BTreeMap::new(),
        }))
    }

    pub(super) fn booked_pairs(&self) -> usize {
        self.things.values().filter(|thing| thing.booked && thing.whole).count()
    }

    pub(super) fn registrations(&self) -> usize {
        self.registrations.len()
    }

    /// Expires what is due and lets the contingents flow together.
    fn catch_up(&mut self) {
        while let Some(((deadline, id), ())) = self.deadlines.pop_first() {
            if deadline > self.now {
                self.deadlines.insert((deadline, id), ());
                break;
            }
            if self.things.get(&id).is_some_and(|thing| !thing.booked && thing.deadline == deadline) {
                self.gives_back(&id);
            }
        }
        if self.now >= self.flows_back_at {
            for room in self.centres.values_mut().flatten().map(|day| &mut day.rooms) {
                room[2][0] += std::mem::take(&mut room[0][0]) + std::mem::take(&mut room[1][0]);
            }
        }
    }

    fn gives_back(&mut self, id: &str) {
        let Some(thing) = self.things.remove(id) else { return };
        let room = &mut self.centres.get_mut(&thing.centre).unwrap()[thing.day].rooms[thing.from];
        room[if thing.booked { 2 } else { 1 }] -= 1;
        room[0] += 1;
        self.registrations.insert(thing.registration, None);
    }

    fn place(&mut self, centre: &str, id: &str, hotline: bool, body: &Value) -> (u16, Value) {
        let registration = body["registration"].as_str().unwrap_or_default().to_owned();
        let day = usize::try_from(body["first"].as_u64().unwrap()).unwrap();
        let Some(has) = self.registrations.get(&registration).cloned() else {
            return (404, json!({ "rule": "NotFound" }));
        };
        if has.is_some() && has.as_deref() != body["instead_of"].as_str() {
            return (409, json!({ "rule": "AlreadyHolding" }));
        }
        let rooms = &mut self.centres.get_mut(centre).unwrap()[day].rooms;
        let Some(from) = [usize::from(hotline), 2].into_iter().find(|&from| rooms[from][0] > 0) else {
            let back_at = self.flows_back_at.to_string();
            return (409, json!({ "rule": "ContingentSpent", "flows_back_at": back_at }));
        };
        rooms[from][0] -= 1;
        rooms[from][1] += 1;
        if let Some(old) = has {
            self.gives_back(&old);
        }
        let deadline = self.now.plus_seconds(600);
        self.registrations.insert(registration.clone(), Some(id.to_owned()));
        let centre = centre.to_owned();
        let thing = Thing { centre, registration, day, from, booked: false, whole: true, deadline };
        self.things.insert(id.to_owned(), thing);
        self.deadlines.insert((deadline, id.to_owned()), ());
        (201, json!({}))
    }

    fn look(&self, centre: &str) -> Value {
        let row = |day: &Day| {
            let room = |[free, held, booked]: [u32; 3]| {
                let capacity = free + held + booked;
                json!({ "capacity": capacity, "free": free, "held": held, "hold_limit": 99, "resting": 0, "booked": booked })
            };
            let [web, hotline, open] = day.rooms;
            let held = web[1] + hotline[1] + open[1];
            let mut row = json!({
                "date": day.date.to_string(), "dose": 1, "free": web[0] + hotline[0] + open[0], "held": held, "booked": 0,
                "contingents": { "web": room(web), "hotline": room(hotline), "open": room(open) },
            });
            if held > 0 {
                row["earliest_back_at"] = json!(self.now.plus_seconds(300).to_string());
            }
            row
        };
        json!({ "days": self.centres[centre].iter().map(row).collect::<Vec<_>>() })
    }

    fn offers(&self, centre: &str, hotline: bool) -> Value {
        let days = self.centres[centre].iter().enumerate();
        let offers = days.filter(|(_, day)| day.rooms[usize::from(hotline)][0] + day.rooms[2][0] > 0);
        let pair = |(at, day): (usize, &Day)| json!({ "first": { "slot": at, "local_date": day.date.to_string() }, "second": { "slot": 1_000 + at } });
        json!({ "pairs": offers.map(pair).collect::<Vec<_>>() })
    }

    fn day(&self, centre: &str, date: &str, hotline: bool) -> Value {
        let days = self.centres[centre].iter().enumerate();
        let slot = |(at, day): (usize, &Day)| {
            let places = day.rooms[usize::from(hotline)][0] + day.rooms[2][0];
            json!({ "slot": at, "bookable": { "web": places, "hotline": places } })
        };
        let slots: Vec<_> = days.filter(|(_, day)| day.date.to_string() == date).map(slot).collect();
        json!({ "date": date, "slots": slots })
    }

    fn answer(
        &mut self,
        method: &Method,
        parts: &[&str],
        query: &str,
        hotline: bool,
        body: &Value,
    ) -> (u16, Value) {
        self.catch_up();
        let centre = parts[0];
        match (method.as_str(), &parts[1..]) {
            ("PUT", ["registrations", id]) => {
                self.registrations.entry((*id).to_owned()).or_insert(None);
                (201, json!({}))
            }
            ("GET", ["availability"]) => (200, self.look(centre)),
            ("GET", ["availability", date]) => (200, self.day(centre, date, hotline)),
            ("GET", ["pairs"]) => (200, self.offers(centre, hotline)),
            ("PUT", ["holds", id]) => self.place(centre, id, hotline, body),
            ("POST", ["holds", id, what]) => {
                let Some(thing) = self.things.get_mut(*id) else {
                    return (409, json!({ "rule": "HoldLapsed" }));
                };
                if *what == "confirm" && !thing.booked {
                    thing.booked = true;
                    let rooms = &mut self.centres.get_mut(centre).unwrap()[thing.day].rooms[thing.from];
                    rooms[1] -= 1;
                    rooms[2] += 1;
                } else if *what == "extend" {
                    thing.deadline = thing.deadline.plus_seconds(600);
                    self.deadlines.insert((thing.deadline, (*id).to_owned()), ());
                }
                (200, json!({}))
            }
            ("DELETE", ["bookings", id]) if query == "doses=second" => {
                self.things.get_mut(*id).unwrap().whole = false;
                (200, json!({}))
            }
            ("DELETE", ["holds" | "bookings", id]) => {
                self.gives_back(id);
                (200, json!({}))
            }
            ("PUT", ["bookings", _, "changes", _]) => (409, json!({ "rule": "SlotFull" })),
            other => panic!("nobody asks {other:?}"),
        }
    }
}

/// Serves the stand-in; `hotline` says which edge it is.
pub(super) async fn serve(toy: Shared, hotline: bool) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let handler = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
        std::future::ready(handle(&toy, hotline, &method, &uri, &headers, &body))
    };
    let app = axum::Router::new().fallback(handler);
    let service = hyper_util::service::TowerToHyperService::new(app);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let io = hyper_util::rt::TokioIo::new(stream);
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(io, service.clone()));
        }
    });
    address
}

fn handle(
    toy: &Shared,
    hotline: bool,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &Bytes,
) -> Response {
    let parts: Vec<&str> = uri.path().trim_start_matches("/v1/centres/").split('/').collect();
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let is_own = *method != Method::GET;
    assert!(!is_own || headers.contains_key("authorization"), "{method} {uri} has no bearer");
    let (status, answer) =
        toy.lock().unwrap().answer(method, &parts, uri.query().unwrap_or(""), hotline, &body);
    (StatusCode::from_u16(status).unwrap(), answer.to_string()).into_response()
}
