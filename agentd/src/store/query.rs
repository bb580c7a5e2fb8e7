//! The queries.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::domain::ids::SessionId;

use super::integer;
use super::row::{Lookup, Row, SessionRow};

/// Bytes of bodies in one page of rows, past which no further row joins it.
pub const PAGE_BYTES_MAX: usize = 8 << 20;

/// Ids that an ambiguous lookup names at most.
pub const AMBIGUOUS_MAX: usize = 8;

const ID_LENGTH: usize = 32;

/// The rows of a session from a sequence number on: at most so many, and no more bytes than a page takes.
pub(super) fn rows(
    connection: &Connection,
    session: &SessionId,
    from_seq: u64,
    rows_max: usize,
) -> rusqlite::Result<Vec<Row>> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, turn, epoch, wall_time_ms, kind, body, prev_hash, hash FROM events
         WHERE session = ?1 AND seq >= ?2 ORDER BY seq",
    )?;
    let mut found = statement.query(params![session.as_str(), integer::bound(from_seq)])?;
    let mut rows = Vec::new();
    let mut bytes = 0;
    while rows.len() < rows_max && bytes < PAGE_BYTES_MAX {
        let Some(row) = found.next()? else { break };
        let row = Row {
            session: session.clone(),
            seq: integer::unsigned(row, 0)?,
            turn: integer::unsigned(row, 1)?,
            epoch: integer::unsigned(row, 2)?,
            wall_time_ms: row.get(3)?,
            kind: row.get(4)?,
            body: row.get(5)?,
            prev_hash: row.get(6)?,
            hash: row.get(7)?,
        };
        bytes += row.body.len();
        rows.push(row);
    }
    Ok(rows)
}

const SESSION: &str = "SELECT id, name, created_ms, head_seq, head_hash, summary FROM sessions";

/// The session of that id.
pub(super) fn session(connection: &Connection, id: &SessionId) -> rusqlite::Result<Option<SessionRow>> {
    one(connection, "WHERE id = ?1", id.as_str())
}

/// Every session, oldest first.
pub(super) fn sessions(connection: &Connection) -> rusqlite::Result<Vec<SessionRow>> {
    connection.prepare_cached(&format!("{SESSION} ORDER BY created_ms, id"))?.query_map([], session_row)?.collect()
}

/// How many sessions there are.
pub(super) fn session_count(connection: &Connection) -> rusqlite::Result<u64> {
    connection.prepare_cached("SELECT count(*) FROM sessions")?.query_row([], |row| integer::unsigned(row, 0))
}

/// The session that a person means: by whole id, else by name, else by the beginning of its id.
pub(super) fn find(connection: &Connection, text: &str) -> rusqlite::Result<Lookup> {
    let exact = match SessionId::try_from(text.to_owned()) {
        Ok(id) => session(connection, &id)?,
        Err(_) => None,
    };
    if let Some(found) = exact {
        return Ok(Lookup::One(found));
    }
    if let Some(found) = one(connection, "WHERE name = ?1", text)? {
        return Ok(Lookup::One(found));
    }
    let is_prefix = (1..ID_LENGTH).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if !is_prefix {
        return Ok(Lookup::Absent);
    }
    // 'g' sorts after every digit of an id.
    let found = connection
        .prepare_cached(&format!("{SESSION} WHERE id >= ?1 AND id < ?1 || 'g' ORDER BY id LIMIT ?2"))?
        .query_map(params![text, integer::bound(AMBIGUOUS_MAX as u64)], session_row)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(match <[SessionRow; 1]>::try_from(found) {
        Ok([one]) => Lookup::One(one),
        Err(found) if found.is_empty() => Lookup::Absent,
        Err(found) => Lookup::Ambiguous(found.into_iter().map(|session| session.id).collect()),
    })
}

fn one(connection: &Connection, condition: &str, key: &str) -> rusqlite::Result<Option<SessionRow>> {
    connection.prepare_cached(&format!("{SESSION} {condition}"))?.query_row([key], session_row).optional()
}

fn session_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<SessionRow> {
    let id: String = row.get(0)?;
    let id = SessionId::try_from(id)
        .map_err(|reason| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, reason.into()))?;
    Ok(SessionRow {
        id,
        name: row.get(1)?,
        created_ms: row.get(2)?,
        head_seq: integer::unsigned(row, 3)?,
        head_hash: row.get(4)?,
        summary: row.get(5)?,
    })
}
