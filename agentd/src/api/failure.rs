//! Errors of the rooms below as failures of the contract. What each reason means for a script is in `proto::reason`.

use proto::reason::{Failure, Reason};
use tonic::Status;

use crate::sandbox::error::{SandboxError, SandboxErrorKind};
use crate::sandbox::init_client::error::{InitError, InitErrorKind};
use crate::session::error::SessionError;
use crate::store::StoreError;
use crate::turn::answer::Refusal;

/// The status of a refused request.
pub(super) fn status(error: SessionError) -> Status {
    Status::from(of_session(error))
}

/// The failure of a refused request.
pub fn of_session(error: SessionError) -> Failure {
    let message = error.to_string();
    match error {
        SessionError::Invalid(_) => Failure::new(Reason::InvalidArgument, message),
        SessionError::NotFound(_) => Failure::new(Reason::SessionNotFound, message)
            .hinted("`agentctl session list` shows the sessions there are"),
        SessionError::Ambiguous(_) => {
            Failure::new(Reason::SessionAmbiguous, message).hinted("give more of the id, or the session's name")
        }
        SessionError::NameTaken(_) => Failure::new(Reason::NameTaken, message).hinted("choose another name"),
        SessionError::TurnRunning(_) => Failure::new(Reason::TurnRunning, message)
            .hinted("wait for its end with `agentctl events S --follow`, or cancel it with `agentctl stop S`"),
        SessionError::AwaitingApproval { session, calls, .. } => {
            let calls: Vec<&str> = calls.iter().map(|call| call.as_str()).collect();
            Failure::new(Reason::AwaitingApproval, message).hinted(format!(
                "answer with `agentctl resume {session} continue` or `agentctl resume {session} cancel` (waiting: {})",
                calls.join(", ")
            ))
        }
        SessionError::Subagent { parent } => Failure::new(Reason::InvalidArgument, message)
            .hinted(format!("talk to its parent, and remove it with its parent: {parent}")),
        SessionError::NoTurn => Failure::new(Reason::NoTurn, message),
        SessionError::NothingToSteer => Failure::new(Reason::NoTurn, message)
            .hinted("guidance is for a turn that runs; begin one with `agentctl chat S`"),
        SessionError::RequestIdReused(_) => {
            Failure::new(Reason::RequestIdReused, message).hinted("use a new --request-id for a new message")
        }
        SessionError::Refused(refusal) => of_refusal(&refusal, message),
        SessionError::Limit { hint, .. } => Failure::new(Reason::LimitReached, message).hinted(hint),
        SessionError::Model { hint, .. } => Failure::new(Reason::ModelNotConfigured, message).hinted(hint),
        SessionError::Prompt(_) => Failure::new(Reason::ModelNotConfigured, message)
            .hinted("mend or remove prompt.md beside config.toml, then `agentctl daemon restart`"),
        SessionError::NoSuchAgent(name) => Failure::new(Reason::InvalidArgument, message)
            .hinted(format!("add [agents.{name}] to config.toml, or leave --agent out")),
        SessionError::Sandbox(error) => of_sandbox(error),
        SessionError::NoContainer(_) => Failure::new(Reason::ContainerNotFound, message)
            .hinted("it is made by the first tool call, or by `agentctl container create S`"),
        SessionError::NoEarlierImage(_) => Failure::new(Reason::NoEarlierImage, message)
            .hinted("give it another with `agentctl session upgrade S --image IMAGE`"),
        SessionError::Store(error) => of_store(&error),
        SessionError::Unreadable { .. } => Failure::new(Reason::JournalUnreadable, message)
            .hinted("it was left as it is; the agentd that wrote it, or a later one, can read it"),
        SessionError::Damaged { session, .. } => Failure::new(Reason::JournalDamaged, message)
            .hinted(format!("`agentctl journal verify {session}` says what is wrong; it was left as it is")),
        SessionError::Stopping => Failure::new(Reason::ShuttingDown, message).hinted("try again in a moment"),
        SessionError::Internal(_) => {
            Failure::new(Reason::Internal, message).hinted("`agentctl daemon logs` shows what happened")
        }
    }
}

fn of_refusal(refusal: &Refusal, message: String) -> Failure {
    let (reason, hint) = match refusal {
        Refusal::NothingWaits => (Reason::NothingWaits, "`agentctl approvals` shows what waits, in every session"),
        Refusal::NoSuchCall(_) => (Reason::CallNotFound, "`agentctl approvals S` shows the calls that wait"),
        Refusal::AlreadyDecided(_) => (Reason::AlreadyDecided, "`agentctl events S` shows who answered, and how"),
        Refusal::Twice(_) => (Reason::InvalidArgument, "give one answer for each call"),
        Refusal::DigestMismatch(_) => (Reason::DigestMismatch, "look at it again with `agentctl approvals S`"),
        Refusal::Expired(_) => (Reason::AlreadyDecided, "`agentctl events S` shows when its time was over"),
        Refusal::NeedsAnswer(_) => {
            (Reason::InvalidArgument, "answer with `agentctl resume S continue --message TEXT`, or decline with cancel")
        }
        Refusal::NoQuestion(_) => (Reason::InvalidArgument, "leave --message out, or use it with cancel"),
        Refusal::NoAlways(_) | Refusal::NothingAlways(_) => (
            Reason::InvalidArgument,
            "answer this call without --always; `agentctl approvals S` shows what it would allow",
        ),
        Refusal::TooLong(_) => {
            (Reason::InvalidArgument, "put it into a file of the workspace, and answer with its name")
        }
        Refusal::BadArguments(..) => (Reason::InvalidArgument, "give --edit the whole arguments as a JSON object"),
    };
    Failure::new(reason, message).hinted(hint)
}

/// The failure of a sandbox.
pub fn of_sandbox(error: SandboxError) -> Failure {
    let reason = match error.kind {
        SandboxErrorKind::EngineUnreachable => Reason::EngineUnreachable,
        SandboxErrorKind::EngineForbidden => Reason::EngineForbidden,
        SandboxErrorKind::EngineUnsuitable => Reason::EngineUnsuitable,
        SandboxErrorKind::ImageNotFound => Reason::ImageNotFound,
        SandboxErrorKind::ImageInUse => Reason::ImageInUse,
        SandboxErrorKind::NotFound => Reason::ContainerNotFound,
        SandboxErrorKind::WorkspaceRefused => Reason::Forbidden,
        SandboxErrorKind::AboveCeiling => Reason::LimitReached,
        SandboxErrorKind::StorageFull => Reason::StorageFull,
        SandboxErrorKind::Timeout => Reason::Timeout,
        SandboxErrorKind::Failed => Reason::SandboxFailed,
    };
    Failure::new(reason, error.message).hinted(error.hint)
}

fn of_store(error: &StoreError) -> Failure {
    let message = error.to_string();
    match error {
        StoreError::Full | StoreError::ReadOnly => Failure::new(Reason::StorageFull, message)
            .hinted("what was stored is safe and can be read; new turns need room in the state directory"),
        StoreError::Superseded | StoreError::Closed | StoreError::Fatal(_) => {
            Failure::new(Reason::ShuttingDown, message)
                .hinted("try again: agentctl starts the daemon when it is needed")
        }
        StoreError::Corrupt { .. } | StoreError::Foreign(_) | StoreError::Newer { .. } => {
            Failure::new(Reason::JournalUnreadable, message)
        }
        StoreError::NoSession => Failure::new(Reason::SessionNotFound, message),
        StoreError::Unfit(_) => Failure::new(Reason::InvalidArgument, message),
        StoreError::NameTaken(_) => Failure::new(Reason::NameTaken, message),
        StoreError::Conflict { .. }
        | StoreError::RequestIdUsed { .. }
        | StoreError::Busy
        | StoreError::NoBlob(_)
        | StoreError::Io(_) => {
            Failure::new(Reason::Internal, message).hinted("`agentctl daemon logs` shows what happened")
        }
    }
}

/// The failure of a request to agent-init.
pub(super) fn of_init(error: &InitError) -> Failure {
    let reason = match error.kind {
        InitErrorKind::NotFound | InitErrorKind::NotDirectory => Reason::PathNotFound,
        InitErrorKind::Broken => Reason::SandboxFailed,
        _ => Reason::FileOperation,
    };
    Failure::new(reason, error.message.clone())
}
