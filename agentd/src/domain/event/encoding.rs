//! Events as the journal stores them: a kind, and a body with its version.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Body;

/// Version of the bodies' shape. Bodies of a later version are refused, earlier ones are read.
pub const BODY_VERSION: u32 = 1;

/// Why a row is not an event this daemon knows.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// It was written by a later version.
    #[error("event {kind} has version {found}, and this agentd knows versions up to {BODY_VERSION}")]
    Newer {
        /// The row's kind.
        kind: String,
        /// Its version.
        found: u32,
    },
    /// Its kind or its fields are unknown.
    #[error("event {kind} cannot be read: {why}")]
    Unreadable {
        /// The row's kind.
        kind: String,
        /// What the decoder says.
        why: String,
    },
}

/// A body as it is stored, beside its kind.
#[derive(Serialize, Deserialize)]
struct Stored<T> {
    v: u32,
    data: T,
}

/// Serde's adjacent tag, apart from the data.
#[derive(Serialize, Deserialize)]
struct Tagged<K, T> {
    kind: K,
    data: T,
}

impl Body {
    /// The kind and the body's text, as the journal stores them: keys in alphabetical order.
    pub fn encode(&self) -> Result<(String, String), serde_json::Error> {
        let tagged: Tagged<String, Value> = serde_json::from_value(serde_json::to_value(self)?)?;
        let text = serde_json::to_string(&Stored { v: BODY_VERSION, data: tagged.data })?;
        Ok((tagged.kind, text))
    }

    /// The body that a row holds.
    pub fn decode(kind: &str, text: &str) -> Result<Self, DecodeError> {
        let unreadable =
            |error: serde_json::Error| DecodeError::Unreadable { kind: kind.to_owned(), why: error.to_string() };
        let stored: Stored<Value> = serde_json::from_str(text).map_err(unreadable)?;
        if stored.v > BODY_VERSION {
            return Err(DecodeError::Newer { kind: kind.to_owned(), found: stored.v });
        }
        let tagged = serde_json::json!({ "kind": kind, "data": stored.data });
        serde_json::from_value(tagged).map_err(unreadable)
    }
}
