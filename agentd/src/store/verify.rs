//! Whether a session's rows are the ones that were appended: dense, chained, and ending at the head.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::domain::ids::SessionId;

use super::chain::{ChainHash, Link};
use super::integer;
use super::query;
use super::row::{Row, SessionRow};

/// What a walk over a session's rows found, all in one snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Rows that are as they were appended, from the first on.
    pub rows: u64,
    /// The hash of the last of them. Kept elsewhere, it shows that no row was cut off behind it.
    pub head: ChainHash,
    /// The first thing that is wrong.
    pub fault: Option<Fault>,
    /// What stands beside the rows and is not covered by their hashes.
    pub beside: Beside,
}

/// What is stored beside a session's rows, so that it need not be folded from them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// The session as listings show it.
    pub session: SessionRow,
    /// The turn that each request id started.
    pub requests: BTreeMap<String, u64>,
}

/// Something wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The row's sequence number.
    pub seq: u64,
    /// What is wrong.
    pub kind: FaultKind,
}

/// What can be wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultKind {
    /// It is not there.
    #[error("the row is missing")]
    Missing,
    /// It does not follow the row before it.
    #[error("the row does not follow the one before it")]
    Unchained,
    /// Its content is not what its hash says.
    #[error("the row was changed after it was written")]
    Changed,
    /// The session's head says there are no rows from here on, or other ones.
    #[error("the rows do not end where the session's head says")]
    Head,
}

/// Sees the rows of a walk.
pub trait Visit: Send + 'static {
    /// The next row, as it was appended.
    fn row(&mut self, row: Row);
}

impl Visit for () {
    fn row(&mut self, _: Row) {}
}

/// Walks a session's rows in one snapshot and shows each that is as it was appended. `None`: no such session.
pub(super) fn verify(
    connection: &mut Connection,
    id: &SessionId,
    mut visit: impl FnMut(Row),
) -> rusqlite::Result<Option<Verified>> {
    let snapshot = connection.transaction()?;
    let Some(session) = query::session(&snapshot, id)? else { return Ok(None) };
    let requests = requests(&snapshot, id)?;
    let (head_seq, head_hash) = (session.head_seq, session.head_hash);
    let beside = Beside { session, requests };
    let mut verified = Verified { rows: 0, head: ChainHash::START, fault: None, beside };
    walk(&snapshot, id, &mut verified, &mut visit)?;
    if verified.fault.is_none() && (verified.rows, verified.head) != (head_seq, head_hash) {
        let (seq, kind) = if verified.rows < head_seq {
            (verified.rows + 1, FaultKind::Missing)
        } else {
            (verified.rows, FaultKind::Head)
        };
        verified.fault = Some(Fault { seq, kind });
    }
    Ok(Some(verified))
}

fn requests(connection: &Connection, id: &SessionId) -> rusqlite::Result<BTreeMap<String, u64>> {
    connection
        .prepare_cached("SELECT request_id, turn FROM turn_requests WHERE session = ?1")?
        .query_map([id.as_str()], |row| Ok((row.get(0)?, integer::unsigned(row, 1)?)))?
        .collect()
}

fn walk(
    connection: &Connection,
    id: &SessionId,
    verified: &mut Verified,
    visit: &mut impl FnMut(Row),
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, turn, epoch, wall_time_ms, kind, body, prev_hash, hash FROM events WHERE session = ?1 ORDER BY seq",
    )?;
    let mut found = statement.query([id.as_str()])?;
    while let Some(row) = found.next()? {
        match check(row, id, verified) {
            Ok(row) => {
                verified.rows += 1;
                verified.head = row.hash;
                visit(row);
            }
            Err(kind) => {
                verified.fault = Some(Fault { seq: verified.rows + 1, kind });
                break;
            }
        }
    }
    Ok(())
}

fn check(found: &rusqlite::Row<'_>, id: &SessionId, before: &Verified) -> Result<Row, FaultKind> {
    // A value that cannot even be read as what it should be was changed like any other.
    let changed = |_| FaultKind::Changed;
    let seq = integer::unsigned(found, 0).map_err(changed)?;
    if seq != before.rows + 1 {
        return Err(FaultKind::Missing);
    }
    let row = Row {
        session: id.clone(),
        seq,
        turn: integer::unsigned(found, 1).map_err(changed)?,
        epoch: integer::unsigned(found, 2).map_err(changed)?,
        wall_time_ms: found.get(3).map_err(changed)?,
        kind: found.get(4).map_err(changed)?,
        body: found.get(5).map_err(changed)?,
        prev_hash: found.get(6).map_err(changed)?,
        hash: found.get(7).map_err(changed)?,
    };
    if Link::of(&row).hash(row.prev_hash) != row.hash {
        Err(FaultKind::Changed)
    } else if row.prev_hash != before.head {
        Err(FaultKind::Unchained)
    } else {
        Ok(row)
    }
}
