//! Sessions are made, named, shown and removed.

use serde_json::json;

use crate::fixtures::model_server::{Gate, Reply};
use crate::fixtures::scene::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_found_by_id_prefix_and_name() {
    let scene = Scene::new([]).await;
    let id = scene.session(["--name", "first"]).await;
    assert_eq!(id.len(), 32, "{id}");
    for name in [id.as_str(), &id[..8], "first"] {
        assert_eq!(scene.show(name).await["id"], json!(id));
    }
    scene.run(["session", "rename", "first", "renamed"]).await.success();
    assert_eq!(scene.show("renamed").await["name"], "renamed");
    scene.run(["session", "show", "first"]).await.code(5);

    let second = scene.session([]).await;
    let list = scene.run(["-o", "json", "session", "list"]).await.success().json();
    let ids: Vec<_> = list.as_array().unwrap().iter().map(|session| session["id"].clone()).collect();
    assert_eq!(ids, [json!(id), json!(second)], "oldest first");
    for session in list.as_array().unwrap() {
        for field in ["id", "name", "status", "workspace", "backend", "image", "model", "created", "container"] {
            assert!(session.get(field).is_some(), "{field} is missing in {session}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn a_removed_session_leaves_nothing_but_what_is_the_users() {
    let scene = Scene::new([]).await;
    let given = scene.daemon.home().path("given");
    std::fs::create_dir(&given).unwrap();
    let mine = scene.session(["--workspace", given.to_str().unwrap()]).await;
    let made = scene.session([]).await;
    let workspace = scene.workspace(&made).await;
    for session in [&mine, &made] {
        scene.run(["container", "create", session]).await.success();
    }
    scene.run(["session", "rm", &mine, &made]).await.success();
    assert!(given.is_dir(), "a workspace of the user was removed");
    assert!(!workspace.exists(), "a workspace of agentd is left");
    assert!(scene.engine().await.containers_of(scene.daemon.install_id()).await.is_empty());
    scene.run(["session", "show", &made]).await.code(5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_with_an_open_turn_goes_by_force_only() {
    let scene = Scene::new([Reply::text("Never").and_wait(&Gate::closed())]).await;
    let session = scene.session([]).await;
    scene.run(["chat", &session, "hello", "--detach"]).await.success();
    scene.model.wait_for_requests(1).await;
    let refused = scene.run(["-o", "json", "session", "rm", &session]).await.code(1);
    assert_eq!(refused.json_error()["code"], "TURN_RUNNING");
    scene.run(["session", "rm", "--force", &session]).await.success();
    scene.run(["session", "show", &session]).await.code(5);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_for_is_what_is_shown() {
    let scene = Scene::new([]).await;
    let options = ["--memory", "512m", "--cpus", "0.5", "--pids", "64", "--approve", "execute,delete"];
    let session = scene.session(options).await;
    let shown = scene.show(&session).await;
    assert_eq!(shown["memory_bytes"], 512 << 20);
    assert_eq!(shown["cpus"], 0.5);
    assert_eq!(shown["pids"], 64);
    assert_eq!(shown["approve"], "execute,delete");
    assert_eq!(shown["network"], "none");
    assert_eq!(shown["status"], "idle");
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_of_the_configuration_hold() {
    let scene =
        Scene::with([Reply::text("Long."), Reply::text("Longer.")], |config| config.set_raw("limits.sessions", "2"))
            .await;
    let session = scene.session([]).await;
    scene.session([]).await;
    let refused = scene.run(["-o", "json", "session", "new"]).await.code(4);
    assert_eq!(refused.json_error()["code"], "LIMIT_REACHED");
    scene.run(["session", "rm", &session]).await.success();
    scene.session([]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_never_stops_calling_is_stopped() {
    let again = |n: u32| {
        let todos = json!({"todos": [{"content": format!("again, {n}"), "status": "pending"}]});
        Reply::call(&format!("call_{n}"), "write_todos", todos)
    };
    let scene = Scene::with((0..9).map(again), |config| config.set_raw("limits.model_calls_per_turn", "5")).await;
    let session = scene.session(["--approve", "none"]).await;
    scene.chat(&session, "go on").await.code(4);
    assert!(scene.model.requests().len() <= 5);
}
