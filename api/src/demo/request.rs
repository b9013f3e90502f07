//! What a person asks, as a request.

use std::fmt::Write as _;

use hyper::Method;
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use uuid::Uuid;

use super::behaviour::Ask;
use super::chance::{Chance, Purpose};
use super::data::Tables;
use super::known::Expects;
use super::population::{self, Person, Way};
use super::wire::Sent;

/// Pairs that somebody who looks for one is shown.
const PAIRS_SHOWN: u32 = 12;

/// Makes requests. What names a person's things is drawn from the seed each time.
pub struct Requests {
    chance: Chance,
    centres: Vec<String>,
    agents: Vec<HeaderValue>,
}

impl Requests {
    /// For the people of this seed; `agents` are the credentials (`Bearer …`) of those on the phones.
    pub fn new(chance: Chance, tables: &Tables, agents: Vec<HeaderValue>) -> Self {
        let centres = tables.centres.iter().map(|centre| format!("/v1/centres/{}", centre.id)).collect();
        Self { chance, centres, agents }
    }

    /// The request of a person; on the phone an agent makes it.
    pub fn of(&self, number: u32, person: &Person, agent: Option<usize>, ask: Ask, expects: Expects) -> Sent {
        let centre = self.centres.get(usize::from(person.centre)).map_or("", String::as_str);
        let booking = |hold| self.chance.id(number, Purpose::HoldId, hold);
        let (method, path) = match ask {
            Ask::Register => (Method::PUT, format!("{centre}/registrations/{}", self.registration(number))),
            Ask::Look => (Method::GET, format!("{centre}/availability{}", at_least('?', &expects))),
            Ask::Pairs(date) => {
                let at_least = at_least('&', &expects);
                (Method::GET, format!("{centre}/pairs?near={date}&limit={PAIRS_SHOWN}{at_least}"))
            }
            Ask::Day(date) => {
                (Method::GET, format!("{centre}/availability/{date}{}", at_least('?', &expects)))
            }
            Ask::Hold { hold, .. } => (Method::PUT, format!("{centre}/holds/{}", booking(hold))),
            Ask::Confirm(hold) => (Method::POST, format!("{centre}/holds/{}/confirm", booking(hold))),
            Ask::Extend(hold) => (Method::POST, format!("{centre}/holds/{}/extend", booking(hold))),
            Ask::Release(hold) => (Method::DELETE, format!("{centre}/holds/{}", booking(hold))),
            Ask::CancelBoth(hold) => {
                (Method::DELETE, format!("{centre}/bookings/{}?doses=both", booking(hold)))
            }
            Ask::CancelSecond(hold) => {
                (Method::DELETE, format!("{centre}/bookings/{}?doses=second", booking(hold)))
            }
            Ask::Move { booking: hold, change, .. } => {
                let change = self.chance.id(number, Purpose::ChangeId, change);
                (Method::PUT, format!("{centre}/bookings/{}/changes/{change}", booking(hold)))
            }
        };
        let is_own = !matches!(ask, Ask::Look | Ask::Pairs(_) | Ask::Day(_));
        let bearer = match person.way {
            Way::Phone => agent.and_then(|agent| self.agents.get(agent)).cloned(),
            Way::Web if is_own => self.secret(number),
            Way::Web => None,
        };
        let known = expects.etag.filter(|_| ask == Ask::Look);
        Sent { method, path, bearer, known, body: self.body(number, person, ask) }
    }

    fn registration(&self, number: u32) -> Uuid {
        self.chance.id(number, Purpose::RegistrationId, 0)
    }

    fn secret(&self, number: u32) -> Option<HeaderValue> {
        HeaderValue::try_from(format!("Bearer {}", self.chance.secret(number))).ok()
    }

    fn body(&self, number: u32, person: &Person, ask: Ask) -> Bytes {
        match ask {
            Ask::Register => self.registration_body(number, person),
            Ask::Hold { pair, instead_of, .. } => {
                let mut body =
                    format!(r#"{{"registration":"{}","first":{}"#, self.registration(number), pair.first);
                // Writing into a String cannot fail.
                if let Some(second) = pair.second {
                    let _ = write!(body, r#","second":{second}"#);
                }
                if let Some(old) = instead_of {
                    let _ =
                        write!(body, r#","instead_of":"{}""#, self.chance.id(number, Purpose::HoldId, old));
                }
                body.push('}');
                body.into()
            }
            Ask::Move { pair, .. } => match pair.second {
                Some(second) => format!(r#"{{"first":{},"second":{second}}}"#, pair.first).into(),
                None => format!(r#"{{"first":{}}}"#, pair.first).into(),
            },
            _ => Bytes::new(),
        }
    }

    /// Names have no character that JSON would escape.
    fn registration_body(&self, number: u32, person: &Person) -> Bytes {
        let identity = population::identity(&self.chance, number);
        let made_by = match (person.way, person.by_proxy) {
            (Way::Phone, _) => "agent",
            (Way::Web, true) => "proxy",
            (Way::Web, false) => "self",
        };
        format!(
            r#"{{"group":1,"district":"{}","made_by":"{made_by}","person":{{"family_name":"{}","given_name":"{}","born_on":"{}"}}}}"#,
            person.district, identity.family_name, identity.given_name, identity.born_on
        )
        .into()
    }
}

fn at_least(separator: char, expects: &Expects) -> String {
    expects.at_least.map_or_else(String::new, |position| format!("{separator}at_least={position}"))
}
