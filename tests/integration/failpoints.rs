//! The daemon dies by its own hand at every named point, and whoever started it starts it again.

use serde_json::json;

use crate::fixtures::cli::CommandOutput;
use crate::fixtures::daemon::Daemon;
use crate::fixtures::model_server::{ModelServer, Reply, Request};
use crate::fixtures::scene::{Scene, tool_result};
use crate::fixtures::wait::until_true;

/// Every named point at which the daemon can be made to die. The first commit of a daemon is that of its own start, so
/// the points of the store end it there.
const FAILPOINTS: &[&str] = &[
    "turn.started.after",
    "model.intent.before",
    "model.intent.after",
    "model.done.before",
    "model.done.after",
    "approval.decided.before",
    "approval.decided.after",
    "sandbox.intent.after",
    "sandbox.ready.before",
    "tool.start.before",
    "tool.start.after",
    "tool.done.before",
    "tool.done.after",
    "store.commit.before",
    "store.commit.after",
];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn killed_at_any_named_point_a_command_runs_once_and_its_turn_ends() {
    for point in FAILPOINTS {
        println!("failpoint {point}");
        dies_at(point).await;
    }
}

async fn dies_at(point: &str) {
    // Chosen by the request, because the one during which the daemon died is made again.
    let choose = |request: &Request| match tool_result(request, "call_1") {
        Some(_) => Reply::text("Ran."),
        None => Reply::call("call_1", "execute", json!({"command": "echo x >> ran; exit 7"})),
    };
    let mut scene = Scene::of(ModelServer::choosing(choose).await, |config| config).await;
    let session = scene.session([]).await;
    let ran = scene.workspace(&session).await.join("ran");
    scene.daemon.kill9();
    scene.daemon.spawn_with(&[("AGENTD_FAILPOINT", point)]);

    // A person who says what they want until it is accepted, and never says it twice under another name.
    let mut deaths = 0;
    until_true(&format!("the turn ends after {point}"), async || {
        let chat = ["chat", session.as_str(), "run it", "--request-id", "r-1", "--detach"];
        if !over_deaths(&mut scene.daemon, &chat, &mut deaths).await.succeeded() {
            return false;
        }
        let events = over_deaths(&mut scene.daemon, &["events", &session], &mut deaths).await;
        let Some(last) = events.json_lines().pop().filter(|row| row["type"] == "turn.finished") else { return false };
        if last["data"]["status"] == "interrupted" {
            let _ = over_deaths(&mut scene.daemon, &["resume", &session, "continue", "--detach"], &mut deaths).await;
            return false;
        }
        true
    })
    .await;

    assert_eq!(deaths, 1, "agentd died so often at {point}:\n{}", scene.daemon.log());
    let journal = scene.journal(&session).await;
    journal.assert_sound();
    assert_eq!(journal.finished()["status"], "completed", "{point}:\n{}", journal.text());
    assert_eq!(journal.only("tool.done")["exec"]["exit_code"], 7, "{point}");
    assert_eq!(journal.of("turn.started").len(), 1, "{point}");
    let ran = std::fs::read_to_string(ran).unwrap();
    assert_eq!(ran, "x\n", "{point}: the command did not run once");
    let containers = scene.engine().await.containers_of(scene.daemon.install_id()).await;
    assert_eq!(containers.len(), 1, "{point}: a container is left that no session uses");
}

/// Runs agentctl while somebody starts a daemon that died again, without its failpoint.
async fn over_deaths(daemon: &mut Daemon, arguments: &[&str], deaths: &mut u32) -> CommandOutput {
    let running = tokio::spawn(daemon.agentctl_of(arguments).run());
    until_true("agentctl ends", async || {
        if daemon.has_ended() {
            *deaths += 1;
            daemon.spawn_with(&[]);
        }
        running.is_finished()
    })
    .await;
    running.await.unwrap()
}
