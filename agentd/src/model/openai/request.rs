//! The body of a chat completion request. Pure.

use reqwest::Url;
use serde_json::{Map, Value, json};

use crate::domain::message::{AssistantMessage, Message, Thinking, ToolCall, UserMessage};
use crate::domain::tool::ToolSpec;
use crate::model::chat::ModelRequest;
use crate::model::config::ModelConfig;
use crate::model::parts::{Part, parts};
use crate::model::said;
use crate::model::transcript::Dialect;

/// Fields of the body that the conversation alone decides.
pub(in crate::model) const OURS: [&str; 3] = ["messages", "tools", "stream"];

/// Everything of a request beside the conversation.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    settled: Map<String, Value>,
    thinks: bool,
    vision: bool,
}

impl Fields {
    /// What a record adds to every request. Its further fields win.
    pub(super) fn new(model: &str, record: &ModelConfig) -> Self {
        let mut settled = Map::new();
        settled.insert("model".to_owned(), model.into());
        settled.insert("stream".to_owned(), true.into());
        settled.insert("stream_options".to_owned(), json!({ "include_usage": true }));
        if let Some(max_output) = record.max_output {
            settled.insert(bound_field(record).to_owned(), max_output.into());
        }
        settled.extend(record.extra_body.clone());
        Self { settled, thinks: record.extra_body.contains_key("thinking"), vision: record.vision }
    }

    /// These fields and the tools, as JSON.
    pub(super) fn written(&self, request: &ModelRequest<'_>) -> String {
        let mut fields = self.settled.clone();
        if !request.tools.is_empty() {
            fields.insert("tools".to_owned(), request.tools.iter().map(tool).collect());
        }
        Value::Object(fields).to_string()
    }

    /// How the conversation is written.
    pub(super) fn chat(&self) -> Chat {
        Chat { thinks: self.thinks, vision: self.vision }
    }
}

/// OpenAI's newer models refuse the field that everybody else knows.
fn bound_field(record: &ModelConfig) -> &'static str {
    let url = record.base_url.as_deref().and_then(|url| Url::parse(url).ok());
    let openai = url.is_some_and(|url| url.host_str() == Some("api.openai.com"));
    if openai { "max_completion_tokens" } else { "max_tokens" }
}

/// The request's body: the fields, the system prompt, and the conversation, which is JSON already.
pub(super) fn body(fields: &str, system: &str, conversation: &str) -> String {
    let system =
        if system.is_empty() { String::new() } else { json!({ "role": "system", "content": system }).to_string() };
    let comma = if system.is_empty() || conversation.is_empty() { "" } else { "," };
    let fields = fields.strip_suffix('}').unwrap_or(fields);
    let mut body = String::with_capacity(fields.len() + system.len() + conversation.len() + 32);
    for part in [fields, r#","messages":["#, &system, comma, conversation, "]}"] {
        body.push_str(part);
    }
    body
}

/// How chat completions write a conversation.
pub(in crate::model) struct Chat {
    /// Whether the endpoint is told to think.
    pub(in crate::model) thinks: bool,
    /// Whether it takes pictures.
    pub(in crate::model) vision: bool,
}

impl Chat {
    /// What goes back of a reply's reasoning. Endpoints that think want that of every reply that called tools, in the field in which
    /// they gave it; others may refuse a message with a field they do not know.
    fn reasoning<'a>(&self, reply: &'a AssistantMessage) -> Option<&'a str> {
        let came_so = reply.thinking == Some(Thinking::ReasoningContent);
        let goes_back = !reply.tool_calls.is_empty() && (self.thinks || came_so);
        goes_back.then_some(reply.reasoning.as_str())
    }
}

impl Dialect for Chat {
    /// Many chat templates refuse a user who speaks twice, as one does after a turn that failed.
    fn joins(&self, before: &Message, after: &Message) -> bool {
        matches!((before, after), (Message::User(_), Message::User(_)))
    }

    fn write(&self, group: &[Message], json: &mut String) {
        let message = match group.first() {
            None => return,
            Some(Message::User(_)) => json!({ "role": "user", "content": content(&said::by_user(group), self.vision) }),
            Some(Message::Assistant(reply)) => assistant(reply, self.reasoning(reply)),
            Some(Message::ToolResult { call, content }) => {
                json!({ "role": "tool", "tool_call_id": call.as_str(), "content": content })
            }
        };
        json.push_str(&message.to_string());
    }
}

/// Words alone are a text, as servers without parts want it; files make it a list of parts.
fn content(said: &[&UserMessage], sees: bool) -> Value {
    if said.iter().all(|one| one.attachments.is_empty()) {
        return said.iter().map(|one| one.whole_text()).collect::<Vec<_>>().join("\n\n").into();
    }
    let parts = said.iter().flat_map(|one| parts(one, sees)).map(|part| match part {
        Part::Text(text) => json!({ "type": "text", "text": text }),
        Part::Picture(kind, data) => {
            json!({ "type": "image_url", "image_url": { "url": format!("data:{kind};base64,{data}") } })
        }
    });
    parts.collect()
}

fn assistant(reply: &AssistantMessage, reasoning: Option<&str>) -> Value {
    let mut message = Map::new();
    message.insert("role".to_owned(), "assistant".into());
    let content = match (reply.text.is_empty(), reply.tool_calls.is_empty()) {
        (true, false) => Value::Null,
        // Endpoints refuse a reply with nothing in it.
        (true, true) => said::NOTHING.into(),
        (false, _) => reply.text.as_str().into(),
    };
    message.insert("content".to_owned(), content);
    if let Some(reasoning) = reasoning {
        message.insert("reasoning_content".to_owned(), reasoning.into());
    }
    if !reply.tool_calls.is_empty() {
        message.insert("tool_calls".to_owned(), reply.tool_calls.iter().map(tool_call).collect());
    }
    message.into()
}

fn tool_call(call: &ToolCall) -> Value {
    let arguments = match said::arguments(call) {
        said::Arguments::AsWritten => call.arguments.clone(),
        said::Arguments::Wrapped(object) => Value::Object(object).to_string(),
    };
    json!({
        "id": call.id.as_str(),
        "type": "function",
        "function": { "name": said::tool_name(&call.tool), "arguments": arguments },
    })
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
    use crate::model::transcript::Transcript;

    fn record(extra_body: Value) -> ModelConfig {
        let Value::Object(extra_body) = extra_body else { panic!("not an object") };
        ModelConfig { max_output: Some(99), extra_body, ..ModelConfig::default() }
    }

    fn id(text: &str) -> CallId {
        CallId::try_from(text.to_owned()).unwrap()
    }

    fn called(text: &str, reasoning: &str, arguments: &str, number: u32) -> Message {
        let call = ToolCall { id: id(&format!("c{number}")), tool: "ls".to_owned(), arguments: arguments.to_owned() };
        Message::Assistant(AssistantMessage {
            text: text.to_owned(),
            reasoning: reasoning.to_owned(),
            tool_calls: vec![call],
            thinking: None,
        })
    }

    fn user(text: &str) -> Message {
        Message::user(text)
    }

    fn result(number: u32) -> Message {
        Message::ToolResult { call: id(&format!("c{number}")), content: "a\nb".to_owned() }
    }

    fn built(record: &ModelConfig, system: &str, messages: Vec<Message>, tools: &[ToolSpec]) -> Value {
        let transcript = Transcript::default();
        let request = ModelRequest { system, messages: &messages, tools, attempt: 1, transcript: &transcript };
        let fields = Fields::new("m", record);
        let written = fields.written(&request);
        let json = transcript.write("", &fields.chat(), &messages, |written| written.json.to_owned()).unwrap();
        serde_json::from_str(&body(&written, system, &json)).unwrap()
    }

    #[test]
    fn a_whole_request() {
        let tools =
            [ToolSpec { name: "ls".into(), description: "Lists.".into(), parameters: json!({ "type": "object" }) }];
        let messages = vec![user("hi"), called("", "why", r#"{"path": "."}"#, 1), result(1)];
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
        assert_eq!(built(&record(json!({})), "be brief", messages, &tools), expected);
    }

    #[test]
    fn further_fields_win_and_empty_ones_are_left_out() {
        let record = ModelConfig { max_output: None, ..record(json!({ "model": "other", "temperature": 0 })) };
        let body = built(&record, "", vec![user("x")], &[]);
        assert_eq!((&body["model"], &body["temperature"]), (&json!("other"), &json!(0)));
        assert_eq!(body["messages"].as_array().unwrap().len(), 1);
        assert!(body.get("tools").is_none() && body.get("max_tokens").is_none());
    }

    #[test]
    fn openai_itself_has_another_name_for_the_bound() {
        let openai = ModelConfig { base_url: Some("https://api.openai.com/v1".to_owned()), ..record(json!({})) };
        let body = built(&openai, "", vec![user("x")], &[]);
        assert_eq!((&body["max_completion_tokens"], body.get("max_tokens")), (&json!(99), None));
    }

    #[test]
    fn reasoning_goes_back_to_endpoints_that_think_and_to_no_other() {
        let turns = || {
            let answer = Message::Assistant(AssistantMessage {
                text: "done".to_owned(),
                reasoning: "so".to_owned(),
                ..AssistantMessage::default()
            });
            let (first, second) = (called("", "old", "{}", 1), called("", "", "{}", 2));
            vec![user("1"), first, result(1), answer, user("2"), second, result(2)]
        };
        let back = |body: &Value| -> Vec<Value> {
            let replies = [1, 3, 5].iter().map(|&at| body["messages"][at]["reasoning_content"].clone());
            replies.collect()
        };
        let thinking = built(&record(json!({ "thinking": { "type": "enabled" } })), "", turns(), &[]);
        assert_eq!(back(&thinking), [json!("old"), Value::Null, json!("")], "of replies with calls, of every turn");
        let plain = built(&record(json!({})), "", turns(), &[]);
        assert_eq!(back(&plain), [Value::Null, Value::Null, Value::Null]);

        let mut came_so = turns();
        if let Message::Assistant(reply) = &mut came_so[1] {
            reply.thinking = Some(Thinking::ReasoningContent);
        }
        let echoed = built(&record(json!({})), "", came_so, &[]);
        assert_eq!(back(&echoed), [json!("old"), Value::Null, Value::Null], "it gets back what it gave");
    }

    #[test]
    fn what_would_be_refused_later_is_mended() {
        for broken in ["", "{\"path\": ", "[1]", "null", "{} trailing"] {
            let body = built(&record(json!({})), "", vec![called("t", "", broken, 1), result(1)], &[]);
            let message = &body["messages"][0];
            assert_eq!(message["content"], "t");
            let sent = message["tool_calls"][0]["function"]["arguments"].as_str().unwrap();
            let sent: Value = serde_json::from_str(sent).unwrap();
            assert_eq!(sent["unreadable_arguments"], broken);
        }
        let silent = Message::Assistant(AssistantMessage::default());
        let body = built(&record(json!({})), "", vec![user("a"), user("b"), silent, user("c")], &[]);
        assert_eq!(body["messages"][0]["content"], "a\n\nb", "one user speaks once");
        assert_eq!(body["messages"][1]["content"], said::NOTHING);
    }
}
