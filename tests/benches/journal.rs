//! What the journal's own work (sequence, hash chain, sessions, the way to the writer and back) costs beside SQLite alone.
//! Both are durable after each commit.
//!
//! `cargo bench -p tests --bench journal`

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)] // a benchmark says what it found
#![allow(missing_docs)] // it is a program

mod measured;

use std::path::Path;
use std::time::{Duration, Instant};

use agentd::domain::ids::SessionId;
use agentd::domain::time::WallTime;
use agentd::store::{Append, NewRow, Store};
use rusqlite::{Connection, params};

const COMMITS: usize = 1000;
const BODY_BYTES: usize = 512;
/// Sessions that append at the same time, whose rows share commits.
const SESSIONS: usize = 32;

fn main() {
    // Cargo also runs it, without this argument, as part of the tests.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let raw = measured::show("a commit of SQLite alone", raw_commits(&directory.path().join("raw.db")));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(directory.path()).unwrap();
        let one = measured::show("an append to the journal, one session", appends(&store, COMMITS).await);
        let began = Instant::now();
        let sessions = (0..SESSIONS).map(|_| appends(&store, COMMITS / SESSIONS));
        futures_util::future::join_all(sessions).await;
        let appended = u32::try_from(COMMITS / SESSIONS * SESSIONS).unwrap();
        let shared = began.elapsed() / appended;
        println!("{:<56} {:>9.3} ms", format!("an append, {SESSIONS} sessions at once"), shared.as_secs_f64() * 1e3);
        measured::ratio("the journal / SQLite alone, one session", one, raw);
        measured::ratio("the journal / SQLite alone, sessions at once", shared, raw);
        store.close().await.unwrap();
    });
}

/// One row a transaction, with the durability that the journal has.
fn raw_commits(path: &Path) -> Vec<Duration> {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "journal_mode", "wal").unwrap();
    connection.pragma_update(None, "synchronous", "full").unwrap();
    connection.execute_batch("CREATE TABLE rows (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT").unwrap();
    let body = body();
    let commit = |_| {
        let began = Instant::now();
        connection.prepare_cached("INSERT INTO rows (body) VALUES (?1)").unwrap().execute(params![body]).unwrap();
        began.elapsed()
    };
    (0..COMMITS).map(commit).collect()
}

fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

async fn appends(store: &Store, count: usize) -> Vec<Duration> {
    let session = SessionId::from_random(random());
    let mut times = Vec::with_capacity(count);
    let mut head = 0;
    for _ in 0..count {
        let append = Append {
            session: session.clone(),
            expected_head: head,
            rows: vec![NewRow { turn: 1, kind: "bench".to_owned(), body: body() }],
            summary: "{}".to_owned(),
            wall_time: WallTime::now(),
            name: None,
            request: None,
        };
        let began = Instant::now();
        let rows = store.append(append).await.unwrap();
        times.push(began.elapsed());
        head = rows.last().unwrap().seq;
    }
    times
}

fn body() -> String {
    "b".repeat(BODY_BYTES)
}
