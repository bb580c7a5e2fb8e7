//! Which reply is given, and what stands in it. Pure: it follows from the conversation alone, so that a restarted daemon goes on
//! where it was.

use super::script::Reply;
use crate::domain::message::Message;
use crate::model::chat::{ModelReply, ReplyCall};

/// The index of the reply to give: as many were given as the conversation has.
pub(super) fn position(messages: &[Message]) -> usize {
    messages.iter().filter(|message| matches!(message, Message::Assistant(_))).count()
}

/// The reply with its placeholders filled.
pub(super) fn reply(scripted: &Reply, messages: &[Message]) -> ModelReply {
    let tool_calls: Vec<ReplyCall> = scripted
        .calls
        .iter()
        .map(|call| ReplyCall { id: call.id.clone(), tool: call.tool.clone(), arguments: call.arguments.written() })
        .collect();
    let finish_reason = if tool_calls.is_empty() { "stop" } else { "tool_calls" };
    ModelReply {
        text: fill(&scripted.text, messages),
        reasoning: fill(&scripted.reasoning, messages),
        tool_calls,
        thinking: None,
        finish_reason: finish_reason.to_owned(),
        usage: scripted.usage(),
    }
}

/// What is said when the script has no more replies.
pub(super) fn after_the_end(replies: usize) -> ModelReply {
    ModelReply {
        text: format!("(The script has ended: this scripted model has {replies} replies and has given them all.)"),
        finish_reason: "stop".to_owned(),
        ..ModelReply::default()
    }
}

/// Fills `{{user}}` and `{{last_tool_result}}` in one pass: what is filled in is never searched again.
fn fill(text: &str, messages: &[Message]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        let (before, from) = rest.split_at(at);
        filled.push_str(before);
        let (value, length) = placeholder(from, messages).unwrap_or(("{{", 2));
        filled.push_str(value);
        rest = from.get(length..).unwrap_or_default();
    }
    filled.push_str(rest);
    filled
}

/// The value of the placeholder that the text begins with, and the placeholder's length.
fn placeholder<'a>(text: &str, messages: &'a [Message]) -> Option<(&'a str, usize)> {
    const USER: &str = "{{user}}";
    const RESULT: &str = "{{last_tool_result}}";
    let newest = |value: fn(&'a Message) -> Option<&'a str>| messages.iter().rev().find_map(value).unwrap_or_default();
    if text.starts_with(USER) {
        Some((newest(user_text), USER.len()))
    } else if text.starts_with(RESULT) {
        Some((newest(tool_result), RESULT.len()))
    } else {
        None
    }
}

fn user_text(message: &Message) -> Option<&str> {
    match message {
        Message::User(said) => Some(&said.text),
        _ => None,
    }
}

fn tool_result(message: &Message) -> Option<&str> {
    match message {
        Message::ToolResult { content, .. } => Some(content),
        _ => None,
    }
}
