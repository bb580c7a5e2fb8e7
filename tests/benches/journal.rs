//! What a durable event costs: through the journal, in SQLite alone, and as a bare write that is waited for.
//!
//! SQLite alone inserts a row of the same columns and the same size in the same mode (WAL, synchronous=FULL), one
//! transaction each.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a benchmark that cannot go on says why
#![allow(clippy::print_stdout)] // and its figures

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use agentd::domain::ids::SessionId;
use agentd::domain::time::WallTime;
use agentd::store::{Append, NewRow, Store};
use rusqlite::{Connection, params};
use tokio::task::JoinSet;

use measure::{Samples, ratio, table};

mod measure;

const ROUNDS: usize = 400;
const CALLERS: usize = 64;
/// Events of each caller in one round.
const EVENTS_EACH: usize = 8;
const CROWD_ROUNDS: usize = 8;
/// However slow the disk is, each half of the run ends.
const TIME_MAX: Duration = Duration::from_secs(25);
/// About what the end of a command and the line of a session take.
const BODY_BYTES: usize = 400;
const SUMMARY_BYTES: usize = 600;
const KIND: &str = "tool.done";
const PAGE_BYTES: usize = 4096;

#[tokio::main]
async fn main() {
    // On the disk of the build, because a temporary directory may be memory.
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let store = Store::open(directory.path()).unwrap();
    let mut raw = Raw::open(&directory.path().join("raw.db"));
    let file = File::create(directory.path().join("bare")).unwrap();
    one_caller(&store, &mut raw, &file).await;
    many_callers(&store, &mut raw).await;
    store.close().await.unwrap();
}

async fn one_caller(store: &Store, raw: &mut Raw, file: &File) {
    let mut journal = Samples::new("journal: append");
    let mut sqlite = Samples::new("SQLite: insert and commit");
    let mut bare = Samples::new("write of one page and fdatasync");
    let session = SessionId::from_random([0xff; 16]);
    let began = Instant::now();
    for head in 0..ROUNDS as u64 {
        journal.push(append(store, &session, head).await);
        sqlite.push(raw.insert());
        bare.push(write(file, head));
        if began.elapsed() > TIME_MAX {
            break;
        }
    }
    println!("one event, one caller");
    table(&[&journal, &sqlite, &bare]);
    ratio(&journal, &sqlite);
}

async fn many_callers(store: &Store, raw: &mut Raw) {
    let mut journal = Samples::new("journal: all of them");
    let mut sqlite = Samples::new("SQLite: one commit each, one connection");
    let began = Instant::now();
    for round in 0..CROWD_ROUNDS {
        let start = Instant::now();
        let mut callers = JoinSet::new();
        for caller in 0..CALLERS {
            let store = store.clone();
            let session =
                SessionId::from_random((round * CALLERS + caller).to_le_bytes().repeat(2).try_into().unwrap());
            callers.spawn(async move {
                for head in 0..EVENTS_EACH as u64 {
                    append(&store, &session, head).await;
                }
            });
        }
        callers.join_all().await;
        journal.push(start.elapsed());
        let start = Instant::now();
        for _ in 0..CALLERS * EVENTS_EACH {
            raw.insert();
        }
        sqlite.push(start.elapsed());
        if began.elapsed() > TIME_MAX {
            break;
        }
    }
    println!("{CALLERS} callers, {EVENTS_EACH} events each");
    table(&[&journal, &sqlite]);
    ratio(&sqlite, &journal);
}

async fn append(store: &Store, session: &SessionId, head: u64) -> Duration {
    let append = Append {
        session: session.clone(),
        expected_head: head,
        wall_time: WallTime::now(),
        rows: vec![NewRow { turn: 1, kind: KIND.to_owned(), body: "x".repeat(BODY_BYTES) }],
        summary: "x".repeat(SUMMARY_BYTES),
        name: None,
        request: None,
        usage: None,
    };
    let began = Instant::now();
    store.append(append).await.unwrap();
    began.elapsed()
}

fn write(file: &File, page: u64) -> Duration {
    let began = Instant::now();
    file.write_all_at(&[b'x'; PAGE_BYTES], page * PAGE_BYTES as u64).unwrap();
    file.sync_data().unwrap();
    began.elapsed()
}

/// A table like the journal's, and nothing else.
struct Raw {
    connection: Connection,
    session: String,
    seq: i64,
}

impl Raw {
    fn open(file: &Path) -> Self {
        let connection = Connection::open(file).unwrap();
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).unwrap();
        connection.pragma_update(None, "synchronous", "FULL").unwrap();
        let table = "CREATE TABLE events (
            session TEXT NOT NULL, seq INTEGER NOT NULL, turn INTEGER NOT NULL, epoch INTEGER NOT NULL,
            wall_time_ms INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
            prev_hash BLOB NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (session, seq)) STRICT";
        connection.execute(table, []).unwrap();
        Self { connection, session: "f".repeat(32), seq: 0 }
    }

    fn insert(&mut self) -> Duration {
        self.seq += 1;
        let (body, hash) = ("x".repeat(BODY_BYTES), [7_u8; 32]);
        let began = Instant::now();
        self.connection
            .prepare_cached("INSERT INTO events VALUES (?1, ?2, 1, 1, ?3, ?4, ?5, ?6, ?7)")
            .unwrap()
            .execute(params![self.session, self.seq, WallTime::now().0, KIND, body, hash, hash])
            .unwrap();
        began.elapsed()
    }
}
