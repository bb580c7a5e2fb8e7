//! How long a sandbox and a command in it take, beside the engine's own exec and a plain local process.
//!
//! Needs an engine (`DOCKER_HOST` or the default socket) and the image `AGENTD_SANDBOX_IMAGE`. Run by `cargo bench -p
//! agentd --bench sandbox`; prints medians in milliseconds, and ratios of one and the same run.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use agentd::domain::ids::SessionId;
use agentd::domain::options::SandboxOptions;
use agentd::sandbox::backend::Backend;
use agentd::sandbox::docker::DockerBackend;
use agentd::sandbox::init_client::exec_events::{ExecEnd, ExecEvent};
use agentd::sandbox::init_client::wire::ExecRequest;
use agentd::sandbox::live::LiveSandbox;
use agentd::sandbox::spec::SandboxSpec;
use agentd::sandbox::token::Secret;
use agentd::sandbox::{init_binary, workspace};
use bollard::exec::StartExecResults;
use bollard::models::ExecConfig;
use futures_util::StreamExt as _;

const SANDBOXES: usize = 10;
const COMMANDS: usize = 500;
const ENGINE_EXECS: usize = 50;
const FLOOD_BYTES: u64 = 200 << 20;
const FLOOD_KEPT_BYTES: u64 = 100 << 20;

fn main() {
    // Cargo also runs it, with an argument, as part of the tests: it measures only when it is asked to.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let state = tempfile::tempdir().unwrap();
    runtime.block_on(measure(state.path()));
}

async fn measure(state: &Path) {
    let backend = DockerBackend::new("bench", Arc::new(|name| std::env::var(name).ok()));
    let secret = Secret::load_or_make(state).unwrap();
    let (mut made, mut ready, mut removed) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..SANDBOXES {
        let spec = spec(state, &secret, u8::try_from(n).unwrap());
        let name = spec.name();
        let begin = Instant::now();
        backend.create(&spec, &|_| ()).await.unwrap();
        made.push(begin.elapsed());
        let live = LiveSandbox::connect(&backend, &name, &secret.token(&name)).await.unwrap();
        ready.push(begin.elapsed());
        if n + 1 == SANDBOXES {
            println!("{}", backend.detail());
            commands(&live, &name).await;
            flood(&live).await;
        }
        drop(live);
        let begin = Instant::now();
        backend.remove(&name).await.unwrap();
        removed.push(begin.elapsed());
    }
    show("sandbox made, checked and started", &mut made);
    show("sandbox ready (agent-init said hello)", &mut ready);
    show("sandbox removed", &mut removed);
}

async fn commands(live: &LiveSandbox, name: &str) {
    let (mut hello, mut bare, mut shell) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..COMMANDS {
        let begin = Instant::now();
        live.client.hello().await.unwrap();
        hello.push(begin.elapsed());
        bare.push(timed(live, ExecRequest { argv: vec!["/bin/true".to_owned()], ..request(format!("b{n}")) }).await);
        shell.push(timed(live, ExecRequest { command: "true".to_owned(), ..request(format!("s{n}")) }).await);
    }
    let mut local = Vec::new();
    for _ in 0..COMMANDS {
        let begin = Instant::now();
        let mut child = tokio::process::Command::new("/bin/true").spawn().unwrap();
        child.wait().await.unwrap();
        local.push(begin.elapsed());
    }
    let docker = engine();
    let mut raw = Vec::new();
    for _ in 0..ENGINE_EXECS {
        let begin = Instant::now();
        engine_exec(&docker, name).await;
        raw.push(begin.elapsed());
    }
    show("hello of agent-init", &mut hello);
    let bare = show("true by agent-init", &mut bare);
    show("sh -c true by agent-init", &mut shell);
    let local = show("true as a local process", &mut local);
    let raw = show("true by the engine's exec", &mut raw);
    println!("{:<40} {:>9.1} x", "the engine's exec / agent-init", raw / bare);
    println!("{:<40} {:>9.1} x", "agent-init / a local process", bare / local);
}

async fn flood(live: &LiveSandbox) {
    let begin = Instant::now();
    let request = ExecRequest {
        call_id: "flood".to_owned(),
        command: format!("head -c {FLOOD_BYTES} /dev/zero"),
        keep_bytes_max: FLOOD_KEPT_BYTES,
        ..Default::default()
    };
    let (end, received) = run(live, request).await;
    assert_eq!((end.exit_code, end.output_bytes, received), (0, FLOOD_BYTES, FLOOD_KEPT_BYTES));
    println!("{:<40} {:>9.1} ms", "200 MiB of output, 100 MiB of it read", begin.elapsed().as_secs_f64() * 1e3);
}

fn request(call_id: String) -> ExecRequest {
    ExecRequest { call_id, ..Default::default() }
}

/// From the request to the exit; forgetting the call is not part of it.
async fn timed(live: &LiveSandbox, request: ExecRequest) -> Duration {
    let call_id = request.call_id.clone();
    let begin = Instant::now();
    run(live, request).await;
    let took = begin.elapsed();
    live.client.ack(&call_id).await.unwrap();
    took
}

async fn run(live: &LiveSandbox, request: ExecRequest) -> (ExecEnd, u64) {
    let call_id = request.call_id.clone();
    let mut events = live.client.exec(request).await.unwrap();
    let mut received = 0;
    while let Some(event) = events.next().await {
        match event.unwrap() {
            ExecEvent::Started { .. } => {}
            ExecEvent::Output { data, .. } => received += data.len() as u64,
            ExecEvent::Exited(end) => {
                return (end, received);
            }
        }
    }
    panic!("{call_id} did not end");
}

fn engine() -> bollard::Docker {
    match std::env::var("DOCKER_HOST") {
        Ok(host) => bollard::Docker::connect_with_host(&host).unwrap(),
        Err(_) => bollard::Docker::connect_with_socket_defaults().unwrap(),
    }
}

async fn engine_exec(docker: &bollard::Docker, name: &str) {
    let config = ExecConfig {
        cmd: Some(vec!["/bin/true".to_owned()]),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        ..Default::default()
    };
    let id = docker.create_exec(name, config).await.unwrap().id;
    let StartExecResults::Attached { mut output, .. } = docker.start_exec(&id, None).await.unwrap() else {
        panic!("detached");
    };
    while let Some(piece) = output.next().await {
        piece.unwrap();
    }
    assert_eq!(docker.inspect_exec(&id).await.unwrap().exit_code, Some(0));
}

fn spec(state: &Path, secret: &Secret, session: u8) -> SandboxSpec {
    let made = workspace::make(&state.join(format!("workspaces/{session}"))).unwrap();
    let mut spec = SandboxSpec {
        install_id: "bench".to_owned(),
        session: SessionId::from_random([session; 16]),
        generation: 1,
        options: SandboxOptions {
            backend: "docker".to_owned(),
            image: std::env::var("AGENTD_SANDBOX_IMAGE").unwrap_or_else(|_| "agentd-base:bookworm".to_owned()),
            network: "none".to_owned(),
            memory_bytes: 1 << 30,
            cpu_millis: 2000,
            pids_max: 512,
        },
        workspace: made.path,
        shared: None,
        uid: made.uid,
        gid: made.gid,
        token_sha256: String::new(),
        init_path: init_binary::unpack(state).unwrap(),
    };
    spec.token_sha256 = secret.token(&spec.name()).sha256();
    spec
}

/// Prints median and 95th percentile; gives the median in milliseconds.
fn show(what: &str, times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    println!("{what:<40} {:>9.3} ms   p95 {:>9.3} ms   n {}", at(50), at(95), times.len());
    at(50)
}
