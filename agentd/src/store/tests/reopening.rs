use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::store::{Store, StoreError};

use super::{all_rows, append, bodies, id, tamper};

#[tokio::test]
async fn a_journal_goes_on_where_it_was() {
    let state = tempfile::tempdir().unwrap();
    let first = Store::open(state.path()).unwrap();
    first.append(append(&id(1), 0, &["a"])).await.unwrap();
    let blob = first.put_blob(b"big".to_vec()).await.unwrap();
    first.close().await.unwrap();

    let second = Store::open(state.path()).unwrap();
    assert_eq!(second.install_id(), first.install_id());
    assert_eq!(second.install_id().len(), 16);
    assert_eq!((first.epoch(), second.epoch()), (1, 2));
    second.append(append(&id(1), 1, &["b"])).await.unwrap();
    assert_eq!(bodies(&all_rows(&second, &id(1)).await), ["a", "b"]);
    assert_eq!(second.verify(&id(1), ()).await.unwrap().0.rows, 2, "the chain goes over a restart");
    assert_eq!(second.blob(&blob).await.unwrap(), b"big");
}

#[tokio::test]
async fn what_was_appended_survives_a_daemon_that_never_closed() {
    let state = tempfile::tempdir().unwrap();
    let copy = tempfile::tempdir().unwrap();
    let store = Store::open(state.path()).unwrap();
    store.append(append(&id(1), 0, &["a"])).await.unwrap();
    // What a dead daemon leaves: the file and its log, as they are on the disk at this instant.
    for name in ["journal.db", "journal.db-wal"] {
        fs::copy(state.path().join(name), copy.path().join(name)).unwrap();
    }
    let found = Store::open(copy.path()).unwrap();
    assert_eq!(bodies(&all_rows(&found, &id(1)).await), ["a"]);
}

#[tokio::test]
async fn a_later_start_shuts_the_earlier_out() {
    let state = tempfile::tempdir().unwrap();
    let old = Store::open(state.path()).unwrap();
    old.append(append(&id(1), 0, &["a"])).await.unwrap();
    let new = Store::open(state.path()).unwrap();
    assert_eq!(old.append(append(&id(1), 1, &["stale"])).await, Err(StoreError::Superseded));
    assert_eq!(old.remove_session(&id(1)).await, Err(StoreError::Superseded));
    assert_eq!(old.fatal().await, StoreError::Superseded);
    new.append(append(&id(1), 1, &["b"])).await.unwrap();
    assert_eq!(bodies(&all_rows(&new, &id(1)).await), ["a", "b"]);
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let state = tempfile::tempdir().unwrap();
    let store = Store::open(state.path()).unwrap();
    store.append(append(&id(1), 0, &["a"])).await.unwrap();
    store.close().await.unwrap();
    assert_eq!(store.append(append(&id(1), 1, &["b"])).await, Err(StoreError::Closed));
    assert_eq!(store.sessions().await, Err(StoreError::Closed));
    assert_eq!(store.close().await, Err(StoreError::Closed));
    assert_eq!(store.fatal().await, StoreError::Closed);
    assert_eq!(fs::metadata(state.path().join("journal.db-wal")).map_or(0, |log| log.len()), 0);
}

#[tokio::test]
async fn nobody_else_may_read_the_files() {
    let state = tempfile::tempdir().unwrap();
    let store = Store::open(state.path()).unwrap();
    store.append(append(&id(1), 0, &["a"])).await.unwrap();
    for name in ["journal.db", "journal.db-wal", "journal.db-shm"] {
        assert_eq!(fs::metadata(state.path().join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
    assert_eq!(fs::metadata(state.path().join("blobs")).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::read_dir(state.path()).unwrap().count(), 4, "nothing is left of its making");
}

#[tokio::test]
async fn a_journal_of_a_later_agentd_is_refused_and_left_alone() {
    let state = tempfile::tempdir().unwrap();
    Store::open(state.path()).unwrap().close().await.unwrap();
    tamper(state.path(), "PRAGMA user_version = 99");
    let before = fs::read(state.path().join("journal.db")).unwrap();
    let error = Store::open(state.path()).err().unwrap();
    assert!(matches!(error, StoreError::Newer { found: 99, known: 2, .. }), "{error}");
    assert!(error.to_string().contains("schema version 99"), "{error}");
    assert_eq!(fs::read(state.path().join("journal.db")).unwrap(), before);
}

#[test]
fn a_later_schema_that_is_still_in_the_log_is_refused_too() {
    let state = tempfile::tempdir().unwrap();
    let _open = Store::open(state.path()).unwrap();
    tamper(state.path(), "PRAGMA user_version = 99");
    let error = Store::open(state.path()).err().unwrap();
    assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
}

#[test]
fn a_making_that_was_cut_short_is_made_anew() {
    let state = tempfile::tempdir().unwrap();
    fs::write(state.path().join("journal.new"), "half").unwrap();
    fs::write(state.path().join("journal.new-wal"), "half").unwrap();
    assert_eq!(Store::open(state.path()).unwrap().epoch(), 1);
    assert!(!state.path().join("journal.new").exists());
}
