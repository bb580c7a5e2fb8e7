//! Commands about turns: chat, steer, stop, and the turn's time limit; rename and removal beside them.

use std::time::Duration;

use crate::domain::event::{Body, TurnStatus};
use crate::domain::ids::CallId;
use crate::domain::outcome::{Outcome, OutcomeKind};
use crate::sandbox::live::LiveSandbox;
use crate::session::command::{Chat, Guidance, Position};
use crate::session::error::SessionError;
use crate::session::name::check_name;
use crate::session::sandbox_slot::Prepared;
use crate::session::state::SandboxState;
use crate::session::subagent;
use crate::store::StoreError;
use crate::turn::{close, driver::Done, ended, structured};

use super::{Actor, Beside, Patience, surroundings};

/// Bytes of one message at most.
const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// Characters of a request id at most.
const REQUEST_ID_CHARS_MAX: usize = 128;

/// How often a turn takes guidance.
const STEERS_PER_TURN_MAX: usize = 100;

/// How long a command has to end after it was told to, before its result is given up.
const KILL_WAIT: Duration = Duration::from_secs(4);

/// How long to wait before a command is told again that was not known when it was told to end.
const KILL_AGAIN: Duration = Duration::from_millis(50);

/// Milliseconds between TERM and KILL when a turn is cancelled.
const KILL_GRACE_MS: u64 = 2000;

impl Actor {
    pub(super) async fn chat(&mut self, chat: Chat) -> Result<Position, SessionError> {
        check_message(&chat.message)?;
        if chat.request_id.is_empty() || chat.request_id.chars().count() > REQUEST_ID_CHARS_MAX {
            return Err(SessionError::Invalid(format!("a request id has 1 to {REQUEST_ID_CHARS_MAX} characters")));
        }
        if let Some(parent) = self.state.options.parent.as_ref().filter(|_| chat.request_id != subagent::REQUEST_ID) {
            return Err(SessionError::Subagent { parent: parent.session.clone() });
        }
        if let Some((position, message)) = self.requests.get(&chat.request_id) {
            return if *message == chat.message {
                Ok(*position)
            } else {
                Err(SessionError::RequestIdReused(chat.request_id))
            };
        }
        if let Some(schema) = &chat.answer_schema {
            structured::check_schema(schema).map_err(SessionError::Invalid)?;
        }
        self.refuse_while_open()?;
        // Asked before the turn begins: a model that is not configured is an error of the request, not of a turn.
        let model = self.state.options.model.clone();
        if let Err(error) = self.services.models.check(&model).await
            && !(error.kind().calls_for_another(false) && self.services.models.stand_in(&model, &model).is_some())
        {
            return Err(SessionError::Model { message: error.message(), hint: error.hint() });
        }
        let attachments = self.keep(chat.files, &model).await?;
        // What is offered stays the same for the turn, so that what was sent of it stays true.
        self.services.tools.mcp().prepare().await;
        self.offered = self.tools.specs().into();
        self.offered_bytes = super::spec_bytes(&self.offered);
        let system = surroundings::system_prompt(&self.services, &self.state, &self.tools, &self.skills)?;
        let agents_file = surroundings::agents_file(&self.state.options.workspace).await;
        let turn = self.state.turns + 1;
        let structured = chat.answer_schema.is_some();
        let position = Position { turn, from_seq: self.state.head + 1, structured };
        let started = Body::TurnStarted {
            request_id: chat.request_id.clone(),
            message: chat.message,
            model,
            timeout_ms: chat.timeout_ms.unwrap_or(self.state.options.turn_timeout_ms),
            who: chat.who,
            answer_schema: chat.answer_schema,
            attachments,
            system: Some(system).filter(|system| **system != *self.state.system),
            agents_file: surroundings::news(self.state.agents_file.as_ref(), agents_file),
        };
        let beside = Beside { request: Some((chat.request_id, turn)), ..Beside::default() };
        self.journal_with(turn, vec![started], Patience::None, beside).await?;
        crate::failpoint::reach("turn.started.after");
        self.slot.breaks = 0;
        self.slot.rest();
        self.set_deadline();
        Ok(position)
    }

    pub(super) fn refuse_while_open(&self) -> Result<(), SessionError> {
        match &self.state.turn {
            None => Ok(()),
            Some(turn) if turn.parked => Err(SessionError::AwaitingApproval {
                session: self.state.label(),
                turn: turn.number,
                calls: turn.waiting().map(|call| call.id.clone()).collect(),
            }),
            Some(turn) => Err(SessionError::TurnRunning(turn.number)),
        }
    }

    /// Guidance stands before the next request to the model: at once where none is under way, else after its answer.
    pub(super) async fn steer(&mut self, guidance: Guidance) -> Result<Position, SessionError> {
        let Guidance { text, request_id, who } = guidance;
        check_message(&text)?;
        if request_id.chars().count() > REQUEST_ID_CHARS_MAX {
            return Err(SessionError::Invalid(format!("a request id has at most {REQUEST_ID_CHARS_MAX} characters")));
        }
        let turn = match &self.state.turn {
            None => return Err(SessionError::NothingToSteer),
            Some(turn) if !turn.parked => turn,
            Some(_) => return self.refuse_while_open().and(Err(SessionError::NothingToSteer)),
        };
        let structured = turn.answer_schema.is_some();
        let position = Position { turn: turn.number, from_seq: self.state.head + 1, structured };
        if !request_id.is_empty() && turn.steer_ids.contains(&request_id) {
            return Ok(position);
        }
        if turn.steer_ids.len() >= STEERS_PER_TURN_MAX {
            return Err(SessionError::Limit {
                message: format!("this turn was given guidance {STEERS_PER_TURN_MAX} times, and no more is taken"),
                hint: "cancel it with `agentctl stop S`, and begin another with a message".to_owned(),
            });
        }
        crate::failpoint::reach("turn.steered.before");
        self.journal(position.turn, vec![Body::TurnSteered { request_id, text, who }], Patience::None).await?;
        crate::failpoint::reach("turn.steered.after");
        Ok(position)
    }

    pub(super) async fn stop(&mut self) -> Result<Position, SessionError> {
        let Some(turn) = &self.state.turn else { return Err(SessionError::NoTurn) };
        let structured = turn.answer_schema.is_some();
        let position = Position { turn: turn.number, from_seq: self.state.head + 1, structured };
        let finish = close::finished(turn, TurnStatus::Cancelled, close::EXIT_CANCELLED, "cancelled by the user", "");
        self.end_turn(OutcomeKind::Cancelled, crate::approval::texts::CANCELLED, finish).await?;
        Ok(position)
    }

    pub(super) async fn time_is_up(&mut self) -> Result<(), SessionError> {
        self.deadline = None;
        let Some(turn) = &self.state.turn else { return Ok(()) };
        let message = format!("the turn's time limit of {} s is over", turn.timeout_ms.div_ceil(1000));
        let hint = "give the turn more time with --timeout, or raise limits.turn_timeout in config.toml";
        let finish = close::finished(turn, TurnStatus::Failed, close::EXIT_TIMEOUT, &message, hint);
        self.end_turn(OutcomeKind::Cancelled, crate::approval::texts::TURN_TIMEOUT, finish).await
    }

    /// Ends the open turn early. Commands are ended first, so that nothing of the turn outlives it; their output so far
    /// is kept.
    pub(super) async fn end_turn(&mut self, kind: OutcomeKind, told: &str, finish: Body) -> Result<(), SessionError> {
        let mut bodies = self.stop_subagents().await;
        let ends = self.kill_running().await;
        self.slot.give_up().await;
        self.driver.abort_all().await;
        let Some(turn) = &self.state.turn else { return Ok(()) };
        let number = turn.number;
        let mut rest = turn.clone();
        for (call, outcome) in ends {
            bodies.extend(ended::ended(&rest, &call, outcome));
            rest.calls.retain(|state| state.id != call);
        }
        bodies.extend(close::ended_early(&rest, kind, told, finish));
        crate::failpoint::reach("turn.ended_early.before");
        self.journal(number, bodies, Patience::UntilWritten).await?;
        crate::failpoint::reach("turn.ended_early.after");
        self.deadline = None;
        self.acknowledge_ended();
        Ok(())
    }

    /// Ends the commands that are under way, and gives what they came to.
    async fn kill_running(&mut self) -> Vec<(CallId, Outcome)> {
        let mut ends = Vec::new();
        let Some(live) = self.reach_running().await else { return ends };
        let mut untold = self.exposed();
        let wait = async {
            loop {
                let mut unknown = Vec::new();
                for call in untold {
                    match live.client.kill(call.as_str(), KILL_GRACE_MS).await {
                        Ok(true) => {}
                        // Its start may be on its way still.
                        Ok(false) => unknown.push(call),
                        Err(error) => tracing::warn!(%call, %error, "a command could not be told to end"),
                    }
                }
                untold = unknown;
                if self.driver.running().is_empty() {
                    return;
                }
                tokio::select! {
                    done = self.driver.next() => if let Done::Tool { call, result: Ok(outcome) } = done {
                        ends.push((call, ended::cancelled(outcome)));
                    },
                    () = tokio::time::sleep(KILL_AGAIN), if !untold.is_empty() => {}
                }
            }
        };
        if tokio::time::timeout(KILL_WAIT, wait).await.is_err() {
            tracing::warn!(session = %self.state.id, "commands did not end in time after they were told to");
        }
        ends
    }

    /// The sandbox, for commands in it that are to end. After a restart it may not have been connected to yet.
    async fn reach_running(&mut self) -> Option<LiveSandbox> {
        if let Some(live) = self.slot.connected() {
            return Some(live.clone());
        }
        let SandboxState::Ready(ready) = self.state.sandbox.clone() else { return None };
        if self.exposed().is_empty() {
            return None;
        }
        if !self.slot.is_preparing() {
            // Also of a sub-agent: its parent may be waiting for the end of it.
            let token = self.services.secret.token(&ready.name);
            self.slot.adopt(self.backend(), ready.name, token, Duration::ZERO);
        }
        match tokio::time::timeout(KILL_WAIT, self.slot.prepared()).await {
            Ok(Prepared::Adopted(live)) if live.boot_id() == ready.boot_id => {
                self.slot.connect(live.clone());
                Some(live)
            }
            // Nothing of another boot runs any more, and one that does not answer is looked at before its next use.
            _ => None,
        }
    }

    pub(super) async fn rename(&mut self, name: String) -> Result<(), SessionError> {
        check_name(&name)?;
        let body = Body::SessionRenamed { name: name.clone() };
        let beside = Beside { name: Some(Some(name)), ..Beside::default() };
        let done = self.journal_with(0, vec![body], Patience::None, beside).await;
        match done {
            Err(SessionError::Store(StoreError::NameTaken(name))) => Err(SessionError::NameTaken(name)),
            done => done,
        }
    }

    pub(super) async fn remove(&mut self, force: bool) -> Result<(), SessionError> {
        if self.state.turn.is_some() {
            if !force {
                self.refuse_while_open()?;
            }
            self.stop().await?;
        }
        self.slot.give_up().await;
        self.slot.disconnect();
        self.remove_subagents().await?;
        self.services.pool.release(&self.state.id).await;
        if let Some(name) = self.state.container()
            && let Err(error) = self.backend().remove(name).await
        {
            if !force {
                return Err(error.into());
            }
            // Reconciliation removes it once the engine answers: no session wants it any more.
            tracing::warn!(container = %name, error = %error.message, "its session goes without it");
        }
        if self.state.options.workspace_made {
            remove_workspace(&self.state.options.workspace).await?;
        }
        self.services.uses.forget(&self.state.id);
        self.services.store.remove_session(&self.state.id).await?;
        self.removed = true;
        Ok(())
    }
}

fn check_message(text: &str) -> Result<(), SessionError> {
    if text.trim().is_empty() {
        return Err(SessionError::Invalid("the message is empty".to_owned()));
    }
    if text.len() > MESSAGE_BYTES_MAX {
        let bytes = text.len();
        return Err(SessionError::Invalid(format!(
            "the message has {bytes} bytes and {MESSAGE_BYTES_MAX} are the most"
        )));
    }
    Ok(())
}

/// Removes a workspace that agentd made. One that is gone already is removed.
async fn remove_workspace(workspace: &std::path::Path) -> Result<(), SessionError> {
    match tokio::fs::remove_dir_all(workspace).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(SessionError::Internal(format!("the workspace {} could not be removed: {error}", workspace.display())))
        }
        _ => Ok(()),
    }
}
