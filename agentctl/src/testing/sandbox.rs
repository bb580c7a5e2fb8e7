//! The sandboxes of the test daemon: a directory of this host stands for each file system, and commands run on this host.

use std::path::PathBuf;
use std::pin::Pin;
use std::process::Stdio;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use proto::reason::{Failure, Reason};
use proto::v1::exec_input::Part as Input;
use proto::v1::exec_output::Part as Output;
use proto::v1::sandbox_service_server::SandboxService;
use proto::v1::*;
use tokio::io::AsyncWriteExt as _;
use tonic::{Request, Response, Status, Streaming};

use super::SESSION;

/// One sandbox, of the session "fix".
pub(super) struct Sandbox {
    /// What stands for its root directory.
    pub(super) root: PathBuf,
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

fn container(status: ContainerStatus) -> Container {
    Container {
        session: SESSION.into(),
        session_name: "fix".into(),
        name: "agentd-fix".into(),
        status: status.into(),
        ..Container::default()
    }
}

fn answer(request: Request<ContainerRequest>, status: ContainerStatus) -> Result<Response<Container>, Status> {
    if request.into_inner().session == "fix" {
        return Ok(Response::new(container(status)));
    }
    Err(Failure::new(Reason::SessionNotFound, "no such session").into())
}

fn finished(code: i32) -> ExecReport {
    ExecReport { exit_code: code, ..ExecReport::default() }
}

#[tonic::async_trait]
impl SandboxService for Sandbox {
    async fn create(&self, request: Request<ContainerRequest>) -> Result<Response<Container>, Status> {
        answer(request, ContainerStatus::Running)
    }

    async fn list(&self, _: Request<ListContainersRequest>) -> Result<Response<ListContainersResponse>, Status> {
        Ok(Response::new(ListContainersResponse { containers: vec![container(ContainerStatus::Running)], pool: None }))
    }

    async fn show(&self, request: Request<ContainerRequest>) -> Result<Response<Container>, Status> {
        answer(request, ContainerStatus::Running)
    }

    async fn start(&self, request: Request<ContainerRequest>) -> Result<Response<Container>, Status> {
        answer(request, ContainerStatus::Running)
    }

    async fn stop(&self, request: Request<ContainerRequest>) -> Result<Response<Container>, Status> {
        answer(request, ContainerStatus::Stopped)
    }

    async fn pause(&self, request: Request<ContainerRequest>) -> Result<Response<Container>, Status> {
        answer(request, ContainerStatus::Paused)
    }

    async fn unpause(&self, request: Request<ContainerRequest>) -> Result<Response<Container>, Status> {
        answer(request, ContainerStatus::Running)
    }

    async fn remove(&self, _: Request<RemoveContainerRequest>) -> Result<Response<RemoveContainerResponse>, Status> {
        Ok(Response::new(RemoveContainerResponse { session: SESSION.into() }))
    }

    async fn prune(&self, request: Request<PruneRequest>) -> Result<Response<PruneResponse>, Status> {
        let dry_run = request.into_inner().dry_run;
        let gone =
            PrunedContainer { name: "a".into(), reason: "no session has it".into(), ..PrunedContainer::default() };
        let stays = PrunedContainer { name: "b\u{1b}".into(), error: "busy".into(), ..PrunedContainer::default() };
        let containers = if dry_run { vec![gone] } else { vec![gone, stays] };
        Ok(Response::new(PruneResponse { containers, dry_run }))
    }

    type LogsStream = Answers<LogChunk>;

    async fn logs(&self, _: Request<LogsRequest>) -> Result<Response<Self::LogsStream>, Status> {
        let chunk = |text: &str, title: Option<&str>| {
            Ok(LogChunk {
                tool: "execute".into(),
                text: text.into(),
                title: title.map(str::to_owned),
                ..LogChunk::default()
            })
        };
        Ok(Response::new(
            stream::iter([chunk("one\n\u{1b}[2J", Some("make")), chunk("two", None), chunk("", Some("ls"))]).boxed(),
        ))
    }

    type StatsStream = Answers<ContainerStats>;

    async fn stats(&self, _: Request<StatsRequest>) -> Result<Response<Self::StatsStream>, Status> {
        let measured = ContainerStats { session: SESSION.into(), pids: 3, ..ContainerStats::default() };
        Ok(Response::new(stream::iter([Ok(measured)]).boxed()))
    }

    async fn top(&self, _: Request<ContainerRequest>) -> Result<Response<TopResponse>, Status> {
        let process = Process { pid: 42, parent_pid: 1, command: "sleep 9".into(), ..Process::default() };
        Ok(Response::new(TopResponse { session: SESSION.into(), processes: vec![process] }))
    }

    async fn kill(&self, request: Request<KillRequest>) -> Result<Response<KillResponse>, Status> {
        match request.into_inner() {
            KillRequest { pid: 42, signal: 9, .. } => Ok(Response::new(KillResponse { session: SESSION.into() })),
            _ => Err(Failure::new(Reason::PathNotFound, "there is no such process").into()),
        }
    }

    type ExecStream = Answers<ExecOutput>;

    async fn exec(&self, request: Request<Streaming<ExecInput>>) -> Result<Response<Self::ExecStream>, Status> {
        let mut inputs = request.into_inner();
        let Some(ExecInput { part: Some(Input::Start(start)) }) = inputs.message().await? else {
            return Err(Status::invalid_argument("no start"));
        };
        let mut child = match tokio::process::Command::new(&start.argv[0])
            .args(&start.argv[1..])
            .current_dir(&self.root)
            .stdin(if start.stdin { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
        {
            Ok(child) => child,
            Err(_) => return Ok(Response::new(stream::iter([exec(Output::Exit(finished(127)))]).boxed())),
        };
        if let Some(mut stdin) = child.stdin.take() {
            tokio::spawn(async move {
                while let Ok(Some(ExecInput { part: Some(Input::Stdin(bytes)) })) = inputs.message().await {
                    stdin.write_all(&bytes).await.unwrap();
                }
            });
        }
        let output = child.wait_with_output().await?;
        let parts = [
            Output::Stdout(output.stdout.into()),
            Output::Stderr(output.stderr.into()),
            Output::Exit(finished(output.status.code().unwrap())),
        ];
        Ok(Response::new(stream::iter(parts.map(exec)).boxed()))
    }

    async fn upload(&self, request: Request<Streaming<UploadChunk>>) -> Result<Response<UploadResponse>, Status> {
        let mut chunks = request.into_inner();
        let first = chunks.message().await?.ok_or_else(|| Status::invalid_argument("nothing"))?;
        let directory = self.root.join(first.directory.trim_start_matches('/'));
        let mut stream = first.data.to_vec();
        while let Some(chunk) = chunks.message().await? {
            stream.extend_from_slice(&chunk.data);
        }
        std::fs::create_dir_all(&directory)?;
        tar::Archive::new(&stream[..]).unpack(&directory)?;
        Ok(Response::new(UploadResponse::default()))
    }

    type DownloadStream = Answers<DownloadChunk>;

    async fn download(&self, request: Request<DownloadRequest>) -> Result<Response<Self::DownloadStream>, Status> {
        let path = self.root.join(request.into_inner().path.trim_start_matches('/'));
        let name = path.file_name().unwrap_or_else(|| std::ffi::OsStr::new("root"));
        let mut builder = tar::Builder::new(Vec::new());
        builder.follow_symlinks(false);
        if path.is_dir() {
            builder.append_dir_all(name, &path)?;
        } else if path.exists() {
            builder.append_path_with_name(&path, name)?;
        } else {
            return Err(Failure::new(Reason::PathNotFound, "no such file").into());
        }
        // Small pieces, so that headers are cut, too.
        let stream = builder.into_inner()?;
        let pieces: Vec<_> =
            stream.chunks(700).map(|piece| Ok(DownloadChunk { data: Bytes::copy_from_slice(piece) })).collect();
        Ok(Response::new(stream::iter(pieces).boxed()))
    }
}

fn exec(part: Output) -> Result<ExecOutput, Status> {
    Ok(ExecOutput { part: Some(part) })
}
