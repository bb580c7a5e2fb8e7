//! The daemon dies by its own hand at every named point, and whoever started it starts it again.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use serde_json::json;

use crate::compaction::{small, wordy};
use crate::fixtures::cli::CommandOutput;
use crate::fixtures::daemon::Daemon;
use crate::fixtures::model_server::{ModelServer, Reply, Request};
use crate::fixtures::scene::{Scene, tool_result};
use crate::fixtures::wait::until_true;

/// Every named point that a turn with one approved command passes. Those of the store have a test of their own.
const FAILPOINTS: &[&str] = &[
    "turn.started.after",
    "turn.goes_on.before",
    "turn.goes_on.after",
    "turn.goes_on.before:2",
    "turn.goes_on.after:2",
    "model.intent.before",
    "model.intent.after",
    "model.done.before",
    "model.done.after",
    "model.done.before:2",
    "model.done.after:2",
    "approval.decided.before",
    "approval.decided.after",
    "sandbox.intent.before",
    "sandbox.intent.after",
    "sandbox.container.created",
    "sandbox.container.started",
    "sandbox.ready.before",
    "sandbox.ready.after",
    "tool.start.before",
    "tool.start.after",
    "tool.done.before",
    "tool.done.after",
    "tool.acknowledged",
];

/// Commits of a daemon in its life at most, in these tests.
const COMMITS_MAX: u32 = 40;

/// Daemons that die side by side.
const SIDE_BY_SIDE: usize = 3;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn killed_at_any_named_point_a_command_runs_once_and_its_turn_ends() {
    let deaths = stream::iter(FAILPOINTS).map(|point| dies_at(point)).buffer_unordered(SIDE_BY_SIDE);
    let died: Vec<u32> = deaths.collect().await;
    assert_eq!(died, vec![1; FAILPOINTS.len()], "a point was not reached");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn killed_around_any_commit_a_command_runs_once_and_its_turn_ends() {
    for point in ["store.commit.before", "store.commit.after"] {
        let times = (1..COMMITS_MAX).map(|time| async move { dies_at(&format!("{point}:{time}")).await });
        // The first life that ends without a death had fewer commits than that.
        let deaths = stream::iter(times)
            .buffered(SIDE_BY_SIDE)
            .take_while(|deaths| std::future::ready(*deaths == 1))
            .count()
            .await;
        println!("{point}: {deaths} commits");
        assert!((5..COMMITS_MAX as usize - 1).contains(&deaths), "{point} was reached {deaths} times");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn killed_while_it_cancels_a_turn_the_command_ends_too() {
    for point in ["turn.ended_early.before", "turn.ended_early.after"] {
        let command = "echo x >> ran; until [ -e go ]; do sleep 0.1; done; echo late >> ran";
        let replies = [Reply::call("call_1", "execute", json!({ "command": command })), Reply::text("It was ended.")];
        let mut scene = Scene::new(replies).await;
        let session = scene.session(["--approve", "none"]).await;
        let ran = scene.workspace(&session).await.join("ran");
        scene.daemon.kill9();
        scene.daemon.spawn_with(&[("AGENTD_FAILPOINT", point)]);
        let mut deaths = 0;
        until_true("the command runs", async || {
            let chat = ["chat", session.as_str(), "run it", "--request-id", "r-1", "--detach"];
            over_deaths(&mut scene.daemon, &chat, &mut deaths).await.succeeded() && ran.exists()
        })
        .await;
        // Refused where the turn had ended before the daemon died.
        let _ = over_deaths(&mut scene.daemon, &["stop", &session], &mut deaths).await;
        assert_eq!(deaths, 1, "{point}");
        scene.turn_end(&session).await.assert_sound();
        // A command that goes on would see it within a tenth of a second.
        std::fs::write(ran.with_file_name("go"), "").unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(std::fs::read_to_string(&ran).unwrap(), "x\n", "{point}: the command went on after its turn");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_around_a_summary_the_turn_goes_on_with_one() {
    for point in ["summary.intent.before", "summary.intent.after", "summary.done.before", "summary.done.after"] {
        let model = wordy(60, |_| Reply::text("Notes: it goes on.")).await;
        let mut scene = Scene::of(model, small).await;
        let session = scene.session(["--approve", "none"]).await;
        scene.daemon.kill9();
        scene.daemon.spawn_with(&[("AGENTD_FAILPOINT", point)]);
        let mut deaths = 0;
        until_true(&format!("the turn ends after {point}"), async || {
            let chat = ["chat", session.as_str(), "go on", "--request-id", "r-1", "--detach"];
            let events = ["events", session.as_str()];
            over_deaths(&mut scene.daemon, &chat, &mut deaths).await.succeeded()
                && over_deaths(&mut scene.daemon, &events, &mut deaths).await.stdout().contains("turn.finished")
        })
        .await;
        assert_eq!(deaths, 1, "{point}");
        let journal = scene.journal(&session).await;
        journal.assert_sound();
        assert_eq!(journal.finished()["status"], "completed", "{point}:\n{}", journal.text());
        assert!(!journal.of("context.compacted").is_empty(), "{point}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn a_workspace_that_went_with_the_daemon_ends_the_turn() {
    let call = Reply::call("call_1", "execute", json!({ "command": "true" }));
    let mut scene = Scene::new([call, Reply::text("Understood.")]).await;
    let session = scene.session(["--approve", "none"]).await;
    let workspace = scene.workspace(&session).await;
    scene.daemon.kill9();
    scene.daemon.spawn_with(&[("AGENTD_FAILPOINT", "sandbox.intent.after")]);
    until_true("agentd dies", async || {
        let _ = scene.run(["chat", &session, "run it", "--request-id", "r-1", "--detach"]).await;
        scene.daemon.has_ended()
    })
    .await;
    std::fs::remove_dir_all(workspace).unwrap();
    scene.daemon.spawn_with(&[]);
    until_true("agentd answers", async || scene.run(["status"]).await.succeeded()).await;

    let journal = scene.turn_end(&session).await;
    journal.assert_sound();
    assert_eq!(journal.finished()["status"], "failed");
    assert_eq!(journal.only("tool.failed")["call"], "call_1", "it never ran:\n{}", journal.text());
}

/// One life of a daemon that may die at this point, and the next; how often it died.
async fn dies_at(point: &str) -> u32 {
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

    assert!(deaths <= 1, "agentd died {deaths} times at {point}:\n{}", scene.daemon.log());
    let journal = scene.journal(&session).await;
    journal.assert_sound();
    assert_eq!(journal.finished()["status"], "completed", "{point}:\n{}", journal.text());
    assert_eq!(journal.only("tool.done")["exec"]["exit_code"], 7, "{point}");
    assert_eq!(journal.of("turn.started").len(), 1, "{point}");
    let ran = std::fs::read_to_string(ran).unwrap();
    assert_eq!(ran, "x\n", "{point}: the command did not run once");
    let containers = scene.engine().await.containers_of(scene.daemon.install_id()).await;
    assert_eq!(containers.len(), 1, "{point}: a container is left that no session uses");
    deaths
}

/// The points of a sub-agent's life: its start, the news that it waits, the news of its end.
const OF_SUBAGENTS: &[&str] = &[
    "subagent.started.before",
    "subagent.started.after",
    "subagent.news.before",
    "subagent.news.after",
    "subagent.news.before:2",
    "subagent.news.after:2",
];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn killed_at_any_point_of_its_life_a_sub_agent_works_once() {
    for point in OF_SUBAGENTS {
        let choose = |request: &Request| {
            let part = request.messages().iter().any(|message| message["content"].to_string().starts_with("\"part"));
            let answered = request.messages().iter().any(|message| message["role"] == "tool");
            match (part, answered) {
                (true, false) => Reply::call("q", "ask_user", json!({ "question": "Which?" })),
                (true, true) => Reply::text("The part is done."),
                (false, false) => Reply::call("t", "task", json!({ "description": "part one" })),
                (false, true) => Reply::text("All done."),
            }
        };
        let mut scene = Scene::of(ModelServer::choosing(choose).await, |config| config).await;
        let session = scene.session([]).await;
        scene.daemon.kill9();
        scene.daemon.spawn_with(&[("AGENTD_FAILPOINT", point)]);
        let mut deaths = 0;
        until_true(&format!("the turn ends after {point}"), async || {
            let chat = ["chat", session.as_str(), "do it", "--request-id", "r-1", "--detach"];
            if !over_deaths(&mut scene.daemon, &chat, &mut deaths).await.succeeded() {
                return false;
            }
            let events = over_deaths(&mut scene.daemon, &["events", &session], &mut deaths).await;
            let Some(last) = events.json_lines().pop().filter(|row| row["type"] == "turn.finished") else {
                return false;
            };
            if last["data"]["status"] == "interrupted" {
                let answer = ["resume", session.as_str(), "continue", "--message", "blue", "--detach"];
                let _ = over_deaths(&mut scene.daemon, &answer, &mut deaths).await;
                return false;
            }
            true
        })
        .await;
        assert_eq!(deaths, 1, "{point} was not reached");
        let journal = scene.journal(&session).await;
        journal.assert_sound();
        assert_eq!(journal.finished()["status"], "completed", "{point}:\n{}", journal.text());
        assert_eq!(journal.only("tool.done")["content"], "The part is done.", "{point}");
        assert_eq!(journal.of("subagent.started").len(), 1, "{point}");
        assert_eq!(journal.of("subagent.finished").len(), 1, "{point}");
        let child = journal.only("subagent.started")["subagent"].as_str().unwrap().to_owned();
        let journal = scene.journal(&child).await;
        journal.assert_sound();
        assert_eq!(journal.of("turn.started").len(), 1, "{point}");
    }
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
