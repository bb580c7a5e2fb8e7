//! Models: found without configuration, listed, exchanged between turns, and standing in for one another.

use serde_json::json;

use crate::fixtures::daemon::Daemon;
use crate::fixtures::home::Config;
use crate::fixtures::model_server::{ModelServer, Reply};
use crate::fixtures::scene::Scene;

/// A port at which nobody listens.
fn nowhere() -> String {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    format!("http://{unused}/v1")
}

fn another(config: Config, name: &str, api: &str, base_url: &str) -> Config {
    let key = |field: &str| format!("models.{name}.{field}");
    config.set(&key("api"), api).set(&key("base_url"), base_url).set(&key("model"), "fake-model")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variable_is_configuration_enough() {
    let server = ModelServer::start(vec![Reply::text("Hello."), Reply::text("Bonjour.")]).await;
    let (base_url, root_url) = (server.base_url(), server.root_url());
    let openai = Daemon::start_with(&Config::empty(), &[("OPENAI_BASE_URL", base_url.as_str())]).await;
    let session = openai.session([]).await;
    assert_eq!(openai.run(["chat", &session, "hi"]).await.success().stdout(), "Hello.\n");
    assert_eq!(server.newest_request().body["model"], "fake-model", "the first that the endpoint lists");
    let listed = openai.run(["-o", "json", "models"]).await.success().json();
    assert_eq!((&listed[0]["name"], &listed[0]["state"]), (&json!("openai"), &json!("ready")));
    assert_eq!((&listed[0]["model"], &listed[0]["default"]), (&json!("fake-model"), &json!(true)));

    let variables = [("ANTHROPIC_API_KEY", "sk-ant-x-123456"), ("ANTHROPIC_BASE_URL", root_url.as_str())];
    let anthropic = Daemon::start_with(&Config::empty(), &variables).await;
    let session = anthropic.session([]).await;
    assert_eq!(anthropic.run(["chat", &session, "salut"]).await.success().stdout(), "Bonjour.\n");
    assert_eq!(server.newest_request().path, "/v1/messages");
}

#[tokio::test(flavor = "multi_thread")]
async fn models_says_which_there_are_and_whether_they_answer() {
    let unused = nowhere();
    let server = ModelServer::start(vec![]).await;
    let config = Config::with_model(&server.base_url()).set("models.fake.model", "fake-model");
    let config = another(config, "gone", "openai", &unused);
    let config = another(config, "keyless", "anthropic", &unused).set("models.keyless.api_key_env", "NOT_SET");
    let config = another(config, "misspelt", "openai", &server.base_url()).set("models.misspelt.model", "fake-modal");
    let daemon = Daemon::start(&config).await;
    let listed = daemon.run(["-o", "json", "models"]).await.success().json();
    let states: Vec<(&str, &str)> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|model| (model["name"].as_str().unwrap(), model["state"].as_str().unwrap()))
        .collect();
    assert_eq!(states, [("fake", "ready"), ("gone", "unusable"), ("keyless", "unusable"), ("misspelt", "not_offered")]);
    let text = daemon.run(["models"]).await.success();
    assert!(text.stdout().lines().nth(1).unwrap().starts_with("*  fake"), "{text}");
    assert!(text.stderr().contains("NOT_SET") && text.stderr().contains("base_url in [models.gone]"), "{text}");
    assert!(server.requests().is_empty(), "no model is asked anything");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_on_with_another_model() {
    let todos = json!({ "todos": [{ "content": "greet", "status": "pending" }] });
    let model = ModelServer::start(vec![
        Reply::stream().and_reasoning("So.").and_call("call_1", "write_todos", todos.clone()),
        Reply::text("One."),
        Reply::stream().and_reasoning("Hm.").and_redacted("c2VhbGVk").and_call("toolu_1", "write_todos", todos.clone()),
        Reply::text("Two."),
        Reply::call("call_2", "write_todos", todos),
        Reply::text("Three."),
    ])
    .await;
    let root = model.root_url();
    let scene = Scene::of(model, |config| another(config, "claude", "anthropic", &root)).await;
    let session = scene.session(["--approve", "none"]).await;
    scene.chat(&session, "one").await.success();
    let told = scene.run(["session", "model", &session, "claude"]).await.success();
    assert!(told.stderr().contains("asks claude from its next turn on"), "{told}");
    scene.chat(&session, "two").await.success();
    assert_eq!(scene.model.newest_request().path, "/v1/messages");
    scene.run(["session", "model", &session, "fake"]).await.success();
    scene.chat(&session, "three").await.success();
    assert_eq!(scene.model.newest_request().path, "/v1/chat/completions");

    let journal = scene.journal(&session).await;
    journal.assert_sound();
    let chosen: Vec<_> = journal.of("session.model").iter().map(|change| change["model"].clone()).collect();
    assert_eq!(chosen, [json!("claude"), json!("fake")]);
    let asked: Vec<_> = journal.of("model.intent").iter().map(|intent| intent["model"].clone()).collect();
    assert_eq!(asked, ["fake", "fake", "claude", "claude", "fake", "fake"].map(|name| json!(name)));
    scene.run(["session", "model", &session, "nobody"]).await.code(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_stands_in_for_one_that_cannot_be_had() {
    let todos = json!({ "todos": [] });
    let model =
        ModelServer::start(vec![Reply::call("c", "write_todos", todos), Reply::text("Here."), Reply::text("Me.")]);
    let (model, unused) = (model.await, nowhere());
    let base_url = model.base_url();
    let scene = Scene::of(model, |config| {
        let config =
            another(config, "first", "openai", &unused).set_raw("models.first.fallback", r#"["broke", "spare"]"#);
        let config = another(config, "broke", "openai", &unused).set("models.broke.api_key_env", "NOT_SET");
        another(config, "spare", "openai", &base_url).set("default_model", "first")
    })
    .await;
    let session = scene.session(["--approve", "none"]).await;
    let chat = scene.chat(&session, "anybody?").await.success();
    assert_eq!(chat.stdout(), "Here.\n");
    assert!(chat.stderr().contains("spare is asked in its place"), "{chat}");
    let journal = scene.journal(&session).await;
    journal.assert_sound();
    let failed: Vec<_> = journal.of("model.attempt_failed").iter().map(|one| one["next_model"].clone()).collect();
    assert_eq!(failed, [json!("broke"), json!("spare")]);
    let asked: Vec<_> = journal.of("model.intent").iter().map(|intent| intent["model"].clone()).collect();
    assert_eq!(asked, ["first", "spare", "spare"].map(|name| json!(name)), "it stays to the end of the turn");
    scene.chat(&session, "and now?").await.success();
    let journal = scene.journal(&session).await;
    assert_eq!(journal.of("turn.started")[1]["model"], "first", "the next turn begins with the session's own model");
}

#[tokio::test(flavor = "multi_thread")]
async fn proxies_are_used_except_for_this_machine_and_for_whom_they_are_not_meant() {
    let server = ModelServer::start(vec![Reply::text("Through the proxy."), Reply::text("Straight.")]).await;
    let address = server.root_url();
    let config = another(Config::with_model(&server.base_url()), "far", "openai", "http://model.example.test/v1");
    let config =
        another(config, "near", "openai", "http://other.example.test/v1").set("models.near.timeouts.connect", "2s");
    let variables =
        [("HTTP_PROXY", address.as_str()), ("http_proxy", address.as_str()), ("NO_PROXY", "other.example.test")];
    let daemon = Daemon::start_with(&config, &variables).await;
    let far = daemon.session(["--model", "far"]).await;
    assert_eq!(daemon.run(["chat", &far, "hi"]).await.success().stdout(), "Through the proxy.\n");
    let seen = server.newest_request();
    assert_eq!(seen.path, "http://model.example.test/v1/chat/completions", "as a proxy is asked");
    assert_eq!(server.take_violations(), ["request 1: path http://model.example.test/v1/chat/completions"]);
    let loopback = daemon.session([]).await;
    assert_eq!(daemon.run(["chat", &loopback, "hi"]).await.success().stdout(), "Straight.\n");
    assert_eq!(server.newest_request().path, "/v1/chat/completions");
    let near = daemon.session(["--model", "near"]).await;
    daemon.run(["chat", &near, "hi"]).await.code(6);
    assert_eq!(server.requests().len(), 2, "NO_PROXY is kept");
}
