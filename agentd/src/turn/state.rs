//! An open turn as a fold of its events.

use serde_json::Value;

use crate::domain::approval::{Decision, Grant, PendingApproval, Principal};
use crate::domain::event::{Body, Event, TurnStatus};
use crate::domain::ids::CallId;
use crate::domain::message::Usage;
use crate::domain::outcome::{OutcomeKind, ReplayClass};
use crate::domain::time::WallTime;
use crate::tools::task;

use super::repeats::Repeats;
use super::subagent::Subagent;

/// The class of an attempt that was under way when the daemon died.
pub const CUT_BY_RESTART: &str = "daemon_restart";

/// The class of an attempt that the endpoint refused because it does not fit the model's window.
pub const OVERFLOW: &str = "too_large";

/// A turn that has not ended.
#[derive(Clone, Debug, PartialEq)]
pub struct TurnState {
    /// Its number in the session, from 1.
    pub number: u64,
    /// The name of the model that is asked: the session's, or one that stands in for it.
    pub model: String,
    /// The name of the model that the turn began with.
    pub first_model: String,
    /// Time limit in milliseconds.
    pub timeout_ms: u64,
    /// Who began it.
    pub who: Principal,
    /// Where it stands with the model.
    pub attempt: Attempt,
    /// Whole replies so far.
    pub steps: u32,
    /// Requests to the model so far, failed ones too.
    pub requests: u32,
    /// Attempts of this step that the model or the way to it failed; those that a restart cut are not among them.
    pub failures: u32,
    /// Tokens of this turn.
    pub usage: Usage,
    /// The calls of the newest reply, in order.
    pub calls: Vec<CallState>,
    /// Whether the oldest part of the conversation was summarised since the newest reply.
    pub is_summarised: bool,
    /// Whether the endpoint found the request too large, and nothing was left out of it since.
    pub has_overflowed: bool,
    /// Whether the newest reply had no calls: the turn is complete.
    pub answered: bool,
    /// The schema that the answer must fit, where there is one.
    pub answer_schema: Option<Value>,
    /// The text of the newest reply, where the answer must fit a schema.
    pub answer: String,
    /// Answers so far that did not fit.
    pub refusals: u32,
    /// Whether the newest row is the parking turn.finished.
    pub parked: bool,
    /// What the replies before the newest came to, again and again.
    pub repeats: Repeats,
    /// Whether guidance waits for the next request to the model.
    pub steered: bool,
    /// The clients' ids of the guidance so far.
    pub steer_ids: Vec<String>,
}

/// Where a step stands with the model.
#[derive(Clone, Debug, PartialEq)]
pub enum Attempt {
    /// Not asked in this step yet.
    None,
    /// Asked; no answer is durable.
    Open {
        /// From 1 in its step.
        attempt: u32,
    },
    /// The newest attempt failed.
    Failed {
        /// From 1 in its step.
        attempt: u32,
        /// What kind of failure.
        class: String,
        /// One line of what happened.
        message: String,
        /// What the user can do.
        hint: String,
        /// When to try again; none: not.
        retry_at: Option<WallTime>,
    },
}

/// One tool call of the newest reply.
#[derive(Clone, Debug, PartialEq)]
pub struct CallState {
    /// Its id.
    pub id: CallId,
    /// The tool's name.
    pub tool: String,
    /// The arguments as the model wrote them.
    pub arguments: Value,
    /// What a repetition would do.
    pub replay: ReplayClass,
    /// Whether it waits for an approval.
    pub approval: ApprovalState,
    /// How it ended, with what the model is told; none: not ended.
    pub ended: Option<(OutcomeKind, String)>,
    /// The sub-agent that works on it.
    pub subagent: Option<Subagent>,
    /// How many sandboxes died while it may have been running in them.
    pub lost_count: u32,
}

/// Where a call stands with its approval.
#[derive(Clone, Debug, PartialEq)]
pub enum ApprovalState {
    /// It does not ask.
    NotNeeded,
    /// It waits.
    Waiting {
        /// SHA-256 of what is asked.
        digest: String,
        /// Since when.
        requested_at: WallTime,
        /// Why, in words.
        reason: String,
        /// What an answer for the rest of the session would allow.
        always: Option<Grant>,
        /// Whether it is a question, which needs an answer and not an approval.
        question: bool,
        /// When it is denied for want of an answer.
        expires_at: Option<WallTime>,
    },
    /// It was answered.
    Decided(Decision),
    /// Nobody answered in time.
    Expired,
}

impl CallState {
    /// Whether it waits for an answer.
    pub fn waits(&self) -> bool {
        self.ended.is_none() && matches!(self.approval, ApprovalState::Waiting { .. })
    }

    /// Whether a sub-agent works on it.
    pub fn delegates(&self) -> bool {
        self.tool == task::NAME
    }

    /// Whether it is open, and its sub-agent waits for answers.
    pub fn is_parked(&self) -> bool {
        self.ended.is_none() && self.subagent.as_ref().is_some_and(|subagent| !subagent.waiting.is_empty())
    }

    /// When it is denied for want of an answer, if it waits for one.
    pub fn expires_at(&self) -> Option<WallTime> {
        match &self.approval {
            ApprovalState::Waiting { expires_at, .. } => *expires_at,
            ApprovalState::NotNeeded | ApprovalState::Decided(_) | ApprovalState::Expired => None,
        }
    }

    /// The arguments it runs with: those of the reviewer, where they were edited.
    pub fn effective_arguments(&self) -> &Value {
        match &self.approval {
            ApprovalState::Decided(Decision::Edit(edited)) => edited,
            _ => &self.arguments,
        }
    }
}

impl TurnState {
    /// The turn that a `turn.started` opens.
    pub fn new(number: u64, model: String, timeout_ms: u64) -> Self {
        Self {
            number,
            first_model: model.clone(),
            model,
            timeout_ms,
            who: Principal::default(),
            attempt: Attempt::None,
            steps: 0,
            requests: 0,
            failures: 0,
            usage: Usage::default(),
            calls: Vec::new(),
            is_summarised: false,
            has_overflowed: false,
            answered: false,
            answer_schema: None,
            answer: String::new(),
            refusals: 0,
            parked: false,
            repeats: Repeats::default(),
            steered: false,
            steer_ids: Vec::new(),
        }
    }

    /// The step that is asked for next or being asked, from 1.
    pub fn step(&self) -> u32 {
        self.steps + 1
    }

    /// The calls that wait for an answer, in order.
    pub fn waiting(&self) -> impl Iterator<Item = &CallState> {
        self.calls.iter().filter(|call| call.waits())
    }

    /// The calls that wait for an answer, those of sub-agents too.
    pub fn all_waiting(&self) -> Vec<CallId> {
        let own = self.waiting().map(|call| &call.id);
        let open = self.calls.iter().filter(|call| call.ended.is_none());
        let of_subagents = open.filter_map(|call| call.subagent.as_ref()).flat_map(|subagent| &subagent.waiting);
        own.chain(of_subagents).cloned().collect()
    }

    /// The call of that id, if the newest reply has it.
    pub fn call(&self, id: &CallId) -> Option<&CallState> {
        self.calls.iter().find(|call| call.id == *id)
    }

    /// What waits, as lists show it.
    pub fn pending_approvals(&self) -> Vec<PendingApproval> {
        let mut pending = Vec::new();
        for call in &self.calls {
            let ApprovalState::Waiting { digest, requested_at, reason, always, question, expires_at } = &call.approval
            else {
                continue;
            };
            if call.ended.is_none() {
                pending.push(PendingApproval {
                    turn: self.number,
                    call: call.id.clone(),
                    tool: call.tool.clone(),
                    arguments: call.arguments.clone(),
                    digest: digest.clone(),
                    requested_at: *requested_at,
                    reason: reason.clone(),
                    always: always.clone(),
                    question: *question,
                    expires_at: *expires_at,
                });
            }
        }
        pending
    }

    /// Takes in one event of this turn. Ends of turns are the session's to see.
    pub fn apply(&mut self, event: &Event) {
        match &event.body {
            Body::ModelIntent { attempt, .. } => {
                self.attempt = Attempt::Open { attempt: *attempt };
                self.requests += 1;
                self.steered = false;
            }
            Body::ModelAttemptFailed { attempt, class, message, hint, retry_at, next_model, .. } => {
                self.failures += u32::from(class != CUT_BY_RESTART);
                if let Some(next) = next_model {
                    self.model.clone_from(next);
                    self.failures = 0;
                }
                self.has_overflowed |= class == OVERFLOW;
                self.attempt = Attempt::Failed {
                    attempt: *attempt,
                    class: class.clone(),
                    message: message.clone(),
                    hint: hint.clone(),
                    retry_at: *retry_at,
                };
            }
            Body::ModelDone { message, usage, .. } => {
                self.attempt = Attempt::None;
                self.steps += 1;
                self.failures = 0;
                self.usage += *usage;
                self.repeats = self.repeats.after(&self.calls);
                self.calls.clear();
                self.is_summarised = false;
                self.has_overflowed = false;
                // Guidance that came while the answer was written is told before the turn may end.
                self.answered = message.tool_calls.is_empty() && !self.steered;
                if self.answer_schema.is_some() {
                    self.answer.clone_from(&message.text);
                }
            }
            Body::AnswerRefused { .. } => {
                self.answered = false;
                self.refusals += 1;
            }
            Body::ContextCompacted { attempt, usage, .. } => {
                self.attempt = Attempt::None;
                self.failures = 0;
                self.usage += *usage;
                self.is_summarised |= *attempt > 0;
                self.has_overflowed = false;
            }
            Body::ToolIntent { call, tool, arguments, replay, .. } => self.calls.push(CallState {
                id: call.clone(),
                tool: tool.clone(),
                arguments: arguments.clone(),
                replay: *replay,
                approval: ApprovalState::NotNeeded,
                ended: None,
                subagent: None,
                lost_count: 0,
            }),
            Body::ApprovalRequested { call, digest, reason, always, question, expires_at, .. } => {
                let waiting = ApprovalState::Waiting {
                    digest: digest.clone(),
                    requested_at: event.time,
                    reason: reason.clone(),
                    always: always.clone(),
                    question: *question,
                    expires_at: *expires_at,
                };
                self.with_call(call, |state| state.approval = waiting);
            }
            Body::ApprovalDecided { call, decision, .. } => {
                self.parked = false;
                self.with_call(call, |state| state.approval = ApprovalState::Decided(decision.clone()));
            }
            Body::ApprovalExpired { call, .. } => {
                self.parked = false;
                self.with_call(call, |state| state.approval = ApprovalState::Expired);
            }
            Body::SubagentStarted { call, session, .. } => {
                let subagent = Subagent { session: session.clone(), waiting: Vec::new() };
                self.with_call(call, |state| state.subagent = Some(subagent));
            }
            Body::SubagentParked { call, waiting, .. } => self.with_subagent_waiting(call, waiting),
            Body::SubagentResumed { call, .. } => {
                self.parked = false;
                self.with_subagent_waiting(call, &[]);
            }
            Body::SubagentFinished { call, usage, .. } => {
                self.parked = false;
                self.with_subagent_waiting(call, &[]);
                self.usage += *usage;
                self.requests = self.requests.saturating_add(u32::try_from(usage.model_calls).unwrap_or(u32::MAX));
            }
            Body::TurnSteered { request_id, .. } => {
                self.steered = true;
                self.steer_ids.push(request_id.clone());
            }
            Body::ToolEnded { call, outcome, .. } => {
                self.with_call(call, |state| state.ended = Some((outcome.kind, outcome.content.clone())));
            }
            Body::SandboxLost { exposed, .. } => {
                for call in exposed {
                    self.with_call(call, |state| state.lost_count += 1);
                }
            }
            Body::TurnFinished { status: TurnStatus::Interrupted, .. } => self.parked = true,
            Body::TurnFinished { .. }
            | Body::SessionCreated { .. }
            | Body::ImageChanged { .. }
            | Body::SessionRenamed { .. }
            | Body::SessionModel { .. }
            | Body::SessionBudget { .. }
            | Body::TurnStarted { .. }
            | Body::MessageDone { .. }
            | Body::Usage { .. }
            | Body::TodosUpdated { .. }
            | Body::SandboxIntent { .. }
            | Body::SandboxReady { .. } => {}
        }
    }

    fn with_subagent_waiting(&mut self, id: &CallId, waiting: &[CallId]) {
        self.with_call(id, |state| {
            if let Some(subagent) = &mut state.subagent {
                subagent.waiting = waiting.to_vec();
            }
        });
    }

    fn with_call(&mut self, id: &CallId, change: impl FnOnce(&mut CallState)) {
        if let Some(call) = self.calls.iter_mut().find(|call| call.id == *id) {
            change(call);
        }
    }
}
