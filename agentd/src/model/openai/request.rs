//! The body of a chat completion request. Pure.

use serde_json::{Map, Value, json};

use crate::domain::message::{AssistantMessage, Message, ToolCall, UserMessage};
use crate::domain::tool::ToolSpec;
use crate::model::chat::ModelRequest;
use crate::model::parts::{Part, parts};

/// Fields of the body that the conversation alone decides.
pub(super) const OURS: [&str; 2] = ["messages", "tools"];

/// What the configuration adds to every request.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// The model's name at the endpoint.
    pub(super) model: String,
    /// Tokens that the reply may have.
    pub(super) max_output: Option<u64>,
    /// Whether it takes pictures.
    pub(super) vision: bool,
    /// Further fields; they win.
    pub(super) extra_body: Map<String, Value>,
}

/// The request's body.
pub(super) fn body(settings: &Settings, request: &ModelRequest<'_>) -> Value {
    let mut body = Map::new();
    body.insert("model".to_owned(), settings.model.as_str().into());
    body.insert("messages".to_owned(), messages(settings, request).into());
    if !request.tools.is_empty() {
        body.insert("tools".to_owned(), request.tools.iter().map(tool).collect());
    }
    body.insert("stream".to_owned(), true.into());
    body.insert("stream_options".to_owned(), json!({ "include_usage": true }));
    if let Some(max_output) = settings.max_output {
        body.insert("max_tokens".to_owned(), max_output.into());
    }
    body.extend(settings.extra_body.clone());
    body.into()
}

fn messages(settings: &Settings, request: &ModelRequest<'_>) -> Vec<Value> {
    // Endpoints that are told to think want their reasoning back while the tools of that thought run, and only then; others may
    // refuse a message with a field they do not know.
    let thinks = settings.extra_body.contains_key("thinking");
    let newest_user = request.messages.iter().rposition(|message| matches!(message, Message::User(_)));
    let system = (!request.system.is_empty()).then(|| json!({ "role": "system", "content": request.system }));
    let conversation = request.messages.iter().enumerate().map(|(index, message)| match message {
        Message::User(said) => json!({ "role": "user", "content": content(said, settings.vision) }),
        Message::Assistant(reply) => {
            let with_reasoning = thinks && newest_user.is_none_or(|newest| index > newest);
            assistant(reply, with_reasoning)
        }
        Message::ToolResult { call, content } => {
            json!({ "role": "tool", "tool_call_id": call.as_str(), "content": content })
        }
    });
    system.into_iter().chain(conversation).collect()
}

/// Words alone are a text, as servers without parts want it; files make it a list of parts.
fn content(said: &UserMessage, sees: bool) -> Value {
    if said.attachments.is_empty() {
        return said.whole_text().into();
    }
    let parts = parts(said, sees).into_iter().map(|part| match part {
        Part::Text(text) => json!({ "type": "text", "text": text }),
        Part::Picture(kind, data) => {
            json!({ "type": "image_url", "image_url": { "url": format!("data:{kind};base64,{data}") } })
        }
    });
    parts.collect()
}

fn assistant(reply: &AssistantMessage, with_reasoning: bool) -> Value {
    let mut message = Map::new();
    message.insert("role".to_owned(), "assistant".into());
    let content =
        if reply.text.is_empty() && !reply.tool_calls.is_empty() { Value::Null } else { reply.text.as_str().into() };
    message.insert("content".to_owned(), content);
    if !reply.tool_calls.is_empty() {
        if with_reasoning && !reply.reasoning.is_empty() {
            message.insert("reasoning_content".to_owned(), reply.reasoning.as_str().into());
        }
        message.insert("tool_calls".to_owned(), reply.tool_calls.iter().map(tool_call).collect());
    }
    message.into()
}

fn tool_call(call: &ToolCall) -> Value {
    json!({
        "id": call.id.as_str(),
        "type": "function",
        "function": { "name": call.tool, "arguments": arguments(&call.arguments) },
    })
}

/// The arguments as a JSON object. Many servers parse what comes back to them and answer every later request with an error if one
/// call of the past was broken, so a broken one is wrapped.
fn arguments(written: &str) -> String {
    match serde_json::from_str::<Map<String, Value>>(written) {
        Ok(_) => written.to_owned(),
        Err(_) => json!({ "unreadable_arguments": written }).to_string(),
    }
}

fn tool(spec: &ToolSpec) -> Value {
    json!({
        "type": "function",
        "function": { "name": spec.name, "description": spec.description, "parameters": spec.parameters },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::CallId;

    fn settings(extra_body: Value) -> Settings {
        let Value::Object(extra_body) = extra_body else { panic!("not an object") };
        Settings { model: "m".to_owned(), max_output: Some(99), vision: true, extra_body }
    }

    fn id(text: &str) -> CallId {
        CallId::try_from(text.to_owned()).unwrap()
    }

    fn called(text: &str, reasoning: &str, arguments: &str) -> Message {
        let call = ToolCall { id: id("c1"), tool: "ls".to_owned(), arguments: arguments.to_owned() };
        Message::Assistant(AssistantMessage {
            text: text.to_owned(),
            reasoning: reasoning.to_owned(),
            tool_calls: vec![call],
        })
    }

    fn user(text: &str) -> Message {
        Message::user(text)
    }

    fn result() -> Message {
        Message::ToolResult { call: id("c1"), content: "a\nb".to_owned() }
    }

    fn built(settings: &Settings, messages: &[Message], tools: &[ToolSpec]) -> Value {
        body(settings, &ModelRequest { system: "be brief", messages, tools, attempt: 1 })
    }

    #[test]
    fn a_whole_request() {
        let tools =
            [ToolSpec { name: "ls".into(), description: "Lists.".into(), parameters: json!({ "type": "object" }) }];
        let messages = [user("hi"), called("", "why", r#"{"path": "."}"#), result()];
        let expected = json!({
            "model": "m",
            "messages": [
                { "role": "system", "content": "be brief" },
                { "role": "user", "content": "hi" },
                { "role": "assistant", "content": null, "tool_calls": [
                    { "id": "c1", "type": "function", "function": { "name": "ls", "arguments": "{\"path\": \".\"}" } },
                ] },
                { "role": "tool", "tool_call_id": "c1", "content": "a\nb" },
            ],
            "tools": [{ "type": "function", "function": {
                "name": "ls", "description": "Lists.", "parameters": { "type": "object" },
            } }],
            "stream": true,
            "stream_options": { "include_usage": true },
            "max_tokens": 99,
        });
        assert_eq!(built(&settings(json!({})), &messages, &tools), expected);
    }

    #[test]
    fn further_fields_win_and_empty_ones_are_left_out() {
        let settings = Settings { max_output: None, ..settings(json!({ "model": "other", "temperature": 0 })) };
        let body = body(&settings, &ModelRequest { system: "", messages: &[user("x")], tools: &[], attempt: 1 });
        assert_eq!((&body["model"], &body["temperature"]), (&json!("other"), &json!(0)));
        assert_eq!(body["messages"].as_array().unwrap().len(), 1);
        assert!(body.get("tools").is_none() && body.get("max_tokens").is_none());
    }

    #[test]
    fn reasoning_goes_back_only_to_an_endpoint_that_thinks_and_only_within_the_turn() {
        let messages = [user("1"), called("", "old", "{}"), result(), user("2"), called("", "new", "{}"), result()];
        let thinking = built(&settings(json!({ "thinking": { "type": "enabled" } })), &messages, &[]);
        assert!(thinking["messages"][2].get("reasoning_content").is_none());
        assert_eq!(thinking["messages"][5]["reasoning_content"], "new");
        let plain = built(&settings(json!({})), &messages, &[]);
        assert!(plain["messages"][5].get("reasoning_content").is_none());
    }

    #[test]
    fn broken_arguments_of_the_past_are_sent_as_json() {
        for broken in ["", "{\"path\": ", "[1]", "null", "{} trailing"] {
            let body = built(&settings(json!({})), &[called("t", "", broken), result()], &[]);
            let message = &body["messages"][1];
            assert_eq!(message["content"], "t");
            let sent = message["tool_calls"][0]["function"]["arguments"].as_str().unwrap();
            let sent: Value = serde_json::from_str(sent).unwrap();
            assert_eq!(sent["unreadable_arguments"], broken);
        }
    }
}
