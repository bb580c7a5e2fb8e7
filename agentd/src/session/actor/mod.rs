//! The actor of one session: takes one command at a time, journals what follows, and performs what the plan says.
//!
//! It is the only one that journals for its session and the only one that publishes. `turns` holds the commands about
//! turns, `approvals` answers and their want, `effects` what the plan asks for and how it ends, `sandbox` the life of the
//! container, `image` what it is made of.

mod approvals;
mod container;
mod effects;
mod files;
mod fitting;
mod image;
mod options;
mod sandbox;
mod subagents;
mod surroundings;
mod turns;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::approval::rule::Rule;
use crate::domain::event::{Body, Event};
use crate::domain::message::Usage;
use crate::domain::time::WallTime;
use crate::domain::tool::ToolSpec;
use crate::model::Transcript;
use crate::skills::Shelf;
use crate::store::{Append, NewRow, StoreError};
use crate::tools::registry::Registry;
use crate::turn::driver::Driver;
use crate::turn::plan;

use super::command::{Command, Position};
use super::error::SessionError;
use super::live::Live;
use super::registry::Sessions;
use super::sandbox_slot::SandboxSlot;
use super::services::Services;
use super::state::SessionState;
use super::subagent;
use super::uses::Hold;
use super::view::SessionView;

/// Commands that may wait for a session at most.
pub(super) const INBOX_COMMANDS_MAX: usize = 64;

/// How long to wait before a journal that cannot be written is tried again.
const JOURNAL_RETRY: Duration = Duration::from_secs(1);

/// What the registry and the watchers share with an actor.
pub(super) struct Shared {
    /// What it publishes.
    pub(super) live: Arc<Live>,
    /// Whether nothing is open or under way, so that the session may sleep.
    pub(super) quiet: AtomicBool,
}

/// A live session.
pub(super) struct Actor {
    services: Arc<Services>,
    /// The other sessions: its parent, and its sub-agents.
    sessions: Sessions,
    /// Its tools.
    tools: Arc<Registry>,
    /// The rules that hold for it.
    rules: Vec<Rule>,
    /// What every call id of it begins with.
    call_prefix: String,
    state: SessionState,
    shared: Arc<Shared>,
    inbox: mpsc::Receiver<Command>,
    driver: Driver,
    slot: SandboxSlot,
    /// Says that the sandbox is in use, while the session works.
    hold: Option<Hold>,
    /// When the open turn's time is up; none while it is parked or none is open.
    deadline: Option<Instant>,
    transcript: Arc<Transcript>,
    skills: Arc<Shelf>,
    offered: Arc<[ToolSpec]>,
    offered_bytes: u64,
    requests: HashMap<String, (Position, String)>,
    removed: bool,
}

/// Whether to go on trying when the journal cannot be written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Patience {
    /// Tell the caller at once: nothing has happened yet.
    None,
    /// What is to be journaled has happened: it must not be forgotten.
    UntilWritten,
}

/// What becomes durable beside the events.
#[derive(Default)]
struct Beside {
    /// A client's request id and the turn it starts.
    request: Option<(String, u64)>,
    /// A change of the session's name.
    name: Option<Option<String>>,
    /// What a model was asked: its name, and what it came to.
    usage: Option<(String, Usage)>,
}

/// Events that the state has taken in and that are not durable yet.
struct Fresh {
    expected_head: u64,
    wall_time: WallTime,
    rows: Vec<NewRow>,
    events: Vec<Event>,
}

impl Actor {
    /// The actor of a session that these events make.
    pub(super) fn new(
        sessions: Sessions,
        mut state: SessionState,
        events: &[Event],
        inbox: mpsc::Receiver<Command>,
        shared: Arc<Shared>,
    ) -> Self {
        let services = Arc::clone(sessions.services());
        let tools = services.settings.tools_of(&state.options, &services.tools);
        let call_prefix = state.options.parent.as_ref().map(|_| subagent::call_prefix(&state.id)).unwrap_or_default();
        let skills = Arc::new(services.skills(&state.options));
        let driver = Driver::new(Arc::clone(&tools), Arc::clone(&skills), Arc::clone(&shared.live) as _);
        let offered: Arc<[ToolSpec]> = tools.specs().into();
        // A turn that an earlier agentd began did not record what it tells.
        if state.turn.is_some()
            && state.system.is_empty()
            && let Ok(system) = surroundings::system_prompt(&services, &state, &tools, &skills)
        {
            state.system = system.into();
        }
        let mut actor = Self {
            rules: services.settings.rules_of(&state.options),
            services,
            sessions,
            tools,
            call_prefix,
            state,
            shared,
            inbox,
            driver,
            slot: SandboxSlot::default(),
            hold: None,
            deadline: None,
            transcript: Arc::default(),
            skills,
            offered_bytes: spec_bytes(&offered),
            offered,
            requests: HashMap::new(),
            removed: false,
        };
        for event in events {
            actor.remember_request(event);
        }
        if let Some(turn) = &actor.state.turn {
            actor.slot.sent.extend(plan::runnable(turn));
        }
        actor
    }

    /// Lives until the daemon stops, the session is removed, or the registry lets it sleep.
    pub(super) async fn run(mut self) {
        let stopping = self.services.stopping.clone();
        self.read_files().await;
        self.set_deadline();
        if let Err(error) = self.end_cut_calls().await {
            tracing::error!(session = %self.state.id, %error, "calls that a dead daemon made cannot be ended");
        }
        while !self.removed {
            if let Err(error) = self.advance().await {
                tracing::error!(session = %self.state.id, %error, "the session cannot go on");
                break;
            }
            self.publish_quiet();
            let deadline = self.deadline;
            let time_is_up = async {
                match deadline {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            let approvals_expire = approvals::wait_for_expiry(self.state.turn.as_ref());
            let handled = tokio::select! {
                () = stopping.cancelled() => break,
                command = self.inbox.recv() => match command {
                    Some(command) => {
                        // It does not sleep before what follows from the command is done.
                        self.shared.quiet.store(false, Ordering::Release);
                        self.handle(command).await;
                        Ok(())
                    }
                    None => break,
                },
                done = self.driver.next() => self.take_done(done).await,
                prepared = self.slot.prepared() => self.take_prepared(prepared).await,
                () = time_is_up => self.time_is_up().await,
                () = approvals_expire => self.expire_approvals().await,
            };
            if let Err(error) = handled {
                tracing::error!(session = %self.state.id, %error, "the session cannot go on");
                break;
            }
        }
        self.driver.abort_all().await;
        self.slot.give_up().await;
        self.shared.live.close();
    }

    async fn handle(&mut self, command: Command) {
        // Nobody may be waiting for the answer any more: that does not undo what was done.
        match command {
            Command::Chat(chat, reply) => drop(reply.send(self.chat(chat).await)),
            Command::Resume(answers, reply) => drop(reply.send(self.resume(&answers).await)),
            Command::Steer(guidance, reply) => drop(reply.send(self.steer(guidance).await)),
            Command::Stop(reply) => drop(reply.send(self.stop().await)),
            Command::Rename(name, reply) => drop(reply.send(self.rename(name).await)),
            Command::Model(model, who, reply) => drop(reply.send(self.choose_model(model, who).await)),
            Command::Budget(change, who, reply) => drop(reply.send(self.set_budget(change, who).await)),
            Command::Remove(force, reply) => drop(reply.send(self.remove(force).await)),
            Command::Container(verb, reply) => drop(reply.send(self.container(verb).await)),
            Command::ChangeImage(change, reply) => drop(reply.send(self.change_image(change).await)),
            Command::Discard { backend, name, reply } => drop(reply.send(self.discard(&backend, &name).await)),
            Command::Idle(step, reply) => drop(reply.send(self.idle(step).await)),
            Command::Sandbox(reply) => self.hand_out_sandbox(reply).await,
        }
    }

    /// Makes events durable and publishes them, in this order (law L2).
    async fn journal(&mut self, turn: u64, bodies: Vec<Body>, patience: Patience) -> Result<(), SessionError> {
        self.journal_with(turn, bodies, patience, Beside::default()).await
    }

    async fn journal_with(
        &mut self,
        turn: u64,
        bodies: Vec<Body>,
        patience: Patience,
        beside: Beside,
    ) -> Result<(), SessionError> {
        let before = (patience == Patience::None).then(|| self.state.clone());
        let mut fresh = self.fresh();
        self.take_in(&mut fresh, turn, bodies)?;
        let done = self.commit(fresh, patience, beside).await;
        if let (Err(_), Some(before)) = (&done, before) {
            self.state = before;
        }
        done
    }

    /// No events yet, after what is durable.
    fn fresh(&self) -> Fresh {
        Fresh { expected_head: self.state.head, wall_time: WallTime::now(), rows: Vec::new(), events: Vec::new() }
    }

    /// The state takes events in before they are durable, because what is stored with them follows from them.
    fn take_in(
        &mut self,
        fresh: &mut Fresh,
        turn: u64,
        bodies: impl IntoIterator<Item = Body>,
    ) -> Result<(), SessionError> {
        for body in bodies {
            let (kind, text) = body.encode().map_err(|error| SessionError::Internal(error.to_string()))?;
            fresh.rows.push(NewRow { turn, kind, body: text });
            let (session, seq) = (self.state.id.clone(), self.state.head + 1);
            let event = Event { session, seq, turn, time: fresh.wall_time, body };
            self.state.apply(&event).map_err(|error| SessionError::Internal(error.to_string()))?;
            fresh.events.push(event);
        }
        Ok(())
    }

    /// Makes what was taken in durable, in one transaction, and publishes it. Where it fails, the state is ahead.
    async fn commit(&mut self, fresh: Fresh, patience: Patience, beside: Beside) -> Result<(), SessionError> {
        let summary = serde_json::to_string(&SessionView::of(&self.state))
            .map_err(|error| SessionError::Internal(error.to_string()))?;
        let session = self.state.id.clone();
        let Fresh { expected_head, wall_time, rows, events } = fresh;
        let Beside { request, name, usage } = beside;
        let append = Append { session, expected_head, wall_time, rows, summary, name, request, usage };
        self.append(append, patience).await?;
        for event in events {
            self.remember_request(&event);
            self.shared.live.row(event);
        }
        Ok(())
    }

    async fn append(&self, append: Append, patience: Patience) -> Result<(), SessionError> {
        loop {
            let error = match self.services.store.append(append.clone()).await {
                Ok(_) => return Ok(()),
                Err(error) => error,
            };
            let may_pass =
                matches!(error, StoreError::Full | StoreError::ReadOnly | StoreError::Busy | StoreError::Io(_));
            if patience == Patience::None || !may_pass {
                return Err(error.into());
            }
            tracing::warn!(session = %self.state.id, %error, "the journal cannot be written; trying again");
            tokio::select! {
                () = self.services.stopping.cancelled() => return Err(SessionError::Stopping),
                () = tokio::time::sleep(JOURNAL_RETRY) => {}
            }
        }
    }

    fn remember_request(&mut self, event: &Event) {
        if let Body::TurnStarted { request_id, message, answer_schema, .. } = &event.body {
            let structured = answer_schema.is_some();
            let position = Position { turn: event.turn, from_seq: event.seq, structured };
            self.requests.insert(request_id.clone(), (position, message.clone()));
        }
    }

    fn publish_quiet(&mut self) {
        let under_way = !self.driver.is_idle() || self.slot.is_preparing();
        self.shared.quiet.store(self.state.turn.is_none() && !under_way, Ordering::Release);
        let turn_runs = self.state.turn.as_ref().is_some_and(|turn| !turn.parked);
        if !(under_way || turn_runs) {
            self.hold = None;
        } else if self.hold.is_none() {
            self.hold = Some(self.services.uses.hold(&self.state.id));
        }
    }

    /// A turn has its whole time from its start, from an answer, and from a restart of the daemon; none while it is parked.
    fn set_deadline(&mut self) {
        let turn = self.state.turn.as_ref().filter(|turn| !turn.parked);
        self.deadline = turn.map(|turn| Instant::now() + Duration::from_millis(turn.timeout_ms));
    }
}

/// Bytes of what is offered, as far as a model reads them.
fn spec_bytes(offered: &[ToolSpec]) -> u64 {
    let bytes = |spec: &ToolSpec| spec.name.len() + spec.description.len() + spec.parameters.to_string().len();
    offered.iter().map(|spec| bytes(spec) as u64).sum()
}

impl SessionState {
    /// The session's id for messages: its name where it has one.
    fn label(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.id.to_string())
    }
}
