//! Command lines that try to pass for others. `never_allowed.txt` holds one a line, as a JSON string; `#` begins a comment.
//!
//! What an allow rule means is exactly: the words of one simple command begin with the rule's words. So `git status --help`
//! is not among these lines.

use std::collections::HashSet;

use super::*;

const ALLOWED: [&[&str]; 6] = [&["git", "status"], &["ls"], &["cat"], &["echo"], &["cargo", "test"], &["pwd"]];

fn corpus() -> Vec<String> {
    let lines = include_str!("never_allowed.txt").lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
}

#[test]
fn no_line_passes_an_allow_rule() {
    let lines = corpus();
    assert!(lines.len() >= 500, "{}", lines.len());
    assert_eq!(lines.iter().collect::<HashSet<_>>().len(), lines.len(), "each is another");
    let rules: Vec<Rule> = ALLOWED.iter().map(|words| command(words, RuleAction::Allow)).collect();
    let passed: Vec<&String> = lines.iter().filter(|line| over_line(&listed(), &rules, line) == "run").collect();
    assert!(passed.is_empty(), "{} of {}: {passed:?}", passed.len(), lines.len());
}

#[test]
fn no_line_passes_what_was_allowed_for_the_session() {
    let granted = |words: &[&str]| {
        let line = format!("{} -x", words.join(" "));
        grant::of("execute", &json!({ "command": line })).unwrap()
    };
    let grants: Vec<Grant> = ALLOWED.iter().map(|words| granted(words)).collect();
    for policy in [listed(), ApprovalPolicy::All] {
        let terms = Terms { policy: &policy, rules: &[], grants: &grants };
        for line in corpus() {
            let gate = super::super::gate(&terms, "execute", &json!({ "command": line }));
            assert_eq!(word(&gate), "ask", "{line:?}");
        }
    }
}

#[test]
fn the_rules_do_pass_what_they_are_for() {
    let rules: Vec<Rule> = ALLOWED.iter().map(|words| command(words, RuleAction::Allow)).collect();
    for line in [
        "git status",
        "git status -s --branch",
        "ls -la /tmp",
        "cat 'a b'",
        "echo \"it; is\"",
        "cargo test -p x",
        "pwd",
    ] {
        assert_eq!(over_line(&listed(), &rules, line), "run", "{line}");
    }
}
