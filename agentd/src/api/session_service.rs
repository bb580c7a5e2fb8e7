//! `agent.v1.SessionService`.

use std::pin::Pin;

use futures_util::{Stream, stream};
use proto::reason::{Failure, Reason};
use proto::v1;
use proto::v1::session_service_server::SessionService;
use tonic::{Request, Response, Status};

use crate::session::command::{Chat, Command, Guidance, NewFile, Position};
use crate::session::registry::Sessions;
use crate::session::subscription::{Follow, Range, Subscription};
use crate::session::view::SessionView;

use super::{convert, failure::status, peer};

/// The service.
pub(super) struct SessionApi {
    pub(super) sessions: Sessions,
}

impl SessionApi {
    fn pack(&self, view: SessionView) -> Response<v1::Session> {
        Response::new(convert::session(view, &self.sessions.services().settings.sandbox))
    }
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl SessionService for SessionApi {
    async fn create(&self, request: Request<v1::CreateRequest>) -> Answer<v1::Session> {
        let new = convert::new_session(request.into_inner())?;
        let view = self.sessions.create(new).await.map_err(status)?;
        Ok(self.pack(view))
    }

    async fn list(&self, _: Request<v1::ListRequest>) -> Answer<v1::ListResponse> {
        let views = self.sessions.list().await.map_err(status)?;
        let sessions = views.into_iter().map(|view| self.pack(view).into_inner()).collect();
        Ok(Response::new(v1::ListResponse { sessions }))
    }

    async fn show(&self, request: Request<v1::ShowRequest>) -> Answer<v1::Session> {
        let view = self.sessions.find(&request.into_inner().session).await.map_err(status)?;
        Ok(self.pack(view))
    }

    async fn rename(&self, request: Request<v1::RenameRequest>) -> Answer<v1::Session> {
        let request = request.into_inner();
        let view = self.sessions.find(&request.session).await.map_err(status)?;
        let renamed = self.sessions.tell(&view.id, |reply| Command::Rename(request.name, reply)).await;
        renamed.map_err(status)?;
        let view = self.sessions.find(view.id.as_str()).await.map_err(status)?;
        Ok(self.pack(view))
    }

    async fn remove(&self, request: Request<v1::RemoveRequest>) -> Answer<v1::RemoveResponse> {
        let request = request.into_inner();
        let view = self.sessions.find(&request.session).await.map_err(status)?;
        let removed = self.sessions.tell(&view.id, |reply| Command::Remove(request.force, reply)).await;
        removed.map_err(status)?;
        Ok(Response::new(v1::RemoveResponse { session: view.id.to_string() }))
    }

    async fn chat(&self, request: Request<v1::ChatRequest>) -> Answer<v1::TurnPosition> {
        let who = peer::principal(&request).unwrap_or_default();
        let v1::ChatRequest { session, message, request_id, timeout_ms, files } = request.into_inner();
        if timeout_ms == Some(0) {
            return Err(Failure::new(Reason::InvalidArgument, "the time limit of a turn is more than 0").into());
        }
        let view = self.sessions.find(&session).await.map_err(status)?;
        let files = files.into_iter().map(|file| NewFile { name: file.name, content: file.content.to_vec() }).collect();
        let chat = Chat { message, files, request_id, timeout_ms, who };
        let at = self.sessions.tell(&view.id, |reply| Command::Chat(chat, reply)).await.map_err(status)?;
        Ok(position(&view, at))
    }

    async fn resume(&self, request: Request<v1::ResumeRequest>) -> Answer<v1::TurnPosition> {
        let who = peer::principal(&request).unwrap_or_default();
        let request = request.into_inner();
        let view = self.sessions.find(&request.session).await.map_err(status)?;
        let answers = convert::answers(request, who)?;
        let at = self.sessions.tell(&view.id, |reply| Command::Resume(answers, reply)).await.map_err(status)?;
        Ok(position(&view, at))
    }

    async fn steer(&self, request: Request<v1::SteerRequest>) -> Answer<v1::TurnPosition> {
        let who = peer::principal(&request).unwrap_or_default();
        let v1::SteerRequest { session, text, request_id } = request.into_inner();
        let view = self.sessions.find(&session).await.map_err(status)?;
        let guidance = Guidance { text, request_id, who };
        let at = self.sessions.tell(&view.id, |reply| Command::Steer(guidance, reply)).await.map_err(status)?;
        Ok(position(&view, at))
    }

    async fn stop(&self, request: Request<v1::StopRequest>) -> Answer<v1::TurnPosition> {
        let view = self.sessions.find(&request.into_inner().session).await.map_err(status)?;
        let at = self.sessions.tell(&view.id, Command::Stop).await.map_err(status)?;
        Ok(position(&view, at))
    }

    async fn approvals(&self, request: Request<v1::ApprovalsRequest>) -> Answer<v1::ApprovalsResponse> {
        let session = request.into_inner().session;
        let views = if session.is_empty() {
            self.sessions.list().await.map_err(status)?
        } else {
            vec![self.sessions.find(&session).await.map_err(status)?]
        };
        let mut waiting: Vec<_> = views
            .into_iter()
            .flat_map(|view| view.approvals.into_iter().map(move |pending| (view.id.clone(), pending)))
            .collect();
        waiting.sort_by_key(|(_, pending)| pending.requested_at);
        let approvals = waiting.into_iter().map(|(id, pending)| convert::approval(&id, pending)).collect();
        Ok(Response::new(v1::ApprovalsResponse { approvals }))
    }

    type WatchStream = Pin<Box<dyn Stream<Item = Result<v1::Event, Status>> + Send>>;

    async fn watch(&self, request: Request<v1::WatchRequest>) -> Answer<Self::WatchStream> {
        let request = request.into_inner();
        let follow = match v1::Follow::try_from(request.follow) {
            Ok(v1::Follow::None) => Follow::No,
            Ok(v1::Follow::Turn) => Follow::Turn,
            Ok(v1::Follow::Forever) => Follow::Forever,
            Err(_) => return Err(Failure::new(Reason::InvalidArgument, "no such way to follow").into()),
        };
        let view = self.sessions.find(&request.session).await.map_err(status)?;
        let range = Range { from_seq: request.from_seq, follow, turn: request.turn, live: request.live };
        let subscription = self.sessions.watch(&view.id, range).await.map_err(status)?;
        let stopping = self.sessions.services().stopping.clone();
        let events = stream::unfold(Some((view.id, subscription, stopping)), |watch| async move {
            let (id, mut subscription, stopping): (_, Subscription, _) = watch?;
            let next = tokio::select! {
                biased;
                // A stream that never ends by itself must not hold the daemon up when it stops.
                () = stopping.cancelled() => Err(crate::session::error::SessionError::Stopping),
                next = subscription.next() => next,
            };
            match next {
                Ok(Some(item)) => {
                    let event = convert::item(&id, &item);
                    Some((Ok(event), Some((id, subscription, stopping))))
                }
                Ok(None) => None,
                Err(error) => Some((Err(status(error)), None)),
            }
        });
        Ok(Response::new(Box::pin(events)))
    }
}

fn position(view: &SessionView, at: Position) -> Response<v1::TurnPosition> {
    Response::new(v1::TurnPosition { session: view.id.to_string(), turn: at.turn, from_seq: at.from_seq })
}
