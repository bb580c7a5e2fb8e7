//! Whether a call runs, asks, or is refused: a pure decision over policy, rules and the exact arguments.
//!
//! Deny wins over ask, ask over allow. What is not certain never helps a call: an allow rule needs an exact match, while a
//! deny rule that may be meant asks at least. `all` is lifted by no rule, and `none` by ask and deny rules only. What a person
//! allowed for the rest of the session is not asked again, unless a deny rule may be meant.

use serde_json::Value;

use crate::domain::approval::{ApprovalPolicy, Grant};

use super::grant;
use super::matching::{Match, matches};
pub use super::rule::{Rule, RuleAction};

/// What happens to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gate {
    /// It runs.
    Run,
    /// It waits for an answer.
    Ask {
        /// Why, in words.
        reason: String,
        /// What an answer for the rest of the session would allow.
        always: Option<Grant>,
    },
    /// It never runs.
    Deny {
        /// Why, in words.
        reason: String,
    },
}

/// What decides over the calls of a session.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// Which tools ask.
    pub policy: &'a ApprovalPolicy,
    /// How that is refined by arguments.
    pub rules: &'a [Rule],
    /// What a person allowed for the rest of the session.
    pub grants: &'a [Grant],
}

/// Decides over one call. The arguments are those that will run: edited ones go through here too.
pub fn gate(terms: &Terms<'_>, tool: &str, arguments: &Value) -> Gate {
    let Terms { policy, rules, grants } = terms;
    let mut maybe_denied = None;
    let mut ask = None;
    let mut allowed = false;
    for rule in rules.iter().filter(|rule| rule.tool == tool) {
        match (rule.action, matches(rule, arguments)) {
            (_, Match::No) | (RuleAction::Allow, Match::Maybe) => {}
            (RuleAction::Deny, Match::Yes) => return Gate::Deny { reason: format!("a rule denies {}", named(rule)) },
            (RuleAction::Deny, Match::Maybe) => {
                maybe_denied = Some(format!("a rule denies {}, and this call may come to that", named(rule)));
            }
            (RuleAction::Ask, Match::Yes | Match::Maybe) => {
                ask.get_or_insert_with(|| format!("a rule asks for {}", named(rule)));
            }
            (RuleAction::Allow, Match::Yes) => allowed = true,
        }
    }
    let by_policy = match policy {
        ApprovalPolicy::All => Some("every tool asks in this session".to_owned()),
        ApprovalPolicy::Tools(tools) if !allowed && asks(tools, tool) => Some(format!("{tool} asks in this session")),
        ApprovalPolicy::Tools(_) | ApprovalPolicy::None => None,
    };
    match (maybe_denied, ask.or(by_policy)) {
        (Some(reason), _) => Gate::Ask { reason, always: None },
        (None, Some(_)) if grant::covers(grants, tool, arguments) => Gate::Run,
        (None, Some(reason)) => Gate::Ask { reason, always: grant::of(tool, arguments) },
        (None, None) => Gate::Run,
    }
}

/// Whether a tool asks where these are listed. What a tool of an MCP server does is not known here, so it always does.
fn asks(listed: &[String], tool: &str) -> bool {
    tool.contains("__") || listed.iter().any(|name| name == tool)
}

/// The rule's calls, in words.
fn named(rule: &Rule) -> String {
    match (&rule.path, rule.argv_prefix.as_slice()) {
        (Some(path), _) => format!("{} on {path}", rule.tool),
        (None, []) => rule.tool.clone(),
        (None, prefix) => format!("commands that begin with `{}`", prefix.join(" ")),
    }
}

#[cfg(test)]
mod tests;
