//! A connected engine, and what is known of it.

use std::collections::BTreeSet;
use std::time::Duration;

use bollard::{ClientVersion, Docker};

use super::discover::{Address, candidates};
use super::errors::{of_engine, timed_out};
use super::negotiate::{ApiVersion, api_version};
use crate::sandbox::error::{SandboxError, SandboxErrorKind};

/// The longest that any request may take to be answered; most are given less.
const REQUEST_SECONDS_MAX: u64 = 120;
/// How long the engine may take to say what it is.
const FACTS_WITHIN: Duration = Duration::from_secs(20);

/// What an engine can do, as far as sandboxes depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) version: String,
    pub(super) runc_version: String,
    pub(super) podman: bool,
    pub(super) cpus: u64,
    pub(super) limits_memory: bool,
    pub(super) limits_swap: bool,
    pub(super) limits_cpu: bool,
    pub(super) limits_pids: bool,
    pub(super) seccomp: bool,
    pub(super) live_restore: bool,
    pub(super) rootless: bool,
    /// Whether AppArmor or SELinux confines containers.
    pub(super) confined_by_lsm: bool,
    /// Runtimes that a container can be given, sorted.
    pub(super) runtimes: Vec<String>,
    /// The one that it is given where none is chosen.
    pub(super) default_runtime: String,
}

/// A connected engine. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Engine {
    pub(super) docker: Docker,
    pub(super) address: Address,
    pub(super) api: ApiVersion,
    pub(super) facts: Facts,
}

impl Engine {
    /// The first engine that answers; else the most telling failure.
    pub(super) async fn find(environment: impl Fn(&str) -> Option<String>) -> Result<Self, SandboxError> {
        let uid = rustix::process::geteuid().as_raw();
        let mut failures = Vec::new();
        for address in candidates(environment, uid)? {
            match Self::connect(address).await {
                Ok(engine) => return Ok(engine),
                Err(error) => failures.push(error),
            }
        }
        Err(most_telling(failures))
    }

    async fn connect(address: Address) -> Result<Self, SandboxError> {
        let api = api_version(&address).await?;
        let newest = *bollard::API_DEFAULT_VERSION;
        let spoken = ClientVersion { major_version: api.major, minor_version: api.minor };
        let spoken = if spoken < newest { spoken } else { newest };
        let docker = match &address {
            Address::Unix(path) => Docker::connect_with_unix(&path.to_string_lossy(), REQUEST_SECONDS_MAX, &spoken),
            Address::Tcp(host) => Docker::connect_with_http(host, REQUEST_SECONDS_MAX, &spoken),
        };
        let docker = docker.map_err(|e| of_engine("connect to the engine", &e))?;
        let facts = facts(&docker).await?;
        Ok(Self { docker, address, api, facts })
    }

    /// One line that says which engine it is.
    pub(super) fn detail(&self) -> String {
        let name = if self.facts.podman { "Podman" } else { "Docker" };
        format!("{name} {} (API {}) at {}", self.facts.version, self.api, self.address)
    }

    /// Performs one request within a bounded time. `what` names it in errors.
    pub(super) async fn within<T>(
        &self,
        seconds_max: u64,
        what: &str,
        request: impl Future<Output = Result<T, bollard::errors::Error>>,
    ) -> Result<T, SandboxError> {
        within(seconds_max, request).await.map_err(|e| of_engine(what, &e))
    }
}

/// The same, with the engine's own error.
pub(super) async fn within<T>(
    seconds_max: u64,
    request: impl Future<Output = Result<T, bollard::errors::Error>>,
) -> Result<T, bollard::errors::Error> {
    tokio::time::timeout(Duration::from_secs(seconds_max), request)
        .await
        .unwrap_or(Err(bollard::errors::Error::RequestTimeoutError))
}

async fn facts(docker: &Docker) -> Result<Facts, SandboxError> {
    let what = "ask the engine what it is";
    let asked = async { tokio::try_join!(docker.info(), docker.version()) };
    let (info, version) = tokio::time::timeout(FACTS_WITHIN, asked)
        .await
        .map_err(|_| timed_out(what))?
        .map_err(|e| of_engine(what, &e))?;
    let components = version.components.unwrap_or_default();
    let security = info.security_options.unwrap_or_default();
    let has = |name: &str| security.iter().any(|option| option.contains(&format!("name={name}")));
    Ok(Facts {
        version: version.version.or(info.server_version).unwrap_or_default(),
        runc_version: components.iter().find(|c| c.name == "runc").map(|c| c.version.clone()).unwrap_or_default(),
        podman: components.iter().any(|c| c.name.contains("Podman")),
        cpus: info.ncpu.and_then(|n| u64::try_from(n).ok()).unwrap_or(0),
        limits_memory: info.memory_limit.unwrap_or(false),
        limits_swap: info.swap_limit.unwrap_or(false),
        limits_cpu: info.cpu_cfs_quota.unwrap_or(false),
        limits_pids: info.pids_limit.unwrap_or(false),
        seccomp: has("seccomp"),
        live_restore: info.live_restore_enabled.unwrap_or(false),
        rootless: has("rootless"),
        confined_by_lsm: has("apparmor") || has("selinux"),
        runtimes: info.runtimes.unwrap_or_default().into_keys().collect::<BTreeSet<_>>().into_iter().collect(),
        default_runtime: info.default_runtime.unwrap_or_default(),
    })
}

/// An engine that refuses says more than one that is down, and that more than a socket that is not there.
fn most_telling(failures: Vec<SandboxError>) -> SandboxError {
    let rank = |error: &SandboxError| match error.kind {
        SandboxErrorKind::EngineForbidden => 0,
        SandboxErrorKind::EngineUnreachable if error.message.contains("no socket") => 2,
        _ => 1,
    };
    let absent = failures.len() > 1 && failures.iter().all(|e| rank(e) == 2);
    match failures.into_iter().min_by_key(rank) {
        Some(first) if absent => SandboxError {
            message: "no container engine: no Docker or Podman socket at any of its usual places".to_owned(),
            ..first
        },
        Some(first) => first,
        None => SandboxError::new(SandboxErrorKind::EngineUnreachable, "no container engine"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::docker::errors::no_connection;

    fn failure(kind: std::io::ErrorKind) -> SandboxError {
        no_connection(&Address::Unix("/x".into()), &kind.into())
    }

    #[test]
    fn the_failure_that_says_most_is_told() {
        use std::io::ErrorKind::{ConnectionRefused, NotFound, PermissionDenied};
        let told = most_telling(vec![failure(NotFound), failure(ConnectionRefused), failure(PermissionDenied)]);
        assert_eq!(told.kind, SandboxErrorKind::EngineForbidden);
        assert!(most_telling(vec![failure(NotFound), failure(ConnectionRefused)]).message.contains("down"));
        assert!(most_telling(vec![failure(NotFound), failure(NotFound)]).message.contains("usual places"));
        assert!(most_telling(vec![failure(NotFound)]).message.contains("/x"));
    }

    #[tokio::test]
    async fn a_docker_host_that_is_not_there_is_named() {
        let error = Engine::find(|name| (name == "DOCKER_HOST").then(|| "unix:///nowhere/docker.sock".to_owned()))
            .await
            .unwrap_err();
        assert!(error.message.contains("/nowhere/docker.sock"), "{error}");
    }
}
