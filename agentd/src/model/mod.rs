//! Model endpoints: one request in, a stream of deltas and one whole reply out.
//!
//! A provider makes one attempt and never another: attempts are journaled, so the turn decides about them. This room never writes
//! a key to an error, a log or a reply, and never hands out the tool calls of a reply that is not whole.

mod chat;
pub use chat::{DeltaSink, Model, ModelReply, ModelRequest, ReplyCall};

mod error;
pub use error::{Class, Endpoint, ModelError, Silence};

/// Whether a failed attempt is followed by another, and when.
pub mod retry;

mod config;
pub use config::{Api, ModelConfig};

mod registry;
pub use registry::Models;

mod environment;
pub use environment::Environment;

mod parts;

mod openai;

mod local;

mod scripted;

mod client;

/// HTTP as endpoints are spoken to: for servers of another kind.
pub(crate) mod http;

mod sse;

mod hash;

mod key;

mod quote;
