//! Rules of an agent profile: allow, ask or deny by tool and argument.

use serde::{Deserialize, Serialize};

use super::paths::Pattern;

/// What a rule says about the calls it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleAction {
    /// They run, where the policy lists their tool.
    Allow,
    /// They ask.
    Ask,
    /// They never run.
    Deny,
}

/// One rule, as the configuration writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The tool's name.
    pub tool: String,
    /// Of execute: the words a command begins with; empty: any command.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub argv_prefix: Vec<String>,
    /// Of the file tools: a pattern of paths, absolute or relative to /workspace; absent: any path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What it says.
    pub action: RuleAction,
}

/// The tool whose calls are command lines.
pub(crate) const COMMAND_TOOL: &str = "execute";

/// The tools whose calls name a path.
pub(crate) const PATH_TOOLS: [&str; 7] = ["ls", "read_file", "write_file", "edit_file", "delete", "glob", "grep"];

impl Rule {
    /// Whether the rule can ever match, for the configuration to tell the user.
    pub fn check(&self) -> Result<(), String> {
        if self.tool.is_empty() {
            return Err("`tool` is empty: name a tool".to_owned());
        }
        if !self.argv_prefix.is_empty() && self.tool != COMMAND_TOOL {
            return Err(format!("`argv_prefix` is for `{COMMAND_TOOL}` only, not for `{}`", self.tool));
        }
        if self.argv_prefix.iter().any(String::is_empty) {
            return Err("`argv_prefix` has an empty word".to_owned());
        }
        match &self.path {
            None => Ok(()),
            Some(_) if !PATH_TOOLS.contains(&self.tool.as_str()) => {
                Err(format!("`path` is for {} only, not for `{}`", PATH_TOOLS.join(", "), self.tool))
            }
            Some(pattern) => Pattern::parse(pattern).map(|_| ()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(tool: &str, argv_prefix: &[&str], path: Option<&str>) -> Rule {
        Rule {
            tool: tool.to_owned(),
            argv_prefix: argv_prefix.iter().map(|&word| word.to_owned()).collect(),
            path: path.map(str::to_owned),
            action: RuleAction::Allow,
        }
    }

    #[test]
    fn a_rule_reads_as_the_configuration_writes_it() {
        let read: Rule =
            serde_json::from_str(r#"{"tool":"execute","argv_prefix":["git","status"],"action":"allow"}"#).unwrap();
        assert_eq!(read, rule("execute", &["git", "status"], None));
        assert!(serde_json::from_str::<Rule>(r#"{"tool":"execute","argv":["git"],"action":"allow"}"#).is_err());
        assert!(serde_json::from_str::<Rule>(r#"{"tool":"execute","action":"permit"}"#).is_err());
    }

    #[test]
    fn a_rule_that_cannot_match_is_told() {
        assert!(rule("execute", &["git"], None).check().is_ok());
        assert!(rule("write_file", &[], Some("src/**")).check().is_ok());
        for (never, word) in [
            (rule("", &[], None), "empty"),
            (rule("read_file", &["git"], None), "argv_prefix"),
            (rule("execute", &["git", ""], None), "empty word"),
            (rule("execute", &[], Some("/a")), "path"),
            (rule("write_file", &[], Some("")), "empty"),
        ] {
            assert!(never.check().unwrap_err().contains(word), "{never:?}");
        }
    }
}
