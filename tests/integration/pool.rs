//! Sandboxes that are made ahead of need: ready before they are given out, one for one session, and never left behind.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::fixtures::model_server::Reply;
use crate::fixtures::scene::Scene;
use crate::fixtures::wait::{until, until_true};

/// A scene whose pool has this size, once it is full.
async fn scene(replies: impl IntoIterator<Item = Reply>, size: u32) -> Scene {
    let scene = Scene::with(replies, |config| config.set_raw("sandbox.pool_size", &size.to_string())).await;
    full(&scene).await;
    scene
}

async fn status(scene: &Scene) -> Value {
    scene.run(["-o", "json", "status"]).await.success().json()["pool"].take()
}

async fn full(scene: &Scene) {
    until_true("the pool is full", async || {
        let pool = status(scene).await;
        pool["ready"] == pool["size"]
    })
    .await;
}

/// The ids of everything that the engine has of this daemon.
async fn containers(scene: &Scene) -> Vec<String> {
    let found = scene.engine().await.containers_of(scene.daemon.install_id()).await;
    found.into_iter().filter_map(|container| container.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn a_session_gets_the_sandbox_that_was_ready_and_no_other_template_does() {
    let replies = [Reply::call("c1", "execute", json!({"command": "pwd; id -u; echo x > made"})), Reply::text("Done.")];
    let scene = scene(replies, 1).await;
    let ahead = containers(&scene).await;
    assert_eq!(ahead.len(), 1);
    let listed = scene.run(["-o", "json", "container", "list"]).await.success().json();
    assert_eq!(listed, json!([]), "what is ahead of need is no session's");

    for options in [&["--memory", "256m"][..], &["--pids", "99"], &["--network", "bridge"]] {
        let arguments = [&["session", "new"], options].concat();
        let other = scene.daemon.agentctl_of(&arguments).run().await.success().line();
        assert_eq!(scene.show(&other).await["container"], "");
        assert_eq!(status(&scene).await["reserved"], 0, "{options:?} is another template");
    }
    let session = scene.session(["--approve", "none"]).await;
    scene.chat(&session, "where are you?").await.success();
    let journal = scene.journal(&session).await;
    journal.assert_sound();
    let (intent, ready) = (journal.only("sandbox.intent"), journal.only("sandbox.ready"));
    assert_eq!(ready["id"], json!(ahead[0]), "it is the one that was ready");
    assert_eq!((&intent["name"], &intent["generation"]), (&ready["name"], &json!(1)));
    assert!(journal.only("tool.done")["content"].as_str().unwrap().contains("/workspace"));
    assert_eq!(std::fs::read_to_string(scene.workspace(&session).await.join("made")).unwrap(), "x\n");

    full(&scene).await;
    let pool = status(&scene).await;
    assert_eq!((&pool["hits"], &pool["misses"], &pool["cold"]), (&json!(1), &json!(0), &json!(0)), "{pool}");
    let stages: Vec<_> = pool["stages"].as_array().unwrap().iter().map(|stage| stage["stage"].clone()).collect();
    assert_eq!(stages, ["create", "start", "ready", "claim"]);
    let listed = scene.run(["container", "list"]).await.success();
    assert!(listed.stderr().contains("pool: 1 of 1 ready, 1 hit, 0 missed"), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn a_burst_that_empties_the_pool_falls_back_to_cold_starts() {
    let scene = scene([], 5).await;
    let sessions = join_all((0..20).map(|_| scene.session([]))).await;
    let made = join_all(sessions.iter().map(|session| scene.run(["-o", "json", "container", "create", session]))).await;
    let mut ids: Vec<String> =
        made.into_iter().map(|made| made.success().json()["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 20, "no two sessions share one");
    let pool = status(&scene).await;
    let count = |name: &str| pool[name].as_u64().unwrap();
    assert_eq!(count("hits") + count("cold"), 20, "{pool}");
    assert!(count("hits") >= 5, "{pool}");
    assert_eq!(count("misses"), count("cold"), "{pool}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn a_daemon_that_died_or_ended_leaves_nothing_of_its_pool() {
    let mut scene = scene([], 2).await;
    // One is reserved by a session that has not called yet.
    let session = scene.session([]).await;
    full(&scene).await;
    let before = containers(&scene).await;
    assert_eq!(before.len(), 3);
    scene.daemon.kill9();
    scene.daemon.restart().await;
    until_true("those of the dead daemon are gone", async || {
        containers(&scene).await.iter().all(|id| !before.contains(id))
    })
    .await;
    full(&scene).await;
    let made = scene.run(["-o", "json", "container", "create", &session]).await.success().json();
    assert_eq!(made["status"], "running");
    assert_eq!(scene.journal(&session).await.of("sandbox.lost").len(), 0, "it never was the session's");

    // One that is reserved goes with its session, and the workspace with it.
    let reserved = scene.session([]).await;
    let workspace = scene.workspace(&reserved).await;
    scene.run(["session", "rm", &reserved]).await.success();
    assert!(!workspace.exists());
    full(&scene).await;
    assert!(scene.daemon.sigterm().await.success());
    let name = made["id"].as_str().unwrap();
    assert_eq!(containers(&scene).await, [name], "only what is a session's outlives the daemon");
    let workspaces = std::fs::read_dir(scene.daemon.home().state().join("workspaces")).unwrap().count();
    assert_eq!(workspaces, 1, "unused workspaces are gone too");
    scene.daemon.restart().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn a_sandbox_that_stopped_answering_is_not_given_out() {
    let scene = scene([], 1).await;
    let ahead = containers(&scene).await;
    let session = scene.session([]).await;
    scene.engine().await.remove(&ahead[0]).await;
    let made = scene.run(["-o", "json", "container", "create", &session]).await.success().json();
    assert_eq!(made["status"], "running");
    assert_ne!(made["id"], json!(ahead[0]));
    let pool = status(&scene).await;
    assert_eq!((&pool["hits"], &pool["misses"]), (&json!(0), &json!(1)), "{pool}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn prune_takes_what_nobody_needs_and_nothing_of_anybody_else() {
    let (scene, other) = (Scene::new([]).await, Scene::new([]).await);
    let (used, stopped, foreign) = (scene.session([]).await, scene.session([]).await, other.session([]).await);
    for (scene, session) in [(&scene, &used), (&scene, &stopped), (&other, &foreign)] {
        scene.run(["container", "create", session]).await.success();
    }
    scene.run(["container", "stop", &stopped]).await.success();
    other.run(["container", "stop", &foreign]).await.success();
    let name = scene.container(&stopped).await;
    let dry = scene.run(["-o", "json", "container", "prune", "--dry-run"]).await.success().json();
    assert_eq!(dry["containers"].as_array().unwrap().len(), 1, "{dry}");
    assert_eq!((&dry["containers"][0]["name"], &dry["containers"][0]["session"]), (&json!(name), &json!(stopped)));
    assert_eq!(containers(&scene).await.len(), 2, "a dry run removes nothing");

    let pruned = scene.run(["container", "prune"]).await.success();
    assert_eq!(pruned.stdout(), format!("{name}  it is stopped\n"));
    assert_eq!((containers(&scene).await.len(), containers(&other).await.len()), (1, 1));
    let lost = until("the session knows", async || {
        let journal = scene.journal(&stopped).await;
        journal.of("sandbox.lost").first().map(|lost| lost["reason"].clone())
    })
    .await;
    assert_eq!(lost, "its container was removed by the user");
    assert!(scene.workspace(&stopped).await.is_dir());
    assert_eq!(scene.run(["container", "prune"]).await.success().stdout(), "");
}

#[cfg(feature = "failpoints")]
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn killed_around_a_claim_a_session_has_one_sandbox_and_nothing_is_left() {
    for point in ["sandbox.claim.before", "sandbox.claim.after"] {
        let mut scene = scene([], 1).await;
        scene.daemon.kill9();
        scene.daemon.spawn_with(&[("AGENTD_FAILPOINT", point)]);
        until_true("agentd answers", async || scene.run(["status"]).await.succeeded()).await;
        full(&scene).await;
        let session = scene.session([]).await;
        let _ = scene.run(["container", "create", &session]).await;
        until_true("agentd dies", async || scene.daemon.has_ended()).await;
        scene.daemon.spawn_with(&[]);
        until_true("agentd answers again", async || scene.run(["status"]).await.succeeded()).await;
        let ran = scene.run(["container", "exec", &session, "--", "sh", "-c", "echo x > made; pwd"]).await.success();
        assert_eq!(ran.stdout(), "/workspace\n", "{point}");
        let journal = scene.journal(&session).await;
        assert_eq!(journal.only("sandbox.ready")["generation"], 1, "{point}:\n{}", journal.text());
        assert!(scene.workspace(&session).await.join("made").exists(), "{point}");
        full(&scene).await;
        until_true("one is the session's and one is ready", async || containers(&scene).await.len() == 2).await;
    }
}
