//! Rows of the journal as events.

use crate::domain::event::{Body, Event};
use crate::domain::time::WallTime;
use crate::store::Row;

use super::error::SessionError;

/// The event that a row holds.
pub(super) fn event_of(row: Row) -> Result<Event, SessionError> {
    let body = Body::decode(&row.kind, &row.body)
        .map_err(|error| SessionError::Unreadable { session: row.session.to_string(), why: error.to_string() })?;
    Ok(Event { session: row.session, seq: row.seq, turn: row.turn, time: WallTime(row.wall_time_ms), body })
}
