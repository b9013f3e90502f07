//! The engine alone, against a stand-in for the edges: the morning comes to its end, whatever the seed.

use std::sync::{Arc, Mutex};

use hyper::header::HeaderValue;

use super::toy::{Toy, serve};
use crate::demo::books::Books;
use crate::demo::cast::Cast;
use crate::demo::edges::Edges;
use crate::demo::engine::Engine;
use crate::demo::intentions::Later;
use crate::demo::opening::Opened;
use crate::demo::request::Requests;

fn morning(seed: u64, people: u32) -> (Books, usize, usize) {
    run(seed, &Cast::draw(seed, people).unwrap())
}

fn run(seed: u64, cast: &Cast) -> (Books, usize, usize) {
    let toy = Toy::of(cast);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let books = runtime.block_on(async {
        let (web, hotline) = (serve(Arc::clone(&toy), false).await, serve(Arc::clone(&toy), true).await);
        let agents = vec![HeaderValue::from_static("Bearer agent"); 530];
        let requests = Requests::new(cast.chance.clone(), &cast.tables, agents);
        let (edges, answers) = Edges::reach(web, hotline, requests);
        let clock = Arc::clone(&toy);
        let advance = move |now| clock.lock().unwrap().now = now;
        let at = cast.calendar.opens_at.minus_millis(3_600_000);
        let opened = Opened { at, positions: vec![None; cast.supply.len()] };
        let glances = Mutex::new(0);
        let engine = Engine::new(cast, &opened, edges, &advance);
        let (books, _, _) = engine.run(answers, |_| *glances.lock().unwrap() += 1).await.unwrap();
        books
    });
    let toy = toy.lock().unwrap();
    assert_eq!(books.live.sum(), u64::from(cast.pairs()), "seed {seed}: all pairs are live");
    (books, toy.booked_pairs(), toy.registrations())
}

#[test]
fn all_pairs_are_live_in_the_end_and_everybody_is_registered() {
    for seed in 1..=5 {
        let (books, booked, registered) = morning(seed, 2_000);
        assert_eq!((booked, registered), (300, 2_000), "seed {seed}");
        assert_eq!(books.registrations, 2_000, "seed {seed}");
        assert!(books.cancelled > 0 && books.live.web > 0 && books.live.hotline > 0, "seed {seed}");
    }
}

#[test]
fn the_smallest_morning_comes_to_its_end_too() {
    for seed in 1..=20 {
        let (_, booked, _) = morning(seed, 100);
        assert_eq!(booked, 15, "seed {seed}");
    }
}

#[test]
fn word_gets_round_when_everybody_has_given_up_before_all_places_are_taken() {
    let mut cast = Cast::draw(1, 1_000).unwrap();
    for meant in &mut cast.intentions {
        (meant.persistent, meant.patience, meant.returns) = (false, 0, false);
        (meant.later, meant.later_after_ms) = (Later::CancelBoth, 20 * 3_600_000);
    }
    let (_, booked, _) = run(1, &cast);
    assert_eq!(booked, 150);
}
