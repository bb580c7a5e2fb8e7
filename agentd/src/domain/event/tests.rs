use proptest::prelude::*;

use super::*;

/// Rows as agentd wrote them: they must be readable for ever. One a line, its kind and its body apart by a tab.
const BODIES_V1: &str = include_str!("bodies.v1.tsv");

fn rows() -> Vec<(&'static str, &'static str)> {
    BODIES_V1.lines().map(|line| line.split_once('\t').expect("a kind and a body")).collect()
}

/// Whatever is in a row: it is an event that stays the same however often it is stored, or an error.
fn survive(kind: &str, text: &str) {
    if let Ok(body) = Body::decode(kind, text) {
        let (kind, text) = body.encode().unwrap();
        assert_eq!(Body::decode(&kind, &text).unwrap(), body);
    }
}

#[test]
fn a_body_comes_back_from_the_journal_as_it_went_in() {
    let body = Body::SandboxLost { generation: 2, reason: "removed by hand".to_owned(), exposed: Vec::new() };
    let (kind, text) = body.encode().unwrap();
    assert_eq!(kind, "sandbox.lost");
    assert_eq!(text, r#"{"v":1,"data":{"exposed":[],"generation":2,"reason":"removed by hand"}}"#);
    assert_eq!(Body::decode(&kind, &text).unwrap(), body);
}

#[test]
fn what_a_later_version_wrote_is_refused_by_name() {
    let newer = Body::decode("sandbox.lost", r#"{"v":2,"data":{}}"#).unwrap_err().to_string();
    assert_eq!(newer, "event sandbox.lost has version 2, and this agentd knows versions up to 1");
    let unknown = Body::decode("moon.landed", r#"{"v":1,"data":{}}"#).unwrap_err().to_string();
    assert!(unknown.starts_with("event moon.landed cannot be read"), "{unknown}");
}

#[test]
fn every_row_that_was_ever_written_is_read() {
    for (kind, text) in rows() {
        let body = Body::decode(kind, text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(body.encode().unwrap().0, kind);
    }
}

proptest! {
    #[test]
    fn no_row_is_too_odd(kind in "[a-z]{1,8}\\.[a-z_]{1,8}", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        survive(&kind, &String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_damage_to_a_row_is_too_odd(
        row in any::<prop::sample::Index>(),
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0_usize..8, "[a-z0-9\\[\\]{}:.,\"\\\\é -]{0,6}"), 1..5),
    ) {
        let rows = rows();
        let (kind, text) = rows[row.index(rows.len())];
        let mut text: Vec<char> = text.chars().collect();
        for (at, removed, put) in cuts {
            let start = at.index(text.len().max(1)).min(text.len());
            let end = (start + removed).min(text.len());
            text.splice(start..end, put.chars());
        }
        survive(kind, &text.into_iter().collect::<String>());
    }

    #[test]
    fn no_exchange_of_bodies_is_too_odd(one in any::<prop::sample::Index>(), other in any::<prop::sample::Index>()) {
        let rows = rows();
        survive(rows[one.index(rows.len())].0, rows[other.index(rows.len())].1);
    }
}
