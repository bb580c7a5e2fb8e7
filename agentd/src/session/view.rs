//! What lists show of a session. Stored beside its journal with every append, so that listing wakes no session.

use serde::{Deserialize, Serialize};

use crate::domain::approval::{Grant, PendingApproval};
use crate::domain::ids::SessionId;
use crate::domain::message::Usage;
use crate::domain::options::SessionOptions;
use crate::domain::time::WallTime;

use super::state::{SandboxState, SessionState};

/// What a session is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// No turn is open.
    Idle,
    /// A turn is running.
    Running,
    /// A turn is parked.
    AwaitingApproval,
}

/// A session as lists show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionView {
    /// Its id.
    pub id: SessionId,
    /// Its name.
    pub name: Option<String>,
    /// What it is doing.
    pub status: Status,
    /// Its settled options.
    pub options: SessionOptions,
    /// When it was made.
    pub created: WallTime,
    /// The newest sequence number.
    pub head: u64,
    /// Number of turns.
    pub turns: u64,
    /// Tokens so far.
    pub usage: Usage,
    /// The container's name, while there is one.
    pub container: Option<String>,
    /// The backend of its sandboxes; `auto`: none was chosen yet; empty: stored before there was more than one.
    #[serde(default)]
    pub backend: String,
    /// The generation of the newest sandbox.
    pub generation: u64,
    /// The image that it is held to by digest, once a sandbox was made of it or it was upgraded to it.
    pub image_digest: Option<String>,
    /// The images it had before, oldest first.
    #[serde(default)]
    pub earlier_images: Vec<String>,
    /// Limits that cannot be held, in words.
    pub not_enforced: Vec<String>,
    /// What waits for an answer.
    pub approvals: Vec<PendingApproval>,
    /// The backend's id of the container, while there is one.
    #[serde(default)]
    pub container_id: Option<String>,
    /// The sub-agents that work on open calls.
    #[serde(default)]
    pub subagents: Vec<SessionId>,
    /// What was allowed for the rest of the session.
    #[serde(default)]
    pub grants: Vec<Grant>,
}

impl SessionView {
    /// The view of this state.
    pub fn of(state: &SessionState) -> Self {
        let approvals = state.turn.as_ref().map(|turn| turn.pending_approvals()).unwrap_or_default();
        let status = match &state.turn {
            None => Status::Idle,
            Some(turn) if turn.parked => Status::AwaitingApproval,
            Some(_) => Status::Running,
        };
        let ready = match &state.sandbox {
            SandboxState::Ready(ready) => Some(ready),
            SandboxState::None { .. } | SandboxState::Intended { .. } => None,
        };
        let open = state.turn.iter().flat_map(|turn| &turn.calls).filter(|call| call.ended.is_none());
        let subagents = open.filter_map(|call| Some(call.subagent.as_ref()?.session.clone())).collect();
        Self {
            id: state.id.clone(),
            name: state.name.clone(),
            status,
            options: state.options.clone(),
            created: state.created,
            head: state.head,
            turns: state.turns,
            usage: state.usage,
            container: state.container().map(str::to_owned),
            backend: state.backend.clone(),
            generation: state.generation(),
            image_digest: state.image_digest.clone(),
            earlier_images: state.earlier_images.iter().map(|version| version.image.clone()).collect(),
            not_enforced: ready.map(|ready| ready.not_enforced.clone()).unwrap_or_default(),
            container_id: ready.map(|ready| ready.id.clone()),
            subagents,
            approvals,
            grants: state.grants.clone(),
        }
    }

    /// The view that was stored with the journal.
    pub fn parse(summary: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(summary)
    }
}
