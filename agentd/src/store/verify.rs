//! Whether a session's rows are the ones that were appended: dense, chained, and ending at the head.

use rusqlite::{Connection, OptionalExtension as _};

use super::chain::{ChainHash, Link};
use super::integer;

/// What a walk over a session's rows found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Rows that are as they were appended, from the first on.
    pub rows: u64,
    /// The hash of the last of them. Kept elsewhere, it shows that no row was cut off behind it.
    pub head: ChainHash,
    /// The first thing that is wrong.
    pub fault: Option<Fault>,
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

/// Walks a session's rows in one snapshot. `None`: no such session.
pub(super) fn verify(connection: &mut Connection, session: &str) -> rusqlite::Result<Option<Verified>> {
    let snapshot = connection.transaction()?;
    let head = snapshot
        .prepare_cached("SELECT head_seq, head_hash FROM sessions WHERE id = ?1")?
        .query_row([session], |row| Ok((integer::unsigned(row, 0)?, row.get(1)?)))
        .optional()?;
    let Some((head_seq, head_hash)) = head else { return Ok(None) };
    let mut verified = walk(&snapshot, session)?;
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

fn walk(connection: &Connection, session: &str) -> rusqlite::Result<Verified> {
    let mut verified = Verified { rows: 0, head: ChainHash::START, fault: None };
    let mut statement = connection.prepare_cached(
        "SELECT seq, turn, epoch, wall_time_ms, kind, body, prev_hash, hash FROM events WHERE session = ?1 ORDER BY seq",
    )?;
    let mut found = statement.query([session])?;
    while let Some(row) = found.next()? {
        match check(row, session, &verified) {
            Ok(hash) => {
                verified.rows += 1;
                verified.head = hash;
            }
            Err(kind) => {
                verified.fault = Some(Fault { seq: verified.rows + 1, kind });
                break;
            }
        }
    }
    Ok(verified)
}

fn check(row: &rusqlite::Row<'_>, session: &str, before: &Verified) -> Result<ChainHash, FaultKind> {
    // A value that cannot even be read as what it should be was changed like any other.
    let changed = |_| FaultKind::Changed;
    let seq = integer::unsigned(row, 0).map_err(changed)?;
    if seq != before.rows + 1 {
        return Err(FaultKind::Missing);
    }
    let kind: String = row.get(4).map_err(changed)?;
    let body: String = row.get(5).map_err(changed)?;
    let link = Link {
        session,
        seq,
        turn: integer::unsigned(row, 1).map_err(changed)?,
        epoch: integer::unsigned(row, 2).map_err(changed)?,
        wall_time_ms: row.get(3).map_err(changed)?,
        kind: &kind,
        body: &body,
    };
    let prev: ChainHash = row.get(6).map_err(changed)?;
    let hash: ChainHash = row.get(7).map_err(changed)?;
    if link.hash(prev) != hash {
        Err(FaultKind::Changed)
    } else if prev != before.head {
        Err(FaultKind::Unchained)
    } else {
        Ok(hash)
    }
}
