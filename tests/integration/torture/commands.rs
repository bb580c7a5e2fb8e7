//! Commands that run while the daemon is killed: each is collected with its own exit code and its whole output.

use std::path::Path;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::figure;
use crate::fixtures::model_server::{ModelServer, Reply, Request};
use crate::fixtures::scene::Scene;
use crate::fixtures::wait::until_true;

/// Commands that run side by side.
const SIDE_BY_SIDE: u64 = 10;

/// Numbers that a command writes, in 50 parts over 5 seconds: more than a model is shown.
const NUMBERS: usize = 50 * 400;

/// The message of command `number`, and what the model makes of it.
fn reply(request: &Request) -> Reply {
    let number = request.newest("user").to_owned();
    let turn = request.messages().rsplit(|message| message["role"] == "user").next().unwrap_or_default();
    if !turn.is_empty() {
        return Reply::text("It ended.");
    }
    Reply::call(&format!("call_{number}"), "execute", json!({ "command": command(&number) }))
}

fn command(number: &str) -> String {
    format!(
        "echo x >> ran-{number}; for part in $(seq 0 49); do first=$(({number} * 100000 + part * 400)); \
         seq $first $((first + 399)); sleep 0.1; done; touch ended-{number}; exit $(({number} % 100 + 3))"
    )
}

/// What command `number` writes.
fn output(number: u64) -> String {
    (number * 100_000..).take(NUMBERS).map(|line| format!("{line}\n")).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn every_command_that_was_running_is_collected_whole() {
    let commands = figure("TORTURE_COMMANDS", SIDE_BY_SIDE / 2);
    let mut scene = Scene::of(ModelServer::choosing(reply).await, |config| config).await;
    let mut collected = 0;
    let mut sessions = Vec::new();
    for _ in 0..commands.min(SIDE_BY_SIDE) {
        let session = scene.session(["--approve", "none"]).await;
        let workspace = scene.workspace(&session).await;
        // Ahead of need, so that the commands begin together.
        scene.run(["container", "create", &session]).await.success();
        sessions.push((session, workspace));
    }
    let numbers: Vec<u64> = (0..commands).collect();
    for round in numbers.chunks(sessions.len()) {
        let running = round.iter().zip(&sessions).map(|(number, (session, workspace))| {
            let scene = &scene;
            async move {
                let number = number.to_string();
                scene.run(["chat", session, &number, "--detach"]).await.success();
                let ran = workspace.join(format!("ran-{number}"));
                until_true(&format!("command {number} runs"), async || ran.exists()).await;
            }
        });
        join_all(running).await;
        let under_way = round.iter().zip(&sessions).filter(|(n, (_, dir))| !dir.join(format!("ended-{n}")).exists());
        let under_way = under_way.count();
        assert!(under_way > 0, "no command was running");
        scene.daemon.kill9();
        scene.daemon.restart().await;
        for (number, (session, workspace)) in round.iter().zip(&sessions) {
            assert_collected(&scene, session, workspace, *number).await;
            collected += 1;
        }
        println!("{under_way} of {} commands were running when the daemon died", round.len());
    }
    println!("{collected} of {commands} commands collected, each with its exit code and its whole output");
}

async fn assert_collected(scene: &Scene, session: &str, workspace: &Path, number: u64) {
    let call = format!("call_{number}");
    let mut outcome = Value::Null;
    until_true(&format!("command {number} ends"), async || {
        let journal = scene.journal(session).await;
        let ends = journal.rows.iter().find(|row| row["type"] == "tool.done" && row["data"]["call"] == call.as_str());
        outcome = ends.map(|row| row["data"].clone()).unwrap_or_default();
        !outcome.is_null() && journal.rows.last().is_some_and(|row| row["type"] == "turn.finished")
    })
    .await;
    let exec = &outcome["exec"];
    let wanted = output(number);
    assert_eq!(exec["exit_code"], number % 100 + 3, "{exec}");
    assert_eq!(exec["output_bytes"], wanted.len(), "{exec}");
    let kept = exec["output_path"].as_str().expect("the output is kept");
    let read = scene.run(["container", "exec", session, "--", "cat", kept]).await.success();
    assert!(read.stdout() == wanted, "command {number}: the kept output differs");
    let ran = std::fs::read_to_string(workspace.join(format!("ran-{number}"))).unwrap_or_default();
    assert_eq!(ran, "x\n", "command {number} ran more than once");
    scene.journal(session).await.assert_sound();
}
