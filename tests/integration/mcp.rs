//! MCP servers: a real one on stdio and a real one over HTTP.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::fixtures::home::{Config, MODEL_KEY};
use crate::fixtures::model_server::Reply;
use crate::fixtures::scene::Scene;
use crate::fixtures::wait::{until, until_true};

const SERVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/integration/fixtures/mcp_server.py");

fn on_stdio(config: Config, log: &Path) -> Config {
    config
        .set("mcp.local.command", "python3")
        .set_raw("mcp.local.args", &json!([SERVER]).to_string())
        .set("mcp.local.env.LOG", log.to_str().expect("a plain path"))
        .set_raw("mcp.local.call_timeout_s", "2")
}

fn call(id: &str, tool: &str) -> Reply {
    Reply::call(id, &format!("local__{tool}"), json!({ "text": "hello" }))
}

fn lines_of(log: &Path) -> Vec<String> {
    std::fs::read_to_string(log).unwrap_or_default().lines().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_of_a_server_ask_run_and_fail_in_words() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let replies = [
        call("c0", "echo"),
        call("c1", "echo"),
        call("c2", "env"),
        call("c3", "fail"),
        call("c4", "big"),
        call("c5", "die"),
        call("c6", "echo"),
        call("c7", "slow"),
        call("c8", "nothing"),
        Reply::text("Done."),
    ];
    let scene = Scene::with(replies, |config| on_stdio(config, &log)).await;
    // By default a tool of a server asks, and nothing runs before it is answered.
    let asking = scene.session([]).await;
    scene.chat(&asking, "go").await.code(3);
    assert_eq!(lines_of(&log), Vec::<String>::new());
    let offered = scene.model.newest_request().body["tools"].to_string();
    assert!(offered.contains("local__echo") && offered.contains("local__big"), "all pages are offered: {offered}");
    let session = scene.session(["--approve", "none"]).await;
    scene.chat(&session, "go").await.success();

    assert_eq!(scene.told("c1"), "hello");
    let environment = scene.told("c2");
    assert!(environment.contains("PATH") && !environment.contains(MODEL_KEY), "{environment}");
    assert_eq!(scene.told("c3"), "no such thing");
    assert!(scene.told("c4").len() < 40_000 && scene.told("c4").contains("bytes left out"));
    assert!(
        scene.told("c5").contains("it has ended; it said: out of luck. The call may have taken effect"),
        "{}",
        scene.told("c5")
    );
    assert_eq!(scene.told("c6"), "hello", "a server that died is started again by the next call");
    assert!(scene.told("c7").contains("it did not answer within 2 s"), "{}", scene.told("c7"));
    assert!(scene.told("c8").contains("There is no tool `local__nothing`"), "{}", scene.told("c8"));
    let journal = scene.journal(&session).await;
    journal.assert_sound();
    assert_eq!(journal.of("tool.unknown").len(), 2, "{}", journal.text());
    assert_eq!(lines_of(&log), ["echo", "env", "fail", "big", "die", "echo", "slow"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_was_under_way_when_the_daemon_died_is_unknown_and_not_made_again() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut scene = Scene::with([call("c1", "slow"), Reply::text("I see.")], |config| {
        on_stdio(config, &log).set_raw("mcp.local.call_timeout_s", "600")
    })
    .await;
    let session = scene.session(["--approve", "none"]).await;
    scene.run(["chat", &session, "go", "--detach"]).await.success();
    until_true("the call runs", async || lines_of(&log).len() == 1).await;

    scene.daemon.kill9();
    scene.daemon.restart().await;

    let journal = scene.turn_end(&session).await;
    journal.assert_sound();
    assert_eq!(journal.only("tool.unknown")["call"], "c1", "{}", journal.text());
    assert!(scene.told("c1").contains("agentd stopped while it ran"), "{}", scene.told("c1"));
    assert_eq!(lines_of(&log), ["slow"], "it ran once");
    // What is offered does not wait for a server: the list of tools is kept.
    assert!(scene.model.newest_request().body["tools"].to_string().contains("local__echo"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_can_allow_a_tool_and_a_turn_can_be_stopped_in_the_middle_of_one() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let rules = json!([{"tool": "x"}]).to_string().replace(
        r#"{"tool":"x"}"#,
        r#"{tool = "local__echo", action = "allow"}, {tool = "local__slow", action = "allow"}, {tool = "local__env", action = "deny"}"#,
    );
    let replies = [call("c1", "echo"), call("c2", "env"), call("c3", "slow")];
    let scene = Scene::with(replies, |config| {
        on_stdio(config, &log).set_raw("mcp.local.call_timeout_s", "600").set_raw("agents.default.rules", &rules)
    })
    .await;
    let session = scene.session([]).await;
    scene.run(["chat", &session, "go", "--detach"]).await.success();
    until_true("the last call runs", async || lines_of(&log).len() == 2).await;
    scene.run(["stop", &session]).await.success();
    let journal = scene.turn_end(&session).await;
    journal.assert_sound();
    assert_eq!(journal.only("tool.done")["content"], "hello");
    assert_eq!(journal.only("tool.denied")["call"], "c2");
    assert_eq!(journal.only("tool.cancelled")["call"], "c3");
    assert_eq!(lines_of(&log), ["echo", "slow"]);
}

/// A server over HTTP; it ends with this.
struct HttpServer(Child);

impl HttpServer {
    async fn start(directory: &Path) -> (Self, String) {
        let port_file = directory.join("port");
        let mut server = Command::new("python3");
        server.arg(SERVER).arg("--http").arg(&port_file).stdin(Stdio::null()).stdout(Stdio::null());
        let server = Self(server.spawn().expect("python3 cannot be started"));
        let port = until("the server listens", async || std::fs::read_to_string(&port_file).ok()).await;
        (server, format!("http://127.0.0.1:{port}/mcp"))
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_over_http_is_called_and_dead_ones_are_told_by_doctor() {
    let directory = tempfile::tempdir().unwrap();
    let (server, url) = HttpServer::start(directory.path()).await;
    let call = |id: &str| Reply::call(id, "web__echo", json!({ "text": "over the wire" }));
    let replies = [call("c1"), Reply::text("Fine."), call("c2"), Reply::text("Gone.")];
    let mut scene = Scene::with(replies, |config| {
        config
            .set("mcp.web.url", &url)
            .set_raw("mcp.web.headers_env", r#"{ Authorization = "WEB_AUTHORIZATION" }"#)
            .set("mcp.dead.command", "/nowhere/to/be/found")
    })
    .await;
    scene.daemon.kill9();
    scene.daemon.spawn_with(&[("WEB_AUTHORIZATION", "Bearer of-the-test")]);
    until_true("agentd answers", async || scene.run(["status"]).await.succeeded()).await;
    let session = scene.session(["--approve", "none"]).await;
    scene.chat(&session, "go").await.success();
    assert_eq!(scene.told("c1"), "over the wire");

    let doctor = scene.run(["doctor"]).await;
    let told = format!("{}{}", doctor.stdout(), doctor.stderr());
    assert!(told.contains("web answers and has 6 tools"), "{told}");
    assert!(told.contains("dead: /nowhere/to/be/found cannot be started"), "{told}");

    drop(server);
    scene.chat(&session, "again").await.success();
    assert!(
        scene.told("c2").contains("The MCP server web did not run this call: no connection"),
        "{}",
        scene.told("c2")
    );
    scene.journal(&session).await.assert_sound();
}
