//! The body of a messages request. Pure.

use serde_json::{Map, Value, json};

use super::said_again;
use crate::domain::message::Message;
use crate::domain::tool::ToolSpec;
use crate::model::chat::ModelRequest;
use crate::model::config::ModelConfig;
use crate::model::transcript::{Dialect, Written};

/// Fields of the body that the conversation alone decides.
pub(in crate::model) const OURS: [&str; 4] = ["messages", "tools", "system", "stream"];

/// Tokens that a reply may have unless the record says otherwise: the protocol wants a number.
pub(in crate::model) const MAX_OUTPUT: u64 = 8192;

/// Messages of the user, tool results among them, whose end the provider is asked to cache: the newest, and the one before, which
/// is where the request before ended.
const CACHED_ENDS: usize = 2;

/// Everything of a request beside the conversation.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    settled: Map<String, Value>,
    model: String,
    vision: bool,
}

impl Fields {
    /// What a record adds to every request. Its further fields win.
    pub(super) fn new(model: &str, record: &ModelConfig) -> Self {
        let mut settled = Map::new();
        settled.insert("model".to_owned(), model.into());
        settled.insert("stream".to_owned(), true.into());
        settled.insert("max_tokens".to_owned(), record.max_output.unwrap_or(MAX_OUTPUT).into());
        settled.extend(record.extra_body.clone());
        Self { settled, model: model.to_owned(), vision: record.vision }
    }

    /// The model's name at the endpoint.
    pub(super) fn model(&self) -> &str {
        &self.model
    }

    /// How the conversation is written.
    pub(super) fn dialect(&self) -> Messages<'_> {
        Messages { model: &self.model, vision: self.vision }
    }

    /// These fields, the tools and the system prompt, as JSON. Both are the same in every step, and so worth a place in the cache.
    pub(super) fn written(&self, request: &ModelRequest<'_>) -> String {
        let mut fields = self.settled.clone();
        let mut tools: Vec<Value> = request.tools.iter().map(tool).collect();
        if let Some(last) = tools.last_mut() {
            cache(last);
            fields.insert("tools".to_owned(), tools.into());
        }
        if !request.system.is_empty() {
            let mut system = json!({ "type": "text", "text": request.system });
            cache(&mut system);
            fields.insert("system".to_owned(), json!([system]));
        }
        Value::Object(fields).to_string()
    }
}

/// Asks the provider to cache everything up to this block.
fn cache(block: &mut Value) {
    if let Value::Object(block) = block {
        block.insert("cache_control".to_owned(), json!({ "type": "ephemeral" }));
    }
}

/// The request's body. What is kept of the conversation has no marks for the cache, because they move.
pub(super) fn body(fields: &str, dialect: &Messages<'_>, written: &Written<'_>) -> String {
    let of_user = |number: &usize| written.groups.get(*number).is_some_and(|group| !is_reply(&group.messages));
    let marks: Vec<usize> = (0..written.groups.len()).rev().filter(of_user).take(CACHED_ENDS).collect();
    let fields = fields.strip_suffix('}').unwrap_or(fields);
    let mut body = String::with_capacity(fields.len() + written.json.len() + 128);
    body.push_str(fields);
    body.push_str(r#","messages":["#);
    let mut from = 0;
    for number in marks.into_iter().rev() {
        let (range, Some(group)) = (written.range(number), written.groups.get(number)) else { continue };
        body.push_str(written.json.get(from..range.start).unwrap_or_default());
        let mut blocks = dialect.blocks(&group.messages);
        if let Some(last) = blocks.last_mut() {
            cache(last);
        }
        body.push_str(&dialect.message(&group.messages, blocks).to_string());
        from = range.end;
    }
    body.push_str(written.json.get(from..).unwrap_or_default());
    body.push_str("]}");
    body
}

fn is_reply(group: &[Message]) -> bool {
    matches!(group.first(), Some(Message::Assistant(_)))
}

/// How the messages protocol writes a conversation.
pub(super) struct Messages<'a> {
    /// Only this model's own signatures go back to it.
    model: &'a str,
    /// Whether it takes pictures.
    vision: bool,
}

impl Messages<'_> {
    fn blocks(&self, group: &[Message]) -> Vec<Value> {
        group.iter().flat_map(|message| said_again::blocks(message, self.model, self.vision)).collect()
    }

    fn message(&self, group: &[Message], blocks: Vec<Value>) -> Value {
        json!({ "role": if is_reply(group) { "assistant" } else { "user" }, "content": blocks })
    }
}

impl Dialect for Messages<'_> {
    /// Results of one reply's calls are one message, and the user's words after them belong to it.
    fn joins(&self, before: &Message, after: &Message) -> bool {
        !matches!(before, Message::Assistant(_)) && !matches!(after, Message::Assistant(_))
    }

    fn write(&self, group: &[Message], json: &mut String) {
        json.push_str(&self.message(group, self.blocks(group)).to_string());
    }
}

fn tool(spec: &ToolSpec) -> Value {
    json!({ "name": spec.name, "description": spec.description, "input_schema": spec.parameters })
}
