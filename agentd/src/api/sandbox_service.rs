//! `agent.v1.SandboxService`.

mod exec;
mod logs;
mod stats;
mod top;
mod transfer;

use std::pin::Pin;

use futures_util::Stream;
use proto::v1;
use proto::v1::sandbox_service_server::SandboxService;
use tonic::{Request, Response, Status, Streaming};

use crate::session::command::{Command, Verb};
use crate::session::reaping;
use crate::session::registry::Sessions;
use crate::session::uses::Borrowed;
use crate::session::view::SessionView;

use super::{convert, failure};

/// The service.
pub(super) struct SandboxApi {
    pub(super) sessions: Sessions,
}

type Answer<T> = Result<Response<T>, Status>;
type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl SandboxApi {
    async fn view(&self, session: &str) -> Result<SessionView, Status> {
        self.sessions.find(session).await.map_err(failure::status)
    }

    /// The session's sandbox, made or woken where it must be.
    async fn live(&self, session: &str) -> Result<Borrowed, Status> {
        let view = self.view(session).await?;
        self.sessions.tell(&view.id, Command::Sandbox).await.map_err(failure::status)
    }

    /// The session's sandbox, where it has one: none is made for a look at it.
    async fn present(&self, session: &str) -> Result<(Borrowed, SessionView), Status> {
        let view = self.view(session).await?;
        if view.container.is_none() {
            return Err(failure::status(crate::session::error::SessionError::NoContainer(session.to_owned())));
        }
        Ok((self.live(view.id.as_str()).await?, view))
    }

    /// The container as it is now, read anew after what was done to it.
    async fn looked_at(&self, session: &str) -> Answer<v1::Container> {
        let view = self.view(session).await?;
        let backend = self.sessions.services().backends.named(&view.backend);
        let observed = match &view.container {
            Some(name) => backend.inspect(name).await.map_err(failure::of_sandbox)?,
            None => None,
        };
        Ok(Response::new(convert::container(&view, observed, backend.kind())))
    }

    async fn change(&self, request: Request<v1::ContainerRequest>, verb: Verb) -> Answer<v1::Container> {
        let view = self.view(&request.into_inner().session).await?;
        let changed = self.sessions.tell(&view.id, |reply| Command::Container(verb, reply)).await;
        changed.map_err(failure::status)?;
        self.looked_at(view.id.as_str()).await
    }
}

#[tonic::async_trait]
impl SandboxService for SandboxApi {
    async fn create(&self, request: Request<v1::ContainerRequest>) -> Answer<v1::Container> {
        let session = request.into_inner().session;
        self.live(&session).await?;
        self.looked_at(&session).await
    }

    async fn list(&self, _: Request<v1::ListContainersRequest>) -> Answer<v1::ListContainersResponse> {
        let mut views = self.sessions.list().await.map_err(failure::status)?;
        views.retain(|view| view.container.is_some());
        let backends = &self.sessions.services().backends;
        let kind = |view: &SessionView| backends.named(&view.backend).kind();
        let mut observed = Vec::new();
        // A backend that nobody uses need not answer.
        for backend in backends.all().iter().filter(|backend| views.iter().any(|view| kind(view) == backend.kind())) {
            observed.extend(backend.list().await.map_err(failure::of_sandbox)?);
        }
        let containers = views.iter().map(|view| {
            let at = observed.iter().position(|seen| Some(&seen.name) == view.container.as_ref());
            convert::container(view, at.map(|at| observed.swap_remove(at)), kind(view))
        });
        let containers = containers.collect();
        let pool = Some(convert::pool(&self.sessions.services().pool));
        Ok(Response::new(v1::ListContainersResponse { containers, pool }))
    }

    async fn show(&self, request: Request<v1::ContainerRequest>) -> Answer<v1::Container> {
        let session = request.into_inner().session;
        let container = self.looked_at(&session).await?;
        if container.get_ref().id.is_empty() {
            return Err(failure::status(crate::session::error::SessionError::NoContainer(session)));
        }
        Ok(container)
    }

    async fn start(&self, request: Request<v1::ContainerRequest>) -> Answer<v1::Container> {
        self.change(request, Verb::Start).await
    }

    async fn stop(&self, request: Request<v1::ContainerRequest>) -> Answer<v1::Container> {
        self.change(request, Verb::Stop).await
    }

    async fn pause(&self, request: Request<v1::ContainerRequest>) -> Answer<v1::Container> {
        self.change(request, Verb::Pause).await
    }

    async fn unpause(&self, request: Request<v1::ContainerRequest>) -> Answer<v1::Container> {
        self.change(request, Verb::Unpause).await
    }

    async fn remove(&self, request: Request<v1::RemoveContainerRequest>) -> Answer<v1::RemoveContainerResponse> {
        let v1::RemoveContainerRequest { session, force } = request.into_inner();
        let view = self.view(&session).await?;
        let verb = Verb::Remove { force };
        let removed = self.sessions.tell(&view.id, |reply| Command::Container(verb, reply)).await;
        removed.map_err(failure::status)?;
        Ok(Response::new(v1::RemoveContainerResponse { session: view.id.to_string() }))
    }

    async fn prune(&self, request: Request<v1::PruneRequest>) -> Answer<v1::PruneResponse> {
        let dry_run = request.into_inner().dry_run;
        let mut containers = Vec::new();
        for leftover in reaping::leftovers(&self.sessions).await.map_err(failure::status)? {
            let removed = if dry_run { Ok(()) } else { reaping::remove(&self.sessions, &leftover).await };
            // One that stays is told of, and is no reason to keep the others.
            let error = removed.err().map(|error| error.to_string()).unwrap_or_default();
            containers.push(convert::leftover(leftover, error));
        }
        Ok(Response::new(v1::PruneResponse { containers, dry_run }))
    }

    type LogsStream = Answers<v1::LogChunk>;

    async fn logs(&self, request: Request<v1::LogsRequest>) -> Answer<Self::LogsStream> {
        let wanted = request.into_inner();
        let view = self.view(&wanted.session).await?;
        logs::logs(&self.sessions, &view.id, &wanted).await
    }

    type StatsStream = Answers<v1::ContainerStats>;

    async fn stats(&self, request: Request<v1::StatsRequest>) -> Answer<Self::StatsStream> {
        let v1::StatsRequest { session, stream } = request.into_inner();
        let only = if session.is_empty() { None } else { Some(self.view(&session).await?) };
        stats::stats(self.sessions.clone(), only, stream).await
    }

    async fn top(&self, request: Request<v1::ContainerRequest>) -> Answer<v1::TopResponse> {
        let (sandbox, view) = self.present(&request.into_inner().session).await?;
        top::top(sandbox, &view.id).await
    }

    async fn kill(&self, request: Request<v1::KillRequest>) -> Answer<v1::KillResponse> {
        let v1::KillRequest { session, pid, signal } = request.into_inner();
        let (sandbox, view) = self.present(&session).await?;
        top::kill(sandbox, &view.id, pid, signal).await
    }

    type ExecStream = Answers<v1::ExecOutput>;

    async fn exec(&self, request: Request<Streaming<v1::ExecInput>>) -> Answer<Self::ExecStream> {
        let mut input = request.into_inner();
        let start = exec::first(&mut input).await?;
        let live = self.live(&start.session).await?;
        exec::run(live, start, input).await
    }

    async fn upload(&self, request: Request<Streaming<v1::UploadChunk>>) -> Answer<v1::UploadResponse> {
        let mut chunks = request.into_inner();
        let first = transfer::first(&mut chunks).await?;
        let live = self.live(&first.session).await?;
        transfer::upload(live, first, chunks).await
    }

    type DownloadStream = Answers<v1::DownloadChunk>;

    async fn download(&self, request: Request<v1::DownloadRequest>) -> Answer<Self::DownloadStream> {
        let v1::DownloadRequest { session, path } = request.into_inner();
        let live = self.live(&session).await?;
        transfer::download(live, &path).await
    }
}
