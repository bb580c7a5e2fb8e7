use std::fs::{self, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};

use rusqlite::Connection;

use crate::store::{Fault, FaultKind, Store, StoreError};

use super::{append, id, tamper};

/// A journal with rows in it, closed.
async fn written() -> tempfile::TempDir {
    let state = tempfile::tempdir().unwrap();
    let store = Store::open(state.path()).unwrap();
    let body = "x".repeat(2000);
    for n in 0..8 {
        store.append(append(&id(1), n * 3, &[&body, &body, &n.to_string()])).await.unwrap();
    }
    store.append(append(&id(2), 0, &["a", "b"])).await.unwrap();
    store.close().await.unwrap();
    state
}

#[tokio::test]
async fn any_change_of_a_row_shows() {
    use FaultKind::{Changed, Head, Missing, Unchained};
    let cases = [
        ("UPDATE events SET body = 'y' WHERE seq = 5", 5, Changed),
        ("UPDATE events SET turn = 2 WHERE seq = 5", 5, Changed),
        ("UPDATE events SET epoch = 2 WHERE seq = 5", 5, Changed),
        ("UPDATE events SET wall_time_ms = wall_time_ms + 1 WHERE seq = 5", 5, Changed),
        ("UPDATE events SET kind = 'other' WHERE seq = 5", 5, Changed),
        ("UPDATE events SET turn = -1 WHERE seq = 5", 5, Changed),
        ("UPDATE events SET hash = zeroblob(32) WHERE seq = 5", 5, Changed),
        ("UPDATE events SET hash = x'00' WHERE seq = 5", 5, Changed),
        ("UPDATE events SET body = CAST(x'ff' AS TEXT) WHERE seq = 5", 5, Changed),
        ("DELETE FROM events WHERE seq = 5", 5, Missing),
        ("DELETE FROM events WHERE seq = 1", 1, Missing),
        ("DELETE FROM events WHERE seq > 20", 21, Missing),
        (
            "UPDATE events SET seq = 99 WHERE seq = 5; UPDATE events SET seq = 5 WHERE seq = 6;
             UPDATE events SET seq = 6 WHERE seq = 99",
            5,
            Changed,
        ),
        // A row of another session, whole, with this session's id: its own hash covers the session.
        (
            "DELETE FROM events WHERE session LIKE '01%' AND seq = 1;
             UPDATE events SET session = (SELECT id FROM sessions WHERE id LIKE '01%') WHERE session LIKE '02%' AND seq = 1",
            1,
            Changed,
        ),
        (
            "UPDATE events SET (prev_hash, hash) = (SELECT prev_hash, hash FROM events WHERE session LIKE '01%' AND seq = 4)
             WHERE session LIKE '01%' AND seq = 5",
            5,
            Changed,
        ),
        ("UPDATE sessions SET head_seq = 23", 24, Head),
        ("UPDATE sessions SET head_hash = zeroblob(32)", 24, Head),
    ];
    for (sql, seq, kind) in cases {
        let state = written().await;
        tamper(state.path(), sql);
        let store = Store::open(state.path()).unwrap();
        assert_eq!(store.verify(&id(1), ()).await.unwrap().0.fault, Some(Fault { seq, kind }), "{sql}");
    }
    let state = written().await;
    rehash_from(&state, 5);
    let store = Store::open(state.path()).unwrap();
    assert_eq!(
        store.verify(&id(1), ()).await.unwrap().0.fault,
        Some(Fault { seq: 6, kind: Unchained }),
        "a forged hash"
    );
}

/// Every bit of the file that counts: a flip is told, or nothing that can be read has changed.
#[tokio::test]
async fn any_flipped_bit_is_told_or_harmless() {
    let whole = fs::read(written().await.path().join("journal.db")).unwrap();
    let original = {
        let state = written().await;
        fs::write(state.path().join("journal.db"), &whole).unwrap();
        content(&Store::open(state.path()).unwrap()).await
    };
    let mut told = 0;
    // A stride that is prime to the size of a page meets every kind of byte; the bit changes with it.
    let places: Vec<usize> = (0..whole.len()).step_by(661).collect();
    for (n, &at) in places.iter().enumerate() {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (n % 8);
        let state = tempfile::tempdir().unwrap();
        fs::write(state.path().join("journal.db"), &flipped).unwrap();
        let Ok(store) = Store::open(state.path()) else {
            told += 1;
            continue;
        };
        let file = store.verify_file().await.unwrap();
        let mut faults = file.faults;
        for id in &file.sessions {
            match store.verify(id, ()).await {
                Ok((verified, ())) => faults.extend(verified.fault.map(|fault| fault.kind.to_string())),
                Err(error) => faults.push(error.to_string()),
            }
        }
        if faults.is_empty() {
            assert_eq!(content(&store).await, original, "bit {} of byte {at} was not missed", n % 8);
        } else {
            told += 1;
        }
    }
    assert!(told * 4 > places.len(), "{told} of {} were told", places.len());
}

/// Everything that the chain covers.
async fn content(store: &Store) -> Vec<crate::store::Row> {
    let mut rows = Vec::new();
    for session in store.sessions().await.unwrap() {
        rows.extend(store.rows(&session.id, 1, usize::MAX).await.unwrap());
    }
    // When a session was made, by which they are listed, is compared with its first row where rows are understood.
    rows.sort_by_key(|row| (row.session.clone(), row.seq));
    rows
}

#[tokio::test]
async fn what_belongs_to_no_session_and_a_damaged_blob_are_told() {
    let state = written().await;
    let store = Store::open(state.path()).unwrap();
    assert_eq!(store.verify_file().await.unwrap().faults, [""; 0]);
    let blob = store.put_blob(b"big".to_vec()).await.unwrap();
    assert_eq!(store.verify_blobs().await.unwrap(), [""; 0]);
    fs::write(state.path().join("blobs").join(&blob.as_str()[..2]).join(blob.as_str()), "bad").unwrap();
    let faults = store.verify_blobs().await.unwrap();
    assert!(faults.len() == 1 && faults[0].contains(blob.as_str()), "{faults:?}");
    tamper(state.path(), "DELETE FROM sessions WHERE id LIKE '02%'");
    let faults = store.verify_file().await.unwrap().faults;
    assert!(faults.len() == 1 && faults[0].contains("of a session \"0202"), "{faults:?}");
}

/// Gives a row another body and the hash that goes with it, as a forger would who stops there.
fn rehash_from(state: &tempfile::TempDir, seq: u64) {
    use crate::store::chain::{ChainHash, Link};
    let connection = Connection::open(state.path().join("journal.db")).unwrap();
    let session = id(1);
    let (turn, epoch, wall_time_ms, prev): (i64, i64, i64, ChainHash) = connection
        .query_row(
            "SELECT turn, epoch, wall_time_ms, prev_hash FROM events WHERE session = ?1 AND seq = ?2",
            rusqlite::params![session.as_str(), seq.cast_signed()],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )
        .unwrap();
    let link = Link {
        session: session.as_str(),
        seq,
        turn: turn.cast_unsigned(),
        epoch: epoch.cast_unsigned(),
        wall_time_ms,
        kind: "kind",
        body: "forged",
    };
    connection
        .execute(
            "UPDATE events SET body = 'forged', hash = ?1 WHERE session = ?2 AND seq = ?3",
            rusqlite::params![link.hash(prev), session.as_str(), seq.cast_signed()],
        )
        .unwrap();
}

#[tokio::test]
async fn an_untouched_journal_verifies() {
    let state = written().await;
    let store = Store::open(state.path()).unwrap();
    let (verified, ()) = store.verify(&id(1), ()).await.unwrap();
    assert_eq!((verified.rows, verified.fault), (24, None));
    assert_eq!(verified.head, store.session(&id(1)).await.unwrap().unwrap().head_hash);
    assert_eq!(store.verify(&id(3), ()).await, Err(StoreError::NoSession));
}

#[tokio::test]
async fn a_file_cut_short_is_told_and_left_as_it_is() {
    let whole = fs::read(written().await.path().join("journal.db")).unwrap();
    for length in [0, 7, 99, 100, 4096, whole.len() / 2, whole.len() - 4096, whole.len() - 1] {
        let state = tempfile::tempdir().unwrap();
        let file = state.path().join("journal.db");
        fs::write(&file, &whole[..length]).unwrap();
        let error = Store::open(state.path()).err().unwrap_or_else(|| panic!("{length} bytes were opened"));
        assert!(matches!(error, StoreError::Corrupt { .. }), "{length}: {error}");
        assert!(error.to_string().contains("journal.db is damaged"), "{error}");
        assert_eq!(fs::read(&file).unwrap(), &whole[..length], "{length}");
    }
}

#[tokio::test]
async fn a_page_of_rubbish_is_told_where_it_is_read_and_spares_the_rest() {
    let state = written().await;
    let path = state.path().join("journal.db");
    let root: i64 = Connection::open(&path)
        .unwrap()
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'events'", [], |row| row.get(0))
        .unwrap();
    let mut file = OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(u64::try_from(root - 1).unwrap() * 4096)).unwrap();
    file.write_all(&[0xff; 4096]).unwrap();
    drop(file);
    let store = Store::open(state.path()).unwrap();
    assert!(matches!(store.rows(&id(1), 1, 9).await, Err(StoreError::Corrupt { .. })));
    assert!(matches!(store.append(append(&id(1), 24, &["x"])).await, Err(StoreError::Corrupt { .. })));
    assert_eq!(store.sessions().await.unwrap().len(), 2);
}

#[test]
fn what_is_no_journal_is_left_alone() {
    let state = tempfile::tempdir().unwrap();
    let file = state.path().join("journal.db");
    fs::write(&file, "These are notes of somebody, and they are longer than a header has bytes. ".repeat(9)).unwrap();
    assert!(matches!(Store::open(state.path()).err(), Some(StoreError::Corrupt { .. })));
    fs::remove_file(&file).unwrap();
    Connection::open(&file).unwrap().execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1)").unwrap();
    assert_eq!(Store::open(state.path()).err(), Some(StoreError::Foreign(file.clone())));
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    assert!(matches!(Store::open(state.path()).err(), Some(StoreError::Io(_))));
}

#[test]
fn a_log_without_its_journal_is_not_overwritten() {
    let state = tempfile::tempdir().unwrap();
    fs::write(state.path().join("journal.db-wal"), "rows that somebody may still want").unwrap();
    assert!(matches!(Store::open(state.path()).err(), Some(StoreError::Corrupt { .. })));
    assert!(!state.path().join("journal.db").exists());
}
