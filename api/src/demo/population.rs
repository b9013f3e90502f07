//! Who the people are: 80 and over, spread over the 26 districts, each another one.

use jiff::civil::Date;
use schemas::ids::District;

use super::chance::{Chance, Purpose};
use super::data::Tables;
use super::names::{FAMILY, GIVEN};

/// Inhabitants in thousands, in the order of `districts.tsv`: how the people are spread.
const INHABITANTS: [u32; 26] = [
    159, 764, 131, 279, 271, 297, 276, 237, 422, 239, 97, 356, 187, 310, 271, 253, 172, 246, 106, 202, 223,
    120, 237, 180, 157, 100,
];

/// So many of 1,000 call the hotline; the others use the web.
const CALLERS_PER_MILLE: u32 = 80;

/// So many of 1,000 web users are helped by somebody who registers for them.
const PROXIES_PER_MILLE: u32 = 450;

/// Birthdays go round in these 20 years, so that all are 80 to 100 when the centres open.
const BIRTHDAYS: u64 = 7_300;

/// How a person comes to the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By browser, with a secret of one's own.
    Web,
    /// By phone, through an agent.
    Phone,
}

/// One person. What takes room, such as the name, is made when it is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// The centre, as a place in [`Tables::centres`].
    pub centre: u8,
    /// Where the person lives.
    pub district: District,
    /// How the person comes to the system.
    pub way: Way,
    /// Whether somebody else fills in the registration.
    pub by_proxy: bool,
}

/// What a registration says of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields say it")]
pub struct Identity {
    pub family_name: &'static str,
    pub given_name: &'static str,
    pub born_on: Date,
}

/// Draws so many people. Each district gets its share exactly; who lives where is drawn.
pub fn draw(tables: &Tables, chance: &Chance, people: u32) -> Vec<Person> {
    let mut homes = homes(tables, people);
    chance.draws(0, Purpose::World, 0).shuffle(&mut homes);
    (0..people)
        .zip(homes)
        .filter_map(|(number, home)| {
            let home = tables.districts.get(home)?;
            let mut draws = chance.draws(number, Purpose::Identity, 0);
            let way = if draws.per_mille(CALLERS_PER_MILLE) { Way::Phone } else { Way::Web };
            let by_proxy = way == Way::Web && draws.per_mille(PROXIES_PER_MILLE);
            Some(Person { centre: u8::try_from(home.centre).ok()?, district: home.district, way, by_proxy })
        })
        .collect()
}

/// Name and birth date of a person. No two numbers below 80 million share them, for one seed.
pub fn identity(chance: &Chance, number: u32) -> Identity {
    let (families, givens) = (FAMILY.len() as u64, GIVEN.len() as u64);
    let all = families * givens * BIRTHDAYS;
    // A step of about 0.618 of the whole that shares no divisor with it visits each combination once.
    let step = coprime_step(all);
    let start = chance.draws(0, Purpose::World, 1).below(usize::try_from(all).unwrap_or(1)) as u64;
    let code = (u64::from(number) * step + start) % all;
    Identity {
        family_name: pick(&FAMILY, code % families),
        given_name: pick(&GIVEN, code / families % givens),
        born_on: birthday(code / (families * givens)),
    }
}

/// The places of the districts, each as often as people live there, by largest remainder.
fn homes(tables: &Tables, people: u32) -> Vec<usize> {
    let weights: Vec<u64> = INHABITANTS.iter().take(tables.districts.len()).map(|&w| u64::from(w)).collect();
    let all: u64 = weights.iter().sum::<u64>().max(1);
    let mut shares: Vec<(usize, u64, u64)> = weights
        .iter()
        .enumerate()
        .map(|(at, weight)| (at, weight * u64::from(people) / all, weight * u64::from(people) % all))
        .collect();
    let given: u64 = shares.iter().map(|share| share.1).sum();
    shares.sort_by_key(|&(at, _, rest)| (std::cmp::Reverse(rest), at));
    let missing = usize::try_from(u64::from(people) - given).unwrap_or(0);
    shares.iter_mut().take(missing).for_each(|share| share.1 += 1);
    shares.sort_by_key(|share| share.0);
    shares
        .iter()
        .flat_map(|&(at, count, _)| std::iter::repeat_n(at, usize::try_from(count).unwrap_or(0)))
        .collect()
}

fn coprime_step(all: u64) -> u64 {
    let mut step = (all / 1_000 * 618) | 1;
    while greatest_common_divisor(step, all) != 1 {
        step += 2;
    }
    step
}

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn pick(names: &[&'static str], at: u64) -> &'static str {
    usize::try_from(at).ok().and_then(|at| names.get(at)).copied().unwrap_or("N")
}

/// Days back from 12 January 1941: the last birthday on which one is 80 at the opening of the booking.
fn birthday(back: u64) -> Date {
    let back = i64::try_from(back).unwrap_or(0);
    jiff::civil::date(1941, 1, 12).saturating_sub(jiff::Span::new().days(back))
}
