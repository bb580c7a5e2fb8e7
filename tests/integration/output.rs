//! Commands that write without end, and commands that leave children behind.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::fixtures::backend::on_each_backend;
use crate::fixtures::daemon::assert_within;
use crate::fixtures::model_server::Reply;
use crate::fixtures::scene::Scene;

const MIB: u64 = 1 << 20;

on_each_backend!(a_flood_of_output_leaves_the_daemon_small_and_the_exit_code_true);
async fn a_flood_of_output_leaves_the_daemon_small_and_the_exit_code_true() {
    let command = "head -c 314572800 /dev/zero | tr '\\0' x; echo; echo the end; exit 3";
    let replies = [Reply::call("flood", "execute", json!({ "command": command })), Reply::text("A flood.")];
    let scene = Scene::new(replies).await;
    let session = scene.session(["--approve", "none"]).await;
    let streamed = scene.run(["-o", "json", "chat", &session, "flood"]).await.success();
    assert!(u64::try_from(streamed.stdout_bytes().len()).unwrap() < 32 * MIB, "the client got the whole flood");

    let journal = scene.journal(&session).await;
    journal.assert_sound();
    let exec = &journal.only("tool.done")["exec"];
    assert_eq!(exec["exit_code"], 3, "{exec}");
    assert_eq!(exec["output_bytes"], 314_572_800 + 1 + 8, "{exec}");
    assert_eq!(exec["truncated"], true, "{exec}");
    let told = scene.told("flood");
    assert!(told.len() < 128 << 10, "the model was told {} bytes", told.len());
    assert!(told.contains("the end"), "the model does not see the tail");
    let most = scene.daemon.memory_bytes("VmHWM");
    assert!(most < 100 * MIB, "agentd took {} MiB", most / MIB);
}

on_each_backend!(a_timeout_ends_the_whole_tree);
async fn a_timeout_ends_the_whole_tree() {
    let command = "setsid sleep 4321 & (setsid sh -c 'sleep 4321 & sleep 4321' &) ; echo begun; sleep 4321";
    let call = json!({ "command": command, "timeout": 1 });
    let scene = Scene::new([Reply::call("tree", "execute", call), Reply::text("Ended.")]).await;
    let session = scene.session(["--approve", "none"]).await;
    let began = Instant::now();
    scene.chat(&session, "plant a tree").await.success();
    assert_within("the turn", began, Duration::from_secs(20));

    let journal = scene.journal(&session).await;
    journal.assert_sound();
    let outcome = journal.only("tool.done");
    assert_eq!(outcome["exec"]["exit_code"], 124, "{outcome}");
    assert_eq!(outcome["exec"]["timed_out"], true, "{outcome}");
    assert!(outcome["content"].as_str().unwrap().contains("begun"), "what came so far is lost: {outcome}");
    let left = scene.run(["container", "exec", &session, "--", "sh", "-c", "cat /proc/[0-9]*/cmdline"]).await.success();
    assert!(!left.stdout().contains("4321"), "a child lives on: {left}");
}

on_each_backend!(stopping_a_turn_ends_its_command_with_its_tree);
async fn stopping_a_turn_ends_its_command_with_its_tree() {
    let command = "echo begun > begun; setsid sleep 4321 & sleep 4321";
    let scene = Scene::new([Reply::call("long", "execute", json!({ "command": command }))]).await;
    let session = scene.session(["--approve", "none"]).await;
    let begun = scene.workspace(&session).await.join("begun");
    scene.run(["chat", &session, "wait", "--detach"]).await.success();
    crate::fixtures::wait::until_true("the command begins", async || begun.exists()).await;
    let _ = scene.run(["stop", &session]).await;
    let journal = scene.turn_end(&session).await;
    journal.assert_sound();
    assert_eq!(journal.finished()["status"], "cancelled");
    assert_eq!(journal.only("tool.cancelled")["call"], "long");
    let left = scene.run(["container", "exec", &session, "--", "sh", "-c", "cat /proc/[0-9]*/cmdline"]).await.success();
    assert!(!left.stdout().contains("4321"), "a child lives on: {left}");
}

on_each_backend!(a_command_out_of_memory_is_said_to_be_so);
async fn a_command_out_of_memory_is_said_to_be_so() {
    let command = "python3 -c 'x = bytearray(400 << 20)'";
    let replies = [Reply::call("big", "execute", json!({ "command": command })), Reply::text("Too big.")];
    let scene = Scene::new(replies).await;
    let session = scene.session(["--approve", "none", "--memory", "64m"]).await;
    scene.chat(&session, "take memory").await.success();
    let journal = scene.journal(&session).await;
    let exec = &journal.only("tool.done")["exec"];
    assert_eq!(exec["oom"], true, "{exec}");
    assert_eq!(exec["exit_code"], 137, "{exec}");
    let told = scene.told("big");
    assert!(told.contains("memory"), "the model was told: {told}");
}
