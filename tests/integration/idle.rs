//! Sandboxes that nobody uses are paused, then removed, and come back with the next call.

use serde_json::json;

use crate::fixtures::model_server::Reply;
use crate::fixtures::scene::Scene;
use crate::fixtures::wait::until_true;

/// A scene whose sandboxes are paused and removed after these times.
async fn scene(replies: impl IntoIterator<Item = Reply>, pause: &str, remove: &str) -> Scene {
    Scene::with(replies, |config| config.set("sandbox.idle_pause", pause).set("sandbox.idle_remove", remove)).await
}

async fn status(scene: &Scene) -> String {
    let listed = scene.run(["-o", "json", "container", "list"]).await.success().json();
    listed[0]["status"].as_str().unwrap_or("none").to_owned()
}

async fn paused(scene: &Scene) {
    until_true("the idle sandbox is paused", async || status(scene).await == "paused").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn an_idle_sandbox_is_paused_and_the_next_use_wakes_it() {
    let replies = [Reply::call("c1", "execute", json!({"command": "cat note"})), Reply::text("Asked and read.")];
    let scene = scene(replies, "400ms", "0").await;
    let session = scene.session([]).await;
    scene.run(["container", "create", &session]).await.success();
    paused(&scene).await;

    // Several times as long as the limit: were it frozen meanwhile, the command would never end.
    let slow = "for i in $(seq 20); do sleep 0.1; done; echo kept > note; echo done";
    let ran = scene.run(["container", "exec", &session, "--", "sh", "-c", slow]).await.success();
    assert_eq!(ran.stdout(), "done\n");
    paused(&scene).await;
    let (from, to) = (format!("{session}:note"), scene.daemon.home().path("copied"));
    scene.run(["container", "cp", &from, to.to_str().unwrap()]).await.success();
    assert_eq!(std::fs::read_to_string(to).unwrap(), "kept\n");

    scene.chat(&session, "read the note").await.code(3);
    paused(&scene).await;
    scene.run(["resume", &session, "continue"]).await.success();
    let journal = scene.journal(&session).await;
    journal.assert_sound();
    assert!(journal.only("tool.done")["content"].as_str().unwrap().contains("kept"), "{}", journal.text());
    assert_eq!(journal.of("sandbox.ready").len(), 1, "a pause loses nothing:\n{}", journal.text());
    assert!(journal.of("sandbox.lost").is_empty(), "{}", journal.text());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn an_idle_sandbox_is_removed_and_the_next_use_makes_another_on_the_same_workspace() {
    let mut scene = scene([], "0", "1s").await;
    let session = scene.session([]).await;
    let exec = async |scene: &Scene, script: &str| {
        scene.run(["container", "exec", &session, "--", "sh", "-c", script]).await.success().stdout()
    };
    let gone = async |scene: &Scene, times: usize| {
        until_true("the idle sandbox is removed", async || {
            scene.journal(&session).await.of("sandbox.lost").len() == times
        })
        .await;
        assert!(scene.engine().await.containers_of(scene.daemon.install_id()).await.is_empty());
    };
    // Longer than the limit: a sandbox in use stays.
    assert_eq!(exec(&scene, "echo kept > note; sleep 2.5; cat note").await, "kept\n");
    gone(&scene, 1).await;
    let reason = scene.journal(&session).await.only("sandbox.lost")["reason"].clone();
    assert_eq!(reason, "nobody used it for 1s, and its container was removed");
    assert_eq!(status(&scene).await, "none");
    assert_eq!(exec(&scene, "cat note").await, "kept\n");

    scene.daemon.kill9();
    scene.daemon.restart().await;
    gone(&scene, 2).await;
    assert_eq!(exec(&scene, "cat note").await, "kept\n");
    let generations: Vec<_> =
        scene.journal(&session).await.of("sandbox.ready").iter().map(|ready| ready["generation"].clone()).collect();
    assert_eq!(generations, [1, 2, 3]);
}
