//! What every provider offers: one attempt at one reply.

use futures_util::future::BoxFuture;

use super::error::ModelError;
use super::transcript::Transcript;
use crate::domain::message::{Message, Thinking, Usage};
use crate::domain::tool::ToolSpec;

/// A model that can be asked.
pub trait Model: Send + Sync {
    /// Makes one attempt. Dropping the future ends the attempt and closes its connection.
    fn ask<'a>(
        &'a self,
        request: &'a ModelRequest<'a>,
        deltas: &'a dyn DeltaSink,
    ) -> BoxFuture<'a, Result<ModelReply, ModelError>>;

    /// SHA-256 of what is asked and of whom, in hexadecimal. The same for every attempt at one step.
    fn request_hash(&self, request: &ModelRequest<'_>) -> String;

    /// What a user has to know about the replies, if there is anything: that they are scripted.
    fn note(&self) -> Option<&str> {
        None
    }
}

/// What is asked.
#[derive(Clone, Copy)]
pub struct ModelRequest<'a> {
    /// The system prompt.
    pub system: &'a str,
    /// The conversation, oldest first; every tool call in it has its result.
    pub messages: &'a [Message],
    /// The tools on offer.
    pub tools: &'a [ToolSpec],
    /// Which attempt at this step it is, from 1.
    pub attempt: u32,
    /// What is kept of the conversation's written form between the requests of one session.
    pub transcript: &'a Transcript,
}

/// Where pieces of a reply go while it is written. They are for display only: a failed attempt takes them back.
pub trait DeltaSink: Send + Sync {
    /// A piece of the text. Must not block.
    fn text(&self, delta: &str);
    /// A piece of the reasoning. Must not block.
    fn reasoning(&self, delta: &str);
}

/// A whole reply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelReply {
    /// The text; may be empty beside tool calls.
    pub text: String,
    /// The reasoning, where the model gives it.
    pub reasoning: String,
    /// The tool calls, in order.
    pub tool_calls: Vec<ReplyCall>,
    /// What the provider wants back of its reasoning.
    pub thinking: Option<Thinking>,
    /// Why the model stopped, in its own word; empty where it did not say.
    pub finish_reason: String,
    /// Tokens, where the provider counted them.
    pub usage: Option<Usage>,
}

/// A tool call as the model wrote it: nothing of it is checked yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplyCall {
    /// Its id, where the model gave one. May repeat and may hold anything.
    pub id: Option<String>,
    /// The tool's name.
    pub tool: String,
    /// The arguments: JSON if the model kept to the rules.
    pub arguments: String,
}
