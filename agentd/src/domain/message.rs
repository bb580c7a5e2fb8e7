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

/// Tokens used, as the provider counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens sent.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Requests made.
    pub model_calls: u64,
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
        self.model_calls = self.model_calls.saturating_add(other.model_calls);
    }
}
