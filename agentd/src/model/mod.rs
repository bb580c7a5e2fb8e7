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

/// What is kept of a conversation between requests.
mod transcript;
pub use transcript::Transcript;

mod config;
pub use config::{Api, ModelConfig, Prices, Timeouts};

/// What types cannot say of a record.
mod check;
pub use check::BadSetting;

mod registry;
pub use registry::Models;

/// Whether the models answer.
mod look;
pub use look::{Standing, Stands};

mod environment;
pub use environment::Environment;

mod parts;

// The protocols, and what all of them are made of.
mod openai;

mod anthropic;

mod scripted;

mod first_listed;

mod said;

mod pairing;

mod reader;

/// HTTP as endpoints are spoken to: for servers of another kind.
pub(crate) mod http;

mod sse;

mod reported;

mod ending;

mod wire;

mod client;

mod retry_after;

mod key;

mod quote;

/// The other side, for tests.
#[cfg(test)]
#[path = "../../../tests/integration/fixtures/model_server/mod.rs"]
mod model_server;
