//! The store against a real file.

mod appends;
mod damage;
mod disk;
mod lookups;
mod reopening;
mod usage;

use std::path::Path;

use rusqlite::Connection;

use crate::domain::ids::SessionId;
use crate::domain::time::WallTime;

use super::group::Committer;
use super::{Append, NewRow, Row, Store, epoch, file};

fn id(n: u8) -> SessionId {
    SessionId::from_random([n; 16])
}

fn append(session: &SessionId, expected_head: u64, bodies: &[&str]) -> Append {
    let rows = bodies.iter().map(|body| NewRow { turn: 1, kind: "kind".into(), body: (*body).to_owned() }).collect();
    let (session, wall_time) = (session.clone(), WallTime::now());
    Append { session, expected_head, wall_time, rows, summary: "{}".into(), name: None, request: None, usage: None }
}

fn named(session: &SessionId, expected_head: u64, name: &str) -> Append {
    Append { name: Some(Some(name.to_owned())), ..append(session, expected_head, &["named"]) }
}

fn bodies(rows: &[Row]) -> Vec<&str> {
    rows.iter().map(|row| row.body.as_str()).collect()
}

async fn all_rows(store: &Store, session: &SessionId) -> Vec<Row> {
    store.rows(session, 1, usize::MAX).await.unwrap()
}

/// Does to the journal's file what nobody should.
fn tamper(state_dir: &Path, sql: &str) {
    let connection = Connection::open(state_dir.join("journal.db")).unwrap();
    connection.execute_batch(sql).unwrap();
}

/// What the writer's thread has, without the thread.
fn committer(state_dir: &Path) -> Committer {
    let file = file::path(state_dir);
    let mut connection = file::open_writer(&file).unwrap();
    let (_, epoch) = epoch::raise(&mut connection).unwrap();
    Committer::new(connection, file, epoch).unwrap()
}
