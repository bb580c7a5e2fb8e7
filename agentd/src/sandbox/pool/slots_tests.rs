//! What may follow what in a pool.

use super::*;

const SPEC: &str = "spec";

fn session(number: u8) -> SessionId {
    SessionId::from_random([number; 16])
}

fn begun(number: u8) -> Slots<u8> {
    let mut slots = Slots::new();
    begin(&mut slots, number);
    slots
}

fn begin(slots: &mut Slots<u8>, number: u8) {
    slots.begin(session(number), format!("c{number}"));
}

fn ready(numbers: impl IntoIterator<Item = u8>) -> Slots<u8> {
    let mut slots = Slots::new();
    for number in numbers {
        begin(&mut slots, number);
        slots.placed(&session(number), "b");
        slots.made(&session(number), SPEC.to_owned(), number);
    }
    slots
}

fn claimed(looked: Looked<u8>) -> Option<u8> {
    match looked {
        Looked::Warm(warm) => Some(*warm),
        Looked::None | Looked::Going => None,
    }
}

#[test]
fn nobody_gets_one_before_it_answers() {
    let mut slots = begun(1);
    assert_eq!(slots.reserve(|_| true, Instant::now(), 5), None);
    assert_eq!(claimed(slots.claim(&session(1), SPEC)), None);
    slots.made(&session(1), SPEC.to_owned(), 1);
    assert_eq!(claimed(slots.claim(&session(1), SPEC)), None, "nobody has reserved it");
    assert_eq!(slots.reserve(|_| true, Instant::now(), 5), Some(session(1)));
    assert_eq!(claimed(slots.claim(&session(1), SPEC)), Some(1));
}

#[test]
fn each_goes_to_one_session_and_the_oldest_first() {
    let mut slots = ready([1, 2, 3]);
    let got: Vec<_> = std::iter::from_fn(|| slots.reserve(|_| true, Instant::now(), 9)).collect();
    assert_eq!(got, [session(1), session(2), session(3)]);
    assert_eq!(claimed(slots.claim(&session(2), SPEC)), Some(2));
    assert_eq!(claimed(slots.claim(&session(2), SPEC)), None, "it is claimed already");
    assert!(slots.names().contains("c2"), "it is kept until the journal has it");
    slots.forget(&session(2));
    assert!(!slots.has(&session(2)));
}

#[test]
fn one_that_is_not_as_its_session_wants_it_is_let_go_without_a_removal() {
    let mut slots = ready([1]);
    slots.reserve(|_| true, Instant::now(), 5);
    assert_eq!(claimed(slots.claim(&session(1), "another spec")), None);
    assert!(!slots.has(&session(1)));
    assert_eq!(slots.take_doomed(), [], "its session makes another of the same name");
}

#[test]
fn what_is_missing_counts_what_is_under_way_and_not_what_is_reserved() {
    let mut slots = ready([1, 2]);
    begin(&mut slots, 3);
    assert_eq!((slots.missing(5), slots.missing(3), slots.missing(1)), (2, 0, 0));
    slots.reserve(|_| true, Instant::now(), 5);
    assert_eq!((slots.missing(3), slots.ready(), slots.reserved()), (1, 1, 1));
}

#[test]
fn too_many_reservations_cost_the_oldest() {
    let mut slots = ready([1, 2, 3]);
    let began = Instant::now();
    for after in 0..3 {
        slots.reserve(|_| true, began + Duration::from_secs(after), 2);
    }
    let doomed = slots.take_doomed();
    assert_eq!(
        doomed,
        [Doomed { session: session(1), name: "c1".to_owned(), backend: "b".to_owned(), of_session: true }]
    );
    assert!(matches!(slots.claim(&session(1), SPEC), Looked::Going), "its session waits until it is gone");
    assert_eq!(slots.take_doomed(), [], "it is removed once");
    slots.forget(&session(1));
    assert!(matches!(slots.claim(&session(1), SPEC), Looked::None));
}

#[test]
fn a_reservation_does_not_last_for_ever() {
    let mut slots = ready([1, 2]);
    let began = Instant::now();
    slots.reserve(|_| true, began, 5);
    slots.reserve(|_| true, began + Duration::from_secs(8), 5);
    slots.expire(began + Duration::from_secs(10), Duration::from_secs(10));
    let names: Vec<_> = slots.take_doomed().into_iter().map(|doomed| doomed.name).collect();
    assert_eq!(names, ["c1"]);
}

#[test]
fn what_a_session_has_is_never_removed() {
    let mut slots = ready([1, 2, 3]);
    slots.reserve(|_| true, Instant::now(), 5);
    slots.claim(&session(1), SPEC);
    slots.reserve(|_| true, Instant::now(), 5);
    slots.doom_ready(&session(2));
    slots.doom_all();
    let doomed: Vec<_> = slots.take_doomed().into_iter().map(|doomed| (doomed.name, doomed.of_session)).collect();
    assert_eq!(doomed, [("c2".to_owned(), true), ("c3".to_owned(), false)]);
    slots.made(&session(3), SPEC.to_owned(), 3);
    assert_eq!(slots.reserve(|_| true, Instant::now(), 5), None, "what is to go is not ready again");
}

#[test]
fn one_that_does_not_fit_is_passed_over() {
    let mut slots = ready([1, 2]);
    assert_eq!(slots.reserve(|warm| *warm == 2, Instant::now(), 5), Some(session(2)));
    assert_eq!(slots.reserve(|warm| *warm == 2, Instant::now(), 5), None);
    assert_eq!(slots.ready(), 1);
}
