//! One append, inside the transaction of its group.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::chain::{ChainHash, Link};
use super::error::StoreError;
use super::integer;
use super::row::{Append, Row};
use super::usage;

/// Rows of one append at most.
pub const APPEND_ROWS_MAX: usize = 4096;

/// Bytes of the bodies of one append at most.
pub const APPEND_BYTES_MAX: usize = 64 << 20;

/// Bytes of a summary at most. A listing reads the summary of every session.
pub const SUMMARY_BYTES_MAX: usize = 1 << 20;

/// Why an append did not go in: refused for itself, or SQLite failed under it.
pub(super) enum Failed {
    Refused(StoreError),
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

/// Bytes that an append brings.
pub(super) fn bytes(append: &Append) -> usize {
    append.rows.iter().map(|row| row.kind.len() + row.body.len()).sum::<usize>() + append.summary.len()
}

/// Refuses what is outside the bounds, before it waits for anything.
pub(super) fn check(append: &Append) -> Result<(), StoreError> {
    if append.rows.is_empty() {
        Err(StoreError::Unfit("an append without rows"))
    } else if append.rows.len() > APPEND_ROWS_MAX || bytes(append) > APPEND_BYTES_MAX {
        Err(StoreError::Unfit("more rows or bytes than one append takes"))
    } else if append.summary.len() > SUMMARY_BYTES_MAX {
        Err(StoreError::Unfit("a summary longer than a listing takes"))
    } else {
        Ok(())
    }
}

/// Appends the rows if nothing stands against it. The caller undoes what was done of an append that failed.
pub(super) fn apply(connection: &Connection, epoch: u64, append: &Append) -> Result<Vec<Row>, Failed> {
    let (head, hash) = head(connection, append)?;
    take_request(connection, append)?;
    let wall_time_ms = append.wall_time.0;
    let rows = insert_rows(connection, epoch, append, (head, hash), wall_time_ms)?;
    let (head, hash) = rows.last().map_or((head, hash), |row| (row.seq, row.hash));
    connection
        .prepare_cached(
            "INSERT INTO sessions (id, created_ms, head_seq, head_hash, summary) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (id) DO UPDATE SET
                 head_seq = excluded.head_seq, head_hash = excluded.head_hash, summary = excluded.summary",
        )?
        .execute(params![append.session.as_str(), wall_time_ms, integer::column(head)?, hash, append.summary])?;
    if let Some((model, used)) = &append.usage {
        usage::add(connection, append.session.as_str(), model, append.wall_time, *used)?;
    }
    if let Some(name) = &append.name {
        rename(connection, append.session.as_str(), name.as_deref())?;
    }
    Ok(rows)
}

fn head(connection: &Connection, append: &Append) -> Result<(u64, ChainHash), Failed> {
    let (actual, hash) = connection
        .prepare_cached("SELECT head_seq, head_hash FROM sessions WHERE id = ?1")?
        .query_row([append.session.as_str()], |row| Ok((integer::unsigned(row, 0)?, row.get(1)?)))
        .optional()?
        .unwrap_or((0, ChainHash::START));
    if actual == append.expected_head {
        Ok((actual, hash))
    } else {
        Err(StoreError::Conflict { expected: append.expected_head, actual }.into())
    }
}

fn take_request(connection: &Connection, append: &Append) -> Result<(), Failed> {
    let Some((request_id, turn)) = &append.request else { return Ok(()) };
    let session = append.session.as_str();
    let used = connection
        .prepare_cached("SELECT turn FROM turn_requests WHERE session = ?1 AND request_id = ?2")?
        .query_row(params![session, request_id], |row| integer::unsigned(row, 0))
        .optional()?;
    if let Some(turn) = used {
        return Err(StoreError::RequestIdUsed { turn }.into());
    }
    connection
        .prepare_cached("INSERT INTO turn_requests (session, request_id, turn) VALUES (?1, ?2, ?3)")?
        .execute(params![session, request_id, integer::column(*turn)?])?;
    Ok(())
}

fn insert_rows(
    connection: &Connection,
    epoch: u64,
    append: &Append,
    (mut seq, mut hash): (u64, ChainHash),
    wall_time_ms: i64,
) -> Result<Vec<Row>, Failed> {
    let session = append.session.as_str();
    let mut insert = connection.prepare_cached(
        "INSERT INTO events (session, seq, turn, epoch, wall_time_ms, kind, body, prev_hash, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    let mut rows = Vec::with_capacity(append.rows.len());
    for new in &append.rows {
        seq += 1;
        let prev = hash;
        hash = Link { session, seq, turn: new.turn, epoch, wall_time_ms, kind: &new.kind, body: &new.body }.hash(prev);
        insert.execute(params![
            session,
            integer::column(seq)?,
            integer::column(new.turn)?,
            integer::column(epoch)?,
            wall_time_ms,
            new.kind,
            new.body,
            prev,
            hash
        ])?;
        rows.push(Row {
            session: append.session.clone(),
            seq,
            turn: new.turn,
            epoch,
            wall_time_ms,
            kind: new.kind.clone(),
            body: new.body.clone(),
            prev_hash: prev,
            hash,
        });
    }
    Ok(rows)
}

fn rename(connection: &Connection, session: &str, name: Option<&str>) -> Result<(), Failed> {
    if let Some(name) = name {
        let taken: bool = connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM sessions WHERE name = ?1 AND id <> ?2)")?
            .query_row([name, session], |row| row.get(0))?;
        if taken {
            return Err(StoreError::NameTaken(name.to_owned()).into());
        }
    }
    connection.prepare_cached("UPDATE sessions SET name = ?1 WHERE id = ?2")?.execute(params![name, session])?;
    Ok(())
}

/// Removes everything of a session.
pub(super) fn remove(connection: &Connection, session: &str) -> Result<(), Failed> {
    connection.prepare_cached("DELETE FROM turn_requests WHERE session = ?1")?.execute([session])?;
    connection.prepare_cached("DELETE FROM events WHERE session = ?1")?.execute([session])?;
    match connection.prepare_cached("DELETE FROM sessions WHERE id = ?1")?.execute([session])? {
        0 => Err(StoreError::NoSession.into()),
        _ => Ok(()),
    }
}
