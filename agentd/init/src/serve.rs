//! `agent-init serve`: the supervisor's start and end.

use std::future::Future;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::sync::Arc;
use std::time::Duration;

use proto::init::v1::supervisor_server::SupervisorServer;
use rustix::process::{Signal, getpid};
use tokio::net::UnixStream;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;

use crate::command_line::{STANDARD_INPUT, ServeOptions};
use crate::preamble::{TokenDigest, admit};
use crate::processes::{Children, Launcher, Processes, kill_all};
use crate::service::Service;

/// Where the digest of the token is given.
const DIGEST_VARIABLE: &str = "AGENT_INIT_TOKEN_SHA256";
/// Connections that have not presented a token yet, at most; more wait.
const STRANGERS_MAX: usize = 32;
/// Admitted connections that wait for the server, at most.
const ADMITTED_MAX: usize = 8;
/// Threads for file operations, at most.
const BLOCKING_THREADS_MAX: usize = 8;
/// How long an idle one of them stays.
const BLOCKING_IDLE: Duration = Duration::from_secs(2);
/// Largest request: a file of 16 MiB and what goes with it.
const REQUEST_BYTES_MAX: usize = (16 << 20) + (64 << 10);
/// What a client may send on one stream, and on one connection, before it must wait.
const STREAM_WINDOW_BYTES: u32 = 1 << 20;
const CONNECTION_WINDOW_BYTES: u32 = 2 << 20;
/// Requests at the same time on one connection, at most.
const STREAMS_MAX: u32 = 512;

/// Why the supervisor cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// It was not told who may speak to it.
    #[error("{DIGEST_VARIABLE}: 64 hexadecimal digits are needed")]
    Digest,
    /// Nobody could reach it.
    #[error("socket {0}: {1}")]
    Socket(String, io::Error),
    /// Something of the operating system.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The server has failed.
    #[error(transparent)]
    Server(#[from] tonic::transport::Error),
}

/// How often it is looked whether anything is left at the end, and how long between two looks.
const END_LOOKS_MAX: u32 = 1000;
const END_LOOK_PAUSE: Duration = Duration::from_millis(1);

/// Supervises the sandbox until TERM or INT; then ends everything in it at once.
pub(crate) fn run(options: &ServeOptions) -> Result<(), ServeError> {
    let digest = std::env::var(DIGEST_VARIABLE).ok().as_deref().and_then(TokenDigest::from_hex);
    let digest = digest.ok_or(ServeError::Digest)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .thread_keep_alive(BLOCKING_IDLE)
        .build()?;
    let served = runtime.block_on(async {
        let stop = stopped()?;
        let listener = listen(&options.socket).map_err(|error| ServeError::Socket(options.socket.clone(), error))?;
        make_spool(options);
        let service = Service::new(options, Launcher::new(Children::adopt()?))?;
        serve(listener, digest, service, stop).await
    });
    // A file operation that hangs must not keep the sandbox alive.
    runtime.shutdown_background();
    // What is started between a look and its kill is met by the next look.
    for _ in 0..END_LOOKS_MAX {
        let alive = Processes::read().map(|processes| processes.descendants(getpid())).unwrap_or_default();
        if alive.is_empty() {
            break;
        }
        kill_all(&alive, Signal::KILL);
        std::thread::sleep(END_LOOK_PAUSE);
    }
    served
}

/// Ends with the first TERM or INT. PID 1 gets no signal that it does not handle, so both are handled from the start.
fn stopped() -> io::Result<impl Future<Output = ()>> {
    let (mut term, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! { _ = term.recv() => {} _ = interrupt.recv() => {} }
    })
}

fn listen(socket: &str) -> io::Result<tokio::net::UnixListener> {
    let listener = if socket == STANDARD_INPUT {
        UnixListener::from(rustix::stdio::stdin().try_clone_to_owned()?)
    } else {
        UnixListener::bind_addr(&SocketAddr::from_abstract_name(socket)?)?
    };
    listener.set_nonblocking(true)?;
    tokio::net::UnixListener::from_std(listener)
}

/// Where it cannot be made, output is not kept, and calls say that it is truncated.
fn make_spool(options: &ServeOptions) {
    let _ = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&options.spool);
}

async fn serve(
    listener: tokio::net::UnixListener,
    digest: TokenDigest,
    service: Service,
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let (admitted, connections) = mpsc::channel(ADMITTED_MAX);
    let door = tokio::spawn(keep_the_door(listener, digest, admitted));
    let service = SupervisorServer::new(service).max_decoding_message_size(REQUEST_BYTES_MAX);
    let server = tonic::transport::Server::builder()
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_concurrent_streams(STREAMS_MAX)
        .add_service(service)
        .serve_with_incoming(ReceiverStream::new(connections));
    let served = tokio::select! {
        served = server => served,
        () = stop => Ok(()),
    };
    door.abort();
    Ok(served?)
}

/// Lets in who knows the token.
async fn keep_the_door(
    listener: tokio::net::UnixListener,
    digest: TokenDigest,
    admitted: mpsc::Sender<io::Result<UnixStream>>,
) {
    let strangers = Arc::new(Semaphore::new(STRANGERS_MAX));
    while let Ok(permit) = Arc::clone(&strangers).acquire_owned().await {
        let Ok((mut stream, _)) = listener.accept().await else {
            // No descriptor or no memory is left: it may be there in a moment.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let (digest, admitted) = (digest.clone(), admitted.clone());
        tokio::spawn(async move {
            if admit(&mut stream, &digest).await {
                // It fails only when the server has ended.
                let _ = admitted.send(Ok(stream)).await;
            }
            drop(permit);
        });
    }
}
