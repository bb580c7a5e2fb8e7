//! Sessions, approvals, and what clients ask of them.

use std::path::PathBuf;

use proto::reason::{Failure, Reason};
use proto::v1;

use crate::domain::approval::{Decision, Grant, PendingApproval, Principal};
use crate::domain::ids::{CallId, SessionId};
use crate::domain::options::SandboxOptions;
use crate::domain::time::WallTime;
use crate::sandbox::embedded;
use crate::sandbox::loosened::loosened;
use crate::session::settle::NewSession;
use crate::session::view::{SessionView, Status};
use crate::turn::answer::{Answer, Answers};
use crate::turn::structured::SCHEMA_BYTES_MAX;

/// A session as it is now. `usual` is what the daemon gives where nothing is asked for.
pub(in crate::api) fn session(view: SessionView, usual: &SandboxOptions) -> v1::Session {
    let status = match view.status {
        Status::Idle => v1::SessionStatus::Idle,
        Status::Running => v1::SessionStatus::Running,
        Status::AwaitingApproval => v1::SessionStatus::AwaitingApproval,
    };
    let options = view.options;
    let backend = if view.backend.is_empty() { options.sandbox.backend.clone() } else { view.backend };
    let mut warnings: Vec<String> =
        Some(options.workspace_warning).filter(|words| !words.is_empty()).into_iter().collect();
    let mut image = options.sandbox.image.clone();
    if backend == embedded::KIND && image != embedded::IMAGE {
        warnings.push(format!("the image {image} is not used: the embedded backend runs programs of this machine"));
        embedded::IMAGE.clone_into(&mut image);
    }
    v1::Session {
        id: view.id.to_string(),
        name: view.name.unwrap_or_default(),
        status: status.into(),
        workspace: options.workspace.display().to_string(),
        backend,
        loosened: loosened(&options.sandbox, usual),
        sandbox: Some(super::sandbox::options(&options.sandbox)),
        image_digest: view.image_digest.unwrap_or_default(),
        earlier_images: view.earlier_images,
        image,
        model: options.model,
        created: view.created.rfc3339(),
        container: view.container.unwrap_or_default(),
        not_enforced: view.not_enforced,
        approve: options.approve.as_list(),
        agent: options.agent,
        shared: options.shared.map(|dir| dir.display().to_string()).unwrap_or_default(),
        turns: view.turns,
        last_seq: view.head,
        usage: Some(super::event::usage(view.usage)),
        budget_tokens: options.budget_tokens,
        budget_cost_micros: options.budget_cost_micros,
        memory_bytes: options.sandbox.memory_bytes,
        cpus: cores(options.sandbox.cpu_millis),
        pids: options.sandbox.pids_max,
        network: options.sandbox.network,
        warnings,
        always: view.grants.iter().map(Grant::words).collect(),
        parent: options.parent.map(|parent| parent.session.to_string()).unwrap_or_default(),
    }
}

/// Thousandths of a core as cores.
#[allow(clippy::cast_precision_loss)] // far below 2^52
pub(super) fn cores(millis: u64) -> f64 {
    millis as f64 / 1000.0
}

/// A waiting call.
pub(in crate::api) fn approval(session: &SessionId, pending: PendingApproval) -> v1::Approval {
    v1::Approval {
        session: session.to_string(),
        turn: pending.turn,
        call: pending.call.to_string(),
        tool: pending.tool,
        arguments: pending.arguments.to_string(),
        digest: pending.digest,
        requested_at: pending.requested_at.rfc3339(),
        always: pending.always.as_ref().map(Grant::words).unwrap_or_default(),
        question: pending.question,
        expires_at: pending.expires_at.map(WallTime::rfc3339).unwrap_or_default(),
        reason: pending.reason,
        subagent: String::new(),
    }
}

/// A waiting call of a sub-agent, as its parent's: there it is answered.
pub(in crate::api) fn approval_of_subagent(
    parent: &SessionView,
    id: &SessionId,
    pending: PendingApproval,
) -> v1::Approval {
    v1::Approval {
        session: parent.id.to_string(),
        turn: parent.turns,
        subagent: id.to_string(),
        ..approval(id, pending)
    }
}

/// What a client asks of a new session.
pub(in crate::api) fn new_session(mut request: v1::CreateRequest) -> Result<NewSession, Failure> {
    let sandbox = super::sandbox::choice(&mut request)?;
    Ok(NewSession {
        name: given(request.name),
        workspace: directory("workspace", request.workspace)?,
        shared: directory("shared", request.shared)?,
        model: given(request.model),
        agent: given(request.agent),
        sandbox,
        approve: given(request.approve),
        budget_tokens: request.budget_tokens,
        budget_cost_micros: request.budget_cost_micros,
        turn_timeout_ms: request.turn_timeout_ms,
    })
}

pub(super) fn given(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// The daemon's own current directory means nothing to a client.
fn directory(field: &str, text: String) -> Result<Option<PathBuf>, Failure> {
    match given(text).map(PathBuf::from) {
        Some(path) if !path.is_absolute() => {
            Err(Failure::new(Reason::InvalidArgument, format!("{field} is no absolute path: {}", path.display())))
        }
        path => Ok(path),
    }
}

/// The schema of a request, if it has one.
pub(in crate::api) fn answer_schema(text: &str) -> Result<Option<serde_json::Value>, Failure> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |why: String| Failure::new(Reason::InvalidArgument, format!("the schema of the answer {why}"));
    if text.len() > SCHEMA_BYTES_MAX {
        return Err(wrong(format!("has {} bytes, and {SCHEMA_BYTES_MAX} are the most", text.len())));
    }
    serde_json::from_str(text).map(Some).map_err(|error| wrong(format!("is not JSON: {error}")))
}

/// Answers of a client.
pub(in crate::api) fn answers(request: v1::ResumeRequest, who: Principal) -> Result<Answers, Failure> {
    let mut answers = Vec::with_capacity(request.answers.len());
    for answer in request.answers {
        let call = CallId::try_from(answer.call)
            .map_err(|why| Failure::new(Reason::CallNotFound, format!("no such call: {why}")))?;
        let decision = decision(answer.decision, &answer.arguments, answer.message)?
            .ok_or_else(|| Failure::new(Reason::InvalidArgument, format!("call {call} has no decision")))?;
        answers.push(Answer { call, decision, digest: given(answer.digest), always: answer.always });
    }
    let rest = decision(request.rest, "", request.rest_message)?;
    Ok(Answers { answers, rest, rest_always: request.rest_always, stop: request.stop, who })
}

fn decision(number: i32, arguments: &str, message: String) -> Result<Option<Decision>, Failure> {
    match v1::Decision::try_from(number) {
        Ok(v1::Decision::Unspecified) => Ok(None),
        Ok(v1::Decision::Approve) => Ok(Some(Decision::Approve)),
        Ok(v1::Decision::Reject) => Ok(Some(Decision::Reject(message))),
        Ok(v1::Decision::Answer) if message.trim().is_empty() => {
            Err(Failure::new(Reason::InvalidArgument, "the answer to a question is not empty"))
        }
        Ok(v1::Decision::Answer) => Ok(Some(Decision::Answer(message))),
        Ok(v1::Decision::Edit) => match serde_json::from_str(arguments) {
            Ok(edited @ serde_json::Value::Object(_)) => Ok(Some(Decision::Edit(edited))),
            Ok(_) => Err(Failure::new(Reason::InvalidArgument, "the edited arguments are no JSON object")),
            Err(error) => {
                Err(Failure::new(Reason::InvalidArgument, format!("the edited arguments are no JSON: {error}")))
            }
        },
        Err(_) => Err(Failure::new(Reason::InvalidArgument, format!("{number} is no decision"))),
    }
}
