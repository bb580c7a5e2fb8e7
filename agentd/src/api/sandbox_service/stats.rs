//! Measurements of containers, once or every second.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use proto::v1;
use tonic::{Response, Status};

use crate::session::registry::Sessions;
use crate::session::view::SessionView;

use super::super::{convert, failure};
use super::{Answer, Answers};

/// How often a stream of measurements measures.
const EVERY: Duration = Duration::from_secs(1);

/// Containers that are measured at a time.
const SIDE_BY_SIDE_MAX: usize = 32;

/// Measures one session's container, or all that run.
pub(super) async fn stats(
    sessions: Sessions,
    only: Option<SessionView>,
    again: bool,
) -> Answer<Answers<v1::ContainerStats>> {
    let first = measure(&sessions, only.as_ref()).await?;
    if !again {
        return Ok(Response::new(Box::pin(stream::iter(first.into_iter().map(Ok)))));
    }
    let rest = stream::unfold((sessions, only), |(sessions, only)| async move {
        tokio::select! {
            () = sessions.services().stopping.cancelled() => return None,
            () = tokio::time::sleep(EVERY) => {}
        }
        let round = match measure(&sessions, only.as_ref()).await {
            Ok(round) => round.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        };
        Some((stream::iter(round), (sessions, only)))
    });
    let all = stream::iter(first.into_iter().map(Ok)).chain(rest.flatten());
    Ok(Response::new(Box::pin(all)))
}

async fn measure(sessions: &Sessions, only: Option<&SessionView>) -> Result<Vec<v1::ContainerStats>, Status> {
    let backends = &sessions.services().backends;
    if let Some(view) = only {
        let Some(name) = &view.container else {
            return Err(failure::status(crate::session::error::SessionError::NoContainer(view.id.to_string())));
        };
        let stats = backends.named(&view.backend).stats(name).await.map_err(failure::of_sandbox)?;
        return Ok(vec![convert::stats(view, &stats)]);
    }
    let views = sessions.list().await.map_err(failure::status)?;
    // A measurement takes as long as the engine needs for two samples of one container: side by side, a round takes no longer.
    let measured = stream::iter(views).map(|view| async move {
        let name = view.container.as_ref()?;
        // One that stops in between has nothing to measure and is no error of the others.
        let stats = backends.named(&view.backend).stats(name).await.ok()?;
        Some(convert::stats(&view, &stats))
    });
    Ok(measured.buffered(SIDE_BY_SIDE_MAX).filter_map(std::future::ready).collect().await)
}
