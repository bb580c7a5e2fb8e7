//! The life of the session's container, as the session sees it. What the engine says is an observation; what happened is
//! in the journal (law L4).

use std::sync::Arc;
use std::time::Duration;

use crate::domain::event::{Body, TurnStatus};
use crate::domain::ids::CallId;
use crate::domain::outcome::OutcomeKind;
use crate::sandbox::backend::{Backend, Created};
use crate::sandbox::error::{SandboxError, SandboxErrorKind};
use crate::sandbox::live::LiveSandbox;
use crate::sandbox::pool::Claim;
use crate::sandbox::pool::counters::Way;
use crate::sandbox::spec::{self, SandboxSpec};
use crate::sandbox::{mounts, workspace};
use crate::session::command::Reply;
use crate::session::error::SessionError;
use crate::session::sandbox_slot::{BREAKS_MAX, ENGINE_RETRY_MS, Prepared};
use crate::session::state::{ReadySandbox, SandboxState};
use crate::session::uses::Borrowed;
use crate::turn::{close, plan};

use super::{Actor, Patience};

impl Actor {
    /// Whoever asked for the sandbox outside a turn gets it too.
    pub(super) async fn prepare_for_waiters(&mut self) -> Result<(), SessionError> {
        if self.slot.is_awaited() { self.prepare_sandbox().await } else { Ok(()) }
    }

    /// Begins to have the sandbox: the one that the journal knows, else a new one. Its intent is durable first (law L1).
    pub(super) async fn prepare_sandbox(&mut self) -> Result<(), SessionError> {
        if self.slot.is_preparing() {
            return Ok(());
        }
        if let Some(parent) = &self.state.options.parent {
            let wait = Duration::from_millis(if self.slot.breaks > 1 { ENGINE_RETRY_MS } else { 0 });
            self.slot.borrow(self.sessions.clone(), parent.session.clone(), wait);
            return Ok(());
        }
        match &self.state.sandbox {
            SandboxState::Ready(ready) => {
                let name = ready.name.clone();
                let wait = Duration::from_millis(if self.slot.breaks > 1 { ENGINE_RETRY_MS } else { 0 });
                self.adopt(name, wait);
                Ok(())
            }
            SandboxState::Intended { generation, .. } => match self.spec(*generation) {
                Ok(spec) => {
                    self.make(spec);
                    Ok(())
                }
                Err(error) => self.sandbox_failed(error).await,
            },
            SandboxState::None { last_generation } => {
                let generation = last_generation + 1;
                let spec = match self.spec(generation) {
                    Ok(spec) => spec,
                    Err(error) => return self.sandbox_failed(error).await,
                };
                if self.services.pool.has(&self.state.id) {
                    self.slot.claim(self.services.pool.clone(), spec);
                    return Ok(());
                }
                self.make_new(spec).await
            }
        }
    }

    async fn make_new(&mut self, spec: SandboxSpec) -> Result<(), SessionError> {
        let backend = match self.services.backends.choose(&self.state.backend).await {
            Ok(backend) => backend,
            Err(error) => return self.sandbox_failed(error).await,
        };
        if self.state.options.workspace_made && self.services.pool.could_have(&spec) {
            self.services.pool.counters().missed();
        }
        let intent = intent(&spec, backend.kind());
        crate::failpoint::reach("sandbox.intent.before");
        self.journal(self.turn_number(), vec![intent], Patience::UntilWritten).await?;
        crate::failpoint::reach("sandbox.intent.after");
        self.make(spec);
        Ok(())
    }

    /// Hands the sandbox out once it is known to answer.
    pub(super) async fn hand_out_sandbox(&mut self, reply: Reply<Borrowed>) {
        let hold = self.services.uses.hold(&self.state.id);
        match self.slot.answering(false).await {
            Some(live) => drop(reply.send(Ok(Borrowed { live, hold }))),
            None => self.slot.wait(hold, reply),
        }
    }

    pub(super) fn adopt(&mut self, name: String, wait: Duration) {
        if let Some(parent) = &self.state.options.parent {
            return self.slot.borrow(self.sessions.clone(), parent.session.clone(), wait);
        }
        let token = self.services.secret.token(&name);
        self.slot.adopt(self.backend(), name, token, wait);
    }

    fn make(&mut self, spec: SandboxSpec) {
        let token = self.services.secret.token(&spec.name());
        self.slot.make(self.backend(), spec, token);
    }

    /// The backend of the sandbox that the journal knows.
    pub(super) fn backend(&self) -> Arc<dyn Backend> {
        self.services.backends.named(&self.state.backend)
    }

    fn spec(&self, generation: u64) -> Result<SandboxSpec, SandboxError> {
        let options = &self.state.options;
        let install_id = self.services.store.install_id().to_owned();
        if let Some(exceeded) = self.services.settings.ceiling.exceeded(&options.sandbox) {
            return Err(SandboxError::new(SandboxErrorKind::AboveCeiling, format!("this session's {exceeded}")).hinted(
                "the ceiling was lowered after the session was made: make a new one, or raise the ceiling in config.toml",
            ));
        }
        // What lies in a workspace can be replaced by a link from within a sandbox.
        let sources = options.sandbox.mounts.iter().map(|mount| &mount.source);
        for source in [&options.workspace].into_iter().chain(&options.shared).chain(sources) {
            mounts::still_there(source)?;
        }
        let (uid, gid) = match options.sandbox.user {
            Some(user) => (user.uid, user.gid),
            None => workspace::owner(&options.workspace)?,
        };
        let name = spec::name_of(&install_id, &self.state.id, generation);
        Ok(SandboxSpec {
            install_id,
            session: self.state.id.clone(),
            generation,
            options: options.sandbox.clone(),
            image_digest: self.state.image_digest.clone(),
            workspace: options.workspace.clone(),
            shared: options.shared.clone(),
            uid,
            gid,
            token_sha256: self.services.secret.token(&name).sha256(),
            init_path: self.services.init_path.clone(),
        })
    }

    pub(super) fn turn_number(&self) -> u64 {
        self.state.turn.as_ref().map_or(0, |turn| turn.number)
    }

    pub(super) async fn take_prepared(&mut self, prepared: Prepared) -> Result<(), SessionError> {
        match prepared {
            Prepared::Adopted(live) => self.adopted(live).await,
            Prepared::Lent(ready, borrowed) => self.lent(*ready, borrowed).await,
            Prepared::Gone(reason) => self.lost(&reason).await,
            Prepared::Claimed(claim) => self.claimed(*claim).await,
            Prepared::Unclaimed => match self.spec(self.state.generation() + 1) {
                Ok(spec) => self.make_new(spec).await,
                Err(error) => self.sandbox_failed(error).await,
            },
            Prepared::Made(created, live, ready) => {
                self.services.pool.counters().made(Way::Cold, created.stages, ready);
                self.made(*created, live).await
            }
            Prepared::Failed(error) => self.sandbox_failed(error).await,
        }
    }

    async fn made(&mut self, created: Created, live: LiveSandbox) -> Result<(), SessionError> {
        let ready = ready(self.state.generation(), created, &live);
        crate::failpoint::reach("sandbox.ready.before");
        self.journal(self.turn_number(), vec![ready], Patience::UntilWritten).await?;
        crate::failpoint::reach("sandbox.ready.after");
        self.slot.connect(live);
        Ok(())
    }

    /// A sandbox that was made ahead becomes this session's with its intent and its readiness in one transaction: it is
    /// there, nothing of a session was ever sent into it, and nothing is before this is durable (law L1).
    async fn claimed(&mut self, claim: Claim) -> Result<(), SessionError> {
        let live = claim.warm.live.clone();
        let ready = ready(claim.spec.generation, claim.warm.created.clone(), &live);
        let bodies = vec![intent(&claim.spec, &claim.warm.backend), ready];
        crate::failpoint::reach("sandbox.claim.before");
        self.journal(self.turn_number(), bodies, Patience::UntilWritten).await?;
        crate::failpoint::reach("sandbox.claim.after");
        self.slot.connect(live);
        Ok(())
    }

    /// The same boot: calls that were running still are. Another boot: whatever ran in the old one is gone.
    async fn adopted(&mut self, live: LiveSandbox) -> Result<(), SessionError> {
        let SandboxState::Ready(ready) = self.state.sandbox.clone() else { return Ok(()) };
        if ready.boot_id != live.boot_id() {
            let mut bodies = self.lost_bodies(ready.generation, "its container was restarted");
            bodies.push(Body::SandboxReady {
                generation: ready.generation,
                name: ready.name,
                id: ready.id,
                boot_id: live.boot_id().to_owned(),
                image: ready.image,
                not_enforced: ready.not_enforced,
            });
            self.journal(self.turn_number(), bodies, Patience::UntilWritten).await?;
        } else {
            self.end_strays(&live).await;
        }
        self.slot.connect(live);
        Ok(())
    }

    /// A sub-agent has its parent's sandbox. What it had in another boot of it is gone.
    async fn lent(&mut self, lent: ReadySandbox, borrowed: Borrowed) -> Result<(), SessionError> {
        let mut bodies = match &self.state.sandbox {
            SandboxState::Ready(before) if before.boot_id == lent.boot_id => {
                if !self.slot.exposed_before {
                    self.end_strays(&borrowed.live).await;
                }
                self.slot.exposed_before = true;
                self.slot.connect_borrowed(borrowed);
                return Ok(());
            }
            SandboxState::Ready(before) => {
                let generation = before.generation;
                self.lost_bodies(generation, "its container was made anew or restarted")
            }
            SandboxState::None { .. } | SandboxState::Intended { .. } => Vec::new(),
        };
        let ReadySandbox { generation, name, id, boot_id, image, not_enforced } = lent;
        bodies.push(Body::SandboxReady { generation, name, id, boot_id, image, not_enforced });
        self.journal(self.turn_number(), bodies, Patience::UntilWritten).await?;
        self.slot.exposed_before = true;
        self.slot.connect_borrowed(borrowed);
        Ok(())
    }

    /// A sub-agent asks for the sandbox anew for each step: between them its parent may pause it or make another.
    pub(super) fn give_back_sandbox(&mut self) {
        if self.state.options.parent.is_some() && self.driver.running().is_empty() && !self.slot.is_awaited() {
            self.slot.disconnect();
        }
    }

    /// A command whose turn ended while nobody could reach it goes on for nobody: it is ended now.
    async fn end_strays(&self, live: &LiveSandbox) {
        // Those of others that share the sandbox are none of this session's.
        let own = |id: &&String| CallId::try_from((*id).clone()).is_ok_and(|id| self.state.calls_seen.contains(&id));
        let open = |id: &str| {
            let turn = self.state.turn.as_ref();
            turn.is_some_and(|turn| turn.calls.iter().any(|call| call.id.as_str() == id && call.ended.is_none()))
        };
        let calls = match live.client.processes().await {
            Ok(processes) => processes,
            Err(error) => {
                tracing::warn!(session = %self.state.id, %error, "the sandbox did not tell its calls");
                return;
            }
        };
        for id in calls.running_calls.iter().filter(own).filter(|id| !open(id)) {
            if let Err(error) = live.client.kill(id, 0).await {
                tracing::warn!(call = %id, %error, "a stray command could not be ended");
            }
        }
        for id in calls.running_calls.iter().chain(&calls.held_calls).filter(own).filter(|id| !open(id)) {
            if let Err(error) = live.client.ack(id).await {
                tracing::debug!(call = %id, %error, "a stray call could not be acknowledged");
            }
        }
    }

    /// The stream to the sandbox broke. The container may live on: it is looked at before anything is called lost.
    pub(super) async fn sandbox_broke(&mut self) -> Result<(), SessionError> {
        // Every call on the same connection tells of the same break.
        if self.slot.connected().is_none() {
            return Ok(());
        }
        self.slot.disconnect();
        self.slot.breaks += 1;
        if self.slot.breaks > BREAKS_MAX {
            self.discard_container().await;
            return self.lost("its connection broke again and again").await;
        }
        Ok(())
    }

    pub(super) async fn lost(&mut self, reason: &str) -> Result<(), SessionError> {
        self.slot.disconnect();
        let bodies = self.lost_bodies(self.state.generation(), reason);
        self.journal(self.turn_number(), bodies, Patience::UntilWritten).await?;
        self.slot.sent.clear();
        self.slot.breaks = 0;
        self.services.uses.forget(&self.state.id);
        Ok(())
    }

    /// The loss, with the end of calls that may have been running in it and must not be repeated.
    pub(super) fn lost_bodies(&mut self, generation: u64, reason: &str) -> Vec<Body> {
        let exposed = self.exposed();
        close::sandbox_lost(self.state.turn.as_ref(), generation, reason, exposed)
    }

    /// The calls that may be running in the sandbox: nothing is sent into one before it is journaled as ready.
    pub(super) fn exposed(&self) -> Vec<CallId> {
        let SandboxState::Ready(_) = self.state.sandbox else { return Vec::new() };
        let runnable = self.state.turn.as_ref().map(plan::runnable).unwrap_or_default();
        runnable.into_iter().filter(|id| self.slot.sent.contains(id)).collect()
    }

    /// No sandbox can be had. Where a command may be running in one, the engine is asked again until it answers or the
    /// turn's time is up; else the turn ends and says why. A sandbox that was there is given several chances to answer,
    /// because calling it lost is for good.
    async fn sandbox_failed(&mut self, error: SandboxError) -> Result<(), SessionError> {
        if let (SandboxErrorKind::Failed, SandboxState::Ready(ready)) = (error.kind, &self.state.sandbox)
            && self.slot.breaks < BREAKS_MAX
        {
            tracing::warn!(session = %self.state.id, error = %error.message, "the sandbox does not answer; asking again");
            let name = ready.name.clone();
            self.slot.breaks += 1;
            self.adopt(name, Duration::from_millis(ENGINE_RETRY_MS));
            return Ok(());
        }
        self.slot.fail(&error);
        let unreachable = matches!(
            error.kind,
            SandboxErrorKind::EngineUnreachable | SandboxErrorKind::EngineForbidden | SandboxErrorKind::Timeout
        );
        let maybe_running = !self.exposed().is_empty();
        if let (true, true, SandboxState::Ready(ready)) = (unreachable, maybe_running, &self.state.sandbox) {
            tracing::warn!(session = %self.state.id, error = %error.message, "the engine does not answer; asking again");
            let name = ready.name.clone();
            self.adopt(name, Duration::from_millis(ENGINE_RETRY_MS));
            return Ok(());
        }
        if !unreachable && matches!(self.state.sandbox, SandboxState::Intended { .. } | SandboxState::Ready(_)) {
            let made = matches!(self.state.sandbox, SandboxState::Ready(_));
            self.discard_container().await;
            self.lost(if made { &error.message } else { "it could not be made" }).await?;
        }
        let Some(turn) = self.state.turn.as_ref().filter(|turn| !turn.parked) else { return Ok(()) };
        let exit_code = match error.kind {
            SandboxErrorKind::EngineUnreachable
            | SandboxErrorKind::EngineForbidden
            | SandboxErrorKind::EngineUnsuitable => close::EXIT_UNREACHABLE,
            SandboxErrorKind::ImageNotFound => 5,
            SandboxErrorKind::WorkspaceRefused | SandboxErrorKind::AboveCeiling => close::EXIT_REFUSED,
            SandboxErrorKind::Timeout => close::EXIT_TIMEOUT,
            SandboxErrorKind::NotFound
            | SandboxErrorKind::ImageInUse
            | SandboxErrorKind::StorageFull
            | SandboxErrorKind::Failed => 1,
        };
        let finish = close::finished(turn, TurnStatus::Failed, exit_code, &error.message, &error.hint);
        self.end_turn(OutcomeKind::Failed, "The call did not run: no sandbox could be had.", finish).await
    }

    /// A container that did not come up is of no use: the next attempt makes a new one.
    async fn discard_container(&self) {
        let Some(name) = self.state.container() else { return };
        if let Err(error) = self.backend().remove(name).await {
            tracing::warn!(container = %name, error = %error.message, "a useless container could not be removed");
        }
    }
}

/// That a sandbox is about to be a session's, for the journal.
fn intent(spec: &SandboxSpec, backend: &str) -> Body {
    Body::SandboxIntent {
        generation: spec.generation,
        name: spec.name(),
        backend: backend.to_owned(),
        spec_hash: spec.hash(),
        image: spec.options.image.clone(),
    }
}

/// That a sandbox answers, for the journal.
fn ready(generation: u64, created: Created, live: &LiveSandbox) -> Body {
    Body::SandboxReady {
        generation,
        name: live.name.clone(),
        id: created.id,
        boot_id: live.boot_id().to_owned(),
        image: created.image_digest,
        not_enforced: created.not_enforced,
    }
}
