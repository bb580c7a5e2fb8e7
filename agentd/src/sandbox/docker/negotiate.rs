//! Which API version an engine speaks, asked without a version: every engine answers that.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::discover::Address;
use super::errors::{no_connection, silent};
use crate::sandbox::error::{SandboxError, SandboxErrorKind, plain_text};

/// How long an engine may take to answer a ping.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Bytes of the answer at most.
const ANSWER_BYTES_MAX: u64 = 16 << 10;
const PING: &[u8] = b"GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n";

/// A version of the engine's API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ApiVersion {
    pub(super) major: usize,
    pub(super) minor: usize,
}

/// The oldest API that has everything a sandbox needs.
pub(super) const OLDEST: ApiVersion = ApiVersion { major: 1, minor: 41 };

impl std::fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Asks the engine at this address for its API version, within a bounded time.
pub(super) async fn api_version(address: &Address) -> Result<ApiVersion, SandboxError> {
    let answer = tokio::time::timeout(ANSWER_WITHIN, async {
        match address {
            Address::Unix(path) => ping(tokio::net::UnixStream::connect(path).await?).await,
            Address::Tcp(host) => ping(tokio::net::TcpStream::connect(host).await?).await,
        }
    });
    match answer.await {
        Ok(Ok(head)) => judge(address, &head),
        Ok(Err(error)) => Err(no_connection(address, &error)),
        Err(_) => Err(silent(address, ANSWER_WITHIN)),
    }
}

async fn ping(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<Vec<u8>> {
    stream.write_all(PING).await?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await?;
    Ok(answer)
}

fn judge(address: &Address, answer: &[u8]) -> Result<ApiVersion, SandboxError> {
    let text = String::from_utf8_lossy(answer);
    let Some(version) = api_version_of(&text) else {
        let first = plain_text(text.lines().next().unwrap_or_default(), 100);
        let message = format!("{address} answers, but not as a Docker engine: {first:?}");
        return Err(SandboxError::new(SandboxErrorKind::EngineUnsuitable, message)
            .hinted("set DOCKER_HOST to the engine's own address"));
    };
    if version < OLDEST {
        let message = format!("the engine at {address} speaks API {version}; agentd needs {OLDEST} or later");
        return Err(SandboxError::new(SandboxErrorKind::EngineUnsuitable, message)
            .hinted("upgrade the engine to Docker 20.10 or later, or Podman 3 or later"));
    }
    Ok(version)
}

fn api_version_of(answer: &str) -> Option<ApiVersion> {
    let head = answer.split("\r\n\r\n").next()?;
    let mut lines = head.lines();
    if lines.next()?.split(' ').nth(1)? != "200" {
        return None;
    }
    let value = lines.find_map(|line| {
        line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("api-version")).map(|(_, value)| value.trim())
    })?;
    let (major, minor) = value.split_once('.')?;
    Some(ApiVersion { major: major.parse().ok()?, minor: minor.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(answer: &str) -> Result<ApiVersion, SandboxError> {
        judge(&Address::Tcp("box:1".to_owned()), answer.as_bytes())
    }

    #[test]
    fn the_version_is_in_a_header() {
        let answer = "HTTP/1.1 200 OK\r\nApi-Version: 1.45\r\nServer: Docker\r\n\r\nOK";
        assert_eq!(judged(answer).unwrap(), ApiVersion { major: 1, minor: 45 });
        assert_eq!(judged("HTTP/1.1 200 OK\r\napi-version:1.41\r\n\r\nOK").unwrap(), OLDEST);
    }

    #[test]
    fn an_old_engine_and_something_else_are_told_apart() {
        let old = judged("HTTP/1.1 200 OK\r\nApi-Version: 1.40\r\n\r\nOK").unwrap_err();
        assert!(old.message.contains("1.40") && old.hint.contains("upgrade"), "{old:?}");
        for other in [
            "",
            "SSH-2.0-x\r\n",
            "HTTP/1.1 200 OK\r\n\r\nApi-Version: 1.45",
            "HTTP/1.1 500 x\r\nApi-Version: 1.45\r\n\r\n",
        ] {
            assert!(judged(other).unwrap_err().message.contains("not as a Docker engine"), "{other:?}");
        }
    }

    #[tokio::test]
    async fn failures_to_connect_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("docker.sock");
        let address = Address::Unix(path.clone());
        let absent = api_version(&address).await.unwrap_err();
        assert!(absent.message.contains("no socket"), "{absent:?}");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        let down = api_version(&address).await.unwrap_err();
        assert!(down.message.contains("nobody answers"), "{down:?}");
        assert_eq!(
            (absent.kind, down.kind),
            (SandboxErrorKind::EngineUnreachable, SandboxErrorKind::EngineUnreachable)
        );
    }
}
