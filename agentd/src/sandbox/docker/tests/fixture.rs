//! An installation of its own on a real engine, and how its sandboxes are talked to.

use std::panic::AssertUnwindSafe;

use futures_util::StreamExt as _;

use super::super::*;
use crate::domain::ids::SessionId;
use crate::sandbox::init_client::exec_events::{ExecEnd, ExecEvent};
use crate::sandbox::init_client::wire::ExecRequest;
use crate::sandbox::live::LiveSandbox;
use crate::sandbox::spec::tests::sample;
use crate::sandbox::token::Secret;
use crate::sandbox::{init_binary, workspace};

/// One installation on the engine, with a state directory of its own.
pub(super) struct Fixture {
    pub(super) state: tempfile::TempDir,
    pub(super) backend: DockerBackend,
    pub(super) secret: Secret,
    pub(super) install_id: String,
}

impl Fixture {
    pub(super) fn new() -> Self {
        let mut random = [0; 8];
        getrandom::fill(&mut random).unwrap();
        let install_id = crate::sandbox::spec::hex(&random);
        let state = tempfile::tempdir().unwrap();
        Self {
            backend: DockerBackend::new(install_id.clone(), Arc::new(|name| std::env::var(name).ok())),
            secret: Secret::load_or_make(state.path()).unwrap(),
            state,
            install_id,
        }
    }

    pub(super) fn spec(&self, session: u8) -> SandboxSpec {
        let made = workspace::make(&self.state.path().join(format!("workspaces/{session}"))).unwrap();
        let mut spec = SandboxSpec {
            install_id: self.install_id.clone(),
            session: SessionId::from_random([session; 16]),
            workspace: made.path,
            shared: None,
            uid: made.uid,
            gid: made.gid,
            init_path: init_binary::unpack(self.state.path()).unwrap(),
            ..sample()
        };
        spec.options.image =
            std::env::var("AGENTD_SANDBOX_IMAGE").unwrap_or_else(|_| "agentd-base:bookworm".to_owned());
        spec.options.memory_bytes = 256 << 20;
        spec.token_sha256 = self.secret.token(&spec.name()).sha256();
        spec
    }

    pub(super) async fn create(&self, spec: &SandboxSpec) -> Created {
        self.backend.create(spec, &|_| ()).await.unwrap()
    }

    pub(super) async fn live(&self, spec: &SandboxSpec) -> LiveSandbox {
        let name = spec.name();
        LiveSandbox::connect(&self.backend, &name, &self.secret.token(&name)).await.unwrap()
    }
}

/// Runs a test and removes every container of it, however it ends.
pub(super) async fn on_engine(test: impl AsyncFnOnce(&Fixture)) {
    let fixture = Fixture::new();
    let ended = AssertUnwindSafe(test(&fixture)).catch_unwind().await;
    for left in fixture.backend.list().await.unwrap() {
        fixture.backend.remove(&left.name).await.unwrap();
    }
    if let Err(panic) = ended {
        std::panic::resume_unwind(panic);
    }
}

pub(super) async fn sh(live: &LiveSandbox, call_id: &str, command: &str) -> (String, ExecEnd) {
    let request = ExecRequest {
        call_id: call_id.to_owned(),
        command: command.to_owned(),
        timeout_ms: 20_000,
        ..Default::default()
    };
    let mut events = live.client.exec(request).await.unwrap();
    let mut output = Vec::new();
    while let Some(event) = events.next().await {
        match event.unwrap() {
            ExecEvent::Started { .. } => {}
            ExecEvent::Output { data, .. } => output.extend_from_slice(&data),
            ExecEvent::Exited(end) => return (String::from_utf8(output).unwrap(), end),
        }
    }
    panic!("no end");
}
