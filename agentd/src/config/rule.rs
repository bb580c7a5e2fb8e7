//! Rules of an agent profile.

use serde::{Deserialize, Serialize};

/// What a rule says about the calls it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleAction {
    /// They run.
    Allow,
    /// They ask.
    Ask,
    /// They never run.
    Deny,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The tool's name.
    pub tool: String,
    /// Of execute: the words a command begins with; empty: any command.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub argv_prefix: Vec<String>,
    /// Of the file tools: a pattern of paths; absent: any path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What it says.
    pub action: RuleAction,
}
