//! What a person allows for the rest of a session with one answer, and whether a call is among it.
//!
//! A grant is never wider than the call that was answered: its exact words and what may follow them, or its exact path. A
//! line that is not certain to be one simple command gets no grant, and is covered by none.

use serde_json::Value;

use crate::domain::approval::{Grant, Scope};

use super::digest::digest;
use super::matching::certain_path;
use super::rule::{COMMAND_TOOL, PATH_TOOLS};
use super::shell_words::simple_command;

/// The grant that an answer to this call can give; none where what it would allow is not certain.
pub fn of(tool: &str, arguments: &Value) -> Option<Grant> {
    let scope = if tool == COMMAND_TOOL {
        let words = simple_command(arguments.get("command")?.as_str()?)?;
        // A bare program's name begins everything that the program can do.
        if words.len() == 1 { Scope::Argv(words) } else { Scope::ArgvPrefix(words) }
    } else if PATH_TOOLS.contains(&tool) {
        Scope::Path(certain_path(tool, arguments)?)
    } else {
        Scope::Arguments(digest(tool, arguments))
    };
    Some(Grant { tool: tool.to_owned(), scope })
}

/// Whether a call is certain to be among what was granted.
pub fn covers(grants: &[Grant], tool: &str, arguments: &Value) -> bool {
    let Some(asked) = of(tool, arguments) else { return false };
    grants.iter().any(|grant| grant.tool == tool && holds(&grant.scope, &asked.scope))
}

fn holds(granted: &Scope, asked: &Scope) -> bool {
    match (granted, asked) {
        (Scope::ArgvPrefix(prefix), Scope::ArgvPrefix(words)) => words.starts_with(prefix),
        (granted, asked) => granted == asked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(command: &str) -> Value {
        json!({ "command": command })
    }

    /// Whether the answer to the first command covers the second.
    fn covered(granted: &str, asked: &str) -> bool {
        covers(&of("execute", &run(granted)).into_iter().collect::<Vec<_>>(), "execute", &run(asked))
    }

    #[test]
    fn a_command_covers_what_begins_with_all_its_words() {
        assert!(covered("git status", "git status"));
        assert!(covered("git status", "git  status -s"));
        for asked in ["git", "git stash", "git statusx", "status git", "git -c x=y status", "/usr/bin/git status"] {
            assert!(!covered("git status", asked), "{asked}");
        }
    }

    #[test]
    fn a_bare_program_covers_itself_alone() {
        assert!(covered("make", "make"));
        assert!(!covered("make", "make install"));
        assert!(!covered("bash", "bash -c id"));
        assert!(!covered("make install", "make"));
    }

    #[test]
    fn a_line_that_is_not_certain_gives_and_gets_nothing() {
        for line in ["git status; id", "git status | sh", "git status $(id)", "X=1 git status", "git status > x", ""] {
            assert_eq!(of("execute", &run(line)), None, "{line}");
            assert!(!covered(line, line), "{line}");
            assert!(!covered("git status", line), "{line}");
        }
        assert_eq!(of("execute", &json!({"command": 5})), None);
    }

    #[test]
    fn a_path_covers_itself_in_every_spelling_and_nothing_below() {
        let grants = [of("write_file", &json!({"file_path": "src/a.rs", "content": "x"})).unwrap()];
        let over = |tool: &str, path: &str| covers(&grants, tool, &json!({ "file_path": path, "content": "y" }));
        assert!(over("write_file", "/workspace/src/../src/a.rs"));
        assert!(!over("write_file", "src/b.rs"));
        assert!(!over("write_file", "src/a.rs/b"));
        assert!(!over("edit_file", "src/a.rs"));
        assert_eq!(of("write_file", &json!({"file_path": "a", "path": "b"})), None);
        assert_eq!(of("glob", &json!({"pattern": "../*", "path": "src"})), None);
    }

    #[test]
    fn any_other_tool_is_covered_with_the_same_arguments_alone() {
        let grants = [of("mcp__web__get", &json!({"url": "a"})).unwrap()];
        assert!(covers(&grants, "mcp__web__get", &json!({"url": "a"})));
        assert!(!covers(&grants, "mcp__web__get", &json!({"url": "b"})));
        assert!(!covers(&grants, "mcp__web__put", &json!({"url": "a"})));
    }
}
