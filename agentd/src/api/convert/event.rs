//! Events: journal rows and live pieces.

use proto::v1::{self, event::Data};

use crate::domain::approval::{Decision, Grant};
use crate::domain::attachment::Attachment;
use crate::domain::event::{Body, Event, TurnStatus};
use crate::domain::ids::SessionId;
use crate::domain::message::Usage;
use crate::domain::outcome::{Outcome, OutcomeKind, Todo};
use crate::domain::time::WallTime;
use crate::session::live::{Content, Item, Piece};

/// Version of the events' shape on the wire.
const EVENT_VERSION: u32 = 1;

/// An item of a subscription.
pub(in crate::api) fn item(session: &SessionId, item: &Item) -> v1::Event {
    match item {
        Item::Row(event) => row(event),
        Item::Piece(piece) => live(session, piece),
    }
}

fn blank(session: &SessionId, turn: u64, time: WallTime, data: Data) -> v1::Event {
    v1::Event {
        v: EVENT_VERSION,
        session: session.to_string(),
        turn,
        seq: None,
        time: time.rfc3339(),
        attempt: None,
        offset: None,
        data: Some(data),
    }
}

fn row(event: &Event) -> v1::Event {
    v1::Event { seq: Some(event.seq), ..blank(&event.session, event.turn, event.time, data(&event.body)) }
}

fn live(session: &SessionId, piece: &Piece) -> v1::Event {
    let data = match &piece.content {
        Content::Text(text) => Data::TextDelta(v1::TextDelta { text: text.clone() }),
        Content::Reasoning(text) => Data::ReasoningDelta(v1::TextDelta { text: text.clone() }),
        Content::Output(call, text) => Data::ToolOutput(v1::ToolOutput { call: call.to_string(), text: text.clone() }),
    };
    let attempt = (piece.attempt > 0).then_some(piece.attempt);
    v1::Event { attempt, offset: Some(piece.offset), ..blank(session, piece.turn, piece.time, data) }
}

fn data(body: &Body) -> Data {
    match body.clone() {
        Body::SessionCreated { name, options } => Data::SessionCreated(v1::SessionCreated {
            name: name.unwrap_or_default(),
            workspace: options.workspace.display().to_string(),
            model: options.model,
            agent: options.agent,
        }),
        Body::SessionRenamed { name } => Data::SessionRenamed(v1::SessionRenamed { name }),
        Body::SessionModel { model, .. } => Data::SessionModel(v1::SessionModel { model }),
        Body::SessionBudget { tokens, cost_micros, .. } => {
            Data::SessionBudget(v1::SessionBudget { tokens, cost_micros })
        }
        Body::ImageChanged { image, digest, rollback } => {
            Data::ImageChanged(v1::ImageChanged { image, digest: digest.unwrap_or_default(), rollback })
        }
        Body::TurnStarted { request_id, message, model, timeout_ms, attachments, answer_schema, .. } => {
            let attachments = attachments.into_iter().map(attachment).collect();
            let answer_schema = answer_schema.map(|schema| schema.to_string());
            Data::TurnStarted(v1::TurnStarted { request_id, message, model, timeout_ms, attachments, answer_schema })
        }
        Body::AnswerRefused { step, problems, .. } => Data::AnswerRefused(v1::AnswerRefused { step, problems }),
        Body::ModelIntent { step, attempt, model, request_hash, purpose, .. } => {
            let purpose = purpose.name().to_owned();
            Data::ModelIntent(v1::ModelIntent { step, attempt, model, request_hash, purpose })
        }
        Body::ContextCompacted { step, attempt, cut, summary, tokens_before, usage: tokens } => {
            Data::ContextCompacted(v1::ContextCompacted {
                step,
                attempt,
                summarised: cut.summarised,
                results_dropped: cut.results_dropped,
                summary,
                tokens_before,
                usage: Some(usage(tokens)),
            })
        }
        Body::ModelDone { step, attempt, message, finish_reason, usage: tokens } => Data::ModelDone(v1::ModelDone {
            step,
            attempt,
            text: message.text,
            reasoning: message.reasoning,
            tool_calls: message
                .tool_calls
                .into_iter()
                .map(|call| v1::ToolCall { call: call.id.to_string(), tool: call.tool, arguments: call.arguments })
                .collect(),
            finish_reason,
            usage: Some(usage(tokens)),
        }),
        Body::MessageDone { step, text } => Data::MessageDone(v1::MessageDone { step, text }),
        Body::Usage { total } => Data::Usage(usage(total)),
        Body::ModelAttemptFailed { step, attempt, class, message, retry_at, next_model, .. } => {
            let retry_at = retry_at.map(WallTime::rfc3339).unwrap_or_default();
            let next_model = next_model.unwrap_or_default();
            Data::ModelAttemptFailed(v1::ModelAttemptFailed { step, attempt, class, message, retry_at, next_model })
        }
        Body::ToolIntent { call, tool, arguments, replay, needs_approval } => Data::ToolIntent(v1::ToolIntent {
            call: call.to_string(),
            tool,
            arguments: arguments.to_string(),
            replay: replay.name().to_owned(),
            needs_approval,
        }),
        Body::ApprovalRequested { call, tool, arguments, digest, reason, always, question, expires_at } => {
            Data::ApprovalRequested(v1::ApprovalRequested {
                call: call.to_string(),
                tool,
                arguments: arguments.to_string(),
                digest,
                reason,
                always: always.as_ref().map(Grant::words).unwrap_or_default(),
                question,
                expires_at: expires_at.map(WallTime::rfc3339).unwrap_or_default(),
            })
        }
        Body::ApprovalExpired { call, expired_at } => {
            Data::ApprovalExpired(v1::ApprovalExpired { call: call.to_string(), expired_at: expired_at.rfc3339() })
        }
        Body::SubagentStarted { call, session, agent } => {
            Data::SubagentStarted(v1::SubagentStarted { call: call.to_string(), subagent: session.to_string(), agent })
        }
        Body::SubagentParked { call, session, waiting } => Data::SubagentParked(v1::SubagentParked {
            call: call.to_string(),
            subagent: session.to_string(),
            waiting: waiting.iter().map(ToString::to_string).collect(),
        }),
        Body::SubagentResumed { call, session } => {
            Data::SubagentResumed(v1::SubagentResumed { call: call.to_string(), subagent: session.to_string() })
        }
        Body::SubagentFinished { call, session, status, message, steps, usage: tokens } => {
            Data::SubagentFinished(v1::SubagentFinished {
                call: call.to_string(),
                subagent: session.to_string(),
                status: turn_status(status).into(),
                message,
                steps,
                usage: Some(usage(tokens)),
            })
        }
        Body::TurnSteered { text, who, .. } => Data::TurnSteered(v1::TurnSteered { text, uid: who.uid, pid: who.pid }),
        Body::ApprovalDecided { call, digest, decision, who, always } => {
            let (decision, arguments, message) = match decision {
                Decision::Approve => (v1::Decision::Approve, None, String::new()),
                Decision::Edit(edited) => (v1::Decision::Edit, Some(edited.to_string()), String::new()),
                Decision::Reject(why) => (v1::Decision::Reject, None, why),
                Decision::Answer(text) => (v1::Decision::Answer, None, text),
            };
            Data::ApprovalDecided(v1::ApprovalDecided {
                call: call.to_string(),
                digest,
                decision: decision.into(),
                arguments,
                message,
                uid: who.uid,
                pid: who.pid,
                always: always.as_ref().map(Grant::words).unwrap_or_default(),
            })
        }
        Body::ToolEnded { call, tool, outcome } => ended(call.to_string(), tool, outcome),
        Body::TodosUpdated { todos } => {
            Data::TodosUpdated(v1::TodosUpdated { todos: todos.into_iter().map(todo).collect() })
        }
        Body::SandboxIntent { generation, name, backend, spec_hash, image } => {
            Data::SandboxIntent(v1::SandboxIntent { generation, name, backend, spec_hash, image })
        }
        Body::SandboxReady { generation, name, id, boot_id, image, not_enforced } => {
            Data::SandboxReady(v1::SandboxReady { generation, name, id, boot_id, image, not_enforced })
        }
        Body::SandboxLost { generation, reason, .. } => Data::SandboxLost(v1::SandboxLost { generation, reason }),
        Body::TurnFinished { status, exit_code, message, hint, waiting, steps, usage: tokens, answer } => {
            Data::TurnFinished(v1::TurnFinished {
                status: turn_status(status).into(),
                exit_code: exit_code.into(),
                message,
                hint,
                waiting: waiting.iter().map(ToString::to_string).collect(),
                steps,
                usage: Some(usage(tokens)),
                answer,
            })
        }
    }
}

fn turn_status(status: TurnStatus) -> v1::TurnStatus {
    match status {
        TurnStatus::Completed => v1::TurnStatus::Completed,
        TurnStatus::Interrupted => v1::TurnStatus::Interrupted,
        TurnStatus::Cancelled => v1::TurnStatus::Cancelled,
        TurnStatus::Failed => v1::TurnStatus::Failed,
    }
}

fn ended(call: String, tool: String, outcome: Outcome) -> Data {
    let told = v1::ToolOutcome {
        call,
        tool,
        content: outcome.content,
        exec: outcome.exec.map(super::exec_report),
        diff: outcome.diff,
    };
    match outcome.kind {
        OutcomeKind::Done => Data::ToolDone(told),
        OutcomeKind::Failed => Data::ToolFailed(told),
        OutcomeKind::Denied => Data::ToolDenied(told),
        OutcomeKind::Cancelled => Data::ToolCancelled(told),
        OutcomeKind::Unknown => Data::ToolUnknown(told),
    }
}

fn attachment(file: Attachment) -> v1::Attachment {
    let Attachment { name, media_type, sha256, bytes, content: _ } = file;
    v1::Attachment { name, media_type, sha256, bytes }
}

fn todo(todo: Todo) -> v1::Todo {
    v1::Todo { content: todo.content, status: todo.status.name().to_owned() }
}

pub(in crate::api) fn usage(usage: Usage) -> v1::Usage {
    let Usage { input_tokens, output_tokens, model_calls, cached_tokens, cache_write_tokens, cost_micros } = usage;
    v1::Usage { input_tokens, output_tokens, model_calls, cached_tokens, cache_write_tokens, cost_micros }
}
