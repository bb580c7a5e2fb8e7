use crate::domain::ids::SessionId;
use crate::domain::time::WallTime;
use crate::store::{AMBIGUOUS_MAX, Append, Lookup, Store, StoreError};

use super::{all_rows, append, id, named};

fn found(lookup: Lookup) -> SessionId {
    match lookup {
        Lookup::One(session) => session.id,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_session_is_found_by_id_name_and_beginning() {
    let state = tempfile::tempdir().unwrap();
    let store = Store::open(state.path()).unwrap();
    store.append(named(&id(0xab), 0, "alpha")).await.unwrap();
    store.append(append(&id(0xac), 0, &["a"])).await.unwrap();
    // A name that is the beginning of another session's id, and one that is a whole id of another session.
    store.append(named(&id(0x11), 0, "ac")).await.unwrap();
    store.append(named(&id(0x12), 0, id(0xab).as_str())).await.unwrap();

    assert_eq!(found(store.find("alpha").await.unwrap()), id(0xab));
    assert_eq!(found(store.find("abab").await.unwrap()), id(0xab));
    assert_eq!(found(store.find(id(0xab).as_str()).await.unwrap()), id(0xab), "a whole id goes before a name");
    assert_eq!(found(store.find("ac").await.unwrap()), id(0x11), "a name goes before the beginning of an id");
    assert_eq!(found(store.find("acac").await.unwrap()), id(0xac));
    assert_eq!(store.find("a").await, Ok(Lookup::Ambiguous(vec![id(0xab), id(0xac)])));
    for absent in ["", "beta", "AB", "abba", "%", "a'--", &"a".repeat(5000), id(9).as_str()] {
        assert_eq!(store.find(absent).await, Ok(Lookup::Absent), "{absent}");
    }
}

#[tokio::test]
async fn an_ambiguous_beginning_names_a_few() {
    let state = tempfile::tempdir().unwrap();
    let store = Store::open(state.path()).unwrap();
    for n in 0..16 {
        store.append(append(&id(0xf0 + n), 0, &["a"])).await.unwrap();
    }
    let Lookup::Ambiguous(ids) = store.find("f").await.unwrap() else { panic!("not ambiguous") };
    assert_eq!(ids.len(), AMBIGUOUS_MAX);
}

#[tokio::test]
async fn a_listing_shows_what_the_last_append_said() {
    let state = tempfile::tempdir().unwrap();
    let store = Store::open(state.path()).unwrap();
    let first = store.append(named(&id(2), 0, "alpha")).await.unwrap();
    store.append(append(&id(1), 0, &["a"])).await.unwrap();
    let later = WallTime(first[0].wall_time_ms + 5);
    let last =
        store.append(Append { summary: "later".into(), wall_time: later, ..append(&id(2), 1, &["b"]) }).await.unwrap();
    let sessions = store.sessions().await.unwrap();
    assert_eq!(sessions.len(), 2);
    assert_eq!(store.session_count().await, Ok(2));
    let session = store.session(&id(2)).await.unwrap().unwrap();
    assert!(sessions.contains(&session));
    assert_eq!(session.name.as_deref(), Some("alpha"), "an append that says nothing of the name leaves it");
    assert_eq!(session.summary, "later");
    assert_eq!(last[0].wall_time_ms, later.0);
    assert_eq!(session.created_ms, first[0].wall_time_ms);
    assert_eq!((session.head_seq, session.head_hash), (2, last[0].hash));
}

#[tokio::test]
async fn a_name_moves_on_when_it_is_free() {
    let state = tempfile::tempdir().unwrap();
    let store = Store::open(state.path()).unwrap();
    store.append(named(&id(1), 0, "alpha")).await.unwrap();
    store.append(named(&id(1), 1, "alpha")).await.expect("its own name is not taken");
    store.append(Append { name: Some(None), ..append(&id(1), 2, &["unnamed"]) }).await.unwrap();
    store.append(named(&id(2), 0, "alpha")).await.unwrap();
    assert_eq!(found(store.find("alpha").await.unwrap()), id(2));
}

#[tokio::test]
async fn a_removed_session_leaves_nothing() {
    let state = tempfile::tempdir().unwrap();
    let store = Store::open(state.path()).unwrap();
    let first = Append { request: Some(("r".into(), 1)), ..named(&id(1), 0, "alpha") };
    store.append(first.clone()).await.unwrap();
    store.append(append(&id(2), 0, &["stays"])).await.unwrap();
    store.remove_session(&id(1)).await.unwrap();
    assert_eq!(store.remove_session(&id(1)).await, Err(StoreError::NoSession));
    assert!(all_rows(&store, &id(1)).await.is_empty());
    assert_eq!(all_rows(&store, &id(2)).await.len(), 1);
    store.append(first).await.expect("name, request id and sequence are free again");
}
