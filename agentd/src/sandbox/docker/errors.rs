//! What went wrong with an engine, told apart, each with its remedy.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::time::Duration;

use bollard::errors::Error;

use super::discover::Address;
use crate::sandbox::error::{SandboxError, SandboxErrorKind, plain_text};

/// Bytes of an engine's own words that are passed on.
const MESSAGE_BYTES_MAX: usize = 500;

/// No connection to that address.
pub(super) fn no_connection(address: &Address, error: &std::io::Error) -> SandboxError {
    match error.kind() {
        ErrorKind::PermissionDenied => {
            SandboxError::new(SandboxErrorKind::EngineForbidden, format!("the engine at {address} refuses this user"))
                .hinted(remedy_for_permission(address))
        }
        ErrorKind::NotFound => SandboxError::new(
            SandboxErrorKind::EngineUnreachable,
            format!("no engine: there is no socket at {address}"),
        )
        .hinted("install and start Docker or Podman, or set DOCKER_HOST"),
        ErrorKind::ConnectionRefused => SandboxError::new(
            SandboxErrorKind::EngineUnreachable,
            format!("the engine is down: nobody answers at {address}"),
        )
        .hinted("start it: systemctl start docker"),
        _ => SandboxError::new(
            SandboxErrorKind::EngineUnreachable,
            format!("no connection to the engine at {address}: {error}"),
        ),
    }
}

/// It took the connection and said nothing.
pub(super) fn silent(address: &Address, time_max: Duration) -> SandboxError {
    SandboxError::new(
        SandboxErrorKind::EngineUnreachable,
        format!("the engine at {address} did not answer within {} s", time_max.as_secs()),
    )
    .hinted("see whether `docker version` answers; restart the engine if it does not")
}

fn remedy_for_permission(address: &Address) -> String {
    let Address::Unix(path) = address else { return String::new() };
    let gid = std::fs::metadata(path).map(|m| m.gid());
    match gid {
        Ok(gid) if gid != 0 => {
            let name = group_name(gid).unwrap_or_else(|| gid.to_string());
            format!(
                "join the group of its socket: sudo usermod -aG {name} $USER, then log in again; or use rootless Docker"
            )
        }
        _ => "its socket belongs to root alone: use rootless Docker or Podman, or run agentd as root".to_owned(),
    }
}

fn group_name(gid: u32) -> Option<String> {
    let groups = std::fs::read_to_string("/etc/group").ok()?;
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse::<u32>().ok()? == gid).then(|| name.to_owned())
    })
}

/// What an answer of the engine means. `what` names what was tried.
pub(super) fn of_engine(what: &str, error: &Error) -> SandboxError {
    match error {
        Error::DockerResponseServerError { status_code, message } => {
            of_response(*status_code, &plain_text(message, MESSAGE_BYTES_MAX)).while_doing(what)
        }
        Error::DockerStreamError { error } => of_response(500, &plain_text(error, MESSAGE_BYTES_MAX)).while_doing(what),
        Error::RequestTimeoutError => timed_out(what),
        Error::JsonDataError { message, .. } => SandboxError::new(
            SandboxErrorKind::EngineUnsuitable,
            format!("{what}: the engine's answer is not understood: {}", plain_text(message, MESSAGE_BYTES_MAX)),
        ),
        other => SandboxError::new(
            SandboxErrorKind::EngineUnreachable,
            format!("{what}: the connection to the engine broke: {}", plain_text(&chain(other), MESSAGE_BYTES_MAX)),
        )
        .hinted("see whether the engine runs: docker version"),
    }
}

/// It took too long.
pub(super) fn timed_out(what: &str) -> SandboxError {
    SandboxError::new(SandboxErrorKind::Timeout, format!("{what}: the engine did not finish in time"))
        .hinted("see what the engine is doing: docker info")
}

fn of_response(status: u16, message: &str) -> SandboxError {
    let lower = message.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let (kind, hint) = if has(&["no space left", "disk quota exceeded"]) {
        (SandboxErrorKind::StorageFull, "free space where the engine keeps its data: docker system df")
    } else if has(&["no such image", "image not known"]) {
        (
            SandboxErrorKind::ImageNotFound,
            "get it with `agentctl image pull` or `agentctl image import`, or set sandbox.image to one that is there",
        )
    } else if has(&["bind source path does not exist", "no such file or directory: bind"]) {
        (
            SandboxErrorKind::Failed,
            "the engine does not see the same files as agentd: where agentd runs in a container or the engine on another \
             host, mount the directory there at the same path",
        )
    } else if has(&["client version", "api version"]) {
        (SandboxErrorKind::EngineUnsuitable, "upgrade the engine, or agentd")
    } else if has(&["rlimit", "ulimit"]) {
        (SandboxErrorKind::EngineUnsuitable, "raise the engine's own limit of open files")
    } else if lower.contains("network") && has(&["not found", "could not find"]) {
        (SandboxErrorKind::EngineUnsuitable, "docker network ls shows the networks there are; set sandbox.network")
    } else if has(&["could not select device driver", "cdi device injection failed", "unresolvable cdi devices"]) {
        (
            SandboxErrorKind::EngineUnsuitable,
            "this engine has no graphics processors to give: install its vendor's container toolkit, or leave --gpus out",
        )
    } else if has(&["unknown or invalid runtime", "unknown runtime", "runtime not found"]) {
        (
            SandboxErrorKind::EngineUnsuitable,
            "docker info shows the runtimes there are; leave --runtime out for its own",
        )
    } else if has(&["exec format error"]) {
        (
            SandboxErrorKind::EngineUnsuitable,
            "the engine's processor differs from this one: set AGENT_INIT at build time",
        )
    } else {
        (if status == 404 { SandboxErrorKind::NotFound } else { SandboxErrorKind::Failed }, "")
    };
    SandboxError::new(kind, message).hinted(hint)
}

/// An error with its causes; the one that says what happened is often the last.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// The HTTP status that an engine answered with.
pub(super) fn status(error: &Error) -> Option<u16> {
    match error {
        Error::DockerResponseServerError { status_code, .. } => Some(*status_code),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(status_code: u16, message: &str) -> SandboxError {
        let error = Error::DockerResponseServerError { status_code, message: message.to_owned() };
        of_engine("make the sandbox", &error)
    }

    #[test]
    fn what_an_engine_says_is_told_apart() {
        let cases = [
            (404, "No such image: debian:12", SandboxErrorKind::ImageNotFound),
            (404, "No such container: x", SandboxErrorKind::NotFound),
            (500, "write /var/lib/docker/x: no space left on device", SandboxErrorKind::StorageFull),
            (
                400,
                "client version 1.53 is too new. Maximum supported API version is 1.41",
                SandboxErrorKind::EngineUnsuitable,
            ),
            (404, "network lan not found", SandboxErrorKind::EngineUnsuitable),
            (
                500,
                "OCI runtime create failed: error setting rlimit type 7: operation not permitted",
                SandboxErrorKind::EngineUnsuitable,
            ),
            (500, "could not select device driver \"\" with capabilities: [[gpu]]", SandboxErrorKind::EngineUnsuitable),
            (400, "unknown or invalid runtime name: runsc", SandboxErrorKind::EngineUnsuitable),
            (409, "Conflict. The container name is already in use", SandboxErrorKind::Failed),
        ];
        for (status, message, kind) in cases {
            let error = told(status, message);
            assert_eq!(error.kind, kind, "{message}");
            assert!(error.message.starts_with("make the sandbox: "), "{error}");
        }
        let mount = told(400, "invalid mount config for type \"bind\": bind source path does not exist: /x");
        assert!(mount.hint.contains("same path"), "{mount:?}");
    }

    #[test]
    fn a_refused_user_is_told_the_sockets_group() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        std::fs::write(&path, "").unwrap();
        let error = no_connection(&Address::Unix(path), &std::io::Error::from(ErrorKind::PermissionDenied));
        assert_eq!(error.kind, SandboxErrorKind::EngineForbidden);
        assert!(!error.hint.is_empty());
        assert_eq!(group_name(0).as_deref(), Some("root"));
    }

    #[test]
    fn no_control_character_of_an_engine_passes() {
        assert!(!told(500, "a\u{1b}[2Jb\r\nc").message.chars().any(char::is_control));
    }
}
