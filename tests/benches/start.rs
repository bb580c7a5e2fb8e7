//! What a sandbox costs, from nothing to its first answer: embedded, and by an engine where `DOCKER_HOST` names one, against
//! the engine's own create and start of a container of the same image.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a benchmark that cannot go on says why
#![allow(clippy::print_stdout)] // and its figures

use std::sync::Arc;
use std::time::{Duration, Instant};

use agentd::domain::ids::SessionId;
use agentd::domain::options::SandboxOptions;
use agentd::sandbox::backend::Backend;
use agentd::sandbox::docker::DockerBackend;
use agentd::sandbox::embedded::EmbeddedBackend;
use agentd::sandbox::init_binary;
use agentd::sandbox::live::LiveSandbox;
use agentd::sandbox::spec::SandboxSpec;
use agentd::sandbox::token::Secret;
use agentd::sandbox::workspace;
use bollard::Docker;
use bollard::models::{ContainerCreateBody, HostConfig};
use bollard::query_parameters::{CreateContainerOptions, RemoveContainerOptionsBuilder, StartContainerOptions};

use measure::{Samples, ratio, table};

mod measure;

const ROUNDS: u8 = 15;
/// However slow the machine is, the run ends.
const TIME_MAX: Duration = Duration::from_secs(60);
const ENGINE_TIMEOUT_S: u64 = 60;

#[tokio::main]
async fn main() {
    let state = tempfile::Builder::new().prefix("bench").tempdir().unwrap();
    let init_path = init_binary::unpack(state.path()).unwrap();
    let secret = Secret::load_or_make(state.path()).unwrap();
    let install = "b".repeat(32);
    let embedded = EmbeddedBackend::new(&install, state.path(), &init_path);
    let engine = std::env::var("DOCKER_HOST").ok().map(|host| {
        let engine = Docker::connect_with_unix(&host, ENGINE_TIMEOUT_S, bollard::API_DEFAULT_VERSION).unwrap();
        (engine, DockerBackend::new(&install, Arc::new(|name| std::env::var(name).ok())))
    });
    let image = std::env::var("AGENTD_SANDBOX_IMAGE").unwrap_or_else(|_| "agentd-base:bookworm".to_owned());

    let mut by_namespaces = Samples::new("embedded: create to first answer");
    let mut by_engine = Samples::new("docker: create to first answer");
    let mut bare = Samples::new("engine: bare create and start");
    let began = Instant::now();
    for round in 0..ROUNDS {
        let session = SessionId::from_random([round; 16]);
        let place = workspace::make(&state.path().join("workspaces").join(session.as_str())).unwrap();
        let mut spec = SandboxSpec {
            image_digest: None,
            install_id: install.clone(),
            session,
            generation: 1,
            options: SandboxOptions {
                backend: "embedded".to_owned(),
                image: image.clone(),
                network: "none".to_owned(),
                memory_bytes: 512 << 20,
                cpu_millis: 1000,
                pids_max: 128,
                ..SandboxOptions::default()
            },
            workspace: place.path,
            shared: None,
            uid: place.uid,
            gid: place.gid,
            token_sha256: String::new(),
            init_path: init_path.clone(),
        };
        let token = secret.token(&spec.name());
        spec.token_sha256 = token.sha256();
        let start = Instant::now();
        answer(&embedded, &spec, &token).await;
        by_namespaces.push(start.elapsed());
        embedded.remove(&spec.name()).await.unwrap();
        if let Some((engine, docker)) = &engine {
            let start = Instant::now();
            answer(docker, &spec, &token).await;
            by_engine.push(start.elapsed());
            docker.remove(&spec.name()).await.unwrap();
            let start = Instant::now();
            let name = create_and_start(engine, &image).await;
            bare.push(start.elapsed());
            let force = RemoveContainerOptionsBuilder::default().force(true).build();
            engine.remove_container(&name, Some(force)).await.unwrap();
        }
        if began.elapsed() > TIME_MAX {
            break;
        }
    }
    println!("a sandbox, from nothing to its first answer");
    let mut all = vec![&by_namespaces];
    if engine.is_some() {
        all.extend([&by_engine, &bare]);
    }
    table(&all);
    if engine.is_some() {
        ratio(&by_engine, &by_namespaces);
        ratio(&by_engine, &bare);
    }
}

async fn answer(backend: &dyn Backend, spec: &SandboxSpec, token: &agentd::sandbox::token::Token) {
    backend.create(spec, &|_| {}).await.unwrap();
    LiveSandbox::connect(backend, &spec.name(), token).await.unwrap();
}

async fn create_and_start(engine: &Docker, image: &str) -> String {
    let body = ContainerCreateBody {
        image: Some(image.to_owned()),
        cmd: Some(vec!["sleep".to_owned(), "60".to_owned()]),
        host_config: Some(HostConfig { network_mode: Some("none".to_owned()), ..HostConfig::default() }),
        ..ContainerCreateBody::default()
    };
    let made = engine.create_container(None::<CreateContainerOptions>, body).await.unwrap();
    engine.start_container(&made.id, None::<StartContainerOptions>).await.unwrap();
    made.id
}
