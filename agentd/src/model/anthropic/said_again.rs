//! A message as blocks of content. Pure.

use serde_json::{Value, json};

use crate::domain::message::{AssistantMessage, Message, Sealed, Thinking, Thought, ToolCall};
use crate::model::parts::{Part, parts};
use crate::model::said;

/// The blocks of a message for this model. There is one at least: the endpoint refuses a message without.
pub(super) fn blocks(message: &Message, model: &str, sees: bool) -> Vec<Value> {
    match message {
        Message::User(said) => parts(said, sees).into_iter().map(block).collect(),
        Message::ToolResult { call, content } => {
            vec![json!({ "type": "tool_result", "tool_use_id": call.as_str(), "content": content })]
        }
        Message::Assistant(reply) => {
            let blocks = of_reply(reply, model);
            if blocks.is_empty() { vec![text(said::NOTHING)] } else { blocks }
        }
    }
}

fn block(part: Part<'_>) -> Value {
    match part {
        Part::Text(said) => text(&said),
        Part::Picture(kind, data) => {
            json!({ "type": "image", "source": { "type": "base64", "media_type": kind, "data": data } })
        }
    }
}

fn text(said: &str) -> Value {
    json!({ "type": "text", "text": said })
}

/// Text and calls, with the signed thoughts in their places among them.
fn of_reply(reply: &AssistantMessage, model: &str) -> Vec<Value> {
    let own: &[Thought] = match &reply.thinking {
        Some(Thinking::Signed { model: signed_by, thoughts }) if signed_by == model => thoughts,
        _ => &[],
    };
    let mut blocks = Vec::new();
    let mut rest = Rest { text: &reply.text, text_bytes: 0, calls: &reply.tool_calls, calls_count: 0 };
    let mut reasoning = reply.reasoning.as_str();
    for thought in own {
        rest.take(thought.after_text_bytes, thought.after_calls, &mut blocks);
        match &thought.sealed {
            Sealed::Redacted(data) => blocks.push(json!({ "type": "redacted_thinking", "data": data })),
            Sealed::Signature { reasoning_bytes, signature } => {
                let (own, after) = reasoning.split_at_checked(*reasoning_bytes).unwrap_or((reasoning, ""));
                reasoning = after;
                blocks.push(json!({ "type": "thinking", "thinking": own, "signature": signature }));
            }
        }
    }
    rest.take(usize::MAX, usize::MAX, &mut blocks);
    blocks
}

/// What of a reply is not in a block yet.
struct Rest<'a> {
    text: &'a str,
    text_bytes: usize,
    calls: &'a [ToolCall],
    calls_count: usize,
}

impl Rest<'_> {
    /// Blocks of the text up to this byte and the calls up to this one.
    fn take(&mut self, text_bytes: usize, calls_count: usize, blocks: &mut Vec<Value>) {
        let wanted = text_bytes.saturating_sub(self.text_bytes);
        let (now, later) = self.text.split_at_checked(wanted).unwrap_or((self.text, ""));
        // The endpoint refuses a text of nothing but white space.
        if !now.trim().is_empty() {
            blocks.push(text(now));
        }
        self.text = later;
        self.text_bytes = self.text_bytes.saturating_add(wanted);
        let wanted = calls_count.saturating_sub(self.calls_count).min(self.calls.len());
        let (now, later) = self.calls.split_at(wanted);
        blocks.extend(now.iter().map(tool_use));
        self.calls = later;
        self.calls_count += wanted;
    }
}

fn tool_use(call: &ToolCall) -> Value {
    let input = match said::arguments(call) {
        said::Arguments::AsWritten => serde_json::from_str(&call.arguments).unwrap_or_else(|_| json!({})),
        said::Arguments::Wrapped(object) => Value::Object(object),
    };
    json!({ "type": "tool_use", "id": call.id.as_str(), "name": said::tool_name(&call.tool), "input": input })
}
