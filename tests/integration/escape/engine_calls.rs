//! What is asked of the engine: never its archive, copy or build API, which work as root in a directory of the sandbox's.

use std::sync::{Arc, Mutex};

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

use crate::fixtures::daemon::Daemon;
use crate::fixtures::home::{Config, Home};
use crate::fixtures::model_server::{ModelServer, Reply};
use crate::fixtures::scene::Scene;

/// A socket before the engine's that keeps the request lines.
struct Recorder {
    place: Home,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    fn before(engine: &str) -> Self {
        let (place, lines) = (Home::new(), Arc::<Mutex<Vec<String>>>::default());
        let listener = UnixListener::bind(place.path("engine.sock")).unwrap();
        let (kept, engine) = (Arc::clone(&lines), engine.replace("unix://", ""));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = UnixStream::connect(&engine).await.unwrap();
                tokio::spawn(forward(client, server, Arc::clone(&kept)));
            }
        });
        Self { place, lines }
    }

    fn address(&self) -> String {
        format!("unix://{}", self.place.path("engine.sock").display())
    }
}

async fn forward(client: UnixStream, server: UnixStream, kept: Arc<Mutex<Vec<String>>>) {
    let ((mut client_in, mut client_out), (mut server_in, mut server_out)) = (client.into_split(), server.into_split());
    tokio::spawn(async move { tokio::io::copy(&mut server_in, &mut client_out).await });
    let mut buffer = vec![0; 64 << 10];
    while let Ok(length @ 1..) = client_in.read(&mut buffer).await {
        let text = String::from_utf8_lossy(&buffer[..length]);
        kept.lock().unwrap().extend(text.lines().filter(|line| line.ends_with(" HTTP/1.1")).map(str::to_owned));
        if server_out.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn the_archive_copy_and_build_api_are_never_called() {
    let recorder = Recorder::before(&std::env::var("DOCKER_HOST").unwrap());
    let replies = [
        Reply::call("w", "write_file", json!({"file_path": "a.txt", "content": "one"})),
        Reply::call("e", "edit_file", json!({"file_path": "a.txt", "old_string": "one", "new_string": "two"})),
        Reply::call("r", "read_file", json!({"file_path": "a.txt"})),
        Reply::call("x", "execute", json!({"command": "cat a.txt"})),
        Reply::call("d", "delete", json!({"file_path": "a.txt"})),
        Reply::text("Done."),
    ];
    let model = ModelServer::start(replies.into_iter().collect()).await;
    let config = Config::with_model(&model.base_url());
    let daemon = Daemon::start_with(&config, &[("DOCKER_HOST", &recorder.address())]).await;
    let scene = Scene { model, daemon };
    let session = scene.session(["--approve", "none"]).await;
    scene.chat(&session, "work").await.success();
    let (from, to) = (scene.daemon.home().path("in"), scene.daemon.home().path("out"));
    std::fs::write(&from, "a file").unwrap();
    let inside = format!("{session}:/workspace/in");
    scene.run(["container", "cp", from.to_str().unwrap(), &inside]).await.success();
    scene.run(["container", "cp", &inside, to.to_str().unwrap()]).await.success();
    scene.run(["container", "exec", &session, "--", "ls"]).await.success();
    for verb in ["show", "pause", "unpause", "stop", "start", "rm"] {
        scene.run(["container", verb, &session]).await.success();
    }
    let lines = recorder.lines.lock().unwrap().clone();
    assert!(lines.iter().any(|line| line.contains("/containers/create")), "nothing was recorded: {lines:#?}");
    let forbidden =
        |line: &&String| ["/archive", "/copy", "/build", "/commit", "/export"].iter().any(|api| line.contains(api));
    assert_eq!(lines.iter().find(forbidden), None);
}
