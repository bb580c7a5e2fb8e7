//! The daemon that plays a script.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use futures_util::{Stream, StreamExt as _, stream};
use proto::reason::{Failure, Reason};
use proto::v1::sandbox_service_server::SandboxServiceServer;
use proto::v1::session_service_server::{SessionService, SessionServiceServer};
use proto::v1::*;
use tokio::sync::{oneshot, watch};
use tokio_stream::wrappers::UnixListenerStream;
use tonic::{Request, Response, Status};

use super::sandbox::Sandbox;
use super::{SESSION, finished};

/// What comes after the events of a watch.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Then {
    /// The stream ends in good order.
    End,
    /// The connection breaks.
    Cut,
    /// The daemon says that it stops.
    Stop,
    /// Nothing, for ever.
    Hang,
    /// The end of the turn, as soon as it is cancelled.
    Cancelled,
}

/// What the daemon does, and what it was asked.
#[derive(Default)]
pub(crate) struct Script {
    /// What each watch gets, in order.
    pub(crate) watches: VecDeque<(Vec<Event>, Option<Then>)>,
    /// What waits, at each time it is asked for; the last stays.
    pub(crate) approvals: VecDeque<Vec<Approval>>,
    /// How many chats are cut before one is answered.
    pub(crate) chats_cut: usize,
    /// Failures of resume before one is accepted.
    pub(crate) resume_failures: VecDeque<Failure>,
    /// Requests in order.
    pub(crate) watched: Vec<WatchRequest>,
    pub(crate) chats: Vec<ChatRequest>,
    pub(crate) resumed: Vec<ResumeRequest>,
    pub(crate) created: Vec<CreateRequest>,
    pub(crate) steered: Vec<SteerRequest>,
    pub(crate) removed: Vec<RemoveRequest>,
    pub(crate) stopped: usize,
}

/// A running daemon; it ends when this is dropped.
pub(crate) struct Daemon {
    directory: tempfile::TempDir,
    script: Arc<Mutex<Script>>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Daemon {
    /// One that answers on a socket of its own.
    pub(crate) fn start(script: Script) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), script)
    }

    /// Dies, with every connection, and another one takes its place.
    pub(crate) fn replaced(mut self, script: Script) -> Self {
        self.die();
        let directory = std::mem::replace(&mut self.directory, tempfile::tempdir().unwrap());
        std::fs::remove_file(directory.path().join("agentd.sock")).unwrap();
        Self::start_in(directory, script)
    }

    fn start_in(directory: tempfile::TempDir, script: Script) -> Self {
        let script = Arc::new(Mutex::new(script));
        let socket = directory.path().join("agentd.sock");
        let (end, ended) = oneshot::channel();
        let (ready, is_ready) = std::sync::mpsc::channel();
        let service = Service(Arc::clone(&script), watch::Sender::new(false));
        let sandbox = Sandbox { root: directory.path().to_owned() };
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::UnixListener::bind(socket).unwrap();
                ready.send(()).unwrap();
                let server = tonic::transport::Server::builder()
                    .add_service(SessionServiceServer::new(service))
                    .add_service(SandboxServiceServer::new(sandbox))
                    .serve_with_incoming(UnixListenerStream::new(listener));
                tokio::select! {
                    served = server => served.unwrap(),
                    _ = ended => {}
                }
            });
        });
        is_ready.recv().unwrap();
        Self { directory, script, end: Some(end), thread: Some(thread) }
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.path().join("agentd.sock")
    }

    /// What it was asked so far.
    pub(crate) fn asked(&self) -> std::sync::MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }
}

impl Daemon {
    fn die(&mut self) {
        drop(self.end.take());
        self.thread.take().map(std::thread::JoinHandle::join).transpose().unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.die();
    }
}

struct Service(Arc<Mutex<Script>>, watch::Sender<bool>);

impl Service {
    fn script(&self) -> std::sync::MutexGuard<'_, Script> {
        self.0.lock().unwrap()
    }
}

fn position(from_seq: u64) -> Response<TurnPosition> {
    Response::new(TurnPosition { session: SESSION.into(), turn: 1, from_seq, structured: false })
}

fn session() -> Session {
    Session {
        id: SESSION.into(),
        name: "fix".into(),
        status: SessionStatus::Idle.into(),
        model: "glm".into(),
        approve: "execute".into(),
        workspace: "/work".into(),
        backend: "docker".into(),
        image: "debian".into(),
        network: "none".into(),
        turns: 1,
        not_enforced: vec!["disk quota".into()],
        ..Session::default()
    }
}

fn known(session_asked: &str) -> Result<(), Status> {
    if ["fix", SESSION, &SESSION[..12]].contains(&session_asked) {
        return Ok(());
    }
    let failure = Failure::new(Reason::SessionNotFound, format!("no session is {session_asked:.20}"));
    Err(failure.hinted("agentctl session list").into())
}

#[tonic::async_trait]
impl SessionService for Service {
    async fn create(&self, request: Request<CreateRequest>) -> Result<Response<Session>, Status> {
        self.script().created.push(request.into_inner());
        Ok(Response::new(session()))
    }

    async fn list(&self, _: Request<ListRequest>) -> Result<Response<ListResponse>, Status> {
        Ok(Response::new(ListResponse { sessions: vec![session()] }))
    }

    async fn show(&self, request: Request<ShowRequest>) -> Result<Response<Session>, Status> {
        known(&request.into_inner().session)?;
        Ok(Response::new(session()))
    }

    async fn set_model(&self, request: Request<SetModelRequest>) -> Result<Response<Session>, Status> {
        let request = request.into_inner();
        known(&request.session)?;
        Ok(Response::new(Session { model: request.model, ..session() }))
    }

    async fn set_budget(&self, request: Request<SetBudgetRequest>) -> Result<Response<Session>, Status> {
        let request = request.into_inner();
        known(&request.session)?;
        let budget_tokens = request.tokens.unwrap_or_default();
        Ok(Response::new(Session { budget_tokens, ..session() }))
    }

    async fn rename(&self, request: Request<RenameRequest>) -> Result<Response<Session>, Status> {
        let request = request.into_inner();
        known(&request.session)?;
        Ok(Response::new(Session { name: request.name, ..session() }))
    }

    async fn upgrade(&self, request: Request<UpgradeRequest>) -> Result<Response<Session>, Status> {
        let request = request.into_inner();
        known(&request.session)?;
        let earlier_images = vec![session().image];
        Ok(Response::new(Session {
            image: request.image,
            image_digest: "sha256:0f".into(),
            earlier_images,
            ..session()
        }))
    }

    async fn rollback(&self, request: Request<RollbackRequest>) -> Result<Response<Session>, Status> {
        known(&request.into_inner().session)?;
        Ok(Response::new(session()))
    }

    async fn remove(&self, request: Request<RemoveRequest>) -> Result<Response<RemoveResponse>, Status> {
        let request = request.into_inner();
        known(&request.session)?;
        self.script().removed.push(request);
        Ok(Response::new(RemoveResponse { session: SESSION.into() }))
    }

    async fn chat(&self, request: Request<ChatRequest>) -> Result<Response<TurnPosition>, Status> {
        let request = request.into_inner();
        known(&request.session)?;
        let mut script = self.script();
        script.chats.push(request);
        if script.chats.len() <= script.chats_cut {
            return Err(Status::unavailable("cut"));
        }
        Ok(position(1))
    }

    async fn resume(&self, request: Request<ResumeRequest>) -> Result<Response<TurnPosition>, Status> {
        let request = request.into_inner();
        known(&request.session)?;
        let mut script = self.script();
        script.resumed.push(request);
        match script.resume_failures.pop_front() {
            Some(failure) => Err(failure.into()),
            None => Ok(position(10)),
        }
    }

    async fn steer(&self, request: Request<SteerRequest>) -> Result<Response<TurnPosition>, Status> {
        let request = request.into_inner();
        known(&request.session)?;
        self.script().steered.push(request);
        Ok(position(1))
    }

    async fn stop(&self, request: Request<StopRequest>) -> Result<Response<TurnPosition>, Status> {
        known(&request.into_inner().session)?;
        self.script().stopped += 1;
        self.1.send_replace(true);
        Ok(position(1))
    }

    async fn approvals(&self, request: Request<ApprovalsRequest>) -> Result<Response<ApprovalsResponse>, Status> {
        let request = request.into_inner();
        if !request.session.is_empty() {
            known(&request.session)?;
        }
        let waiting = &mut self.script().approvals;
        let approvals = if waiting.len() > 1 { waiting.pop_front() } else { waiting.front().cloned() };
        Ok(Response::new(ApprovalsResponse { approvals: approvals.unwrap_or_default() }))
    }

    type WatchStream = Pin<Box<dyn Stream<Item = Result<Event, Status>> + Send>>;

    async fn watch(&self, request: Request<WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let request = request.into_inner();
        known(&request.session)?;
        let mut script = self.script();
        script.watched.push(request);
        let Some((events, then)) = script.watches.pop_front() else { return Err(Status::unavailable("gone")) };
        let events = stream::iter(events.into_iter().map(Ok));
        Ok(Response::new(match then.unwrap_or(Then::End) {
            Then::End => events.boxed(),
            Then::Cut => events.chain(stream::iter([Err(Status::unavailable("cut"))])).boxed(),
            Then::Cancelled => {
                let mut stopped = self.1.subscribe();
                let end = stream::once(async move {
                    stopped.wait_for(|&stopped| stopped).await.unwrap();
                    Ok(finished(9, TurnStatus::Cancelled, 130))
                });
                events.chain(end).boxed()
            }
            Then::Stop => {
                let stops = Failure::new(Reason::ShuttingDown, "agentd is stopping");
                events.chain(stream::iter([Err(stops.into())])).boxed()
            }
            Then::Hang => events.chain(stream::pending()).boxed(),
        }))
    }
}
