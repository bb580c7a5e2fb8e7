//! The JSON Schema of events says what really comes.

use std::collections::BTreeSet;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};

use crate::fixtures::cli::Agentctl;
use crate::fixtures::home::Home;
use crate::fixtures::model_server::Reply;
use crate::fixtures::scene::Scene;

struct EventSchema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl EventSchema {
    /// What `agentctl events --schema` prints; here a field that it does not know is an error.
    async fn strict() -> Self {
        let printed = Agentctl::new(&Home::new(), &["events", "--schema"]).run().await.success();
        let mut schema = printed.json();
        for definition in schema["$defs"].as_object_mut().unwrap().values_mut() {
            definition["additionalProperties"] = json!(false);
        }
        schema["additionalProperties"] = json!(false);
        let mut compiler = Compiler::new();
        compiler.add_resource("event.json", schema).unwrap();
        let mut schemas = Schemas::new();
        let index = compiler.compile("event.json", &mut schemas).unwrap();
        Self { schemas, index }
    }

    #[track_caller]
    fn accepts(&self, event: &Value) {
        if let Err(error) = self.schemas.validate(event, self.index) {
            panic!("{event}\nis not what the schema says:\n{error:#}");
        }
    }
}

fn types(events: &[Value]) -> BTreeSet<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_without_tools_is_what_the_schema_says() {
    let schema = EventSchema::strict().await;
    let replies = [
        Reply::status(503, "busy"),
        Reply::stream().and_reasoning("hm").and_text("Hello "),
        Reply::call("w", "write_file", json!({"file_path": "a", "content": "b"})),
        Reply::text("As you wish."),
        Reply::status(401, "no"),
    ];
    let scene = Scene::new(replies).await;
    let session = scene.session(["--name", "one"]).await;
    let mut streams = Vec::new();
    for (words, code) in [
        (vec!["chat", &session, "hello"], 0),
        (vec!["chat", &session, "write"], 3),
        (vec!["resume", &session, "cancel", "--message", "no"], 0),
        (vec!["chat", &session, "again"], 1),
    ] {
        let words: Vec<&str> = ["-o", "json"].into_iter().chain(words).collect();
        let stream = scene.daemon.agentctl_of(&words).run().await.code(code).json_lines();
        assert_eq!(stream.last().unwrap()["type"], "turn.finished", "it is the last line, always");
        streams.extend(stream);
    }
    scene.run(["session", "rename", &session, "two"]).await.success();
    streams.extend(scene.journal(&session).await.rows);
    streams.iter().for_each(|event| schema.accepts(event));
    let seen = types(&streams);
    for wanted in [
        "session.created",
        "session.renamed",
        "turn.started",
        "model.intent",
        "model.attempt_failed",
        "reasoning.delta",
        "text.delta",
        "model.done",
        "message.done",
        "usage",
        "tool.intent",
        "approval.requested",
        "approval.decided",
        "tool.denied",
        "turn.finished",
    ] {
        assert!(seen.contains(wanted), "{wanted} is not in {seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn a_stream_with_tools_is_what_the_schema_says() {
    let schema = EventSchema::strict().await;
    let replies = [
        Reply::call("t", "write_todos", json!({"todos": [{"content": "look", "status": "pending"}]})),
        Reply::call("w", "write_file", json!({"file_path": "a.txt", "content": "b\n"})),
        Reply::call("x", "execute", json!({"command": "echo out; exit 3"})),
        Reply::call("r", "read_file", json!({"file_path": "missing"})),
        Reply::text("Done."),
    ];
    let scene = Scene::new(replies).await;
    let session = scene.session(["--approve", "none"]).await;
    let mut events = scene.run(["-o", "json", "chat", &session, "work"]).await.success().json_lines();
    scene.run(["container", "rm", &session, "--force"]).await.success();
    events.extend(scene.journal(&session).await.rows);
    events.iter().for_each(|event| schema.accepts(event));
    let seen = types(&events);
    for wanted in ["todos.updated", "tool.output", "tool.done", "tool.failed", "sandbox.intent", "sandbox.ready"] {
        assert!(seen.contains(wanted), "{wanted} is not in {seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_refuses_what_is_no_event() {
    let schema = EventSchema::strict().await;
    let event = json!({
        "v": 1, "session": "s", "turn": 1, "seq": 3, "time": "2026-01-02T03:04:05Z",
        "type": "message.done", "data": { "step": 1, "text": "hello" }
    });
    schema.accepts(&event);
    for (name, change) in [
        ("a type that there is not", json!({ "type": "message.gone" })),
        ("a row without a number", json!({ "seq": null })),
        ("data of another event", json!({ "data": { "call": "c" } })),
        ("a number for a text", json!({ "data": { "step": 1, "text": 2 } })),
    ] {
        let mut wrong = event.clone();
        wrong.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert!(schema.schemas.validate(&wrong, schema.index).is_err(), "{name} passes");
    }
}
