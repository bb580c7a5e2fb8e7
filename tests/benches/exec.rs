//! What a command in a sandbox costs: by agent-init, by the engine's own exec, and as a plain process of the host.
//!
//! All of them run in turns in one run, the two in the container in the very same one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a benchmark that cannot go on says why
#![allow(clippy::print_stdout)] // and its figures

use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use agentd::sandbox::docker::DockerBackend;
use agentd::sandbox::init_client::wire::ExecRequest;
use agentd::sandbox::live::LiveSandbox;
use agentd::sandbox::token::Secret;
use agentd::sandbox::{ExecEvent, InitClient};
use bollard::Docker;
use bollard::exec::StartExecResults;
use bollard::models::ExecConfig;
use futures_util::StreamExt as _;

use fixtures::daemon::Daemon;
use fixtures::home::Config;
use measure::{Samples, ratio, table};

#[allow(dead_code, unused_imports)] // it is the tests', of which this uses a part
#[path = "../integration/fixtures/mod.rs"]
mod fixtures;

mod measure;

const WARM_UP_ROUNDS: usize = 10;
const ROUNDS: usize = 200;
/// However slow the machine is, the run ends.
const TIME_MAX: Duration = Duration::from_secs(60);

const ENGINE_TIMEOUT_S: u64 = 60;

const TRUE: &[&str] = &["true"];
const SHELL: &[&str] = &["sh", "-c", "true"];

#[tokio::main]
async fn main() {
    // No model is asked.
    let daemon = Daemon::start(&Config::with_model("http://127.0.0.1:9/v1")).await;
    let session = daemon.session([]).await;
    daemon.run(["container", "create", &session]).await.success();
    let shown = daemon.run(["-o", "json", "session", "show", &session]).await.success().json();
    let container = shown["container"].as_str().expect("a container's name");

    let backend = DockerBackend::new(daemon.install_id(), Arc::new(|name| std::env::var(name).ok()));
    let token = Secret::load_or_make(&daemon.home().state()).unwrap().token(container);
    let init = LiveSandbox::connect(&backend, container, &token).await.unwrap().client;
    let host = std::env::var("DOCKER_HOST").expect("run this by tests/with-engine");
    let engine = Docker::connect_with_unix(&host, ENGINE_TIMEOUT_S, bollard::API_DEFAULT_VERSION).unwrap();

    let mut empty = Samples::new("agent-init: a question and its answer");
    let mut by_init = [Samples::new("agent-init: true"), Samples::new("agent-init: sh -c true")];
    let mut by_engine = [Samples::new("engine's exec API: true"), Samples::new("engine's exec API: sh -c true")];
    let mut local = [Samples::new("local process: true"), Samples::new("local process: sh -c true")];
    let began = Instant::now();
    for round in 0..WARM_UP_ROUNDS + ROUNDS {
        for (which, argv) in [TRUE, SHELL].into_iter().enumerate() {
            let times = [
                with_init(&init, format!("bench_{round}_{which}"), argv).await,
                with_engine(&engine, container, argv).await,
                as_process(argv).await,
            ];
            if round >= WARM_UP_ROUNDS {
                [&mut by_init, &mut by_engine, &mut local]
                    .into_iter()
                    .zip(times)
                    .for_each(|(samples, time)| samples[which].push(time));
            }
        }
        let asked = Instant::now();
        init.hello().await.unwrap();
        empty.push(asked.elapsed());
        if began.elapsed() > TIME_MAX {
            break;
        }
    }

    println!("a command, from the request to its exit code");
    let samples: Vec<&Samples> = by_init.iter().chain(&by_engine).chain(&local).chain([&empty]).collect();
    table(&samples);
    for which in 0..2 {
        ratio(&by_engine[which], &by_init[which]);
        ratio(&by_init[which], &local[which]);
    }
}

fn owned(argv: &[&str]) -> Vec<String> {
    argv.iter().map(|&word| word.to_owned()).collect()
}

/// As the daemon runs a command; that the result may be forgotten is said when the time is taken, as the daemon does.
async fn with_init(init: &InitClient, call_id: String, argv: &[&str]) -> Duration {
    let request = ExecRequest { call_id: call_id.clone(), argv: owned(argv), ..ExecRequest::default() };
    let began = Instant::now();
    let mut events = init.exec(request).await.unwrap();
    let mut exit_code = None;
    while let Some(event) = events.next().await {
        if let ExecEvent::Exited(end) = event.unwrap() {
            exit_code = Some(end.exit_code);
        }
    }
    let time = began.elapsed();
    assert_eq!(exit_code, Some(0));
    init.ack(&call_id).await.unwrap();
    time
}

async fn with_engine(engine: &Docker, container: &str, argv: &[&str]) -> Duration {
    let config = ExecConfig {
        cmd: Some(owned(argv)),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        ..ExecConfig::default()
    };
    let began = Instant::now();
    let exec = engine.create_exec(container, config).await.unwrap().id;
    let StartExecResults::Attached { mut output, .. } = engine.start_exec(&exec, None).await.unwrap() else {
        panic!("the engine did not attach");
    };
    while let Some(piece) = output.next().await {
        piece.unwrap();
    }
    let exit_code = engine.inspect_exec(&exec).await.unwrap().exit_code;
    let time = began.elapsed();
    assert_eq!(exit_code, Some(0));
    time
}

async fn as_process(argv: &[&str]) -> Duration {
    let began = Instant::now();
    let mut command = tokio::process::Command::new(argv[0]);
    let output = command.args(&argv[1..]).stdin(Stdio::null()).output().await.unwrap();
    let time = began.elapsed();
    assert!(output.status.success());
    time
}
