//! Where an engine may be: `DOCKER_HOST`, the default socket, rootless sockets, Podman's sockets, in that order. Pure.

use std::path::PathBuf;

use crate::sandbox::error::{SandboxError, SandboxErrorKind};

/// The address of an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// A Unix socket.
    Unix(PathBuf),
    /// host:port, without TLS.
    Tcp(String),
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(host) => write!(f, "tcp://{host}"),
        }
    }
}

/// The addresses to try, best first. A `DOCKER_HOST` that is set is the only one: what the user named is never silently
/// replaced by another engine.
pub(super) fn candidates(environment: impl Fn(&str) -> Option<String>, uid: u32) -> Result<Vec<Address>, SandboxError> {
    let set = |name: &str| environment(name).filter(|value| !value.is_empty());
    if let Some(host) = set("DOCKER_HOST") {
        if set("DOCKER_TLS_VERIFY").is_some() && host.starts_with("tcp://") {
            return Err(unsuitable(format!("DOCKER_HOST is {host} with DOCKER_TLS_VERIFY, and agentd does not speak TLS to an engine"))
                .hinted("forward the engine's socket: ssh -nNT -L /path/docker.sock:/var/run/docker.sock HOST, and set DOCKER_HOST=unix:///path/docker.sock"));
        }
        return Ok(vec![parse(&host)?]);
    }
    let runtime = set("XDG_RUNTIME_DIR").unwrap_or_else(|| format!("/run/user/{uid}"));
    let mut paths = vec!["/var/run/docker.sock".to_owned(), format!("{runtime}/docker.sock")];
    paths.extend(set("HOME").map(|home| format!("{home}/.docker/run/docker.sock")));
    paths.extend([format!("{runtime}/podman/podman.sock"), "/run/podman/podman.sock".to_owned()]);
    Ok(paths.into_iter().map(|path| Address::Unix(path.into())).collect())
}

fn parse(host: &str) -> Result<Address, SandboxError> {
    match host.split_once("://") {
        Some(("unix", path)) if path.starts_with('/') => Ok(Address::Unix(path.into())),
        Some(("tcp" | "http", rest)) => {
            let host = rest.trim_end_matches('/');
            if host.is_empty() || host.contains(['/', '@', '?', '#']) || host.chars().any(char::is_whitespace) {
                return Err(unsuitable(format!("DOCKER_HOST={host:?} names no host and port")));
            }
            let port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
            Ok(Address::Tcp(if port { host.to_owned() } else { format!("{host}:2375") }))
        }
        Some(("ssh", _)) => Err(unsuitable(format!("DOCKER_HOST is {host}, and agentd does not speak ssh itself"))
            .hinted("forward the engine's socket: ssh -nNT -L /path/docker.sock:/var/run/docker.sock HOST, and set DOCKER_HOST=unix:///path/docker.sock")),
        _ => Err(unsuitable(format!("DOCKER_HOST={host:?} is not an address")).hinted("set it to unix:///path or tcp://host:port")),
    }
}

fn unsuitable(message: String) -> SandboxError {
    SandboxError::new(SandboxErrorKind::EngineUnsuitable, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Result<Vec<String>, SandboxError> {
        let find = |name: &str| variables.iter().find(|v| v.0 == name).map(|v| v.1.to_owned());
        Ok(candidates(find, 1000)?.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn places_are_tried_in_order() {
        let found = with(&[("XDG_RUNTIME_DIR", "/run/user/7"), ("HOME", "/home/a"), ("DOCKER_HOST", "")]).unwrap();
        assert_eq!(
            found,
            [
                "unix:///var/run/docker.sock",
                "unix:///run/user/7/docker.sock",
                "unix:///home/a/.docker/run/docker.sock",
                "unix:///run/user/7/podman/podman.sock",
                "unix:///run/podman/podman.sock",
            ]
        );
        assert_eq!(with(&[]).unwrap()[1], "unix:///run/user/1000/docker.sock");
    }

    #[test]
    fn docker_host_is_the_only_place_when_it_is_set() {
        assert_eq!(with(&[("DOCKER_HOST", "unix:///a/b.sock")]).unwrap(), ["unix:///a/b.sock"]);
        assert_eq!(with(&[("DOCKER_HOST", "tcp://10.0.0.1:2375")]).unwrap(), ["tcp://10.0.0.1:2375"]);
        assert_eq!(with(&[("DOCKER_HOST", "tcp://box/")]).unwrap(), ["tcp://box:2375"]);
    }

    #[test]
    fn what_is_not_spoken_is_said() {
        let ssh = with(&[("DOCKER_HOST", "ssh://box")]).unwrap_err();
        assert!(ssh.message.contains("ssh") && ssh.hint.contains("DOCKER_HOST=unix://"));
        let tls = with(&[("DOCKER_HOST", "tcp://box:2376"), ("DOCKER_TLS_VERIFY", "1")]).unwrap_err();
        assert!(tls.message.contains("TLS"));
        for wrong in ["box:2375", "unix://relative", "tcp://", "tcp://a/b", "npipe:////./pipe/x"] {
            let error = with(&[("DOCKER_HOST", wrong)]).unwrap_err();
            assert_eq!(error.kind, SandboxErrorKind::EngineUnsuitable, "{wrong}");
        }
    }
}
