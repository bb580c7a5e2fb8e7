//! Sandboxes under another runtime of the engine: gVisor, whose kernel in user space stands between them and this one.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use crate::fixtures::daemon::Daemon;
use crate::fixtures::home::Config;
use crate::fixtures::model_server::{ModelServer, Reply};
use crate::fixtures::private_engine::{Containers, IMAGE, PrivateEngine, program};
use crate::fixtures::scene::Scene;
use crate::fixtures::wait::until_true;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn a_sandbox_works_the_same_under_gvisor() {
    let Some(runsc) = program("runsc") else {
        eprintln!("not tested: gVisor needs runsc on the PATH (on Debian: apt-get install runsc, from backports)");
        return;
    };
    // Where the engine has a network namespace of its own, gVisor takes that for the host's and wants to be told.
    let directory = tempfile::tempdir().unwrap();
    let wrapper = directory.path().join("runsc");
    std::fs::write(&wrapper, format!("#!/bin/sh\nexec {} --network=none \"$@\"\n", runsc.display())).unwrap();
    std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755)).unwrap();
    let runtime = format!("--add-runtime=runsc={}", wrapper.display());
    let Some(engine) = PrivateEngine::start_with(Containers::Die, &[&runtime]).await else { return };
    let replies = [
        Reply::call("write", "write_file", json!({"file_path": "from-a-tool", "content": "one\n"})),
        Reply::call("run", "execute", json!({"command": "cat from-a-tool; seq 3; touch /rooted; exit 7"})),
        Reply::call("tree", "execute", json!({"command": "(sleep 300 &) ; sleep 300", "timeout": 1})),
        Reply::call("read", "grep", json!({"pattern": "one", "output_mode": "content"})),
        Reply::text("Done."),
    ];
    let model = ModelServer::start(replies.into_iter().collect()).await;
    let config = Config::with_model(&model.base_url()).set("sandbox.image", IMAGE);
    let daemon = Daemon::start_with(&config, &[("DOCKER_HOST", &engine.host())]).await;
    let scene = Scene { model, daemon };
    let session = scene.session(["--runtime", "runsc", "--approve", "none", "--memory", "256m"]).await;
    scene.chat(&session, "work").await.success();

    let told = scene.told("run");
    assert!(told.starts_with("one\n1\n2\n3\n") && told.contains("[exit code 7]"), "{told}");
    assert!(told.contains("Read-only file system"), "{told}");
    assert!(scene.told("tree").contains("timed out after 1 s"), "{}", scene.told("tree"));
    assert!(scene.told("read").contains("from-a-tool"), "{}", scene.told("read"));
    let kernel = scene.run(["container", "exec", &session, "--", "cat", "/proc/version"]).await.success().stdout();
    let own = std::fs::read_to_string("/proc/version").unwrap();
    assert_ne!(kernel, own, "it runs on this machine's kernel");
    let container = scene.container(&session).await;
    let shown = engine.docker(&["inspect", "--format", "{{.HostConfig.Runtime}}", &container]).unwrap();
    assert_eq!(shown.trim(), "runsc");
    // What was started in the background ended with its command.
    until_true("no sleep is left", async || {
        let listing = ["container", "exec", &session, "--", "sh", "-c", "cat /proc/[0-9]*/cmdline"];
        !scene.run(listing).await.success().stdout().contains("sleep\x00300")
    })
    .await;
    scene.run(["session", "rm", &session]).await.success();
}
