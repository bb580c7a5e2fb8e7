//! What stands around a body, and how a turn may stand at its end.

use serde::{Deserialize, Serialize};

use super::Body;
use crate::domain::ids::SessionId;
use crate::domain::time::WallTime;

/// A durable event of one session.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The session.
    pub session: SessionId,
    /// Dense from 1 in its session.
    pub seq: u64,
    /// The turn it belongs to; 0: none.
    pub turn: u64,
    /// When it was appended.
    pub time: WallTime,
    /// What happened.
    pub body: Body,
}

/// How a turn stands at the end of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnStatus {
    /// The model answered.
    Completed,
    /// Parked until approvals are answered; the turn is still open.
    Interrupted,
    /// Cancelled by a person.
    Cancelled,
    /// It failed.
    Failed,
}
