//! What a sandbox can be asked: the daemon's side of `agent.init.v1`. Every answer is hostile until it is checked: its
//! sizes, counts, offsets and strings. Only home of tonic in this room.
//!
//! Reading order: [`connection`] (from a byte stream to a channel), [`error`], [`calls`] (commands), [`exec_events`]
//! (what they say), [`files`], [`transfer`] (tar streams), [`interact`] (commands with streams), [`checks`].

mod connection;

pub mod error;

pub mod exec_events;

pub mod calls;

mod files;

mod transfer;

pub mod interact;

mod checks;

use std::time::Duration;

use proto::init::v1::supervisor_client::SupervisorClient;
use tonic::transport::Channel;
use tonic::{Response, Status};

pub use connection::Hello;
pub(crate) use connection::open;
use error::InitError;

/// The messages of requests and answers, as agent-init and agentd both compile them.
pub use proto::init::v1 as wire;

/// Bytes of one message at most, either way.
pub const MESSAGE_BYTES_MAX: usize = 24 << 20;
/// How long one question may take that has no time limit of its own.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// A connection to one agent-init. Cheap to clone; requests run side by side on it.
#[derive(Clone, Debug)]
pub struct InitClient {
    rpc: SupervisorClient<Channel>,
}

/// Waits for an answer, but not for ever: a paused sandbox answers nothing.
async fn within<T>(
    time_max: Duration,
    answer: impl Future<Output = Result<Response<T>, Status>>,
) -> Result<T, InitError> {
    match tokio::time::timeout(time_max, answer).await {
        Ok(Ok(response)) => Ok(response.into_inner()),
        Ok(Err(status)) => Err(InitError::of_status(&status)),
        Err(_) => Err(InitError::broken(format!("the sandbox did not answer within {} s", time_max.as_secs()))),
    }
}
