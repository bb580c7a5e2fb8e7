//! What was said, made fit to be said again: one odd reply of the past must not have every later request refused.

use serde_json::{Map, Value, json};
use std::borrow::Cow;

use crate::domain::message::{Message, ToolCall, UserMessage};

/// Stands for a reply with nothing in it.
pub(super) const NOTHING: &str = "(no answer)";

/// Characters of a tool's name that every provider takes.
const NAME_CHARS_MAX: usize = 64;

/// What the user says in these messages.
pub(super) fn by_user(group: &[Message]) -> Vec<&UserMessage> {
    let said = group.iter().filter_map(|message| match message {
        Message::User(said) => Some(said),
        Message::Assistant(_) | Message::ToolResult { .. } => None,
    });
    said.collect()
}

/// A tool's name as every provider takes it; models make up names with dots, spaces and worse.
pub(super) fn tool_name(name: &str) -> Cow<'_, str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.len() <= NAME_CHARS_MAX && name.chars().all(fits) {
        return Cow::Borrowed(name);
    }
    let mended: String = name.chars().take(NAME_CHARS_MAX).map(|c| if fits(c) { c } else { '_' }).collect();
    Cow::Owned(if mended.is_empty() { "unnamed".to_owned() } else { mended })
}

/// A call's arguments as JSON.
#[derive(Debug, PartialEq)]
pub(super) enum Arguments {
    /// They are the text of a JSON object.
    AsWritten,
    /// They are not: many servers parse what comes back to them and answer every later request with an error.
    Wrapped(Map<String, Value>),
}

/// The arguments of this call.
pub(super) fn arguments(call: &ToolCall) -> Arguments {
    match serde_json::from_str::<Map<String, Value>>(&call.arguments) {
        Ok(_) => Arguments::AsWritten,
        Err(_) => Arguments::Wrapped(Map::from_iter([("unreadable_arguments".to_owned(), json!(call.arguments))])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_mended() {
        for (name, sent) in [
            ("read_file", "read_file"),
            ("functions.ls:0", "functions_ls_0"),
            ("", "unnamed"),
            ("ls -la é", "ls_-la__"),
            ("mcp__a-b", "mcp__a-b"),
        ] {
            assert_eq!(tool_name(name), sent, "{name}");
        }
        assert_eq!(tool_name(&"x".repeat(200)).len(), NAME_CHARS_MAX);
    }
}
