//! The way to the daemon: one gRPC channel on its Unix socket.

pub(crate) mod launch;

use std::error::Error as _;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proto::paths::Paths;
use proto::reason::Reason;
use proto::v1::daemon_service_client::DaemonServiceClient;
use proto::v1::image_service_client::ImageServiceClient;
use proto::v1::journal_service_client::JournalServiceClient;
use proto::v1::model_service_client::ModelServiceClient;
use proto::v1::sandbox_service_client::SandboxServiceClient;
use proto::v1::session_service_client::SessionServiceClient;
use tonic::transport::{Channel, Endpoint};

use crate::error::CommandError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// A request that is answered once must be answered within this time; streams have no such limit.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// A message may hold a whole file; the default of 4 MiB is too small for that.
const MESSAGE_BYTES_MAX: usize = 64 << 20;

/// A connection to the daemon.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    channel: Channel,
}

impl Client {
    /// Sessions, turns, approvals and events.
    pub(crate) fn sessions(&self) -> SessionServiceClient<Channel> {
        SessionServiceClient::new(self.channel.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX)
    }

    /// Containers of sessions.
    pub(crate) fn sandboxes(&self) -> SandboxServiceClient<Channel> {
        SandboxServiceClient::new(self.channel.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX)
    }

    /// Models and what was used of them.
    pub(crate) fn models(&self) -> ModelServiceClient<Channel> {
        ModelServiceClient::new(self.channel.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX)
    }

    /// Images that sandboxes are made of.
    pub(crate) fn images(&self) -> ImageServiceClient<Channel> {
        ImageServiceClient::new(self.channel.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX)
    }

    /// The journal itself.
    pub(crate) fn journal(&self) -> JournalServiceClient<Channel> {
        JournalServiceClient::new(self.channel.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX)
    }

    /// The daemon itself.
    pub(crate) fn daemon(&self) -> DaemonServiceClient<Channel> {
        DaemonServiceClient::new(self.channel.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX)
    }
}

/// A request that must be answered in reasonable time.
pub(crate) fn timed<T>(message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.set_timeout(ANSWER_TIMEOUT);
    request
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// No socket, or nobody listens on it.
    #[error("agentd is not running (nothing answers on {})", socket.display())]
    NotRunning { socket: PathBuf },
    /// The socket is there, and this user may not use it.
    #[error("the socket {} {}", socket.display(), match owner {
        Some(uid) => format!("belongs to the user with id {uid}"),
        None => "may not be used by this user".to_owned(),
    })]
    NotYours { socket: PathBuf, owner: Option<u32> },
    /// The socket's path cannot be used.
    #[error("the socket path {} is not valid UTF-8", socket.display())]
    BadPath { socket: PathBuf },
    /// Anything else.
    #[error("agentd cannot be reached on {}: {message}", socket.display())]
    Other { socket: PathBuf, message: String },
}

impl From<ConnectError> for CommandError {
    fn from(error: ConnectError) -> Self {
        let (reason, hint) = match &error {
            ConnectError::NotRunning { .. } => (Reason::DaemonUnreachable, "start it with: agentctl daemon start"),
            ConnectError::NotYours { .. } => (
                Reason::NotYourDaemon,
                "each user has a daemon of their own: leave --socket and AGENTD_SOCKET out, or run as that user",
            ),
            ConnectError::BadPath { .. } => (Reason::InvalidArgument, "set AGENTD_SOCKET to another path"),
            ConnectError::Other { .. } => {
                (Reason::DaemonUnreachable, "see what the daemon says with: agentctl daemon logs")
            }
        };
        Self::new(reason, error.to_string()).hinted(hint)
    }
}

/// Connects to a daemon that runs.
pub(crate) async fn connect(paths: &Paths) -> Result<Client, ConnectError> {
    let socket = &paths.socket;
    let text = socket.to_str().ok_or_else(|| ConnectError::BadPath { socket: socket.clone() })?;
    let other =
        |error: &dyn std::fmt::Display| ConnectError::Other { socket: socket.clone(), message: error.to_string() };
    let endpoint = Endpoint::from_shared(format!("unix://{text}"))
        .map_err(|error| other(&error))?
        .connect_timeout(CONNECT_TIMEOUT);
    match endpoint.connect().await {
        Ok(channel) => Ok(Client { channel }),
        Err(error) => Err(match io_kind(&error) {
            Some(ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
                ConnectError::NotRunning { socket: socket.clone() }
            }
            Some(ErrorKind::PermissionDenied) => {
                ConnectError::NotYours { socket: socket.clone(), owner: other_owner(socket) }
            }
            _ => other(&root_cause(&error)),
        }),
    }
}

fn io_kind(error: &tonic::transport::Error) -> Option<ErrorKind> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return Some(io.kind());
        }
        cause = error.source();
    }
    None
}

fn root_cause(error: &tonic::transport::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = error.to_string();
        cause = error.source();
    }
    text
}

/// The owner of the socket, or of the directory that hides it, where that is somebody else.
fn other_owner(socket: &Path) -> Option<u32> {
    let own = rustix::process::geteuid().as_raw();
    socket.ancestors().find_map(|path| path.symlink_metadata().ok()).map(|found| found.uid()).filter(|&uid| uid != own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_missing_daemon_says_how_to_start_it() {
        let dir = tempfile::tempdir().unwrap();
        let paths = Paths::resolve(
            Some(dir.path().join("config.toml")),
            Some(dir.path().to_owned()),
            Some(dir.path().join("a socket with ü.sock")),
        )
        .unwrap();
        let error = connect(&paths).await.unwrap_err();
        assert!(matches!(error, ConnectError::NotRunning { .. }), "{error}");
        let CommandError::Failed(failure) = CommandError::from(error) else { panic!() };
        assert_eq!(failure.reason, Reason::DaemonUnreachable);
        assert_eq!(failure.hint, "start it with: agentctl daemon start");

        // A socket that a dead daemon left behind is the same to the user.
        drop(std::os::unix::net::UnixListener::bind(&paths.socket).unwrap());
        assert!(matches!(connect(&paths).await.unwrap_err(), ConnectError::NotRunning { .. }));
    }

    #[tokio::test]
    async fn a_daemon_that_hangs_is_not_waited_for_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let paths = Paths::resolve(Some(dir.path().join("c")), Some(dir.path().to_owned()), None).unwrap();
        // It listens and never accepts.
        let _listener = std::os::unix::net::UnixListener::bind(&paths.socket).unwrap();
        let client = connect(&paths).await.unwrap();
        let mut request = timed(proto::v1::ListRequest::default());
        request.set_timeout(Duration::from_millis(10));
        let error = CommandError::from(client.sessions().list(request).await.unwrap_err());
        assert_eq!(error.exit_code(), proto::reason::exit::TIMEOUT);
    }
}
