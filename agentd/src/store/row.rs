//! What goes into the store and what comes out of it.

use crate::domain::ids::SessionId;
use crate::domain::message::Usage;
use crate::domain::time::WallTime;

use super::chain::ChainHash;

/// A row to be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRow {
    /// The turn it belongs to; 0: none.
    pub turn: u64,
    /// What kind of row it is.
    pub kind: String,
    /// Its content.
    pub body: String,
}

/// Rows of one session that become durable together, or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    /// The session; its first append makes it.
    pub session: SessionId,
    /// The sequence number of the session's last row, as the caller knows it; 0: it has none.
    pub expected_head: u64,
    /// The wall time of all of them: the caller has taken the events in with it before they are durable.
    pub wall_time: WallTime,
    /// The rows, in order.
    pub rows: Vec<NewRow>,
    /// What a listing shows of the session after these rows; opaque to the store, and small.
    pub summary: String,
    /// A change of the session's name, to another one or to none.
    pub name: Option<Option<String>>,
    /// A client's request id, unique in the session, and the turn it starts.
    pub request: Option<(String, u64)>,
    /// What a model was asked, which is added to the sums: the model's name, and what it came to.
    pub usage: Option<(String, Usage)>,
}

/// A durable row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The session.
    pub session: SessionId,
    /// Dense from 1 in its session.
    pub seq: u64,
    /// The turn it belongs to; 0: none.
    pub turn: u64,
    /// The start of the daemon that appended it.
    pub epoch: u64,
    /// When it was appended, in milliseconds since 1970.
    pub wall_time_ms: i64,
    /// What kind of row it is.
    pub kind: String,
    /// Its content.
    pub body: String,
    /// The hash of the row before it.
    pub prev_hash: ChainHash,
    /// Its link of the chain.
    pub hash: ChainHash,
}

/// A session as a listing shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// Its name, unique in this state directory.
    pub name: Option<String>,
    /// When its first row was appended, in milliseconds since 1970.
    pub created_ms: i64,
    /// The sequence number of its last row.
    pub head_seq: u64,
    /// The hash of its last row.
    pub head_hash: ChainHash,
    /// What the last append said of it.
    pub summary: String,
}

/// What one session used of one model on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageRow {
    /// The session's id; it may be gone.
    pub session: String,
    /// The model's name in the configuration.
    pub model: String,
    /// The day, UTC: `2026-01-31`.
    pub day: String,
    /// The sums.
    pub usage: Usage,
}

/// What a name, an id or the beginning of an id leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// This session.
    One(SessionRow),
    /// No session.
    Absent,
    /// Several sessions whose ids begin so: the first of them.
    Ambiguous(Vec<SessionId>),
}
