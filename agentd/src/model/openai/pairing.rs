//! Law L3 at the last door: no request leaves in which a tool call lacks its result.

use std::collections::HashSet;

use crate::domain::ids::CallId;
use crate::domain::message::Message;

/// The first call without exactly one result, or result without its call. Results directly follow the reply that calls.
pub(super) fn unpaired(messages: &[Message]) -> Option<&CallId> {
    let mut open: Vec<&CallId> = Vec::new();
    let mut seen: HashSet<&CallId> = HashSet::new();
    for message in messages {
        match message {
            Message::ToolResult { call, .. } => {
                let at = open.iter().position(|id| *id == call);
                match at {
                    Some(at) => open.remove(at),
                    None => return Some(call),
                };
            }
            Message::User(_) | Message::Assistant(_) if !open.is_empty() => return open.first().copied(),
            Message::Assistant(reply) => {
                for call in &reply.tool_calls {
                    if !seen.insert(&call.id) {
                        return Some(&call.id);
                    }
                    open.push(&call.id);
                }
            }
            Message::User(_) => {}
        }
    }
    open.first().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::{AssistantMessage, ToolCall};

    fn id(text: &str) -> CallId {
        CallId::try_from(text.to_owned()).unwrap()
    }

    fn user() -> Message {
        Message::user("u")
    }

    fn calls(ids: &[&str]) -> Message {
        let call = |text: &&str| ToolCall { id: id(text), tool: "ls".to_owned(), arguments: "{}".to_owned() };
        Message::Assistant(AssistantMessage { tool_calls: ids.iter().map(call).collect(), ..Default::default() })
    }

    fn result(text: &str) -> Message {
        Message::ToolResult { call: id(text), content: String::new() }
    }

    #[test]
    fn every_call_has_one_result_directly_after_its_reply() {
        let whole = [user(), calls(&["a", "b"]), result("a"), result("b"), calls(&["c"]), result("c"), user()];
        assert_eq!(unpaired(&whole), None);
        for (broken, named) in [
            (vec![calls(&["a"])], "a"),
            (vec![calls(&["a"]), user(), result("a")], "a"),
            (vec![calls(&["a", "b"]), result("b"), calls(&["c"]), result("c")], "a"),
            (vec![calls(&["a"]), result("a"), result("a")], "a"),
            (vec![result("x")], "x"),
            (vec![calls(&["a"]), result("a"), calls(&["a"]), result("a")], "a"),
        ] {
            assert_eq!(unpaired(&broken).map(CallId::as_str), Some(named), "{broken:?}");
        }
    }
}
