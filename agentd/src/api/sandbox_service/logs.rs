//! What the commands of a session wrote, in order, as far as the journal keeps it; then what comes.

use futures_util::stream;
use proto::v1;
use tonic::Response;

use crate::domain::event::Body;
use crate::domain::ids::SessionId;
use crate::session::live::Item;
use crate::session::registry::Sessions;
use crate::session::subscription::{Follow, Range, Subscription};

use super::super::failure;
use super::{Answer, Answers};

/// The output of a session's tool calls.
pub(super) async fn logs(sessions: &Sessions, id: &SessionId, follow: bool) -> Answer<Answers<v1::LogChunk>> {
    let follow = if follow { Follow::Forever } else { Follow::No };
    let range = Range { from_seq: 1, follow, turn: 0, live: false };
    let subscription = sessions.watch(id, range).await.map_err(failure::status)?;
    let stopping = sessions.services().stopping.clone();
    let chunks = stream::unfold(Some((subscription, stopping)), |watch| async move {
        let (mut subscription, stopping): (Subscription, _) = watch?;
        loop {
            let next = tokio::select! {
                () = stopping.cancelled() => return None,
                next = subscription.next() => next,
            };
            match next {
                Ok(Some(Item::Row(event))) => {
                    if let Some(chunk) = chunk(&event.body, event.time.rfc3339()) {
                        return Some((Ok(chunk), Some((subscription, stopping))));
                    }
                }
                Ok(Some(Item::Piece(_))) => {}
                Ok(None) => return None,
                Err(error) => return Some((Err(failure::status(error)), None::<(Subscription, _)>)),
            }
        }
    });
    Ok(Response::new(Box::pin(chunks) as Answers<v1::LogChunk>))
}

/// A call's beginning is its title; its end is its output.
fn chunk(body: &Body, time: String) -> Option<v1::LogChunk> {
    match body {
        Body::ToolIntent { call, tool, arguments, .. } => {
            let title = arguments.get("command").and_then(|command| command.as_str());
            let title = title.map_or_else(|| arguments.to_string(), str::to_owned);
            let (call, tool) = (call.to_string(), tool.clone());
            Some(v1::LogChunk { call, tool, time, text: String::new(), title: Some(title) })
        }
        Body::ToolEnded { call, tool, outcome } => Some(v1::LogChunk {
            call: call.to_string(),
            tool: tool.clone(),
            time,
            text: outcome.content.clone(),
            title: None,
        }),
        _ => None,
    }
}
