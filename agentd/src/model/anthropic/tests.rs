//! Against a real server on this machine that speaks the protocol and holds requests against its rules.

use serde_json::{Value, json};

use super::*;
use crate::domain::ids::CallId;
use crate::domain::message::{AssistantMessage, Message, Thinking, ToolCall, Usage};
use crate::domain::tool::ToolSpec;
use crate::model::model_server::{ModelServer, Reply};
use crate::model::reader::{Problem, Reader};
use crate::model::reported::Reported;
use crate::model::transcript::Transcript;

const CANARY: &str = "sk-ant-canary-1234567890";

struct Unshown;

impl DeltaSink for Unshown {
    fn text(&self, _: &str) {}

    fn reasoning(&self, _: &str) {}
}

fn record(base_url: &str) -> ModelConfig {
    ModelConfig {
        api: crate::model::Api::Anthropic,
        base_url: Some(base_url.to_owned()),
        model: Some("claude-x".to_owned()),
        api_key_env: Some("ANTHROPIC_API_KEY".to_owned()),
        ..ModelConfig::default()
    }
}

fn model(base_url: &str) -> Anthropic {
    Anthropic::new("claude", &record(base_url), ApiKey::new(CANARY)).unwrap()
}

fn tools() -> [ToolSpec; 2] {
    ["ls", "execute"].map(|name| ToolSpec {
        name: name.into(),
        description: "d".into(),
        parameters: json!({ "type": "object" }),
    })
}

/// A conversation that grows as a turn lets it grow.
struct Conversation {
    messages: Vec<Message>,
    transcript: Transcript,
}

impl Conversation {
    fn new(text: &str) -> Self {
        Self { messages: vec![user(text)], transcript: Transcript::default() }
    }

    async fn ask(&mut self, model: &Anthropic) -> Result<ModelReply, ModelError> {
        let tools = tools();
        let (messages, transcript) = (&self.messages, &self.transcript);
        let request = ModelRequest { system: "be brief", messages, tools: &tools, attempt: 1, transcript };
        let reply = model.ask(&request, &Unshown).await?;
        let id = |id: Option<String>| CallId::try_from(id.unwrap()).unwrap();
        let tool_calls = reply.tool_calls.iter().cloned();
        let tool_calls: Vec<ToolCall> =
            tool_calls.map(|call| ToolCall { id: id(call.id), tool: call.tool, arguments: call.arguments }).collect();
        let results = tool_calls.iter().map(|call| {
            let (call, content) = (call.id.clone(), String::new());
            Message::ToolResult { call, content }
        });
        let results: Vec<_> = results.collect();
        self.messages.push(Message::Assistant(AssistantMessage {
            text: reply.text.clone(),
            reasoning: reply.reasoning.clone(),
            tool_calls,
            thinking: reply.thinking.clone(),
        }));
        self.messages.extend(results);
        Ok(reply)
    }
}

fn user(text: &str) -> Message {
    Message::user(text)
}

#[tokio::test]
async fn a_conversation_with_tools_and_thoughts_keeps_to_the_protocol() {
    let server = ModelServer::start(vec![
        Reply::stream()
            .and_reasoning("I have to look. ")
            .and_redacted("c2VhbGVk")
            .and_text("I look ")
            .and_text("around.")
            .and_call("toolu_1", "ls", json!({ "path": "é" }))
            .and_call("toolu_2", "functions.ls", json!({})),
        Reply::stream().and_reasoning("Again.").and_written_call("toolu_3", "execute", "{\"broken\": "),
        Reply::text("Done.").and_reasoning("At last."),
        Reply::stream(),
        Reply::text("Still here."),
    ])
    .await;
    let model = model(&server.base_url());
    let mut conversation = Conversation::new("hello");

    let first = conversation.ask(&model).await.unwrap();
    assert_eq!((first.text.as_str(), first.reasoning.as_str()), ("I look around.", "I have to look. "));
    assert_eq!(
        (first.finish_reason.as_str(), first.tool_calls[0].arguments.as_str()),
        ("tool_use", "{\"path\":\"é\"}")
    );
    assert_eq!(first.usage.map(|usage| (usage.input_tokens, usage.output_tokens)), Some((100, 10)));
    let sent = server.newest_request();
    assert_eq!((sent.path.as_str(), sent.header("x-api-key")), ("/v1/messages", Some(CANARY)));
    assert_eq!((sent.header("authorization"), sent.header("anthropic-version")), (None, Some("2023-06-01")));
    assert_eq!(sent.body["system"][0]["cache_control"]["type"], "ephemeral");
    assert_eq!(sent.body["tools"][1]["cache_control"]["type"], "ephemeral");
    assert_eq!(sent.body["messages"][0]["content"][0]["cache_control"]["type"], "ephemeral");

    conversation.ask(&model).await.unwrap();
    let blocks = server.newest_request().body["messages"][1]["content"].clone();
    let kinds: Vec<&str> = blocks.as_array().unwrap().iter().map(|block| block["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["thinking", "redacted_thinking", "text", "tool_use", "tool_use"]);

    assert_eq!(conversation.ask(&model).await.unwrap().text, "Done.");
    conversation.messages.push(user("and now?"));
    let silent = conversation.ask(&model).await.unwrap();
    assert_eq!((silent.text.as_str(), silent.finish_reason.as_str()), ("", "end_turn"), "it has nothing to add");
    conversation.messages.push(user("hello?"));
    conversation.messages.push(user("hello?!"));
    assert_eq!(conversation.ask(&model).await.unwrap().text, "Still here.");
}

#[tokio::test]
async fn thoughts_go_back_to_the_model_that_signed_them_and_to_no_other() {
    let thought = || Reply::stream().and_reasoning("hm").and_call("t1", "ls", json!({}));
    let server = ModelServer::start(vec![thought(), Reply::text("ok")]).await;
    let mut conversation = Conversation::new("hello");
    let reply = conversation.ask(&model(&server.base_url())).await.unwrap();
    assert!(matches!(reply.thinking, Some(Thinking::Signed { model, .. }) if model == "claude-x"));
    let other = ModelConfig { model: Some("claude-y".to_owned()), ..record(&server.base_url()) };
    conversation.ask(&Anthropic::new("other", &other, None).unwrap()).await.unwrap();
    let sent = server.newest_request();
    assert_eq!(sent.header("x-api-key"), None);
    assert_eq!(sent.body["messages"][1]["content"][0]["type"], "tool_use");
}

#[tokio::test]
async fn marks_for_the_cache_move_and_what_is_before_them_stays_the_same() {
    let calls = |n: usize| Reply::call(&format!("t{n}"), "ls", json!({}));
    let server = ModelServer::start((0..4).map(calls).collect()).await;
    let (model, mut conversation) = (model(&server.base_url()), Conversation::new("hello"));
    for _ in 0..4 {
        conversation.ask(&model).await.unwrap();
    }
    let requests = server.requests();
    let marks = |body: &Value| body["messages"].to_string().matches("cache_control").count();
    assert_eq!(requests.iter().map(|request| marks(&request.body)).collect::<Vec<_>>(), [1, 2, 2, 2]);
    let plain = |body: &Value| body["messages"].to_string().replace(r#""cache_control":{"type":"ephemeral"},"#, "");
    let (third, fourth) = (plain(&requests[2].body), plain(&requests[3].body));
    assert!(fourth.starts_with(third.trim_end_matches(']')), "{third}\n{fourth}");
}

#[tokio::test]
async fn the_base_url_may_end_anywhere() {
    for suffix in ["", "/", "/v1", "/v1/", "/v1/messages"] {
        let server = ModelServer::start(vec![Reply::text("hi")]).await;
        let model = model(&format!("{}{suffix}", server.root_url()));
        assert_eq!(Conversation::new("x").ask(&model).await.unwrap().text, "hi", "{suffix}");
    }
}

#[tokio::test]
async fn errors_have_classes_and_never_the_key() {
    let error = |kind: &str| json!({ "type": "error", "error": { "type": kind, "message": format!("no: {CANARY}") } });
    let overloaded = format!("event: error\ndata: {}\n\n", error("overloaded_error"));
    for (reply, class, retryable) in [
        (Reply::status(529, error("overloaded_error").to_string()), "server_error", true),
        (Reply::body(overloaded), "server_error", true),
        (Reply::text("I am").unfinished(), "cut", true),
        (Reply::status(429, error("rate_limit_error").to_string()), "rate_limited", true),
        (Reply::status(401, error("authentication_error").to_string()), "unauthorized", false),
        (Reply::status(404, error("not_found_error").to_string()), "not_found", false),
        (Reply::status(400, error("invalid_request_error").to_string()), "rejected", false),
        (Reply::status(413, error("request_too_large").to_string()), "too_large", false),
        (Reply::status(504, error("timeout_error").to_string()), "timeout", true),
    ] {
        let server = ModelServer::start(vec![reply]).await;
        let error = Conversation::new("x").ask(&model(&server.base_url())).await.unwrap_err();
        assert_eq!((error.class(), error.retryable()), (class, retryable));
        assert!(!format!("{error:?} {} {}", error.message(), error.hint()).contains("canary"));
    }
}

fn read(events: &[Value]) -> Result<ModelReply, Problem> {
    let mut reader = Reader::<MessageStream>::default();
    for event in events {
        reader.push(format!("data: {event}\n\n").as_bytes())?;
    }
    Ok(reader.finish()?.1)
}

fn start(block: Value) -> Value {
    json!({ "type": "content_block_start", "index": 0, "content_block": block })
}

fn stop(reason: &str) -> Value {
    json!({ "type": "message_delta", "delta": { "stop_reason": reason }, "usage": { "output_tokens": 7 } })
}

#[test]
fn tokens_of_the_cache_are_counted_among_those_sent() {
    let usage = json!({ "input_tokens": 3, "cache_creation_input_tokens": 20, "cache_read_input_tokens": 100, "output_tokens": 1 });
    let begin = json!({ "type": "message_start", "message": { "usage": usage } });
    let reply = read(&[begin.clone(), start(json!({ "type": "text", "text": "hi" })), stop("end_turn")]).unwrap();
    let counted = Usage {
        input_tokens: 123,
        output_tokens: 7,
        model_calls: 1,
        cached_tokens: 100,
        cache_write_tokens: 20,
        cost_micros: 0,
    };
    assert_eq!(reply.usage, Some(counted));
    let huge =
        json!({ "type": "message_delta", "usage": { "input_tokens": u64::MAX, "cache_read_input_tokens": u64::MAX } });
    assert!(read(&[begin, huge, start(json!({ "type": "text", "text": "hi" })), stop("end_turn")]).is_ok());
}

#[test]
fn odd_streams_end_in_a_reply_or_an_error() {
    let begin = || json!({ "type": "message_start", "message": {} });
    let text = |text: &str| start(json!({ "type": "text", "text": text }));
    let tool = || start(json!({ "type": "tool_use", "id": "t", "name": "ls", "input": {} }));
    let delta = |delta: Value| json!({ "type": "content_block_delta", "index": 0, "delta": delta });
    let json_delta = |part: &str| delta(json!({ "type": "input_json_delta", "partial_json": part }));
    let end = || json!({ "type": "message_stop" });

    assert_eq!(read(&[begin(), text("a"), end()]).unwrap().text, "a", "no reason");
    assert_eq!(read(&[begin(), text("a"), stop("end_turn")]).unwrap().text, "a", "no end mark");
    assert_eq!(
        read(&[begin(), delta(json!({ "type": "text_delta", "text": "a" })), end()]).unwrap().text,
        "a",
        "no start"
    );
    let unknown =
        [json!({ "type": "ping" }), json!({ "type": "news" }), start(json!({ "type": "web_search" })), json!(3)];
    assert_eq!(read(&[&[begin()], &unknown[..], &[text("a"), end()]].concat()).unwrap().text, "a", "unknown events");
    let argumentless = read(&[begin(), tool(), json_delta(""), stop("tool_use"), end()]).unwrap();
    assert_eq!(argumentless.tool_calls[0].arguments, "{}");
    let cut_off = read(&[begin(), tool(), stop("max_tokens"), end()]).unwrap();
    assert!(serde_json::from_str::<Value>(&cut_off.tool_calls[0].arguments).is_err(), "not taken for none");
    let whole = start(json!({ "type": "tool_use", "id": "t", "name": "ls", "input": { "path": "." } }));
    assert_eq!(read(&[begin(), whole, stop("tool_use")]).unwrap().tool_calls[0].arguments, "{\"path\":\".\"}");

    for (stream, problem) in [
        (vec![], Problem::Cut("it ended before it began".to_owned())),
        (vec![begin(), text("a")], Problem::Cut("it ended without its end mark".to_owned())),
        (vec![begin(), tool(), json_delta("{}")], Problem::Cut("it ended without its end mark".to_owned())),
        (vec![begin(), stop("max_tokens")], Problem::NoRoom),
        (
            vec![
                begin(),
                text("a"),
                json!({ "type": "error", "error": { "type": "overloaded_error", "message": "m" } }),
            ],
            Problem::Reported(Reported { code: "overloaded_error".to_owned(), detail: "m".to_owned() }),
        ),
    ] {
        assert_eq!(read(&stream).unwrap_err(), problem, "{stream:?}");
    }
    assert!(matches!(read(&[begin(), stop("refusal")]), Err(Problem::Reported(_))));

    let mut reader = Reader::<MessageStream>::default();
    let document =
        json!({ "type": "message", "stop_reason": "end_turn", "content": [{ "type": "text", "text": "hi" }] });
    reader.push(document.to_string().as_bytes()).unwrap();
    assert_eq!(reader.finish().unwrap().1.text, "hi", "a document in place of a stream");
}
