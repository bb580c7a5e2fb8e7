//! Commands: starting, following, ending and forgetting them.

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use proto::init::v1::{
    AckRequest, ExecRequest, FollowRequest, KillRequest, ProcessesRequest, ProcessesResponse, SignalRequest,
};
use tonic::{Response, Status, Streaming};

use super::error::InitError;
use super::exec_events::{ExecEvent, Order};
use super::{ANSWER_WITHIN, InitClient, checks, wire, within};

/// Events of a command, in order; after an error there is nothing more.
pub type ExecEvents = BoxStream<'static, Result<ExecEvent, InitError>>;

impl InitClient {
    /// Starts a command, or, where its call id was started before in this boot, follows it from the given offset.
    /// Dropping the stream ends nothing: the command runs on and is followed again.
    pub async fn exec(&self, request: ExecRequest) -> Result<ExecEvents, InitError> {
        let order = Order::new(request.follow_offset, request.keep_bytes_max);
        let mut rpc = self.rpc.clone();
        in_order(rpc.exec(request), order).await
    }

    /// Follows a command that was started with this `keep_bytes_max`. `NotFound` where this boot does not know it.
    pub async fn follow(&self, call_id: &str, offset: u64, keep_bytes_max: u64) -> Result<ExecEvents, InitError> {
        let request = FollowRequest { call_id: call_id.to_owned(), offset };
        let mut rpc = self.rpc.clone();
        in_order(rpc.follow(request), Order::new(offset, keep_bytes_max)).await
    }

    /// Tells a command to end with every process it ever started; whether this boot knows it.
    pub async fn kill(&self, call_id: &str, grace_ms: u64) -> Result<bool, InitError> {
        let request = KillRequest { call_id: call_id.to_owned(), grace_ms };
        Ok(within(ANSWER_WITHIN, self.rpc.clone().kill(request)).await?.known)
    }

    /// The result is durable here: agent-init may forget it.
    pub async fn ack(&self, call_id: &str) -> Result<(), InitError> {
        within(ANSWER_WITHIN, self.rpc.clone().ack(AckRequest { call_id: call_id.to_owned() })).await?;
        Ok(())
    }

    /// Sends a signal to one process of the sandbox; whether there was such a process.
    pub async fn signal(&self, pid: u32, signal: u32) -> Result<bool, InitError> {
        Ok(within(ANSWER_WITHIN, self.rpc.clone().signal(SignalRequest { pid, signal })).await?.found)
    }

    /// Calls and processes of the sandbox.
    pub async fn processes(&self) -> Result<ProcessesResponse, InitError> {
        let answer = within(ANSWER_WITHIN, self.rpc.clone().processes(ProcessesRequest {})).await?;
        checks::call_ids(&answer.running_calls)?;
        checks::call_ids(&answer.held_calls)?;
        checks::processes(&answer.processes)?;
        Ok(answer)
    }
}

async fn in_order(
    answer: impl Future<Output = Result<Response<Streaming<wire::ExecEvent>>, Status>>,
    order: Order,
) -> Result<ExecEvents, InitError> {
    let events = within(ANSWER_WITHIN, answer).await?;
    let checked = futures_util::stream::unfold(Some((events, order)), |state| async {
        let (mut events, mut order) = state?;
        if order.ended() {
            return None;
        }
        let event = match events.message().await {
            Ok(Some(event)) => order.accept(event),
            Ok(None) => Err(InitError::broken("the sandbox stopped telling before the command ended")),
            Err(status) => Err(InitError::of_status(&status)),
        };
        let go_on = event.is_ok().then_some((events, order));
        Some((event, go_on))
    });
    Ok(checked.boxed())
}
