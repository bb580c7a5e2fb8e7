//! Why a session refuses a request.

use crate::domain::ids::{CallId, SessionId};
use crate::sandbox::error::SandboxError;
use crate::store::StoreError;
use crate::turn::answer::Refusal;

/// Why a session refuses a request. Nothing of a refused request takes effect.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// A field is missing or out of range.
    #[error("{0}")]
    Invalid(String),
    /// No session has this id, prefix or name.
    #[error("no session {0}")]
    NotFound(String),
    /// Several sessions begin so.
    #[error("{0} is the beginning of several sessions' ids")]
    Ambiguous(String),
    /// Another session has this name.
    #[error("another session has the name {0}")]
    NameTaken(String),
    /// A turn is running.
    #[error("turn {0} of this session is running")]
    TurnRunning(u64),
    /// The turn waits for approvals.
    #[error("turn {turn} of session {session} waits for an approval")]
    AwaitingApproval {
        /// The session, by name where it has one.
        session: String,
        /// The turn.
        turn: u64,
        /// The calls that wait.
        calls: Vec<CallId>,
    },
    /// It is a sub-agent.
    #[error("this session is a sub-agent of session {parent}")]
    Subagent {
        /// Whose.
        parent: SessionId,
    },
    /// No turn is open.
    #[error("no turn of this session is open")]
    NoTurn,
    /// No turn is running that could take guidance.
    #[error("no turn of this session is running")]
    NothingToSteer,
    /// The request id was used for another message.
    #[error("the request id {0} was used for another message")]
    RequestIdReused(String),
    /// Answers were refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A limit of the configuration.
    #[error("{message}")]
    Limit {
        /// Which.
        message: String,
        /// What raises it.
        hint: String,
    },
    /// The model cannot be asked.
    #[error("{message}")]
    Model {
        /// Why.
        message: String,
        /// What mends it.
        hint: String,
    },
    /// The user's template gives no prompt.
    #[error("the system prompt cannot be made: {0}")]
    Prompt(String),
    /// The agent profile is not in the configuration.
    #[error("no agent profile {0} is configured")]
    NoSuchAgent(String),
    /// The sandbox.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The session has no container.
    #[error("session {0} has no container now")]
    NoContainer(String),
    /// The session has had one image only.
    #[error("session {0} has no earlier image")]
    NoEarlierImage(String),
    /// The journal.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A row that this daemon cannot read.
    #[error("the journal of session {session} cannot be read: {why}")]
    Unreadable {
        /// The session.
        session: String,
        /// Why.
        why: String,
    },
    /// The rows do not lead to the session's head one by one.
    #[error("the journal of session {session} is damaged at row {seq}")]
    Damaged {
        /// The session.
        session: String,
        /// The first row that is not what it should be.
        seq: u64,
    },
    /// The daemon is stopping.
    #[error("agentd is stopping")]
    Stopping,
    /// A fault of ours.
    #[error("{0}")]
    Internal(String),
}
