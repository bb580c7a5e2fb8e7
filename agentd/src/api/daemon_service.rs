//! `agent.v1.DaemonService`.

use std::sync::Arc;

use proto::paths::Paths;
use proto::v1;
use proto::v1::daemon_service_server::DaemonService;
use tonic::{Request, Response, Status};

use crate::domain::time::WallTime;
use crate::sandbox::backend::{Finding, Severity};
use crate::sandbox::host;
use crate::session::registry::Sessions;
use crate::session::view::Status as SessionStatus;
use crate::skills::Shelf;

use super::{convert, extensions, failure};

/// What the daemon knows of itself.
pub struct About {
    /// Where its files are.
    pub paths: Paths,
    /// When it started.
    pub started: WallTime,
    /// The configuration in force, as TOML.
    pub config_toml: String,
    /// The same as JSON.
    pub config_json: String,
}

/// The service.
pub(super) struct DaemonApi {
    pub(super) sessions: Sessions,
    pub(super) about: Arc<About>,
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl DaemonService for DaemonApi {
    async fn status(&self, _: Request<v1::StatusRequest>) -> Answer<v1::StatusResponse> {
        let services = self.sessions.services();
        let views = self.sessions.list().await.map_err(failure::status)?;
        let chosen = services.backends.choose(&services.settings.sandbox.backend).await;
        let backend = chosen.as_ref().map_or_else(|_| services.backends.named(""), Arc::clone);
        let answers = match chosen {
            Ok(chosen) => chosen.ping().await,
            Err(error) => Err(error),
        };
        let paths = &self.about.paths;
        let count = |status| views.iter().filter(|view| view.status == status).count() as u64;
        let waiting: usize = views.iter().map(|view| view.approvals.len()).sum();
        Ok(Response::new(v1::StatusResponse {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            started: self.about.started.rfc3339(),
            epoch: services.store.epoch(),
            install_id: services.store.install_id().to_owned(),
            state_dir: paths.state.display().to_string(),
            config: paths.config.display().to_string(),
            socket: paths.socket.display().to_string(),
            log: paths.log().display().to_string(),
            sessions: views.len() as u64,
            running: count(SessionStatus::Running),
            awaiting_approval: waiting as u64,
            containers: views.iter().filter(|view| view.container.is_some()).count() as u64,
            backend: backend.kind().to_owned(),
            backend_ok: answers.is_ok(),
            backend_detail: match answers {
                Ok(()) => backend.detail(),
                Err(error) => error.message,
            },
            model: services.models.default_name().unwrap_or_default().to_owned(),
            memory_bytes: resident_bytes(),
            pool: Some(convert::pool(&services.pool)),
        }))
    }

    async fn doctor(&self, _: Request<v1::DoctorRequest>) -> Answer<v1::DoctorResponse> {
        let services = self.sessions.services();
        let paths = &self.about.paths;
        let mut findings = host::findings(&paths.state, &paths.socket, WallTime::now().0 / 1000);
        findings.extend(self.own_findings().await);
        let wanted = &services.settings.sandbox;
        findings.extend(services.backends.check(&wanted.backend, &wanted.image).await);
        let settings = &services.settings;
        findings
            .extend(extensions::skills(Shelf::new(services.config_dir.as_deref(), settings.shared.as_deref())).await);
        findings.extend(extensions::mcp(services.tools.mcp()).await);
        let findings = findings.into_iter().map(convert::finding).collect();
        Ok(Response::new(v1::DoctorResponse { findings }))
    }

    async fn config(&self, _: Request<v1::ConfigRequest>) -> Answer<v1::ConfigResponse> {
        let path = &self.about.paths.config;
        Ok(Response::new(v1::ConfigResponse {
            toml: self.about.config_toml.clone(),
            json: self.about.config_json.clone(),
            path: path.display().to_string(),
            exists: path.exists(),
        }))
    }

    async fn shutdown(&self, _: Request<v1::ShutdownRequest>) -> Answer<v1::ShutdownResponse> {
        tracing::info!("asked to stop");
        self.sessions.services().stopping.cancel();
        Ok(Response::new(v1::ShutdownResponse { pid: std::process::id() }))
    }
}

impl DaemonApi {
    /// What was checked when the daemon started, or it would not be answering; and the model.
    async fn own_findings(&self) -> Vec<Finding> {
        let paths = &self.about.paths;
        let ok = |check, message| Finding { check, severity: Severity::Ok, message, remedy: String::new() };
        let mut findings = vec![ok("config", format!("{} is valid", paths.config.display()))];
        let services = self.sessions.services();
        let name = services.models.default_name().unwrap_or_default();
        findings.push(match services.models.check(name).await {
            Ok(model) => {
                let note = model.note().map(|note| format!(" ({note})")).unwrap_or_default();
                ok("model", format!("{name} is configured{note}"))
            }
            Err(error) => {
                Finding { check: "model", severity: Severity::Error, message: error.message(), remedy: error.hint() }
            }
        });
        findings
    }
}

/// Memory of this process, in bytes; 0 where the system does not tell.
fn resident_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|text| text.split_whitespace().nth(1)?.parse::<u64>().ok())
        .unwrap_or(0);
    pages * rustix::param::page_size() as u64
}
