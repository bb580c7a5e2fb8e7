//! Whether a rule is meant by a call's arguments: certainly, perhaps, or not.

use serde_json::Value;

use super::paths::{Pattern, WORKSPACE, absolute};
use super::rule::{COMMAND_TOOL, PATH_TOOLS, Rule};
use super::shell_words::simple_command;

/// How sure a rule is of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Match {
    /// It is not meant.
    No,
    /// It cannot be told.
    Maybe,
    /// It is meant exactly.
    Yes,
}

/// How sure the rule is of a call of its own tool.
pub(crate) fn matches(rule: &Rule, arguments: &Value) -> Match {
    let command = match rule.argv_prefix.as_slice() {
        [] => Match::Yes,
        _ if rule.tool != COMMAND_TOOL => Match::Maybe,
        prefix => match arguments.get("command").and_then(Value::as_str) {
            Some(line) => command_begins_with(prefix, line),
            None => Match::Maybe,
        },
    };
    let path = match &rule.path {
        None => Match::Yes,
        Some(pattern) => path_is_of(pattern, &rule.tool, arguments),
    };
    command.min(path)
}

fn command_begins_with(prefix: &[String], line: &str) -> Match {
    if let Some(words) = simple_command(line) {
        if words.starts_with(prefix) {
            return Match::Yes;
        }
        // The same program by its path, or with options before the rest, may be what the rule means.
        let same_program = words.first().is_some_and(|word| file_name(word) == file_name(&prefix[0]));
        let plain =
            words.iter().all(|word| !word.contains(|c: char| !c.is_ascii_alphanumeric() && !"_./:,@%+=-".contains(c)));
        if same_program || plain {
            return if holds_in_order(prefix, &words) { Match::Maybe } else { Match::No };
        }
    }
    // What a shell makes of this line is not known here: the program's name in it is enough to be careful.
    let bare: String = line.chars().filter(|c| !matches!(c, '\'' | '"' | '\\' | '\n')).collect();
    if bare.contains(file_name(&prefix[0])) { Match::Maybe } else { Match::No }
}

/// Whether the words of the prefix are all among the words, in that order, the program by its file name.
fn holds_in_order(prefix: &[String], words: &[String]) -> bool {
    let mut rest = words.iter();
    prefix.iter().enumerate().all(|(index, wanted)| {
        rest.any(|word| if index == 0 { file_name(word) == file_name(wanted) } else { word == wanted })
    })
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn path_is_of(pattern: &str, tool: &str, arguments: &Value) -> Match {
    let Ok(pattern) = Pattern::parse(pattern) else { return Match::Maybe };
    let Some(path) = path_argument(tool, arguments) else { return Match::Maybe };
    let path = absolute(path);
    // What walks or removes a directory reaches all that is in it.
    let reaches_down = matches!(tool, "delete" | "glob" | "grep");
    if leaves_its_directory(tool, arguments) {
        Match::Maybe
    } else if pattern.matches(&path) {
        Match::Yes
    } else if reaches_down && pattern.reaches_into(&path) {
        Match::Maybe
    } else {
        Match::No
    }
}

/// The one path, absolute and plain, that is all the call is about; none where that is not certain.
pub(super) fn certain_path(tool: &str, arguments: &Value) -> Option<String> {
    let path = path_argument(tool, arguments)?;
    (!leaves_its_directory(tool, arguments)).then(|| absolute(path))
}

/// The one path that the call names; none where it names several, or none that is text.
fn path_argument<'a>(tool: &str, arguments: &'a Value) -> Option<&'a str> {
    if !PATH_TOOLS.contains(&tool) {
        return None;
    }
    let given: Vec<&Value> = ["file_path", "path"].iter().filter_map(|key| arguments.get(key)).collect();
    match given.as_slice() {
        [Value::String(path)] => Some(path),
        [] | [Value::Null] if matches!(tool, "ls" | "glob" | "grep") => Some(WORKSPACE),
        _ => None,
    }
}

/// Whether a pattern among the arguments may lead out of the directory where the search begins.
fn leaves_its_directory(tool: &str, arguments: &Value) -> bool {
    let pattern = match tool {
        "glob" => arguments.get("pattern"),
        "grep" => arguments.get("glob"),
        _ => None,
    };
    pattern.and_then(Value::as_str).is_some_and(|pattern| pattern.starts_with('/') || pattern.contains(".."))
}
