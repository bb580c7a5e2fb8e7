//! A sandbox that answers.

use super::backend::Backend;
use super::error::{SandboxError, SandboxErrorKind};
use super::init_client::error::{InitError, InitErrorKind};
use super::init_client::{Hello, InitClient, open};
use super::token::Token;

/// A connection to a running sandbox. Cheap to clone. When a request fails with `Broken`, connect again: same boot id,
/// then every call is still known; another one, then they are gone.
#[derive(Clone, Debug)]
pub struct LiveSandbox {
    /// The container's name.
    pub name: String,
    /// Who answers, in which boot.
    pub hello: Hello,
    /// What it can be asked.
    pub client: InitClient,
}

impl LiveSandbox {
    /// Connects to a sandbox that the backend has made or started. Waits for agent-init's hello, within a bounded time.
    pub async fn connect(backend: &dyn Backend, name: &str, token: &Token) -> Result<Self, SandboxError> {
        let stream = backend.connect(name).await?;
        let (client, hello) = open(stream, token).await.map_err(|error| not_ready(name, &error))?;
        Ok(Self { name: name.to_owned(), hello, client })
    }

    /// The boot: a call of another boot is gone.
    pub fn boot_id(&self) -> &str {
        &self.hello.boot_id
    }
}

fn not_ready(name: &str, error: &InitError) -> SandboxError {
    let hint = match error.kind {
        InitErrorKind::Protocol => "remove the container; the next tool call makes a new one",
        _ => "see `agentctl container show`; removing the container makes the next tool call make a new one",
    };
    SandboxError::new(SandboxErrorKind::Failed, format!("the sandbox {name} does not answer: {error}")).hinted(hint)
}
