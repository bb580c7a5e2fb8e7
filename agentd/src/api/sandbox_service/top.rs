//! Processes of a container, and signals to them.

use proto::reason::{Failure, Reason};
use proto::v1;
use tonic::{Response, Status};

use crate::domain::ids::SessionId;
use crate::session::uses::Borrowed;

use super::super::failure;
use super::Answer;

/// TERM.
const TERM: u32 = 15;

/// Every process but the supervisor.
pub(super) async fn top(sandbox: Borrowed, session: &SessionId) -> Answer<v1::TopResponse> {
    let told = sandbox.live.client.processes().await.map_err(|error| failure::of_init(&error))?;
    let processes = told.processes.into_iter().map(|process| v1::Process {
        pid: process.pid,
        parent_pid: process.parent_pid,
        call: process.call_id,
        command: process.command,
        memory_bytes: process.memory_bytes,
        cpu_ms: process.cpu_ms,
        age_ms: process.age_ms,
    });
    Ok(Response::new(v1::TopResponse { session: session.to_string(), processes: processes.collect() }))
}

/// Sends a signal to one of them.
pub(super) async fn kill(sandbox: Borrowed, session: &SessionId, pid: u32, signal: u32) -> Answer<v1::KillResponse> {
    let invalid = |why: String| Status::from(Failure::new(Reason::InvalidArgument, why));
    if pid <= 1 {
        return Err(invalid(format!(
            "{pid} is no process that can be signalled; `agentctl container stop` ends the whole"
        )));
    }
    if signal > 64 {
        return Err(invalid(format!("there is no signal {signal}")));
    }
    let signal = if signal == 0 { TERM } else { signal };
    match sandbox.live.client.signal(pid, signal).await.map_err(|error| failure::of_init(&error))? {
        true => Ok(Response::new(v1::KillResponse { session: session.to_string() })),
        false => Err(Failure::new(Reason::PathNotFound, format!("there is no process {pid} in the sandbox"))
            .hinted("`agentctl container top` shows those that there are")
            .into()),
    }
}
