//! Starting, stopping, freezing and removing. Each is idempotent: what is so already is no error.

use std::time::Duration;

use bollard::query_parameters::{RemoveContainerOptionsBuilder, StartContainerOptions, StopContainerOptionsBuilder};

use super::engine::{Engine, within};
use super::errors::{of_engine, status, timed_out};
use super::hardening::STOP_SECONDS;
use super::observe::status_of;
use crate::sandbox::backend::SandboxStatus;
use crate::sandbox::error::SandboxError;

/// How long a removal that somebody else began may take.
const REMOVAL_WITHIN: Duration = Duration::from_secs(60);
/// Pause between two looks at it.
const LOOK_PAUSE: Duration = Duration::from_millis(50);

impl Engine {
    /// Starts it.
    pub(super) async fn start(&self, name: &str) -> Result<(), SandboxError> {
        let request = self.docker.start_container(name, None::<StartContainerOptions>);
        self.within(60, "start the sandbox", request).await
    }

    /// Stops it: TERM, then KILL. A frozen one is let go on first, for TERM does not reach it.
    pub(super) async fn stop(&self, name: &str) -> Result<(), SandboxError> {
        if self.is(name, SandboxStatus::Paused).await? {
            self.unpause(name).await?;
        }
        let options = StopContainerOptionsBuilder::default().t(STOP_SECONDS).build();
        self.within(60, "stop the sandbox", self.docker.stop_container(name, Some(options))).await
    }

    /// Freezes it.
    pub(super) async fn pause(&self, name: &str) -> Result<(), SandboxError> {
        match within(30, self.docker.pause_container(name)).await {
            Err(_) if self.is(name, SandboxStatus::Paused).await? => Ok(()),
            done => done.map_err(|e| of_engine("pause the sandbox", &e)),
        }
    }

    /// Lets it go on.
    pub(super) async fn unpause(&self, name: &str) -> Result<(), SandboxError> {
        match within(30, self.docker.unpause_container(name)).await {
            Err(_) if self.is(name, SandboxStatus::Running).await? => Ok(()),
            done => done.map_err(|e| of_engine("unpause the sandbox", &e)),
        }
    }

    /// Removes it with its anonymous volumes, whatever it is doing, and returns when it is gone.
    pub(super) async fn remove(&self, name: &str) -> Result<(), SandboxError> {
        let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
        match within(60, self.docker.remove_container(name, Some(options))).await {
            Ok(()) => Ok(()),
            Err(error) if status(&error) == Some(404) => Ok(()),
            Err(error) if status(&error) == Some(409) => self.gone(name).await,
            Err(error) => Err(of_engine("remove the sandbox", &error)),
        }
    }

    /// Waits for the end of a removal in progress.
    async fn gone(&self, name: &str) -> Result<(), SandboxError> {
        let gone = async {
            while self.look(name).await?.is_some() {
                tokio::time::sleep(LOOK_PAUSE).await;
            }
            Ok(())
        };
        tokio::time::timeout(REMOVAL_WITHIN, gone).await.unwrap_or_else(|_| Err(timed_out("remove the sandbox")))
    }

    async fn is(&self, name: &str, wanted: SandboxStatus) -> Result<bool, SandboxError> {
        Ok(self.look(name).await?.is_some_and(|found| status_of(&found) == wanted))
    }
}
