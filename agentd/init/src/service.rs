//! What the supervisor is asked: each request is unpacked, handed to the room that does it, and its result packed.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use proto::init::v1::supervisor_server::Supervisor;
use proto::init::v1::*;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use crate::answers::{Answer, Answers};
use crate::calls::Calls;
use crate::command_line::ServeOptions;
use crate::files::{self, PIECES_MAX, Paths, blocking};
use crate::interact::{Interactive, Outputs};
use crate::process_list::process_list;
use crate::processes::{self, Launcher, OomCounter};

type Answered<T> = Result<Response<T>, Status>;
type Pieces<T> = std::pin::Pin<Box<dyn futures_util::Stream<Item = Result<T, Status>> + Send>>;

/// The supervisor of one sandbox.
pub(crate) struct Service {
    boot_id: String,
    oom: Arc<OomCounter>,
    calls: Calls,
    interactive: Interactive,
    answers: Answers,
    paths: Paths,
}

impl Service {
    /// A new boot.
    pub(crate) fn new(options: &ServeOptions, launcher: Launcher) -> std::io::Result<Self> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(std::io::Error::other)?;
        let oom = Arc::new(OomCounter::find());
        let (workspace, spool) = (options.workspace.clone(), options.spool.clone());
        Ok(Self {
            boot_id: format!("{:032x}", u128::from_le_bytes(random)),
            calls: Calls::new(launcher.clone(), Arc::clone(&oom), workspace.clone(), spool),
            interactive: Interactive::new(launcher, Arc::clone(&oom), workspace.clone()),
            oom,
            answers: Answers::default(),
            paths: Paths::new(workspace),
        })
    }
}

#[tonic::async_trait]
impl Supervisor for Service {
    type ExecStream = Pieces<ExecEvent>;
    type FollowStream = Pieces<ExecEvent>;
    type InteractStream = Outputs;
    type DownloadStream = Pieces<DownloadResponse>;

    async fn hello(&self, _: Request<HelloRequest>) -> Answered<HelloResponse> {
        Ok(Response::new(HelloResponse {
            boot_id: self.boot_id.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uid: rustix::process::getuid().as_raw(),
            gid: rustix::process::getgid().as_raw(),
            reports_oom: self.oom.is_known(),
        }))
    }

    async fn exec(&self, request: Request<ExecRequest>) -> Answered<Self::ExecStream> {
        self.calls.exec(request.into_inner()).await.map(Response::new)
    }

    async fn follow(&self, request: Request<FollowRequest>) -> Answered<Self::FollowStream> {
        let FollowRequest { call_id, offset } = request.into_inner();
        self.calls.follow(&call_id, offset).map(Response::new)
    }

    async fn kill(&self, request: Request<KillRequest>) -> Answered<KillResponse> {
        let KillRequest { call_id, grace_ms } = request.into_inner();
        let known = self.calls.kill(&call_id, Duration::from_millis(grace_ms));
        Ok(Response::new(KillResponse { known }))
    }

    async fn ack(&self, request: Request<AckRequest>) -> Answered<AckResponse> {
        let id = request.into_inner().call_id;
        self.calls.acknowledge(&id)?;
        self.answers.acknowledge(&id)?;
        Ok(Response::new(AckResponse {}))
    }

    async fn interact(&self, request: Request<Streaming<InteractInput>>) -> Answered<Self::InteractStream> {
        self.interactive.start(request.into_inner()).await.map(Response::new)
    }

    async fn processes(&self, _: Request<ProcessesRequest>) -> Answered<ProcessesResponse> {
        let (running, mut held) = self.calls.list();
        held.extend(self.answers.held());
        let list = process_list(running, held).map_err(|error| Status::internal(format!("/proc: {error}")))?;
        Ok(Response::new(list))
    }

    async fn signal(&self, request: Request<SignalRequest>) -> Answered<SignalResponse> {
        let SignalRequest { pid, signal } = request.into_inner();
        let found = processes::signal(pid, signal).map_err(|error| Status::invalid_argument(error.to_string()))?;
        Ok(Response::new(SignalResponse { found }))
    }

    async fn read(&self, request: Request<ReadRequest>) -> Answered<ReadResponse> {
        let request = request.into_inner();
        let path = self.paths.file(&request.path)?;
        Ok(Response::new(blocking(move || files::read(&path, &request)).await?))
    }

    async fn write(&self, request: Request<WriteRequest>) -> Answered<WriteResponse> {
        let WriteRequest { path, data, mode, call_id } = request.into_inner();
        let path = self.paths.file(&path)?;
        let operation = blocking(move || files::write(&path, &data, mode).map(Answer::Write));
        match self.answers.once(call_id, operation).await? {
            Answer::Write(answer) => Ok(Response::new(answer)),
            _ => Err(other_request()),
        }
    }

    async fn edit(&self, request: Request<EditRequest>) -> Answered<EditResponse> {
        let request = request.into_inner();
        let path = self.paths.file(&request.path)?;
        let id = request.call_id.clone();
        let operation = blocking(move || files::edit(&path, &request).map(Answer::Edit));
        match self.answers.once(id, operation).await? {
            Answer::Edit(answer) => Ok(Response::new(answer)),
            _ => Err(other_request()),
        }
    }

    async fn list(&self, request: Request<ListRequest>) -> Answered<ListResponse> {
        let ListRequest { path, entries_max } = request.into_inner();
        let path = self.paths.directory(&path)?;
        Ok(Response::new(blocking(move || files::list(&path, entries_max)).await?))
    }

    async fn glob(&self, request: Request<GlobRequest>) -> Answered<GlobResponse> {
        let request = request.into_inner();
        let root = self.paths.directory(&request.path)?;
        Ok(Response::new(blocking(move || files::glob(&root, &request)).await?))
    }

    async fn grep(&self, request: Request<GrepRequest>) -> Answered<GrepResponse> {
        let request = request.into_inner();
        let root = self.paths.directory(&request.path)?;
        Ok(Response::new(blocking(move || files::grep(&root, &request)).await?))
    }

    async fn stat(&self, request: Request<StatRequest>) -> Answered<StatResponse> {
        let StatRequest { path: asked, follow } = request.into_inner();
        let path = self.paths.file(&asked)?;
        let entry = blocking(move || files::stat(&path, asked, follow)).await?;
        Ok(Response::new(StatResponse { entry: Some(entry) }))
    }

    async fn remove(&self, request: Request<RemoveRequest>) -> Answered<RemoveResponse> {
        let RemoveRequest { path, call_id } = request.into_inner();
        let path = self.paths.file(&path)?;
        let workspace = self.paths.workspace().to_owned();
        let operation = blocking(move || files::remove(&path, &workspace).map(Answer::Remove));
        match self.answers.once(call_id, operation).await? {
            Answer::Remove(answer) => Ok(Response::new(answer)),
            _ => Err(other_request()),
        }
    }

    async fn upload(&self, request: Request<Streaming<UploadRequest>>) -> Answered<UploadResponse> {
        let mut input = request.into_inner();
        let Some(UploadRequest { directory, data }) = input.message().await? else {
            return Err(Status::invalid_argument("the first message must name the directory"));
        };
        let directory = self.paths.directory(&directory)?;
        let (sender, pieces) = mpsc::channel(PIECES_MAX);
        let receiving = async move {
            let mut piece = Ok(data);
            // It fails when the archive has ended or is refused, which is told by the other side.
            while sender.send(piece).await.is_ok() {
                piece = match input.message().await {
                    Ok(Some(request)) => Ok(request.data),
                    Ok(None) => return,
                    Err(status) => Err(std::io::Error::other(status.to_string())),
                };
            }
        };
        let mut unpacking = pin!(blocking(move || files::upload(&directory, pieces)));
        let done = tokio::select! {
            // A refused archive is answered also while its client still sends.
            done = &mut unpacking => done,
            () = receiving => unpacking.await,
        };
        Ok(Response::new(done?))
    }

    async fn download(&self, request: Request<DownloadRequest>) -> Answered<Self::DownloadStream> {
        let path = self.paths.file(&request.into_inner().path)?;
        let (sender, pieces) = mpsc::channel(PIECES_MAX);
        // It ends by itself when nobody takes the pieces any more.
        drop(tokio::task::spawn_blocking(move || files::download(&path, &sender)));
        Ok(Response::new(Box::pin(ReceiverStream::new(pieces))))
    }
}

fn other_request() -> Status {
    Status::invalid_argument("call_id: used by a request of another kind")
}
