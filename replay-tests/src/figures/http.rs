//! Durable holds over HTTP, beside an edge of the same kind that sends a JSON body back.

use std::time::{Duration, Instant as Monotonic};

use anyhow::{Result, ensure};
use api::config::{Config, KafkaConfig};
use api::echo::Echo;
use api::serve::{ServeClock, ServeOptions, Server};
use hyper::Method;
use ledger::clock::SimulatedClock;
use ledger::log::NewLedger;
use ledger::log::kafka::KafkaSettings;
use ledger::log::kafka::topic::{self, TopicPlan};
use ledger::{Answer, Command, Ledger, Request};
use schemas::ids::{ActorId, CentreId, HoldId, RegistrationId};
use schemas::vocabulary::Channel;
use schemas::{Clock, Instant};

use super::history::{first_slot, id, opening};
use super::load::{self, Prepared, Run};
use super::report::{Figure, Plan};

/// Places of a slot: enough that no hold is ever refused.
const PLACES: u32 = 400;
/// First-dose slots that the holds are spread over.
const SLOTS: u32 = 1_080;

const MANY: Plan = Plan {
    figure: "durable holds over HTTP, 256 connections",
    unit: "holds/s",
    yardstick_is: "POST-JSON echo, 256 connections",
    aim: 0.25,
    more_is_better: true,
};
const ONE: Plan = Plan {
    figure: "durable hold over HTTP, one connection: p50",
    unit: "us",
    yardstick_is: "POST-JSON echo, one connection: p50",
    aim: 20.0,
    more_is_better: false,
};

const MANY_ON_KAFKA: Plan = Plan {
    figure: "holds over HTTP on one broker, 256 connections",
    yardstick_is: "the same on the embedded log",
    aim: 0.8,
    ..MANY
};
const ONE_ON_KAFKA: Plan = Plan {
    figure: "hold over HTTP on one broker, one connection: p50",
    yardstick_is: "produce and consume one record: p50",
    aim: 1.5,
    ..ONE
};

/// Holds `runs` times so many places over 256 connections on a ledger in a topic of this broker, beside one on the embedded
/// log; and a tenth of that over one connection, beside the round trip of a record.
///
/// # Errors
/// When a server does not start, or an answer is not the expected one.
pub fn figures_on_kafka(
    brokers: &str,
    holds: u32,
    runs: u32,
    round_trip: impl Fn() -> Result<Duration>,
) -> Result<Vec<Figure>> {
    let settings = KafkaSettings::plain(brokers, "figures-http");
    let partitions = Config::default().partitions;
    let ledger = NewLedger { partitions, clock: Clock::Simulated, time: begins_at()?, ledger: None };
    topic::create(&settings, &TopicPlan { ledger, replication: None })?;
    let kafka = KafkaConfig {
        brokers: Some(settings.brokers),
        topic: Some(settings.topic),
        ..KafkaConfig::default()
    };
    let (on_kafka, embedded) = (Bench::start(kafka)?, Bench::start(KafkaConfig::default())?);
    let (mut many, mut one) = (Vec::new(), Vec::new());
    let mut from = 0;
    for _ in 0..runs {
        let beside = embedded.hold(from, holds, 256)?;
        many.push((on_kafka.hold(from, holds, 256)?.rate, beside.rate));
        from += holds;
        let trip = round_trip()?;
        one.push((micros(on_kafka.hold(from, holds / 10, 1)?.median), micros(trip)));
        from += holds / 10;
    }
    on_kafka.server.shut_down();
    embedded.server.shut_down();
    Ok(vec![MANY_ON_KAFKA.row(&many), ONE_ON_KAFKA.row(&one)])
}

/// Holds `runs` times so many places over 256 connections, and a tenth of that over one.
///
/// # Errors
/// When the server does not start, or an answer is not the expected one.
pub fn figures(holds: u32, runs: u32) -> Result<Vec<Figure>> {
    let bench = Bench::start(KafkaConfig::default())?;
    let (mut many, mut one) = (Vec::new(), Vec::new());
    let mut from = 0;
    for _ in 0..runs {
        let crowd = bench.register(from, holds)?;
        let echoed = load::run(bench.echo.address(), 256, bench.echoes(crowd.clone()))?;
        let held = load::run(bench.server.web_address(), 256, bench.holds(crowd))?;
        many.push((held.rate, echoed.rate));
        from += holds;
        let few = bench.register(from, holds / 10)?;
        let echoed = load::run(bench.echo.address(), 1, bench.echoes(few.clone()))?;
        let held = load::run(bench.server.web_address(), 1, bench.holds(few))?;
        one.push((micros(held.median), micros(echoed.median)));
        from += holds / 10;
    }
    bench.server.shut_down();
    Ok(vec![MANY.row(&many), ONE.row(&one)])
}

fn begins_at() -> Result<Instant> {
    Ok("2021-01-11T08:00:00+01:00".parse()?)
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

struct Bench {
    server: Server,
    echo: Echo,
    centre: CentreId,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn start(kafka: KafkaConfig) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut config = Config { data_dir: folder.path().to_owned(), kafka, ..Config::default() };
        config.web.address.set_port(0);
        let now = begins_at()?;
        let clock = ServeClock::Simulated(SimulatedClock::at(now));
        let echo = Echo::start(&config.web)?;
        let server = Server::start(ServeOptions { config, clock })?;
        let centre: CentreId = "frankfurt".parse()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        for command in opening(&centre, now, PLACES)? {
            let command = Command::Centre(centre.clone(), command);
            runtime.block_on(submit(server.ledger(), command))?;
        }
        Ok(Self { server, echo, centre, _folder: folder })
    }

    /// Registers so many people and lets each hold a place over so many connections.
    fn hold(&self, from: u32, count: u32, connections: usize) -> Result<Run> {
        let people = self.register(from, count)?;
        load::run(self.server.web_address(), connections, self.holds(people))
    }

    fn register(&self, from: u32, count: u32) -> Result<std::ops::Range<u32>> {
        let requests = (from..from + count).map(|person| Prepared {
            method: Method::PUT,
            path: format!("/v1/centres/{}/registrations/{}", self.centre, RegistrationId(id(7, person))),
            bearer: secret(person),
            body: format!(
                r#"{{"group":1,"district":"06412","made_by":"self","person":{{"family_name":"Muster{person}","given_name":"Erika","born_on":"1938-04-02"}}}}"#
            ),
            status: 201,
        });
        load::run(self.server.web_address(), 256, requests.collect())?;
        Ok(from..from + count)
    }

    fn holds(&self, people: std::ops::Range<u32>) -> Vec<Prepared> {
        let hold = |person| Prepared {
            method: Method::PUT,
            path: format!("/v1/centres/{}/holds/{}", self.centre, HoldId(id(8, person))),
            bearer: secret(person),
            body: hold_body(person),
            status: 201,
        };
        people.map(hold).collect()
    }

    fn echoes(&self, people: std::ops::Range<u32>) -> Vec<Prepared> {
        let echo = |person| Prepared {
            method: Method::POST,
            path: "/echo".to_owned(),
            bearer: secret(person),
            body: hold_body(person),
            status: 200,
        };
        people.map(echo).collect()
    }
}

fn hold_body(person: u32) -> String {
    format!(
        r#"{{"registration":"{}","first":{}}}"#,
        RegistrationId(id(7, person)),
        first_slot(person % SLOTS)
    )
}

fn secret(person: u32) -> String {
    format!("{}{}", RegistrationId(id(9, person)), RegistrationId(id(10, person)))
}

async fn submit(ledger: &Ledger, command: Command) -> Result<()> {
    let deadline = Monotonic::now() + Duration::from_secs(30);
    let request = Request { command, channel: Channel::Admin, actor: ActorId::NIL, deadline };
    let answer = ledger.submit(request).await;
    ensure!(matches!(answer, Answer::Done(_)), "the opening of the centre led to {answer:?}");
    Ok(())
}
