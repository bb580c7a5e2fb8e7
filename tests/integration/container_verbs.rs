//! The container verbs of the command line, against a real container.

use rustix::process::Signal;
use serde_json::json;

use crate::fixtures::backend::on_each_backend;
use crate::fixtures::model_server::Reply;
use crate::fixtures::pty::Terminal;
use crate::fixtures::scene::Scene;
use crate::fixtures::wait::{until, until_true};

on_each_backend!(a_container_goes_through_its_life);
async fn a_container_goes_through_its_life() {
    let scene = Scene::new([]).await;
    let session = scene.session(["--name", "life"]).await;
    scene.run(["container", "show", "life"]).await.code(5);
    let status =
        async || scene.run(["-o", "json", "container", "show", "life"]).await.success().json()["status"].take();

    let made = scene.run(["-o", "json", "container", "create", "life"]).await.success().json();
    assert_eq!(made["session"], json!(session));
    assert_eq!(made["status"], "running");
    scene.run(["container", "pause", "life"]).await.success();
    assert_eq!(status().await, "paused");
    scene.run(["container", "unpause", "life"]).await.success();
    assert_eq!(status().await, "running");
    scene.run(["container", "stop", "life"]).await.success();
    assert_eq!(status().await, "stopped");
    scene.run(["container", "start", "life"]).await.success();
    assert_eq!(status().await, "running");

    let listed = scene.run(["-o", "json", "container", "list"]).await.success().json();
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    scene.run(["container", "rm", "life"]).await.success();
    let listed = scene.run(["-o", "json", "container", "list"]).await.success().json();
    assert_eq!(listed, json!([]));
    scene.daemon.assert_no_sandbox().await;
    scene.run(["container", "stop", "life"]).await.code(5);
    assert!(scene.workspace(&session).await.is_dir(), "the workspace went with the container");
}

on_each_backend!(exec_passes_streams_and_exit_code_through);
async fn exec_passes_streams_and_exit_code_through() {
    let scene = Scene::new([]).await;
    let session = scene.session([]).await;
    let exec = async |script: &str| scene.run(["container", "exec", &session, "--", "sh", "-c", script]).await;

    let both = exec("echo out; echo err >&2; pwd; exit 42").await.code(42);
    assert_eq!(both.stdout(), "out\n/workspace\n");
    assert_eq!(both.stderr(), "err\n");
    exec("kill -9 $$").await.code(137);
    scene.run(["container", "exec", &session, "--", "no-such-program"]).await.code(127);
    assert_eq!(exec("cat").await.success().stdout(), "", "without -i there is no standard input");

    let input = vec![b'a'; 3 << 20];
    let command = scene.daemon.agentctl(["container", "exec", "-i", &session, "--", "wc", "-c"]);
    assert_eq!(command.stdin(input).run().await.success().line().trim(), (3 << 20).to_string());
    let bytes = (0..=255).collect::<Vec<u8>>();
    let command = scene.daemon.agentctl(["container", "exec", "-i", &session, "--", "cat"]);
    assert_eq!(command.stdin(bytes.clone()).run().await.success().stdout_bytes(), bytes);
}

on_each_backend!(a_command_ends_with_the_client_that_started_it);
async fn a_command_ends_with_the_client_that_started_it() {
    let scene = Scene::new([]).await;
    let session = scene.session([]).await;
    let runs = async || {
        let listing = ["container", "exec", &session, "--", "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"];
        scene.run(listing).await.success().stdout().contains("sleep 4321")
    };
    for signal in [Signal::INT, Signal::KILL] {
        let client = scene.daemon.agentctl(["container", "exec", &session, "--", "sleep", "4321"]).spawn();
        until_true("the command runs", runs).await;
        client.signal(signal);
        drop(client.finish().await);
        until_true("the command has ended", async || !runs().await).await;
    }
}

on_each_backend!(a_tool_call_wakes_a_container_that_is_paused_stopped_or_gone);
async fn a_tool_call_wakes_a_container_that_is_paused_stopped_or_gone() {
    let call = |id| Reply::call(id, "execute", json!({"command": "echo awake"}));
    let replies = [call("c1"), Reply::text("1"), call("c2"), Reply::text("2"), call("c3"), Reply::text("3")];
    let scene = Scene::new(replies).await;
    let session = scene.session(["--approve", "none"]).await;
    for verb in ["pause", "stop", "rm"] {
        scene.run(["container", "create", &session]).await.success();
        scene.run(["container", verb, &session]).await.success();
        scene.chat(&session, "wake up").await.success();
    }
    let journal = scene.journal(&session).await;
    journal.assert_sound();
    for outcome in journal.of("tool.done") {
        assert!(outcome["content"].as_str().unwrap().contains("awake"), "{outcome}");
    }
    assert_eq!(journal.of("tool.done").len(), 3);
}

on_each_backend!(logs_and_stats_tell_what_a_container_did_and_takes);
async fn logs_and_stats_tell_what_a_container_did_and_takes() {
    let replies = [Reply::call("c1", "execute", json!({"command": "echo a line"})), Reply::text("Said.")];
    let scene = Scene::new(replies).await;
    let session = scene.session(["--approve", "none", "--memory", "256m"]).await;
    scene.chat(&session, "say a line").await.success();
    let logs = scene.run(["container", "logs", &session]).await.success();
    assert!(logs.stdout().contains("a line"), "{logs}");
    let stats = scene.run(["-o", "json", "container", "stats", &session]).await.success().json_lines();
    let measured = if stats[0].is_array() { &stats[0][0] } else { &stats[0] };
    assert_eq!(measured["memory_limit_bytes"], 256 << 20, "{measured}");
    assert!(measured["memory_bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{measured}");
    assert!(measured["pids"].as_u64().is_some_and(|pids| pids > 0), "{measured}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn processes_are_listed_and_ended_by_hand() {
    let scene = Scene::new([]).await;
    let session = scene.session([]).await;
    scene.run(["container", "top", &session]).await.code(5);
    let running = scene.daemon.agentctl(["container", "exec", &session, "--", "sh", "-c", "sleep 5432 & wait"]).spawn();
    let pid = until("the process is listed", async || {
        let top = scene.run(["-o", "json", "container", "top", &session]).await;
        let found = top.succeeded().then(|| top.json())?;
        let sleeper = found.as_array()?.iter().find(|process| process["command"] == "sleep 5432")?.clone();
        assert!(sleeper["memory_bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{sleeper}");
        Some(sleeper["pid"].to_string())
    })
    .await;
    let shown = scene.run(["container", "top", &session]).await.success();
    assert!(shown.stdout().lines().any(|line| line.ends_with("sleep 5432")), "{shown}");
    scene.run(["container", "kill", "-s", "KILL", &session, &pid]).await.success();
    assert_eq!(running.finish().await.exit_code(), Some(0), "what it waited for has ended");
    scene.run(["container", "kill", &session, &pid]).await.code(5);
    scene.run(["container", "kill", &session, "1"]).await.code(2);
    scene.run(["container", "exec", &session, "--", "true"]).await.success();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn logs_are_cut_by_time_and_by_lines() {
    let call = |id, word| Reply::call(id, "execute", json!({"command": format!("printf '{word}1\\n{word}2\\n'")}));
    let replies = [call("c1", "a"), call("c2", "b"), Reply::text("Said.")];
    let scene = Scene::new(replies).await;
    let session = scene.session(["--approve", "none"]).await;
    scene.chat(&session, "say lines").await.success();
    let logs = async |more: &[&str]| {
        let arguments = [&["container", "logs", session.as_str()], more].concat();
        scene.daemon.agentctl_of(&arguments).run().await.success().stdout()
    };
    let all = logs(&[]).await;
    assert!(all.find("a2").is_some_and(|a| all.find("b1").is_some_and(|b| a < b)), "{all}");
    let lines: Vec<&str> = all.lines().collect();
    let newest = logs(&["--tail", "2"]).await;
    assert_eq!(newest.lines().collect::<Vec<_>>(), lines[lines.len() - 2..]);
    assert_eq!(logs(&["--since", "1h"]).await, all);
    assert_eq!(logs(&["--since", "2999-01-01T00:00:00Z"]).await, "");
    assert_eq!(logs(&["--tail", "0"]).await, "");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn a_shell_at_a_terminal_feels_like_one() {
    let scene = Scene::new([]).await;
    let session = scene.session([]).await;
    scene.run(["container", "create", &session]).await.success();
    // The words are written apart in what is typed, so that a cue is met by what runs and not by its echo.
    let lines = &[
        ("$ ", "PS1='re''ady> '; stty size; echo \"term=$TERM\""),
        ("40 120", ""),
        ("term=xterm-256color", "sh -c 'echo g\"\"oing; exec sleep 1000'"),
        ("going", "\u{3}"),
        ("ready> ", "echo aft''er=$?"),
        ("after=130", "sh -c 'echo m\"\"ore; exec sleep 1000'"),
        ("more", "\u{1a}"),
        ("Stopped", "jobs; kill %1; fg; echo do''ne"),
        ("done", "cat | wc -c"),
        ("wc -c", "1234567890"),
        ("1234567890", "\u{4}"),
        ("11", "exit"),
    ];
    let screen =
        Terminal::talk(scene.daemon.home(), &["container", "exec", "-it", &session, "--", "bash"], lines).await;
    assert!(screen.contains("sleep 1000"), "{screen:?}");
    let variables = ["container", "exec", "-e", "WORD=said", &session, "--", "sh", "-c", "echo $WORD; exit 7"];
    assert_eq!(scene.run(variables).await.code(7).stdout(), "said\n");
}
