//! The fingerprint of a request, which the journal keeps beside each attempt.

use sha2::{Digest, Sha256};

use super::chat::ModelRequest;
use crate::domain::message::Message;

/// SHA-256, in hexadecimal, of whom is asked and of all that is sent. Every field goes in with its length, so that no two
/// requests can be written the same. The attempt's number is left out.
pub(super) fn request_hash(asked: &str, request: &ModelRequest<'_>) -> String {
    let mut sum = Sha256::new();
    field(&mut sum, "asked", asked);
    field(&mut sum, "system", request.system);
    for tool in request.tools {
        field(&mut sum, "tool", &tool.name);
        field(&mut sum, "description", &tool.description);
        field(&mut sum, "parameters", &tool.parameters.to_string());
    }
    for message in request.messages {
        match message {
            Message::User(said) => {
                field(&mut sum, "context", &said.context);
                field(&mut sum, "user", &said.text);
                said.attachments.iter().for_each(|file| field(&mut sum, "attachment", &file.sha256));
            }
            Message::Assistant(reply) => {
                field(&mut sum, "assistant", &reply.text);
                field(&mut sum, "reasoning", &reply.reasoning);
                for call in &reply.tool_calls {
                    field(&mut sum, "call", call.id.as_str());
                    field(&mut sum, "name", &call.tool);
                    field(&mut sum, "arguments", &call.arguments);
                }
            }
            Message::ToolResult { call, content } => {
                field(&mut sum, "result", call.as_str());
                field(&mut sum, "content", content);
            }
        }
    }
    sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn field(sum: &mut Sha256, name: &str, value: &str) {
    sum.update(name.as_bytes());
    sum.update([0]);
    sum.update(value.len().to_le_bytes());
    sum.update(value.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(text: &str) -> Message {
        Message::user(text)
    }

    #[test]
    fn only_the_attempt_is_left_out() {
        let one = [user("a"), user("b")];
        let other = [user("ab"), user("")];
        let request = ModelRequest { system: "s", messages: &one, tools: &[], attempt: 1 };
        let hash = request_hash("m", &request);
        assert_eq!(hash.len(), 64);
        assert_eq!(hash, request_hash("m", &ModelRequest { attempt: 2, ..request }));
        assert_ne!(hash, request_hash("n", &request));
        assert_ne!(hash, request_hash("m", &ModelRequest { system: "t", ..request }));
        assert_ne!(hash, request_hash("m", &ModelRequest { messages: &other, ..request }));
    }
}
