use std::fs;
use std::path::Path;

use rusqlite::{Error as Sqlite, ffi};

use crate::store::StoreError;
use crate::store::error::is_failed_sync;
use crate::store::group::{Answer, Change, Committer};

use super::{append, committer, id};

fn set_pages_max(committer: &Committer, pages: u32) {
    committer.connection().pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
}

fn commit_one(committer: &mut Committer, n: u8, head: u64, body: &str) -> Answer {
    committer.commit(&[Change::Append(Box::new(append(&id(n), head, &[body])))]).remove(0)
}

#[test]
fn a_full_disk_refuses_keeps_what_was_acknowledged_and_goes_on_when_there_is_room() {
    let state = tempfile::tempdir().unwrap();
    let mut committer = committer(state.path());
    set_pages_max(&committer, 40);
    let body = "x".repeat(3000);
    let mut head = 0;
    let refused = loop {
        match commit_one(&mut committer, 1, head, &body) {
            Ok(rows) => head = rows[0].seq,
            Err(error) => break error,
        }
    };
    assert_eq!(refused, StoreError::Full);
    assert!(head > 3, "{head}");
    assert_eq!(committer.fatal(), None);
    set_pages_max(&committer, 4000);
    assert_eq!(commit_one(&mut committer, 1, head, &body).unwrap()[0].seq, head + 1);
    let count: i64 = committer.connection().query_row("SELECT count(*) FROM events", [], |row| row.get(0)).unwrap();
    assert_eq!(count.cast_unsigned(), head + 1);
}

#[test]
fn one_append_too_big_for_the_disk_does_not_take_its_group_with_it() {
    let state = tempfile::tempdir().unwrap();
    let mut committer = committer(state.path());
    set_pages_max(&committer, 40);
    let big = "x".repeat(1 << 20);
    let changes = [(1, "small"), (2, big.as_str()), (3, "small too")]
        .map(|(n, body)| Change::Append(Box::new(append(&id(n), 0, &[body]))));
    let answers = committer.commit(&changes);
    assert!(answers[0].is_ok());
    assert_eq!(answers[1], Err(StoreError::Full));
    assert!(answers[2].is_ok());
}

#[test]
fn the_log_is_carried_over_before_it_grows_long() {
    let state = tempfile::tempdir().unwrap();
    let mut committer = committer(state.path());
    let body = "x".repeat(100_000);
    for head in 0..200 {
        commit_one(&mut committer, 1, head, &body).unwrap();
        committer.checkpoint_when_due();
    }
    let log = fs::metadata(state.path().join("journal.db-wal")).unwrap().len();
    assert!(log < 6 << 20, "{log} bytes after 20 MB");
}

#[test]
fn a_failed_sync_is_told_from_every_other_failure() {
    let failure = |code| Sqlite::SqliteFailure(ffi::Error::new(code), None);
    assert!(is_failed_sync(&failure(ffi::SQLITE_IOERR_FSYNC)));
    assert!(is_failed_sync(&failure(ffi::SQLITE_IOERR_DIR_FSYNC)));
    assert!(!is_failed_sync(&failure(ffi::SQLITE_IOERR_WRITE)));
    let of = |code| StoreError::of_sqlite(&failure(code), Path::new("/proc/self/status"));
    assert_eq!(of(ffi::SQLITE_FULL), StoreError::Full);
    assert_eq!(of(ffi::SQLITE_READONLY_DBMOVED), StoreError::ReadOnly);
    assert_eq!(of(ffi::SQLITE_BUSY_SNAPSHOT), StoreError::Busy);
    assert!(matches!(of(ffi::SQLITE_CORRUPT_INDEX), StoreError::Corrupt { .. }));
    let of = |code| StoreError::of_sqlite(&failure(code), &std::env::temp_dir().join("journal.db"));
    assert!(matches!(of(ffi::SQLITE_IOERR_READ), StoreError::Io(_)));
}
