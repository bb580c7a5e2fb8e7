//! The conversation with a model, neutral of any provider.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::attachment::Attachment;
use super::ids::CallId;

/// One tool call of a reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Unique in the session.
    pub id: CallId,
    /// The tool's name as the model wrote it.
    pub tool: String,
    /// The arguments as the model wrote them: JSON if it kept to the rules.
    pub arguments: String,
}

/// A whole reply of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssistantMessage {
    /// The text; may be empty beside tool calls.
    pub text: String,
    /// The reasoning, where the model gives it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reasoning: String,
    /// The tool calls, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// What the provider wants back of its reasoning, where it wants it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking: Option<Thinking>,
}

/// The form in which reasoning goes back to the provider that gave it. It means nothing to any other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "form", rename_all = "snake_case")]
pub enum Thinking {
    /// In the field in which it came, `reasoning_content`.
    ReasoningContent,
    /// In signed pieces, unchanged and in their places.
    Signed {
        /// The model that signed them: another one refuses them.
        model: String,
        /// The pieces.
        thoughts: Vec<Thought>,
    },
}

/// One signed piece of reasoning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thought {
    /// What it holds.
    #[serde(flatten)]
    pub sealed: Sealed,
    /// Bytes of the reply's text that came before it.
    #[serde(default)]
    pub after_text_bytes: usize,
    /// Tool calls that came before it.
    #[serde(default)]
    pub after_calls: usize,
}

/// What a signed piece holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sealed {
    /// The next bytes of the reply's reasoning, signed.
    Signature {
        /// How many bytes.
        reasoning_bytes: usize,
        /// The signature.
        signature: String,
    },
    /// Reasoning that only the provider can read.
    Redacted(String),
}

/// What a user said, with what goes before it and beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserMessage {
    /// What the model is told before the text: notes of the workspace, the summary of what went before; may be empty.
    pub context: String,
    /// The text.
    pub text: String,
    /// Files.
    pub attachments: Vec<Attachment>,
}

impl UserMessage {
    /// Context and text, as one text.
    pub fn whole_text(&self) -> Cow<'_, str> {
        if self.context.is_empty() {
            Cow::Borrowed(&self.text)
        } else {
            Cow::Owned(format!("{}\n\n{}", self.context, self.text))
        }
    }
}

impl Message {
    /// A message of the user that is its text alone.
    pub fn user(text: impl Into<String>) -> Self {
        Self::User(UserMessage { text: text.into(), ..UserMessage::default() })
    }
}

/// One message of the conversation. The system prompt is not one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Of the user.
    User(UserMessage),
    /// Of the model.
    Assistant(AssistantMessage),
    /// What a tool call came to. Every call of an assistant message has exactly one, before the next request (law L3).
    ToolResult {
        /// The call.
        call: CallId,
        /// What the model is told.
        content: String,
    },
}

/// Tokens used, as the provider counted them, and what they cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens sent, those from a cache among them.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Requests made.
    pub model_calls: u64,
    /// Of the tokens sent: those that the provider read from its cache.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cached_tokens: u64,
    /// Of the tokens sent: those that it wrote to its cache.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cache_write_tokens: u64,
    /// Millionths of the currency that the configured prices are in; 0 where none are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cost_micros: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's shape
pub(super) fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Usage {
    /// Tokens sent and written.
    pub fn tokens(&self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        let add = |sum: &mut u64, more: u64| *sum = sum.saturating_add(more);
        add(&mut self.input_tokens, other.input_tokens);
        add(&mut self.output_tokens, other.output_tokens);
        add(&mut self.model_calls, other.model_calls);
        add(&mut self.cached_tokens, other.cached_tokens);
        add(&mut self.cache_write_tokens, other.cache_write_tokens);
        add(&mut self.cost_micros, other.cost_micros);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_earlier_versions_wrote_is_read_and_written_the_same() {
        let usage = r#"{"input_tokens":1,"output_tokens":2,"model_calls":3}"#;
        let read: Usage = serde_json::from_str(usage).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), usage);
        let message = r#"{"text":"hi"}"#;
        let read: AssistantMessage = serde_json::from_str(message).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), message);
    }

    #[test]
    fn thoughts_come_back_from_the_journal_as_they_went_in() {
        let sealed = Sealed::Signature { reasoning_bytes: 4, signature: "c2ln".to_owned() };
        let signed = Thought { sealed, after_text_bytes: 0, after_calls: 0 };
        let redacted = Thought { sealed: Sealed::Redacted("AA==".to_owned()), after_text_bytes: 7, after_calls: 1 };
        let thinking = Thinking::Signed { model: "m".to_owned(), thoughts: vec![signed, redacted] };
        for thinking in [thinking, Thinking::ReasoningContent] {
            let written = serde_json::to_value(&thinking).unwrap();
            assert_eq!(serde_json::from_value::<Thinking>(written).unwrap(), thinking);
        }
    }
}
