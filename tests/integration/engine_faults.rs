//! The engine dies, is stopped, comes back; containers are killed, removed, starved and frozen by hand. agentd stays up, and
//! what a command came to is told as it was: its real end, or that nobody knows.
//!
//! Each test has an engine of its own: the one that the other tests share must not be harmed.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::fixtures::daemon::{Daemon, assert_within};
use crate::fixtures::home::Config;
use crate::fixtures::model_server::{ModelServer, Reply};
use crate::fixtures::private_engine::{Containers, IMAGE, PrivateEngine};
use crate::fixtures::scene::{Journal, Scene};
use crate::fixtures::wait::{until, until_true};

/// How long the right outcome may take once the engine is back. The aim is 2 s on a quiet machine.
const BACK_WITHIN: Duration = Duration::from_secs(10);

/// A scene on an engine of its own.
struct Faulty {
    // Dropped first: its containers are on the engine.
    scene: Scene,
    engine: PrivateEngine,
}

impl Faulty {
    async fn new(containers: Containers, replies: impl IntoIterator<Item = Reply>) -> Option<Self> {
        let engine = PrivateEngine::start(containers).await?;
        let model = ModelServer::start(replies.into_iter().collect()).await;
        let config = Config::with_model(&model.base_url()).set("sandbox.image", IMAGE);
        let daemon = Daemon::start_with(&config, &[("DOCKER_HOST", &engine.host())]).await;
        Some(Self { scene: Scene { model, daemon }, engine })
    }

    /// A session in which `command` runs; gives its id and workspace once the command has made the file `ran`.
    async fn running(&self, command: &str) -> (String, PathBuf) {
        let session = self.scene.session(["--approve", "none"]).await;
        let workspace = self.scene.workspace(&session).await;
        self.scene.run(["chat", &session, command, "--detach"]).await.success();
        appears(&workspace.join("ran")).await;
        (session, workspace)
    }

    /// The end of the turn, which must come within [`BACK_WITHIN`].
    async fn ends_soon(&self, session: &str, began: Instant) -> Journal {
        let journal = self.scene.turn_end(session).await;
        assert_within("the outcome", began, BACK_WITHIN);
        journal.assert_sound();
        journal
    }

    async fn status(&self) -> Value {
        self.scene.run(["-o", "json", "status"]).await.success().json()
    }

    /// A further message works, sandbox and all.
    async fn works(&self, session: &str, call: &str) {
        self.scene.chat(session, "once more").await.success();
        assert!(self.scene.told(call).contains("still here"), "{}", self.scene.told(call));
    }
}

fn execute(id: &str, command: &str) -> Reply {
    Reply::call(id, "execute", json!({ "command": command }))
}

async fn appears(file: &Path) {
    until_true(&format!("{} appears", file.display()), async || file.exists()).await;
}

fn lines_of(file: &Path) -> usize {
    std::fs::read_to_string(file).unwrap_or_default().lines().count()
}

const SLOW: &str = "echo x >> ran; until [ -e go ]; do sleep 0.1; done; seq 1 2000; exit 7";
const ENDLESS: &str = "echo x >> ran; sleep 600";

fn again() -> [Reply; 3] {
    [Reply::text("I see."), execute("call_2", "echo still here"), Reply::text("It works.")]
}

fn replies(command: &str) -> impl Iterator<Item = Reply> {
    std::iter::once(execute("call_1", command)).chain(again())
}

fn assert_whole(journal: &Journal) {
    let exec = &journal.only("tool.done")["exec"];
    assert_eq!(exec["exit_code"], 7, "{exec}");
    let bytes: usize = (1..=2000_u32).map(|number| number.to_string().len() + 1).sum();
    assert_eq!(exec["output_bytes"], bytes, "{exec}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn a_command_outlives_its_engine_where_containers_do() {
    let Some(mut faulty) = Faulty::new(Containers::LiveOn, replies(SLOW)).await else { return };
    let (session, workspace) = faulty.running("run it").await;

    faulty.engine.kill9();
    std::fs::write(workspace.join("go"), "").unwrap();
    until("status tells that the engine is down", async || {
        (faulty.status().await["backend_ok"] == false).then_some(())
    })
    .await;
    let doctor = faulty.scene.run(["doctor"]).await;
    assert!(doctor.stdout().contains("nobody answers"), "{doctor}");
    assert_eq!(faulty.scene.show(&session).await["status"], "running");
    faulty.engine.restart().await;
    let back = Instant::now();

    let journal = faulty.ends_soon(&session, back).await;
    assert_whole(&journal);
    assert_eq!(lines_of(&workspace.join("ran")), 1, "the command ran more than once");
    assert_eq!(faulty.status().await["backend_ok"], true);
    faulty.works(&session, "call_2").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn a_command_that_dies_with_its_engine_is_unknown_and_never_repeated() {
    let Some(mut faulty) = Faulty::new(Containers::Die, replies(ENDLESS)).await else { return };
    let (session, workspace) = faulty.running("run it").await;

    faulty.engine.kill9();
    faulty.engine.restart().await;
    let back = Instant::now();

    let journal = faulty.ends_soon(&session, back).await;
    assert_eq!(journal.only("tool.unknown")["call"], "call_1");
    assert!(faulty.scene.told("call_1").contains("may have taken effect"), "{}", faulty.scene.told("call_1"));
    assert_eq!(lines_of(&workspace.join("ran")), 1);
    faulty.works(&session, "call_2").await;
    assert_eq!(lines_of(&workspace.join("ran")), 1, "it was repeated");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn an_engine_and_a_daemon_that_die_together_lose_nothing() {
    let Some(mut faulty) = Faulty::new(Containers::LiveOn, replies(SLOW)).await else { return };
    let (session, workspace) = faulty.running("run it").await;

    faulty.engine.kill9();
    faulty.scene.daemon.kill9();
    std::fs::write(workspace.join("go"), "").unwrap();
    // The daemon is back first, and has no engine to ask.
    faulty.scene.daemon.restart().await;
    assert_eq!(faulty.scene.show(&session).await["status"], "running");
    faulty.engine.restart().await;
    let back = Instant::now();

    let journal = faulty.ends_soon(&session, back).await;
    assert_whole(&journal);
    assert_eq!(lines_of(&workspace.join("ran")), 1);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn without_an_engine_a_call_fails_clearly_and_the_next_one_works() {
    let failed = [execute("call_1", "echo never")];
    let after = [execute("call_2", "echo still here"), Reply::text("It works.")];
    let Some(mut faulty) = Faulty::new(Containers::Die, failed.into_iter().chain(after)).await else { return };
    let session = faulty.scene.session(["--approve", "none"]).await;

    faulty.engine.stop();
    let refused = faulty.scene.chat(&session, "run it").await.code(6);
    assert!(refused.stderr().contains("no socket") || refused.stderr().contains("engine is down"), "{refused}");
    let journal = faulty.scene.journal(&session).await;
    journal.assert_sound();
    assert_eq!(journal.only("tool.failed")["call"], "call_1");

    faulty.engine.restart().await;
    let back = Instant::now();
    faulty.works(&session, "call_2").await;
    assert_within("the next call", back, BACK_WITHIN);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn a_container_killed_or_removed_by_hand_is_told_and_made_again() {
    for by_hand in [&["kill"][..], &["rm", "-f"]] {
        let Some(faulty) = Faulty::new(Containers::Die, replies(ENDLESS)).await else { return };
        let (session, workspace) = faulty.running("run it").await;

        let container = faulty.scene.container(&session).await;
        let arguments: Vec<&str> = by_hand.iter().copied().chain([container.as_str()]).collect();
        faulty.engine.docker(&arguments).expect("docker refuses");
        let began = Instant::now();

        let journal = faulty.ends_soon(&session, began).await;
        assert_eq!(journal.only("tool.unknown")["call"], "call_1", "{by_hand:?}");
        faulty.works(&session, "call_2").await;
        assert_eq!(lines_of(&workspace.join("ran")), 1, "{by_hand:?}: it was repeated");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn a_container_frozen_by_hand_goes_on_when_it_is_let_go() {
    let Some(faulty) = Faulty::new(Containers::Die, replies(SLOW)).await else { return };
    let (session, workspace) = faulty.running("run it").await;
    let container = faulty.scene.container(&session).await;

    faulty.engine.docker(&["pause", &container]).expect("docker refuses");
    std::fs::write(workspace.join("go"), "").unwrap();
    let shown = faulty.scene.run(["-o", "json", "container", "show", &session]).await.success().json();
    assert_eq!(shown["status"], "paused");
    assert_eq!(faulty.scene.show(&session).await["status"], "running");
    faulty.engine.docker(&["unpause", &container]).expect("docker refuses");

    let journal = faulty.ends_soon(&session, Instant::now()).await;
    assert_whole(&journal);
    // Frozen between turns, it is woken by the next call.
    faulty.engine.docker(&["pause", &container]).expect("docker refuses");
    faulty.works(&session, "call_2").await;
    assert_eq!(lines_of(&workspace.join("ran")), 1);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn a_child_out_of_memory_is_told_apart_from_a_kill() {
    let hog = "dd if=/dev/zero of=/dev/null bs=200M count=1; exit 3";
    let calls = [execute("call_1", hog), execute("call_2", "kill -9 $$"), Reply::text("I see.")];
    let Some(faulty) = Faulty::new(Containers::Die, calls).await else { return };
    let session = faulty.scene.session(["--approve", "none", "--memory", "64m"]).await;
    faulty.scene.chat(&session, "run both").await.success();

    let journal = faulty.scene.journal(&session).await;
    journal.assert_sound();
    let ends = journal.of("tool.done");
    assert_eq!(ends[0]["exec"]["oom"], true, "{}", ends[0]);
    assert!(ends[0]["content"].as_str().unwrap().contains("memory"), "{}", ends[0]);
    assert_ne!(ends[1]["exec"]["oom"], true, "{}", ends[1]);
    assert_eq!(ends[1]["exec"]["signal"], 9, "{}", ends[1]);
}
