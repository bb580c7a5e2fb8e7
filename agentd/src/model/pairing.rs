//! Law L3 at the last door: no request leaves in which a tool call lacks its result.

use std::collections::HashSet;

use crate::domain::ids::CallId;
use crate::domain::message::Message;

/// A conversation so far, as far as its calls go. Results directly follow the reply that calls; an id is used once.
#[derive(Debug, Default)]
pub(super) struct Pairing {
    open: Vec<CallId>,
    seen: HashSet<CallId>,
    broken: Option<CallId>,
}

impl Pairing {
    /// Takes the next message.
    pub(super) fn take(&mut self, message: &Message) {
        if self.broken.is_some() {
            return;
        }
        match message {
            Message::ToolResult { call, .. } => match self.open.iter().position(|id| id == call) {
                Some(at) => drop(self.open.remove(at)),
                None => self.broken = Some(call.clone()),
            },
            Message::User(_) | Message::Assistant(_) if !self.open.is_empty() => {
                self.broken = self.open.first().cloned();
            }
            Message::Assistant(reply) => {
                for call in &reply.tool_calls {
                    if !self.seen.insert(call.id.clone()) {
                        self.broken = Some(call.id.clone());
                        return;
                    }
                    self.open.push(call.id.clone());
                }
            }
            Message::User(_) => {}
        }
    }

    /// The first call without exactly one result, or result without its call.
    pub(super) fn unpaired(&self) -> Option<&CallId> {
        self.broken.as_ref().or(self.open.first())
    }
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

    fn unpaired(messages: &[Message]) -> Option<String> {
        let mut pairing = Pairing::default();
        messages.iter().for_each(|message| pairing.take(message));
        pairing.unpaired().map(CallId::to_string)
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
            assert_eq!(unpaired(&broken).as_deref(), Some(named), "{broken:?}");
        }
    }
}
