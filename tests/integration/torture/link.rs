//! A client's way to a daemon that may be gone at any moment.

use std::path::PathBuf;
use std::time::Duration;

use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Response, Status};

const PAUSE: Duration = Duration::from_millis(20);

/// Where the daemon is, when it is there.
#[derive(Clone, Debug)]
pub(super) struct Link {
    socket: PathBuf,
}

impl Link {
    /// The daemon behind this socket.
    pub(super) fn new(socket: PathBuf) -> Self {
        Self { socket }
    }

    /// Connects; waits for a daemon that is not there.
    pub(super) async fn connect(&self) -> Channel {
        loop {
            let endpoint = Endpoint::from_shared(format!("unix://{}", self.socket.display())).unwrap();
            if let Ok(channel) = endpoint.connect().await {
                return channel;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Asks until a daemon has answered, as a client does that cannot know whether the daemon that died had heard it.
    pub(super) async fn ask<M: Clone, T, F>(&self, message: &M, call: impl Fn(Channel, M) -> F) -> Result<T, Status>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        loop {
            match call(self.connect().await, message.clone()).await {
                Ok(answer) => return Ok(answer.into_inner()),
                Err(status) if is_cut(&status) => tokio::time::sleep(PAUSE).await,
                Err(status) => return Err(status),
            }
        }
    }
}

/// Whether the daemon went away, as opposed to having answered.
pub(super) fn is_cut(status: &Status) -> bool {
    status.details().is_empty()
        && matches!(status.code(), Code::Unavailable | Code::Unknown | Code::Cancelled | Code::Internal)
}
