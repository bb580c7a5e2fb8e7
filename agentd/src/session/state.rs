//! A session as a fold of its events.

use std::collections::HashSet;
use std::sync::Arc;

use crate::domain::agents_file::AgentsFile;
use crate::domain::approval::Grant;
use crate::domain::event::{Body, Event, TurnStatus};
use crate::domain::ids::{CallId, SessionId};
use crate::domain::message::{Message, Usage, UserMessage};
use crate::domain::options::{ImageVersion, SessionOptions};
use crate::domain::outcome::Todo;
use crate::domain::time::WallTime;
use crate::turn::compaction;
use crate::turn::compaction::size::Load;
use crate::turn::prompt::agents_file;
use crate::turn::state::{Attempt, TurnState};
use crate::turn::structured;

/// A session now.
#[derive(Clone, Debug)]
pub struct SessionState {
    /// Its id.
    pub id: SessionId,
    /// Its name.
    pub name: Option<String>,
    /// Its settled options.
    pub options: SessionOptions,
    /// When it was made.
    pub created: WallTime,
    /// The newest sequence number.
    pub head: u64,
    /// The conversation. Every assistant call in it is paired with its result.
    pub messages: Arc<Vec<Message>>,
    /// The system prompt that the newest turn began with; empty: none was recorded.
    pub system: Arc<str>,
    /// What the conversation tells of AGENTS.md.
    pub agents_file: Option<AgentsFile>,
    /// How much the conversation is.
    pub load: Load,
    /// Bytes of the newest request.
    pub request_bytes: u64,
    /// The agent's todos.
    pub todos: Vec<Todo>,
    /// Tokens so far.
    pub usage: Usage,
    /// Number of turns so far.
    pub turns: u64,
    /// The turn that has not ended.
    pub turn: Option<TurnState>,
    /// Where the sandbox stands.
    pub sandbox: SandboxState,
    /// The backend of its sandboxes: the chosen one, and `auto` until one was.
    pub backend: String,
    /// The image that it is held to, by digest: the one of its newest sandbox, or of an upgrade since.
    pub image_digest: Option<String>,
    /// The images it had before, oldest first.
    pub earlier_images: Vec<ImageVersion>,
    /// Every call id used so far.
    pub calls_seen: HashSet<CallId>,
    /// What was allowed for the rest of the session.
    pub grants: Vec<Grant>,
    /// Guidance that stands before the next request to the model, and cannot stand in the conversation yet.
    guidance: Vec<String>,
}

/// Where a session's sandbox stands, as far as the journal knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SandboxState {
    /// There was none, or it is known to be gone.
    None {
        /// The newest generation so far; 0: none.
        last_generation: u64,
    },
    /// It is about to be made, or was when the daemon died.
    Intended {
        /// Which.
        generation: u64,
        /// The container's name.
        name: String,
    },
    /// It answered.
    Ready(ReadySandbox),
}

/// A sandbox that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadySandbox {
    /// Which.
    pub generation: u64,
    /// The container's name.
    pub name: String,
    /// The backend's id of it.
    pub id: String,
    /// The boot of its agent-init.
    pub boot_id: String,
    /// The image by digest.
    pub image: String,
    /// Limits that cannot be held, in words.
    pub not_enforced: Vec<String>,
}

/// Why events do not make a session.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FoldError {
    /// The first event is not session.created.
    #[error("the journal of this session does not begin with session.created")]
    NoBeginning,
    /// Sequence numbers are not dense.
    #[error("event {found} follows event {after} of this session")]
    Gap {
        /// The newest number before.
        after: u64,
        /// What came.
        found: u64,
    },
}

impl SessionState {
    /// The session that these events make.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a Event>) -> Result<Self, FoldError> {
        let mut events = events.into_iter();
        let first = events.next().ok_or(FoldError::NoBeginning)?;
        let mut state = Self::created(first)?;
        for event in events {
            state.apply(event)?;
        }
        Ok(state)
    }

    /// The session that its first event makes.
    pub fn created(first: &Event) -> Result<Self, FoldError> {
        let Body::SessionCreated { name, options } = &first.body else { return Err(FoldError::NoBeginning) };
        Ok(Self {
            id: first.session.clone(),
            name: name.clone(),
            options: options.as_ref().clone(),
            created: first.time,
            head: first.seq,
            messages: Arc::default(),
            system: Arc::default(),
            agents_file: None,
            load: Load::default(),
            request_bytes: 0,
            todos: Vec::new(),
            usage: Usage::default(),
            turns: 0,
            turn: None,
            sandbox: SandboxState::None { last_generation: 0 },
            backend: options.sandbox.backend.clone(),
            image_digest: None,
            earlier_images: Vec::new(),
            calls_seen: HashSet::new(),
            grants: Vec::new(),
            guidance: Vec::new(),
        })
    }

    /// Takes in the next event.
    pub fn apply(&mut self, event: &Event) -> Result<(), FoldError> {
        if event.seq != self.head + 1 {
            return Err(FoldError::Gap { after: self.head, found: event.seq });
        }
        self.head = event.seq;
        if let Some(turn) = &mut self.turn {
            turn.apply(event);
        }
        match &event.body {
            Body::SessionRenamed { name } => self.name = Some(name.clone()),
            Body::SessionModel { model, .. } => self.options.model.clone_from(model),
            Body::SessionBudget { tokens, cost_micros, .. } => {
                self.options.budget_tokens = *tokens;
                self.options.budget_cost_micros = *cost_micros;
            }
            Body::TurnStarted {
                message,
                model,
                timeout_ms,
                who,
                attachments,
                system,
                agents_file,
                answer_schema,
                ..
            } => {
                self.turns = event.turn;
                let mut turn = TurnState { who: *who, ..TurnState::new(event.turn, model.clone(), *timeout_ms) };
                turn.answer_schema.clone_from(answer_schema);
                self.turn = Some(turn);
                if let Some(system) = system {
                    self.system = system.as_str().into();
                }
                let context = agents_file.as_ref().map(agents_file::told).unwrap_or_default();
                if agents_file.is_some() {
                    self.agents_file.clone_from(agents_file);
                }
                let wanted = answer_schema.as_ref().map(structured::request).unwrap_or_default();
                let (text, attachments) = (format!("{message}{wanted}"), attachments.clone());
                self.push(Message::User(UserMessage { context, text, attachments }));
            }
            Body::AnswerRefused { told, .. } => self.push(Message::user(told.clone())),
            Body::ModelIntent { request_bytes, .. } => self.request_bytes = *request_bytes,
            Body::ContextCompacted { cut, summary, .. } => {
                let messages =
                    compaction::shortened(&self.messages, *cut, summary, &self.todos, self.agents_file.as_ref());
                self.load.recount(&messages);
                self.messages = Arc::new(messages);
            }
            Body::ModelDone { message, usage, .. } => {
                self.load.correct(self.request_bytes, *usage);
                self.calls_seen.extend(message.tool_calls.iter().map(|call| call.id.clone()));
                self.push(Message::Assistant(message.clone()));
                self.push_guidance();
            }
            Body::ModelAttemptFailed { .. } => self.push_guidance(),
            Body::TurnSteered { text, .. } => {
                self.guidance.push(text.clone());
                self.push_guidance();
            }
            Body::ApprovalDecided { always: Some(grant), .. } if !self.grants.contains(grant) => {
                self.grants.push(grant.clone());
            }
            Body::Usage { total } => self.usage = *total,
            Body::ToolEnded { .. } => self.push_results_when_all_are_there(),
            Body::TodosUpdated { todos } => self.todos.clone_from(todos),
            Body::SandboxIntent { generation, name, backend, .. } => {
                self.backend.clone_from(backend);
                self.sandbox = SandboxState::Intended { generation: *generation, name: name.clone() };
            }
            Body::SandboxReady { generation, name, id, boot_id, image, not_enforced } => {
                // A backend without images tells none.
                self.image_digest = Some(image.clone()).filter(|image| !image.is_empty());
                self.sandbox = SandboxState::Ready(ReadySandbox {
                    generation: *generation,
                    name: name.clone(),
                    id: id.clone(),
                    boot_id: boot_id.clone(),
                    image: image.clone(),
                    not_enforced: not_enforced.clone(),
                });
            }
            Body::ImageChanged { image, digest, rollback } => self.change_image(image, digest.as_ref(), *rollback),
            Body::SandboxLost { generation, .. } => {
                self.sandbox = SandboxState::None { last_generation: *generation };
            }
            Body::TurnFinished { status: TurnStatus::Interrupted, .. }
            | Body::SessionCreated { .. }
            | Body::MessageDone { .. }
            | Body::ToolIntent { .. }
            | Body::ApprovalRequested { .. }
            | Body::ApprovalDecided { .. }
            | Body::ApprovalExpired { .. }
            | Body::SubagentStarted { .. }
            | Body::SubagentParked { .. }
            | Body::SubagentResumed { .. }
            | Body::SubagentFinished { .. } => {}
            Body::TurnFinished { .. } => {
                // What was too late for this turn is told with the next message.
                self.push_guidance();
                self.turn = None;
            }
        }
        Ok(())
    }

    fn change_image(&mut self, image: &str, digest: Option<&String>, rollback: bool) {
        let before = std::mem::replace(&mut self.options.sandbox.image, image.to_owned());
        let before = ImageVersion { image: before, digest: std::mem::replace(&mut self.image_digest, digest.cloned()) };
        if rollback {
            self.earlier_images.pop();
        } else {
            self.earlier_images.push(before);
        }
    }

    /// Results go into the conversation in the order of the calls, once the last of them is there.
    fn push_results_when_all_are_there(&mut self) {
        let Some(turn) = &self.turn else { return };
        let results: Option<Vec<Message>> = turn
            .calls
            .iter()
            .map(|call| {
                let (_, content) = call.ended.as_ref()?;
                Some(Message::ToolResult { call: call.id.clone(), content: content.clone() })
            })
            .collect();
        // A later intent of the same transaction may still be to come: only a full set of the reply's calls counts.
        let expected = self.messages.iter().rev().find_map(|message| match message {
            Message::Assistant(reply) => Some(reply.tool_calls.len()),
            Message::User(_) | Message::ToolResult { .. } => None,
        });
        if let Some(results) = results.filter(|results| Some(results.len()) == expected) {
            for result in results {
                self.push(result);
            }
            self.push_guidance();
        }
    }

    /// Guidance joins the conversation where a message of the user may stand: not between calls and their results, and not
    /// behind the back of a request that is under way.
    fn push_guidance(&mut self) {
        let turn = self.turn.as_ref();
        let asked = turn.is_some_and(|turn| matches!(turn.attempt, Attempt::Open { .. }));
        let unpaired = matches!(self.messages.last(), Some(Message::Assistant(reply)) if !reply.tool_calls.is_empty());
        if asked || unpaired {
            return;
        }
        for text in std::mem::take(&mut self.guidance) {
            self.push(Message::user(text));
        }
    }

    fn push(&mut self, message: Message) {
        self.load.add(&message);
        Arc::make_mut(&mut self.messages).push(message);
    }

    /// The container's name, while there is one as far as the journal knows. That of a sub-agent is its parent's.
    pub fn container(&self) -> Option<&str> {
        if self.options.parent.is_some() {
            return None;
        }
        match &self.sandbox {
            SandboxState::None { .. } => None,
            SandboxState::Intended { name, .. } => Some(name),
            SandboxState::Ready(ready) => Some(&ready.name),
        }
    }

    /// The generation of the newest sandbox; 0: there was none.
    pub fn generation(&self) -> u64 {
        match &self.sandbox {
            SandboxState::None { last_generation } => *last_generation,
            SandboxState::Intended { generation, .. } => *generation,
            SandboxState::Ready(ready) => ready.generation,
        }
    }
}

#[cfg(test)]
mod tests;
