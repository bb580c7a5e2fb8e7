//! Against a real server on this machine.

use std::sync::Mutex;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::ids::CallId;
use crate::domain::message::{AssistantMessage, Message, ToolCall, Usage};
use crate::domain::time_span::TimeSpan;
use crate::model::config::Timeouts;
use crate::model::error::{Class, Silence};
use crate::model::first_listed::FirstListed;
use crate::model::model_server::{Gate, ModelServer, Reply};
use crate::model::transcript::Transcript;

const CANARY: &str = "sk-canary-1234567890";

#[derive(Default)]
struct Shown(Mutex<String>);

impl DeltaSink for Shown {
    fn text(&self, delta: &str) {
        self.0.lock().unwrap().push_str(delta);
    }

    fn reasoning(&self, delta: &str) {
        self.0.lock().unwrap().push_str(&format!("({delta})"));
    }
}

impl Shown {
    fn so_far(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

/// Short enough for a test, long enough for a busy machine where the other limit is the one that must hold.
const LONG: &str = "20s";
const SHORT: &str = "40ms";

fn timeouts(connect: &str, first_byte: &str, idle: &str) -> Timeouts {
    let span = |text: &str| Some(text.parse::<TimeSpan>().unwrap());
    Timeouts { connect: span(connect), first_byte: span(first_byte), idle: span(idle) }
}

fn record(base_url: &str) -> ModelConfig {
    ModelConfig {
        base_url: Some(base_url.to_owned()),
        model: Some("fake-model".to_owned()),
        api_key_env: Some("FAKE_KEY".to_owned()),
        timeouts: timeouts(LONG, LONG, LONG),
        ..ModelConfig::default()
    }
}

fn model_with(base_url: &str, timeouts: Timeouts) -> OpenAi {
    OpenAi::new("fake", &ModelConfig { timeouts, ..record(base_url) }, ApiKey::new(CANARY)).unwrap()
}

fn model(server: &ModelServer) -> OpenAi {
    model_at(&server.base_url())
}

fn model_at(base_url: &str) -> OpenAi {
    OpenAi::new("fake", &record(base_url), ApiKey::new(CANARY)).unwrap()
}

fn hello() -> [Message; 1] {
    [Message::user("hello")]
}

async fn ask_with(model: &dyn Model, messages: &[Message], shown: &Shown) -> Result<ModelReply, ModelError> {
    let transcript = Transcript::default();
    let request = ModelRequest { system: "be brief", messages, tools: &[], attempt: 1, transcript: &transcript };
    model.ask(&request, shown).await
}

async fn ask(model: &OpenAi) -> (Result<ModelReply, ModelError>, String) {
    let shown = Shown::default();
    let result = ask_with(model, &hello(), &shown).await;
    (result, shown.so_far())
}

/// The error of the one answer, of which nothing may hold the key.
async fn error(reply: Reply) -> ModelError {
    let server = ModelServer::start(vec![reply]).await;
    let error = ask(&model(&server)).await.0.unwrap_err();
    let text = format!("{error:?} {} {}", error.message(), error.hint());
    assert!(!text.contains("canary"), "{text}");
    assert!(!error.message().contains('\n'), "{text}");
    error
}

#[tokio::test]
async fn a_reply_arrives_and_the_request_was_whole() {
    let reply = Reply::text("Hello there")
        .and_reasoning("hm")
        .and_call("c1", "write_file", json!({ "file_path": "é.txt", "content": "long enough for fragments" }))
        .and_call("c2", "ls", json!({}));
    let server = ModelServer::start(vec![reply, Reply::text("ok")]).await;
    let model = model(&server);
    let (reply, shown) = ask(&model).await;
    let reply = reply.unwrap();
    assert_eq!((reply.text.as_str(), shown.as_str()), ("Hello there", "Hello there(hm)"));
    assert_eq!(reply.finish_reason, "tool_calls");
    assert_eq!(reply.usage, Some(Usage { input_tokens: 100, output_tokens: 10, model_calls: 1, ..Usage::default() }));
    let arguments: Value = serde_json::from_str(&reply.tool_calls[0].arguments).unwrap();
    assert_eq!(arguments["file_path"], "é.txt");
    assert_eq!(reply.tool_calls[1].id.as_deref(), Some("c2"));

    let first = server.newest_request();
    assert_eq!(first.header("authorization"), Some(format!("Bearer {CANARY}").as_str()));
    assert_eq!(first.body["model"], "fake-model");
    assert_eq!((first.newest("system"), first.newest("user")), ("be brief", "hello"));

    let id = CallId::try_from("c1".to_owned()).unwrap();
    let call = ToolCall { id: id.clone(), tool: "ls".to_owned(), arguments: "{broken".to_owned() };
    let messages = [
        Message::user("hello"),
        Message::Assistant(AssistantMessage { tool_calls: vec![call], ..Default::default() }),
        Message::ToolResult { call: id, content: "no such tool".to_owned() },
    ];
    assert_eq!(ask_with(&model, &messages, &Shown::default()).await.unwrap().text, "ok");
    assert_eq!(server.newest_request().newest("tool"), "no such tool");
    let unpaired = ask_with(&model, &messages[..2], &Shown::default()).await.unwrap_err();
    assert_eq!((unpaired.class(), server.requests().len()), ("rejected", 2), "nothing was sent");
}

#[tokio::test]
async fn text_is_shown_while_the_rest_is_held_back_and_dropping_the_question_closes_it() {
    let gate = Gate::closed();
    let server = ModelServer::start(vec![Reply::text("Hel").and_wait(&gate).and_text("lo")]).await;
    let model = model(&server);
    let (messages, shown) = (hello(), Shown::default());
    {
        let mut question = Box::pin(ask_with(&model, &messages, &shown));
        tokio::select! {
            _ = &mut question => panic!("the reply was held back"),
            () = async { while shown.so_far() != "Hel" { tokio::task::yield_now().await; } } => {}
        }
    }
    server.wait_for_disconnects(1).await;
    gate.open();
}

#[tokio::test]
async fn statuses_have_classes_waits_and_hints() {
    let busy =
        error(Reply::status(429, r#"{"error":{"code":"1302","message":"slow"}}"#).header("Retry-After", "7")).await;
    assert_eq!((busy.class(), busy.retry_after_ms(), busy.retryable()), ("rate_limited", Some(7_000), true));
    assert_eq!(busy.message(), "model \"fake\" answered 429: slow");
    let empty = error(Reply::status(429, r#"{"error":{"code":"insufficient_quota","message":"m"}}"#)).await;
    assert_eq!((empty.class(), empty.retryable()), ("quota", false));
    let down = error(Reply::status(503, "")).await;
    assert_eq!((down.class(), down.message().as_str()), ("server_error", "model \"fake\" answered 503"));
    let wrong_key = error(Reply::status(401, format!(r#"{{"error":{{"message":"bad key {CANARY}"}}}}"#))).await;
    assert_eq!((wrong_key.class(), wrong_key.retryable()), ("unauthorized", false));
    assert!(wrong_key.message().contains("bad key [key]") && wrong_key.hint().contains("FAKE_KEY"));
    let nowhere = error(Reply::status(404, "<html>nginx</html>")).await;
    assert!(nowhere.message().ends_with("404: a web page") && nowhere.hint().contains("base_url"));
    let long = error(Reply::status(400, "x ".repeat(100_000))).await;
    assert!(long.message().len() < 600 && !long.retryable());
    for (status, class, retryable) in [
        (403, "unauthorized", false),
        (408, "timeout", true),
        (409, "server_error", true),
        (413, "too_large", false),
        (529, "server_error", true),
    ] {
        let error = error(Reply::status(status, "{}")).await;
        assert_eq!((error.class(), error.retryable()), (class, retryable), "{status}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed_with_the_key() {
    let elsewhere = ModelServer::start(vec![]).await;
    let target = format!("{}/chat/completions", elsewhere.base_url());
    let error = error(Reply::status(307, "").header("Location", &target)).await;
    assert_eq!((error.class(), error.retryable()), ("rejected", false));
    assert!(error.message().contains("redirects are not followed"), "{}", error.message());
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn broken_answers_have_classes() {
    for (reply, class) in [
        (Reply::text("a b").cut_after(30), "cut"),
        (Reply::text("a b").unfinished(), "cut"),
        (Reply::body(""), "cut"),
        (Reply::raw(""), "cut"),
        (Reply::raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\ndata: x"), "cut"),
        (Reply::raw("SSH-2.0-OpenSSH_9.6\r\n"), "cut"),
        (Reply::body("<html>hello</html>"), "malformed"),
        (Reply::body("data: nonsense\n\n"), "malformed"),
        (Reply::body(format!("data: {}", "x".repeat(2 << 20))), "too_large"),
        (Reply::stream().and_event(json!({ "error": { "code": 429, "message": CANARY } })), "rate_limited"),
        (Reply::text("x").and_event(json!({ "error": "gone" })), "server_error"),
    ] {
        assert_eq!(error(reply.clone()).await.class(), class, "{reply:?}");
    }
}

#[tokio::test]
async fn a_cut_at_any_place_is_a_cut_and_never_a_call() {
    let reply = || Reply::text("I look").and_call("c", "execute", json!({ "command": "ls" }));
    for bytes in (1..500).step_by(61) {
        let error = error(reply().cut_after(bytes)).await;
        assert_eq!(error.kind(), Class::Cut, "{bytes}");
        assert!(error.retryable());
    }
}

#[tokio::test]
async fn odd_answers_are_read_all_the_same() {
    let document = r#"{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}"#;
    let piece = r#"{"choices":[{"delta":{"content":"hi"}}]}"#;
    for reply in [
        Reply::status(200, document).header("content-type", "application/json"),
        Reply::status(200, format!("data: {piece}\r\n\r\ndata: [DONE]\r\n\r\n")).header("content-type", "text/plain"),
        Reply::raw(format!("HTTP/1.0 200 OK\r\n\r\n: comment\n\ndata: {piece}\n\ndata: [DONE]\n\n")),
        Reply::stream().and_text("hi").header("x-odd", "é"),
    ] {
        let server = ModelServer::start(vec![reply.clone()]).await;
        assert_eq!(ask(&model(&server)).await.0.unwrap().text, "hi", "{reply:?}");
    }
}

#[tokio::test]
async fn silence_ends() {
    let gate = Gate::closed();
    let server = ModelServer::start(vec![Reply::text("x").held(&gate), Reply::text("x").and_wait(&gate)]).await;
    let beginning = ask(&model_with(&server.base_url(), timeouts(SHORT, SHORT, LONG))).await.0.unwrap_err();
    assert!(matches!(beginning, ModelError::Timeout { silence: Silence::Beginning, .. }), "{beginning:?}");
    assert!(beginning.retryable());
    let (middle, shown) = ask(&model_with(&server.base_url(), timeouts(LONG, LONG, SHORT))).await;
    assert!(matches!(middle, Err(ModelError::Timeout { silence: Silence::Middle, .. })), "{middle:?}");
    assert_eq!(shown, "x");
    server.wait_for_disconnects(2).await;
}

#[tokio::test]
async fn nobody_listens() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let model = model_at(&format!("http://{unused}/v1/chat/completions"));
    let error = ask(&model).await.0.unwrap_err();
    assert_eq!((error.class(), error.retryable()), ("connect", true));
    assert!(error.message().contains(&format!("http://{unused}/v1:")), "{}", error.message());
    assert!(error.hint().contains("base_url in [models.fake]"));
}

#[tokio::test]
async fn a_server_without_tls_is_not_trusted() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let record = ModelConfig {
        base_url: Some(format!("https://{}/v1", listener.local_addr().unwrap())),
        model: Some("m".to_owned()),
        ..ModelConfig::default()
    };
    let plain = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        stream
    });
    // A machine without certificates says so before it connects.
    let error = match OpenAi::new("fake", &record, None) {
        Ok(model) => ask(&model).await.0.unwrap_err(),
        Err(error) => error,
    };
    plain.abort();
    assert_eq!((error.class(), error.retryable()), ("tls", false), "{error:?}");
    assert!(error.hint().contains("ca-certificates") && error.hint().contains("http://"));
}

#[tokio::test]
async fn the_hash_tells_endpoints_apart_and_holds_no_attempt() {
    let (one, other) = (model_at("http://127.0.0.1:1/v1"), model_at("http://127.0.0.1:2/v1"));
    let (messages, transcript) = (hello(), Transcript::default());
    let first =
        ModelRequest { system: "be brief", messages: &messages, tools: &[], attempt: 1, transcript: &transcript };
    assert_eq!(one.request_hash(&first), one.request_hash(&ModelRequest { attempt: 2, ..first }));
    assert_ne!(one.request_hash(&first), other.request_hash(&first));
    assert_ne!(one.request_hash(&first), one.request_hash(&ModelRequest { system: "be long", ..first }));
}

#[tokio::test]
async fn a_server_is_found_by_its_list_of_models() {
    let server = ModelServer::start(vec![Reply::text("hi"), Reply::text("ho")]).await;
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let at = |base_url: String| ModelConfig { base_url: Some(base_url), ..ModelConfig::default() };
    let records = vec![at(format!("http://{unused}/v1")), at(server.base_url())];
    let local = FirstListed::new("local", records, None, Duration::from_secs(20));
    assert_eq!(ask_with(&local, &hello(), &Shown::default()).await.unwrap().text, "hi");
    let sent = server.newest_request();
    assert_eq!((sent.body["model"].as_str(), sent.header("authorization")), (Some("fake-model"), None));

    let named = FirstListed::at("openai", &at(server.base_url()), ApiKey::new(CANARY));
    assert_eq!(ask_with(&named, &hello(), &Shown::default()).await.unwrap().text, "ho");
    assert!(server.newest_request().header("authorization").is_some(), "an endpoint with a key is asked with it");
    let nobody = FirstListed::at("openai", &at(format!("http://{unused}/v1")), None);
    assert_eq!(nobody.find().await.err().unwrap().class(), "connect");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_bytes_for_an_answer_are_an_error_or_a_reply(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let whole = [b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &bytes].concat();
            let server = ModelServer::start(vec![Reply::raw(bytes), Reply::raw(whole)]).await;
            let model = model(&server);
            for _ in 0..2 {
                if let Ok(reply) = ask(&model).await.0 {
                    assert!(reply.tool_calls.is_empty());
                }
            }
        });
    }
}

#[tokio::test]
async fn a_connection_carries_the_next_request_though_its_answer_ends_after_the_last_event() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let model = model_at(&format!("http://{}/v1", listener.local_addr().unwrap()));
    let (came, mut connections) = tokio::sync::mpsc::unbounded_channel();
    let (said, answered) = tokio::sync::watch::channel(0);
    let server = tokio::spawn(async move {
        for connection in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (came, mut answered) = (came.clone(), answered.clone());
            tokio::spawn(async move {
                let mut bytes = [0; 64 << 10];
                // A request this small comes in one piece.
                while stream.read(&mut bytes).await.is_ok_and(|length| length > 0) {
                    came.send(connection).unwrap();
                    let before = *answered.borrow_and_update();
                    let data = "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\ndata: [DONE]\n\n";
                    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
                    let answer = format!("{head}{:x}\r\n{data}\r\n", data.len());
                    stream.write_all(answer.as_bytes()).await.unwrap();
                    // The end comes when the client has taken the reply for whole.
                    answered.wait_for(|count| *count > before).await.unwrap();
                    let _ = stream.write_all(b"0\r\n\r\n").await;
                }
            });
        }
    });
    let mut seen = std::collections::HashSet::new();
    // How soon the end is read is not ours to say, but some request finds a connection that is free again.
    let carried_another = loop {
        ask(&model).await.0.unwrap();
        said.send_modify(|count| *count += 1);
        if !seen.insert(connections.recv().await.unwrap()) {
            break true;
        }
        if seen.len() > 100 {
            break false;
        }
    };
    server.abort();
    assert!(carried_another, "every request opened a connection");
}
