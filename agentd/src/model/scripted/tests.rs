use std::sync::Mutex;

use super::*;
use crate::domain::ids::CallId;
use crate::domain::message::{AssistantMessage, Message};
use crate::model::transcript::Transcript;

#[derive(Default)]
struct Shown(Mutex<Vec<String>>);

impl DeltaSink for Shown {
    fn text(&self, delta: &str) {
        self.0.lock().unwrap().push(delta.to_owned());
    }

    fn reasoning(&self, delta: &str) {
        self.0.lock().unwrap().push(format!("({delta})"));
    }
}

impl Shown {
    fn pieces(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

fn model(script: &str) -> Scripted {
    Scripted { script: Script::parse(script).unwrap(), asked: "scripted test".to_owned() }
}

fn user(text: &str) -> Message {
    Message::user(text)
}

fn replied() -> Message {
    Message::Assistant(AssistantMessage::default())
}

async fn ask(model: &Scripted, messages: &[Message], attempt: u32, shown: &Shown) -> Result<ModelReply, ModelError> {
    let transcript = Transcript::default();
    let request = ModelRequest { system: "", messages, tools: &[], attempt, transcript: &transcript };
    model.ask(&request, shown).await
}

const STORY: &str = r#"
    [[replies]]
    tokens = { input = 12, output = 3 }
    reasoning = "hm"
    text = "I write it for {{user}}."
    chunk_chars = 10
    [[replies.calls]]
    tool = "write_file"
    id = "w1"
    arguments = { file_path = "hello.py", content = "print('é')\n", n = 1 }
    [[replies.calls]]
    tool = "execute"
    arguments = "{broken"

    [[replies]]
    text = "It said {{last_tool_result}} and {{else}}."
"#;

#[tokio::test]
async fn replies_are_chosen_by_the_conversation_and_streamed_in_pieces() {
    let model = model(STORY);
    let shown = Shown::default();
    let messages = [user("Alice")];
    let reply = ask(&model, &messages, 1, &shown).await.unwrap();
    assert_eq!(reply.text, "I write it for Alice.");
    assert_eq!(reply.finish_reason, "tool_calls");
    assert_eq!(reply.usage.map(|usage| (usage.input_tokens, usage.output_tokens)), Some((12, 3)));
    assert_eq!(reply.tool_calls[0].id.as_deref(), Some("w1"));
    assert_eq!(reply.tool_calls[0].arguments, r#"{"content":"print('é')\n","file_path":"hello.py","n":1}"#);
    assert_eq!(reply.tool_calls[1].id, None);
    assert_eq!(reply.tool_calls[1].arguments, "{broken");
    assert_eq!(shown.pieces(), ["(hm)", "I write it", " for Alice", "."]);

    let result =
        Message::ToolResult { call: CallId::try_from("w1".to_owned()).unwrap(), content: "{{user}}".to_owned() };
    let messages = [user("Alice"), replied(), result];
    let reply = ask(&model, &messages, 1, &Shown::default()).await.unwrap();
    assert_eq!(reply.text, "It said {{user}} and {{else}}.", "what is filled in is not searched again");

    let messages = [replied(), replied(), user("more")];
    let reply = ask(&model, &messages, 1, &Shown::default()).await.unwrap();
    assert!(reply.text.contains("script has ended"));
    assert!(reply.tool_calls.is_empty());
    assert!(model.note().unwrap().contains("scripted"));
}

#[tokio::test]
async fn failures_come_as_often_as_the_script_says() {
    let model = model("[[replies]]\ntext = \"ok\"\nfail = \"rate_limited\"\ntimes = 2\nretry_after_ms = 7");
    let messages = [user("x")];
    for attempt in [1, 2] {
        let error = ask(&model, &messages, attempt, &Shown::default()).await.unwrap_err();
        assert_eq!((error.class(), error.retry_after_ms()), ("rate_limited", Some(7)));
        assert!(error.retryable());
    }
    let reply = ask(&model, &messages, 3, &Shown::default()).await.unwrap();
    assert_eq!(reply.text, "ok");
}

#[tokio::test]
async fn a_cut_reply_was_shown_in_part() {
    let model = model("[[replies]]\ntext = \"abcdef\"\nchunk_chars = 2\nfail = \"cut\"");
    let messages = [user("x")];
    let shown = Shown::default();
    assert_eq!(ask(&model, &messages, 1, &shown).await.unwrap_err().class(), "cut");
    assert_eq!(shown.pieces(), ["ab", "c"]);
    let reply = ask(&model, &messages, 2, &Shown::default()).await.unwrap();
    assert_eq!(reply.text, "abcdef");
}

#[test]
fn a_wrong_script_is_refused_with_its_place() {
    for (script, named) in [
        ("", "replies"),
        ("replies = []", "1 to 1000"),
        ("[[replies]]", "reply 1 has neither"),
        ("[[replies]]\ntext = \"a\"\n[[replies]]\ntxet = \"b\"", "line 4: unknown field `txet`"),
        ("[[replies]]\nfail = \"boredom\"", "boredom"),
        ("[[replies]]\ntext = \"a\"\ntimes = 1", "times without fail"),
        ("[[replies]]\ntext = \"a\"\nchunk_chars = 0", "chunk_chars"),
        ("[[replies]]\ntext = \"a\"\ndelay_ms = 600001", "delay_ms"),
        ("[[replies]]\n[[replies.calls]]\narguments = {}", "tool"),
    ] {
        let problem = Script::parse(script).unwrap_err();
        assert!(problem.contains(named), "{script:?}: {problem}");
        assert!(!problem.contains('\n'), "{problem}");
    }
}

#[test]
fn the_error_names_the_file() {
    let error = Scripted::load(Path::new("/nonexistent/script.toml")).err().unwrap();
    assert!(error.message().starts_with("script /nonexistent/script.toml: "));
    assert_eq!(error.class(), "script");
}
