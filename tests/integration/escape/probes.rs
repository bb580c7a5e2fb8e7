//! Ways out of a sandbox, each tried from within it, on both backends.

use serde_json::json;

use crate::fixtures::backend::{self, on_each_backend};
use crate::fixtures::scene::Scene;

/// The probes themselves: a program of the sandbox.
const PROGRAM: &str = include_str!("probes.py");
/// So many there are at least on each backend.
const PROBES_MIN: usize = 60;

on_each_backend!(no_probe_gets_out);
async fn no_probe_gets_out() {
    let scene = Scene::new([]).await;
    let session = scene.session([]).await;
    let other = scene.workspace(&scene.session([]).await).await;
    std::fs::write(other.join("secret"), "of another session").unwrap();
    let workspace = scene.workspace(&session).await;
    std::fs::write(workspace.join("probes.py"), PROGRAM).unwrap();

    let home = scene.daemon.home();
    let engine = std::env::var("DOCKER_HOST").unwrap_or_default().replace("unix://", "");
    let port: u16 = scene.model.base_url().rsplit(':').next().unwrap().trim_end_matches("/v1").parse().unwrap();
    let paths = [home.socket(), home.state(), home.config(), other.join("secret"), workspace.clone(), engine.into()];
    let paths: Vec<_> = paths.iter().filter(|path| !path.as_os_str().is_empty()).collect();
    let host = json!({ "paths": paths, "agentd_pid": scene.daemon.status().await.pid, "model_port": port }).to_string();

    let run = ["container", "exec", &session, "--", "python3", "probes.py", &host, backend::chosen()];
    let output = scene.run(run).await.success();
    let text = output.stdout();
    let (held, out): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.ends_with("\theld"));
    assert!(out.is_empty(), "got out on {}:\n{}", backend::chosen(), out.join("\n"));
    assert!(held.len() >= PROBES_MIN, "only {} probes ran:\n{output}", held.len());

    // What the sandbox leaves in the workspace belongs to whom the workspace belongs to.
    use std::os::unix::fs::MetadataExt as _;
    scene.run(["container", "exec", &session, "--", "sh", "-c", "mkdir -p a/b && echo x > a/b/c"]).await.success();
    let owner = std::fs::metadata(&workspace).unwrap().uid();
    assert_ne!(owner, 0);
    for path in ["a", "a/b", "a/b/c"] {
        assert_eq!(std::fs::metadata(workspace.join(path)).unwrap().uid(), owner, "{path}");
    }
}
