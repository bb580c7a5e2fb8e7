//! The events of a session, one after the other, over every loss of the connection.

use proto::v1::{Event, Follow, TurnPosition, WatchRequest};
use tonic::Streaming;

use super::patience::Patience;
use crate::client;
use crate::context::Context;
use crate::error::CommandError;
use proto::reason::Reason;

/// A watch that is taken up again where it broke: each journal row comes once.
pub(crate) struct EventStream {
    request: WatchRequest,
    open: Option<Streaming<Event>>,
    patience: Patience,
    /// Whether the daemon was stopped in good order: then it is for whoever stopped it to start it again.
    stopped: bool,
}

impl EventStream {
    /// Events as asked for.
    pub(crate) fn new(request: WatchRequest) -> Self {
        Self { request, open: None, patience: Patience::default(), stopped: false }
    }

    /// A turn from a position to its end, with live pieces.
    pub(crate) fn of_turn(position: &TurnPosition) -> Self {
        Self::new(WatchRequest {
            session: position.session.clone(),
            from_seq: position.from_seq,
            follow: Follow::Turn.into(),
            turn: position.turn,
            live: true,
        })
    }

    /// The next event; `None` when there are no more. A call that is dropped loses nothing.
    pub(crate) async fn next(&mut self, context: &mut Context) -> Result<Option<Event>, CommandError> {
        loop {
            let error = match self.receive(context).await {
                Ok(Some(event)) => {
                    if self.take(&event) {
                        return Ok(Some(event));
                    }
                    continue;
                }
                // What has an end of its own ends so; anything else was cut.
                Ok(None) if self.request.follow() == Follow::None => return Ok(None),
                Ok(None) => CommandError::new(Reason::DaemonUnreachable, "agentd ended the stream of events"),
                Err(error) => error,
            };
            self.open = None;
            self.stopped |= matches!(&error, CommandError::Failed(failure) if failure.reason == Reason::ShuttingDown);
            if !self.patience.is_waiting() {
                context.ui.note("the connection to agentd is lost; connecting again")?;
            }
            self.patience.wait(error).await?;
        }
    }

    async fn receive(&mut self, context: &mut Context) -> Result<Option<Event>, CommandError> {
        if self.open.is_none() {
            let client = if self.stopped { client::connect(&context.paths).await? } else { context.client().await? };
            self.open = Some(client.sessions().watch(self.request.clone()).await?.into_inner());
        }
        match &mut self.open {
            Some(stream) => Ok(stream.message().await?),
            None => Ok(None),
        }
    }

    /// Whether an event is new; the next watch begins after it.
    fn take(&mut self, event: &Event) -> bool {
        self.patience.over();
        self.stopped = false;
        let Some(seq) = event.seq else { return true };
        if seq < self.request.from_seq {
            return false;
        }
        self.request.from_seq = seq + 1;
        true
    }
}
