//! A server in this process, on ports of the system's choice and a clock that the test moves.

#![allow(dead_code, unreachable_pub, unused_imports, reason = "each test binary uses a part of it")]
#![allow(clippy::expect_used, clippy::missing_panics_doc, reason = "it is test code")]

mod http;
pub mod program;

use std::net::SocketAddr;
use std::sync::Arc;

use api::config::Config;
use api::credentials::{self, NewCredential};
use api::{ServeClock, ServeOptions, Server};
use ledger::clock::SimulatedClock;
use schemas::Instant;
use schemas::vocabulary::Role;
use serde_json::{Value, json};
use tempfile::TempDir;

pub use http::{Answer, Connection, send};

pub const RULES: &str = include_str!("../rules_2021-01-12.json");
pub const MONDAY: &str = "2021-01-11T08:00:00+01:00";
pub const TUESDAY: &str = "2021-01-12T08:00:00+01:00";

pub fn instant(text: &str) -> Instant {
    text.parse().expect("an instant")
}

pub fn uuid() -> String {
    uuid::Uuid::new_v4().to_string()
}

pub struct World {
    server: Option<Server>,
    pub dir: Arc<TempDir>,
    pub clock: SimulatedClock,
    pub web: SocketAddr,
    pub hotline: SocketAddr,
    pub audit: SocketAddr,
    pub admin: SocketAddr,
    pub admin_token: String,
    pub agent_token: String,
    pub auditor_token: String,
    pub analyst_token: String,
    config: Config,
}

pub fn config(dir: &TempDir) -> Config {
    let mut config = Config { data_dir: dir.path().join("data"), partitions: 4, ..Config::default() };
    for edge in [&mut config.web, &mut config.hotline, &mut config.audit, &mut config.admin] {
        edge.address = "127.0.0.1:0".parse().expect("an address");
        edge.threads = 2;
    }
    config
}

impl World {
    /// An empty ledger on Monday.
    pub fn empty() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = Arc::new(TempDir::new().expect("a directory"));
        let mut config = config(&dir);
        change(&mut config);
        let token = |role, name: &str| {
            let new = NewCredential { name: name.into(), role, centres: vec![] };
            credentials::create(&config.data_dir, new, instant(MONDAY)).expect("a credential").1
        };
        let (admin_token, agent_token) = (token(Role::Admin, "Ada"), token(Role::Agent, "Agnes"));
        let (auditor_token, analyst_token) = (token(Role::Auditor, "Aurel"), token(Role::Analyst, "Anna"));
        let clock = SimulatedClock::at(instant(MONDAY));
        let server = start(&config, &clock);
        let [web, hotline, audit, admin] = addresses(&server);
        Self {
            server: Some(server),
            dir,
            clock,
            web,
            hotline,
            audit,
            admin,
            admin_token,
            agent_token,
            auditor_token,
            analyst_token,
            config,
        }
    }

    /// Frankfurt with its rules, one delivery, and a day of 240 first places with as many second ones three weeks later.
    pub fn morning() -> Self {
        Self::morning_with(240)
    }

    pub fn morning_with(places: u32) -> Self {
        Self::morning_on(places, |_| {})
    }

    pub fn morning_on(places: u32, change: impl FnOnce(&mut Config)) -> Self {
        let world = Self::with(change);
        world.open_centre("frankfurt", "FRA");
        world.release("frankfurt", "2021-01-19", "2021-02-09", places);
        world
    }

    pub fn open_centre(&self, centre: &str, prefix: &str) {
        self.admin_put(&format!("/v1/centres/{centre}"), &description(prefix)).expect_status(201);
        let rules: Value = serde_json::from_str(RULES).expect("rules");
        self.admin_put(&format!("/v1/centres/{centre}/rules/{}", uuid()), &rules).expect_status(201);
    }

    pub fn release(&self, centre: &str, first: &str, second: &str, places: u32) -> String {
        let delivery = uuid();
        let announced = json!({ "vaccine": "comirnaty", "doses": 2 * places, "due_on": "2021-01-15" });
        self.admin_put(&format!("/v1/centres/{centre}/deliveries/{delivery}"), &announced).expect_status(201);
        let body = json!({ "delivery": delivery, "vaccine": "comirnaty", "first": { "date": first, "places": places },
            "second": { "date": second, "places": places } });
        let release = uuid();
        self.admin_put(&format!("/v1/centres/{centre}/releases/{release}"), &body).expect_status(201);
        release
    }

    pub fn admin_put(&self, path: &str, body: &Value) -> Answer {
        send(self.admin, "PUT", path, Some(&self.admin_token), Some(body))
    }

    pub fn opens(&self) {
        self.clock.advance_to(instant(TUESDAY));
    }

    /// Shuts the server down, if it runs, and starts another on the same data.
    pub fn restart(&mut self) {
        self.server.take().into_iter().for_each(Server::shut_down);
        let server = start(&self.config, &self.clock);
        [self.web, self.hotline, self.audit, self.admin] = addresses(&server);
        self.server = Some(server);
    }

    pub fn server(&self) -> &Server {
        self.server.as_ref().expect("it runs")
    }

    pub fn shut_down(&mut self) {
        self.server.take().expect("it runs").shut_down();
    }

    /// Registers somebody new at Frankfurt.
    pub fn register(&self) -> Citizen<'_> {
        self.register_named(&format!("Muster {}", uuid()))
    }

    pub fn register_named(&self, family_name: &str) -> Citizen<'_> {
        let citizen = Citizen { world: self, id: uuid(), secret: uuid().replace('-', "") };
        citizen.put(&registration(family_name)).expect_status(201);
        citizen
    }
}

fn start(config: &Config, clock: &SimulatedClock) -> Server {
    let options = ServeOptions { config: config.clone(), clock: ServeClock::Simulated(clock.clone()) };
    Server::start(options).expect("the server starts")
}

fn addresses(server: &Server) -> [SocketAddr; 4] {
    let open = "it has a credential";
    let [hotline, audit, admin] = [server.hotline_address(), server.audit_address(), server.admin_address()]
        .map(|edge| edge.expect(open));
    [server.web_address(), hotline, audit, admin]
}

pub fn description(prefix: &str) -> Value {
    json!({ "reference_prefix": prefix, "name": "Regionales Impfzentrum", "address": "Festhalle", "phone": "116117",
        "time_zone": "Europe/Berlin", "opens_on": "2021-01-19", "catchment": ["06412", "06413"] })
}

pub fn registration(family_name: &str) -> Value {
    json!({ "group": 1, "district": "06412", "made_by": "self",
        "person": { "family_name": family_name, "given_name": "Erika", "born_on": "1936-05-01" } })
}

/// Somebody on the web.
pub struct Citizen<'a> {
    pub world: &'a World,
    pub id: String,
    pub secret: String,
}

impl Citizen<'_> {
    pub fn path(&self) -> String {
        format!("/v1/centres/frankfurt/registrations/{}", self.id)
    }

    pub fn put(&self, body: &Value) -> Answer {
        self.send("PUT", &self.path(), Some(body))
    }

    pub fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        send(self.world.web, method, path, Some(&self.secret), body)
    }

    pub fn hold(&self, first: u64) -> (String, Answer) {
        let hold = uuid();
        let answer = self.place(&hold, first);
        (hold, answer)
    }

    pub fn place(&self, hold: &str, first: u64) -> Answer {
        let body = json!({ "registration": self.id, "first": first });
        self.send("PUT", &format!("/v1/centres/frankfurt/holds/{hold}"), Some(&body))
    }

    pub fn book(&self, first: u64) -> String {
        let (hold, answer) = self.hold(first);
        answer.expect_status(201);
        self.send("POST", &format!("/v1/centres/frankfurt/holds/{hold}/confirm"), None).expect_status(201);
        hold
    }
}

/// The first slot that the web could hold now.
pub fn a_pair(world: &World, at_least: &str) -> (u64, u64) {
    let path = format!("/v1/centres/frankfurt/pairs?limit=1&at_least={at_least}");
    let answer = send(world.web, "GET", &path, None, None);
    let pair = &answer.expect_status(200).json()["pairs"][0];
    (pair["first"]["slot"].as_u64().expect("a slot"), pair["second"]["slot"].as_u64().expect("a slot"))
}
