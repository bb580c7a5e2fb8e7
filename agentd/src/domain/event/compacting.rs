//! What a request to the model is for, and where a shortened conversation is cut.

use serde::{Deserialize, Serialize};

/// What a request to the model is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The next reply of the turn.
    #[default]
    Reply,
    /// A summary of the oldest part of the conversation.
    Summary,
}

impl Purpose {
    /// The name used in events.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Summary => "summary",
        }
    }

    pub(super) fn is_reply(&self) -> bool {
        *self == Self::Reply
    }
}

/// What was left out of a conversation. Messages are counted from its oldest, as it was before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// So many messages are gone, and a summary stands in their place; 0: none.
    pub summarised: u64,
    /// The tool results among so many messages are gone.
    pub results_dropped: u64,
}
