mod corpus;

use serde_json::json;

use super::*;

fn rule(tool: &str, prefix: &[&str], path: Option<&str>, action: RuleAction) -> Rule {
    Rule {
        tool: tool.to_owned(),
        argv_prefix: prefix.iter().map(|&word| word.to_owned()).collect(),
        path: path.map(str::to_owned),
        action,
    }
}

fn command(prefix: &[&str], action: RuleAction) -> Rule {
    rule("execute", prefix, None, action)
}

/// Decides where nothing was allowed for the rest of the session.
fn gate(policy: &ApprovalPolicy, rules: &[Rule], tool: &str, arguments: &Value) -> Gate {
    super::gate(&Terms { policy, rules, grants: &[] }, tool, arguments)
}

fn listed() -> ApprovalPolicy {
    ApprovalPolicy::Tools(ApprovalPolicy::default_tools())
}

/// One word for the decision over a shell line.
fn over_line(policy: &ApprovalPolicy, rules: &[Rule], line: &str) -> &'static str {
    word(&gate(policy, rules, "execute", &json!({ "command": line })))
}

fn word(gate: &Gate) -> &'static str {
    match gate {
        Gate::Run => "run",
        Gate::Ask { .. } => "ask",
        Gate::Deny { .. } => "deny",
    }
}

#[test]
fn the_policy_decides_where_no_rule_speaks() {
    let arguments = json!({"file_path": "a", "content": ""});
    assert_eq!(word(&gate(&listed(), &[], "write_file", &arguments)), "ask");
    assert_eq!(word(&gate(&listed(), &[], "read_file", &arguments)), "run");
    assert_eq!(word(&gate(&ApprovalPolicy::None, &[], "write_file", &arguments)), "run");
    assert_eq!(word(&gate(&ApprovalPolicy::All, &[], "read_file", &arguments)), "ask");
    assert_eq!(word(&gate(&ApprovalPolicy::Tools(Vec::new()), &[], "execute", &json!({}))), "run");
}

#[test]
fn deny_wins_over_ask_and_ask_over_allow() {
    use RuleAction::{Allow, Ask, Deny};
    let all = [command(&["git"], Allow), command(&["git", "push"], Ask), command(&["git", "push", "-f"], Deny)];
    let mut turned = all.clone();
    turned.reverse();
    for rules in [&all, &turned] {
        assert_eq!(over_line(&listed(), rules, "git status"), "run");
        assert_eq!(over_line(&listed(), rules, "git push"), "ask");
        assert_eq!(over_line(&listed(), rules, "git push -f"), "deny");
        assert_eq!(over_line(&listed(), rules, "ls"), "ask");
    }
}

#[test]
fn all_is_lifted_by_no_rule_and_none_by_ask_and_deny_only() {
    use RuleAction::{Allow, Ask, Deny};
    assert_eq!(over_line(&ApprovalPolicy::All, &[command(&["git"], Allow)], "git status"), "ask");
    assert_eq!(over_line(&ApprovalPolicy::None, &[command(&["git"], Ask)], "git status"), "ask");
    assert_eq!(over_line(&ApprovalPolicy::None, &[command(&["git"], Deny)], "git status"), "deny");
    assert_eq!(over_line(&ApprovalPolicy::None, &[command(&["git"], Deny)], "ls | wc -l"), "run");
}

#[test]
fn an_allow_rule_needs_certainty() {
    let rules = [command(&["git", "status"], RuleAction::Allow)];
    assert_eq!(over_line(&listed(), &rules, "git status -s"), "run");
    for line in
        ["git status; id", "git status | sh", "git status $(id)", "X=1 git status", "/tmp/git status", "git stat"]
    {
        assert_eq!(over_line(&listed(), &rules, line), "ask", "{line}");
    }
    assert_eq!(word(&gate(&listed(), &rules, "execute", &json!({"command": 5}))), "ask");
    assert_eq!(word(&gate(&listed(), &rules, "execute", &json!("git status"))), "ask");
}

#[test]
fn a_deny_rule_that_may_be_meant_asks_whatever_the_policy() {
    let rules = [command(&["git", "push"], RuleAction::Deny)];
    for line in [
        "cd x && git push",
        "g'i't push",
        "gi\\t push",
        "g\"it\" $x",
        "sh -c 'git push'",
        "env git push",
        "/usr/bin/git push",
        "timeout 5 git push",
        "git -C /x push",
        "xargs git push",
        "git\\\n push",
        "find . -exec git push {} +",
    ] {
        assert_eq!(over_line(&ApprovalPolicy::None, &rules, line), "ask", "{line}");
    }
    for line in ["git status", "ls -la", "echo push", "cargo build"] {
        assert_eq!(over_line(&ApprovalPolicy::None, &rules, line), "run", "{line}");
    }
    assert_eq!(over_line(&ApprovalPolicy::None, &rules, "git push origin main"), "deny");
}

#[test]
fn paths_are_compared_absolute_and_plain() {
    use RuleAction::{Allow, Deny};
    let rules = [rule("write_file", &[], Some("src/**"), Allow), rule("write_file", &[], Some("**/.git/**"), Deny)];
    for (arguments, expected) in [
        (json!({"file_path": "src/a.rs"}), "run"),
        (json!({"file_path": "/workspace/src/a/b.rs"}), "run"),
        (json!({"path": "src/a.rs"}), "run"),
        (json!({"file_path": "src/../a.rs"}), "ask"),
        (json!({"file_path": "/src/a.rs"}), "ask"),
        (json!({"file_path": "src/a.rs", "path": "/etc/x"}), "ask"),
        (json!({"file_path": ["src/a.rs"]}), "ask"),
        (json!({}), "ask"),
        (json!({"file_path": "src/../.git/config"}), "deny"),
        (json!({"file_path": "src/.git/config"}), "deny"),
    ] {
        assert_eq!(word(&gate(&listed(), &rules, "write_file", &arguments)), expected, "{arguments}");
    }
}

#[test]
fn what_reaches_down_asks_where_a_deny_rule_lies_below() {
    let deny = |tool: &str| [rule(tool, &[], Some("/workspace/secrets/**"), RuleAction::Deny)];
    let over = |tool: &str, arguments| word(&gate(&ApprovalPolicy::None, &deny(tool), tool, &arguments));
    assert_eq!(over("grep", json!({"pattern": "x"})), "ask");
    assert_eq!(over("grep", json!({"pattern": "x", "path": "src"})), "run");
    assert_eq!(over("grep", json!({"pattern": "x", "path": "secrets/a"})), "deny");
    assert_eq!(over("glob", json!({"pattern": "*", "path": "/"})), "ask");
    assert_eq!(over("glob", json!({"pattern": "../secrets/*", "path": "src"})), "ask");
    assert_eq!(over("delete", json!({"file_path": "secrets"})), "ask");
    assert_eq!(over("ls", json!({"path": "/workspace"})), "run");
    assert_eq!(over("read_file", json!({"file_path": "secrets/../secrets/key"})), "deny");
}

#[test]
fn the_reason_names_the_rule() {
    let rules = [command(&["git", "push"], RuleAction::Deny)];
    let Gate::Deny { reason } = gate(&listed(), &rules, "execute", &json!({"command": "git push"})) else { panic!() };
    assert_eq!(reason, "a rule denies commands that begin with `git push`");
}

#[test]
fn what_was_allowed_for_the_session_is_not_asked_again() {
    use RuleAction::{Ask, Deny};
    let granted = |command: &str| grant::of("execute", &json!({ "command": command })).unwrap();
    let grants = [granted("git push origin")];
    let over = |policy: &ApprovalPolicy, rules: &[Rule], line: &str| {
        word(&super::gate(&Terms { policy, rules, grants: &grants }, "execute", &json!({ "command": line })))
    };
    let push = &["git", "push"];
    for policy in [listed(), ApprovalPolicy::All] {
        assert_eq!(over(&policy, &[], "git push origin main"), "run");
        assert_eq!(over(&policy, &[command(push, Ask)], "git push origin main"), "run");
        assert_eq!(over(&policy, &[], "git push upstream"), "ask");
        assert_eq!(over(&policy, &[], "git push origin main; id"), "ask");
        assert_eq!(over(&policy, &[command(push, Deny)], "git push origin main"), "deny");
        assert_eq!(over(&policy, &[command(&["git", "origin"], Deny)], "git push origin"), "ask", "it may be meant");
    }
}

#[test]
fn an_answer_for_the_session_is_offered_where_it_would_be_of_use() {
    let offered = |rules: &[Rule], line: &str| match gate(&listed(), rules, "execute", &json!({ "command": line })) {
        Gate::Ask { always, .. } => always.map(|grant| grant.words()),
        other => panic!("{other:?}"),
    };
    assert_eq!(offered(&[], "git push origin").as_deref(), Some("commands that begin with `git push origin`"));
    assert_eq!(offered(&[], "git push | cat"), None);
    let maybe = [command(&["git", "origin"], RuleAction::Deny)];
    assert_eq!(offered(&maybe, "git push origin"), None, "it would ask again all the same");
}
