//! Looking at the daemon: status, doctor, configuration, version.

use serde_json::json;

use crate::fixtures::cli::Agentctl;
use crate::fixtures::home::{Home, MODEL_KEY_ENV};
use crate::fixtures::model_server::{Gate, Reply};
use crate::fixtures::scene::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn status_counts_what_there_is() {
    let waits = Reply::call("w", "write_file", json!({"file_path": "a", "content": "a"}));
    let scene = Scene::new([waits, Reply::text("Never").and_wait(&Gate::closed())]).await;
    let parked = scene.session([]).await;
    scene.chat(&parked, "write").await.code(3);
    let running = scene.session([]).await;
    scene.run(["chat", &running, "run", "--detach"]).await.success();
    scene.model.wait_for_requests(2).await;
    let status = scene.run(["-o", "json", "status"]).await.success().json();
    assert_eq!(status["sessions"], 2, "{status}");
    assert_eq!(status["running"], 1, "{status}");
    assert_eq!(status["awaiting_approval"], 1, "{status}");
    assert_eq!(status["model"], "fake", "{status}");
    assert_eq!(status["state_dir"], json!(scene.daemon.home().state()), "{status}");
    assert!(status["memory_bytes"].as_u64().is_some_and(|bytes| bytes < 100 << 20), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn doctor_finds_all_well_or_says_what_mends_it() {
    let scene = Scene::new([]).await;
    let well = scene.run(["-o", "json", "doctor"]).await.success().json();
    let checks: Vec<_> = well.as_array().unwrap().iter().map(|finding| finding["check"].as_str().unwrap()).collect();
    for check in ["engine", "socket", "image", "model", "permissions"] {
        assert!(checks.contains(&check), "{check} is not checked: {checks:?}");
    }
    let broken = Scene::with([], |config| config.set("sandbox.image", "registry.invalid/no/such:image")).await;
    let findings = broken.run(["-o", "json", "doctor"]).await.json();
    let image = findings.as_array().unwrap().iter().find(|finding| finding["check"] == "image").unwrap();
    assert_ne!(image["severity"], "ok", "{image}");
    assert!(!image["remedy"].as_str().unwrap().is_empty(), "{image}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_in_force_is_shown_with_names_of_keys_and_no_key() {
    let scene = Scene::with([], |config| config.set("sandbox.memory", "512m")).await;
    let shown = scene.run(["-o", "json", "config", "show"]).await.success();
    assert_eq!(shown.json()["models"]["fake"]["api_key_env"], MODEL_KEY_ENV, "{shown}");
    let path = scene.run(["config", "path"]).await.success().line();
    assert_eq!(path, scene.daemon.home().config().display().to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_configuration_is_written_once_and_is_valid() {
    let home = Home::new();
    let init = || Agentctl::new(&home, &["config", "init"]).run();
    init().await.success();
    let written = std::fs::read_to_string(home.config()).unwrap();
    assert!(!init().await.succeeded(), "a configuration was overwritten");
    assert_eq!(std::fs::read_to_string(home.config()).unwrap(), written);
    let started =
        Agentctl::new(&home, &["-o", "json", "status"]).env("AGENTCTL_NO_AUTOSTART", "").run().await.success();
    assert_eq!(started.json()["config"], json!(home.config()));
    Agentctl::new(&home, &["daemon", "stop"]).run().await.success();
}

#[tokio::test(flavor = "multi_thread")]
async fn version_and_completions_need_no_daemon() {
    let home = Home::new();
    let version = Agentctl::new(&home, &["version"]).run().await.success();
    assert!(version.stdout().contains(env!("CARGO_PKG_VERSION")), "{version}");
    for shell in ["bash", "zsh", "fish"] {
        let script = Agentctl::new(&home, &["completions", shell]).run().await.success();
        assert!(script.stdout().contains("agentctl"), "{shell}");
    }
    assert!(!home.state().exists());
}
