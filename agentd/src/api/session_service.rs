//! `agent.v1.SessionService`.

use std::pin::Pin;

use futures_util::{Stream, stream};
use proto::reason::{Failure, Reason};
use proto::v1;
use proto::v1::session_service_server::SessionService;
use tonic::{Request, Response, Status};

use crate::domain::ids::SessionId;
use crate::session::command::{BudgetChange, Chat, Command, Guidance, ImageChange, NewFile, Position};
use crate::session::error::SessionError;
use crate::session::registry::Sessions;
use crate::session::subscription::{Follow, Range, Subscription};
use crate::session::view::SessionView;

use super::failure::{self, status};
use super::{convert, peer};

/// The service.
pub(super) struct SessionApi {
    pub(super) sessions: Sessions,
}

impl SessionApi {
    fn pack(&self, view: SessionView) -> Response<v1::Session> {
        Response::new(convert::session(view, &self.sessions.services().settings.sandbox))
    }

    async fn change_image(&self, view: &SessionView, change: ImageChange) -> Answer<v1::Session> {
        let changed = self.sessions.tell(&view.id, |reply| Command::ChangeImage(change, reply)).await;
        changed.map_err(status)?;
        let view = self.sessions.find(view.id.as_str()).await.map_err(status)?;
        Ok(self.pack(view))
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

    async fn list(&self, request: Request<v1::ListRequest>) -> Answer<v1::ListResponse> {
        let all = request.into_inner().subagents;
        let views = self.sessions.list().await.map_err(status)?;
        let shown = views.into_iter().filter(|view| all || view.options.parent.is_none());
        let sessions = shown.map(|view| self.pack(view).into_inner()).collect();
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

    async fn set_model(&self, request: Request<v1::SetModelRequest>) -> Answer<v1::Session> {
        let who = peer::principal(&request).unwrap_or_default();
        let request = request.into_inner();
        let view = self.sessions.find(&request.session).await.map_err(status)?;
        let chosen = self.sessions.tell(&view.id, |reply| Command::Model(request.model, who, reply)).await;
        chosen.map_err(status)?;
        let view = self.sessions.find(view.id.as_str()).await.map_err(status)?;
        Ok(self.pack(view))
    }

    async fn set_budget(&self, request: Request<v1::SetBudgetRequest>) -> Answer<v1::Session> {
        let who = peer::principal(&request).unwrap_or_default();
        let v1::SetBudgetRequest { session, tokens, cost_micros } = request.into_inner();
        let view = self.sessions.find(&session).await.map_err(status)?;
        let change = BudgetChange { tokens, cost_micros };
        let set = self.sessions.tell(&view.id, |reply| Command::Budget(change, who, reply)).await;
        set.map_err(status)?;
        let view = self.sessions.find(view.id.as_str()).await.map_err(status)?;
        Ok(self.pack(view))
    }

    async fn upgrade(&self, request: Request<v1::UpgradeRequest>) -> Answer<v1::Session> {
        let v1::UpgradeRequest { session, image } = request.into_inner();
        let view = self.sessions.find(&session).await.map_err(status)?;
        if image.is_empty() {
            return Err(Failure::new(Reason::InvalidArgument, "no image is named").into());
        }
        let images = self.sessions.services().images().map_err(failure::of_sandbox)?;
        let found = images.find(&image).await.map_err(failure::of_sandbox)?;
        let missing = || {
            Failure::new(Reason::ImageNotFound, format!("there is no image {image}"))
                .hinted(format!("get it first: agentctl image pull {image}, or agentctl image import FILE.tar {image}"))
        };
        let digest = found.ok_or_else(missing)?.digest;
        self.change_image(&view, ImageChange::Upgrade { image, digest }).await
    }

    async fn rollback(&self, request: Request<v1::RollbackRequest>) -> Answer<v1::Session> {
        let view = self.sessions.find(&request.into_inner().session).await.map_err(status)?;
        self.change_image(&view, ImageChange::Rollback).await
    }

    async fn remove(&self, request: Request<v1::RemoveRequest>) -> Answer<v1::RemoveResponse> {
        let request = request.into_inner();
        let view = self.sessions.find(&request.session).await.map_err(status)?;
        if let Some(parent) = view.options.parent {
            return Err(status(SessionError::Subagent { parent: parent.session }));
        }
        let removed = self.sessions.tell(&view.id, |reply| Command::Remove(request.force, reply)).await;
        removed.map_err(status)?;
        Ok(Response::new(v1::RemoveResponse { session: view.id.to_string() }))
    }

    async fn chat(&self, request: Request<v1::ChatRequest>) -> Answer<v1::TurnPosition> {
        let who = peer::principal(&request).unwrap_or_default();
        let v1::ChatRequest { session, message, request_id, timeout_ms, files, answer_schema } = request.into_inner();
        if timeout_ms == Some(0) {
            return Err(Failure::new(Reason::InvalidArgument, "the time limit of a turn is more than 0").into());
        }
        let view = self.sessions.find(&session).await.map_err(status)?;
        let answer_schema = convert::answer_schema(&answer_schema)?;
        let files = files.into_iter().map(|file| NewFile { name: file.name, content: file.content.to_vec() }).collect();
        let chat = Chat { message, files, request_id, timeout_ms, answer_schema, who };
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
        let all = self.sessions.list().await.map_err(status)?;
        let only = match session.as_str() {
            "" => None,
            named => Some(self.sessions.find(named).await.map_err(status)?.id),
        };
        Ok(Response::new(v1::ApprovalsResponse { approvals: waiting(&all, only.as_ref()) }))
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
                () = stopping.cancelled() => Err(SessionError::Stopping),
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

/// What waits, oldest first: in one session with its sub-agents, or in all.
fn waiting(all: &[SessionView], only: Option<&SessionId>) -> Vec<v1::Approval> {
    let mut found = Vec::new();
    for view in all.iter().filter(|view| !view.approvals.is_empty()) {
        let parent = view.options.parent.as_ref().and_then(|parent| all.iter().find(|one| one.id == parent.session));
        let asked = |id: &SessionId| only.is_none_or(|only| only == id);
        for pending in &view.approvals {
            let (at, pending) = (pending.requested_at, pending.clone());
            match parent {
                Some(parent) if asked(&parent.id) => {
                    found.push((at, convert::approval_of_subagent(parent, &view.id, pending)));
                }
                _ if asked(&view.id) => found.push((at, convert::approval(&view.id, pending))),
                _ => {}
            }
        }
    }
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, approval)| approval).collect()
}

fn position(view: &SessionView, at: Position) -> Response<v1::TurnPosition> {
    let Position { turn, from_seq, structured } = at;
    Response::new(v1::TurnPosition { session: view.id.to_string(), turn, from_seq, structured })
}
