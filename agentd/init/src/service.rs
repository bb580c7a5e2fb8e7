//! What the supervisor is asked: each request is unpacked, handed to the room that does it, and its result packed.

use std::sync::Arc;
use std::time::Duration;

use proto::init::v1::supervisor_server::Supervisor;
use proto::init::v1::*;
use tonic::{Request, Response, Status, Streaming};

use crate::answers::{Answer, Answers};
use crate::calls::Calls;
use crate::command_line::ServeOptions;
use crate::files::{self, Paths, blocking};
use crate::processes::{Launcher, OomCounter};

type Answered<T> = Result<Response<T>, Status>;
type Pieces<T> = std::pin::Pin<Box<dyn futures_util::Stream<Item = Result<T, Status>> + Send>>;

/// The supervisor of one sandbox.
pub(crate) struct Service {
    boot_id: String,
    oom: Arc<OomCounter>,
    calls: Calls,
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
            calls: Calls::new(launcher, Arc::clone(&oom), workspace.clone(), spool),
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
    type InteractStream = Pieces<InteractOutput>;
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
        self.calls.exec(request.into_inner()).map(Response::new)
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

    async fn interact(&self, _: Request<Streaming<InteractInput>>) -> Answered<Self::InteractStream> {
        Err(Status::unimplemented("interact"))
    }

    async fn processes(&self, _: Request<ProcessesRequest>) -> Answered<ProcessesResponse> {
        let _ = (self.calls.list(), self.answers.held());
        Err(Status::unimplemented("processes"))
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

    async fn edit(&self, _: Request<EditRequest>) -> Answered<EditResponse> {
        Err(Status::unimplemented("edit"))
    }

    async fn list(&self, request: Request<ListRequest>) -> Answered<ListResponse> {
        let ListRequest { path, entries_max } = request.into_inner();
        let path = self.paths.directory(&path)?;
        Ok(Response::new(blocking(move || files::list(&path, entries_max)).await?))
    }

    async fn glob(&self, _: Request<GlobRequest>) -> Answered<GlobResponse> {
        Err(Status::unimplemented("glob"))
    }

    async fn grep(&self, _: Request<GrepRequest>) -> Answered<GrepResponse> {
        Err(Status::unimplemented("grep"))
    }

    async fn stat(&self, _: Request<StatRequest>) -> Answered<StatResponse> {
        Err(Status::unimplemented("stat"))
    }

    async fn remove(&self, _: Request<RemoveRequest>) -> Answered<RemoveResponse> {
        Err(Status::unimplemented("remove"))
    }

    async fn upload(&self, _: Request<Streaming<UploadRequest>>) -> Answered<UploadResponse> {
        Err(Status::unimplemented("upload"))
    }

    async fn download(&self, _: Request<DownloadRequest>) -> Answered<Self::DownloadStream> {
        Err(Status::unimplemented("download"))
    }
}

fn other_request() -> Status {
    Status::invalid_argument("call_id: used by a request of another kind")
}
