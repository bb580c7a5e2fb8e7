//! The daemon is killed with -9 and started again: nothing is lost, nothing runs twice.

use std::path::Path;

use serde_json::json;

use crate::fixtures::backend::on_each_backend;
use crate::fixtures::model_server::{Gate, Reply};
use crate::fixtures::scene::Scene;
use crate::fixtures::wait::until_true;

fn execute(command: &str) -> Reply {
    Reply::call("call_1", "execute", json!({ "command": command }))
}

async fn appears(file: &Path) {
    until_true(&format!("{} appears", file.display()), async || file.exists()).await;
}

fn lines_of(file: &Path) -> usize {
    std::fs::read_to_string(file).unwrap_or_default().lines().count()
}

on_each_backend!(killed_while_parked_the_approval_still_waits);
async fn killed_while_parked_the_approval_still_waits() {
    let mut scene = Scene::new([execute("echo x >> ran"), Reply::text("It ran.")]).await;
    let session = scene.session([]).await;
    let workspace = scene.workspace(&session).await;
    scene.chat(&session, "run it").await.code(3);

    scene.daemon.kill9();
    scene.daemon.restart().await;

    let waiting = scene.run(["-o", "json", "approvals", &session]).await.success().json();
    assert_eq!(waiting[0]["call"], "call_1", "{waiting}");
    assert_eq!(scene.show(&session).await["status"], "awaiting_approval");
    let done = scene.run(["resume", &session, "continue"]).await.success();
    assert_eq!(done.stdout(), "It ran.\n");
    assert_eq!(lines_of(&workspace.join("ran")), 1);
    scene.journal(&session).await.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_the_model_streams_the_reply_is_asked_for_again() {
    let mut scene =
        Scene::new([Reply::text("Partly").and_wait(&Gate::closed()), Reply::text("The whole reply.")]).await;
    let session = scene.session([]).await;
    let watching = scene.daemon.agentctl(["-o", "json", "chat", &session, "hello"]).spawn();
    watching.printed("Partly").await;

    scene.daemon.kill9();
    scene.daemon.restart().await;

    let journal = scene.turn_end(&session).await;
    journal.assert_sound();
    assert_eq!(journal.finished()["status"], "completed");
    assert_eq!(journal.only("message.done")["text"], "The whole reply.");
    assert_eq!(journal.only("model.attempt_failed")["class"], "daemon_restart");
    // The client either followed over the restart, or was told that the daemon went away; it never hangs.
    let _ = watching.finish().await;
}

on_each_backend!(killed_while_a_command_runs_its_result_is_collected);
async fn killed_while_a_command_runs_its_result_is_collected() {
    let command = "echo x >> ran; sleep 5; echo done; exit 7";
    let mut scene = Scene::new([execute(command), Reply::text("It ended with 7.")]).await;
    let session = scene.session(["--approve", "none"]).await;
    let ran = scene.workspace(&session).await.join("ran");
    scene.run(["chat", &session, "run it", "--detach"]).await.success();
    appears(&ran).await;

    scene.daemon.kill9();
    scene.daemon.restart().await;

    let journal = scene.turn_end(&session).await;
    journal.assert_sound();
    let outcome = journal.only("tool.done");
    assert_eq!(outcome["exec"]["exit_code"], 7, "{outcome}");
    assert!(outcome["content"].as_str().unwrap().contains("done"), "{outcome}");
    assert_eq!(journal.finished()["status"], "completed");
    assert_eq!(journal.only("message.done")["text"], "It ended with 7.");
    assert_eq!(lines_of(&ran), 1, "the command ran more than once");
}

on_each_backend!(a_command_that_ends_while_no_daemon_is_there_is_collected_whole);
async fn a_command_that_ends_while_no_daemon_is_there_is_collected_whole() {
    let command = "echo x >> ran; sleep 1; seq 1 20000; touch ended; exit 7";
    let mut scene = Scene::new([execute(command), Reply::text("Collected.")]).await;
    let session = scene.session(["--approve", "none"]).await;
    let workspace = scene.workspace(&session).await;
    scene.run(["chat", &session, "run it", "--detach"]).await.success();
    appears(&workspace.join("ran")).await;

    scene.daemon.kill9();
    appears(&workspace.join("ended")).await;
    scene.daemon.restart().await;

    let journal = scene.turn_end(&session).await;
    journal.assert_sound();
    let exec = &journal.only("tool.done")["exec"];
    assert_eq!(exec["exit_code"], 7, "{exec}");
    let bytes: usize = (1..=20_000_u32).map(|number| number.to_string().len() + 1).sum();
    assert_eq!(exec["output_bytes"], bytes, "{exec}");
    assert_eq!(lines_of(&workspace.join("ran")), 1);
}

on_each_backend!(a_command_that_is_cancelled_right_after_a_restart_ends);
async fn a_command_that_is_cancelled_right_after_a_restart_ends() {
    let mut scene = Scene::new([execute("echo x >> ran; sleep 3; echo late >> ran")]).await;
    let session = scene.session(["--approve", "none"]).await;
    let ran = scene.workspace(&session).await.join("ran");
    scene.run(["chat", &session, "run it", "--detach"]).await.success();
    appears(&ran).await;

    scene.daemon.kill9();
    let stop = scene.daemon.agentctl(["stop", &session]);
    scene.daemon.restart().await;
    stop.run().await.success();

    let journal = scene.turn_end(&session).await;
    journal.assert_sound();
    assert_eq!(journal.only("tool.cancelled")["call"], "call_1");
    // A command that goes on would write its second line in this time.
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    assert_eq!(lines_of(&ran), 1, "the command went on after its turn");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn a_command_whose_container_died_is_unknown_and_never_repeated() {
    let mut scene = Scene::new([execute("echo x >> ran; sleep 600"), Reply::text("I will look.")]).await;
    let session = scene.session(["--approve", "none"]).await;
    let ran = scene.workspace(&session).await.join("ran");
    scene.run(["chat", &session, "run it", "--detach"]).await.success();
    appears(&ran).await;

    scene.daemon.kill9();
    scene.engine().await.remove_all(scene.daemon.install_id()).await;
    scene.daemon.restart().await;

    let journal = scene.turn_end(&session).await;
    journal.assert_sound();
    assert_eq!(journal.only("tool.unknown")["call"], "call_1");
    let told = scene.told("call_1");
    assert!(told.contains("may have taken effect"), "the model was told: {told}");
    assert_eq!(lines_of(&ran), 1);
}
