//! AGENTS.md, as it was when a turn began.

use serde::{Deserialize, Serialize};

/// What a workspace's AGENTS.md held. It is data of the workspace, and hostile like all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentsFile {
    /// The text, as far as it is told; empty: there is no such file any more.
    pub text: String,
    /// Whether the file has more.
    #[serde(default)]
    pub is_cut: bool,
    /// SHA-256 of the text, in hexadecimal.
    pub sha256: String,
}
