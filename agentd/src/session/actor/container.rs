//! What is done to the session's container from outside its turns: by a person's word, for want of use, or because nobody
//! wants it.

use std::sync::Arc;

use crate::sandbox::backend::SandboxStatus;
use crate::session::command::Verb;
use crate::session::error::SessionError;
use crate::session::uses::IdleStep;

use super::Actor;

impl Actor {
    /// Removes a container that carries this session's labels and that the session does not have: one that was made ahead
    /// by a daemon that died, or of an earlier generation.
    pub(super) async fn discard(&mut self, backend: &str, name: &str) -> Result<(), SessionError> {
        let wanted = self.state.container() == Some(name);
        if wanted || self.slot.is_preparing() || self.services.pool.names().contains(name) {
            return Ok(());
        }
        Ok(self.services.backends.named(backend).remove(name).await?)
    }

    pub(super) async fn container(&mut self, verb: Verb) -> Result<(), SessionError> {
        let Some(name) = self.state.container().map(str::to_owned) else {
            return Err(SessionError::NoContainer(self.state.label()));
        };
        let backend = self.backend();
        if backend.inspect(&name).await?.is_none() && !matches!(verb, Verb::Remove { .. }) {
            return Err(SessionError::NoContainer(self.state.label()));
        }
        self.services.uses.touch(&self.state.id);
        match verb {
            Verb::Start => backend.start(&name).await?,
            Verb::Stop => {
                backend.stop(&name).await?;
                self.slot.disconnect();
            }
            Verb::Pause => {
                backend.pause(&name).await?;
                self.slot.paused = true;
                self.services.uses.paused(&self.state.id);
            }
            Verb::Unpause => {
                backend.unpause(&name).await?;
                self.slot.paused = false;
            }
            Verb::Remove { force } => {
                let running = self.state.turn.as_ref().filter(|turn| !turn.parked);
                if let (Some(turn), false) = (running, force) {
                    return Err(SessionError::TurnRunning(turn.number));
                }
                self.slot.give_up().await;
                backend.remove(&name).await?;
                // A request to the model has nothing to do with it.
                if !self.driver.is_asking() {
                    self.driver.abort_all().await;
                }
                self.lost("its container was removed by the user").await?;
            }
        }
        Ok(())
    }

    /// Does what is due for a sandbox that nobody uses. Somebody may have come since that was found.
    pub(super) async fn idle(&mut self, step: IdleStep) -> Result<(), SessionError> {
        let services = Arc::clone(&self.services);
        let limits = services.settings.idle;
        if services.uses.due(&self.state.id, limits) != Some(step) || self.slot.is_preparing() {
            return Ok(());
        }
        let Some(name) = self.state.container().map(str::to_owned) else {
            services.uses.forget(&self.state.id);
            return Ok(());
        };
        let backend = self.backend();
        match step {
            IdleStep::Pause => {
                let seen = backend.inspect(&name).await?;
                if seen.is_some_and(|seen| seen.status == SandboxStatus::Running) {
                    backend.pause(&name).await?;
                    self.slot.paused = true;
                    tracing::debug!(container = %name, "paused: nobody uses it");
                }
                services.uses.paused(&self.state.id);
            }
            IdleStep::Remove => {
                backend.remove(&name).await?;
                let after = limits.remove.unwrap_or_default();
                self.lost(&format!("nobody used it for {after:?}, and its container was removed")).await?;
            }
        }
        Ok(())
    }
}
