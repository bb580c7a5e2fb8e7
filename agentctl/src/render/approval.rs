//! What waits for an answer, in full: every character of what will run, and the lines that answer it.

use std::path::Path;

use proto::v1::Approval;
use serde_json::Value;

use super::style::{Palette, Style};
use super::{escape, words};

/// Arguments longer than this are not repeated in the line that edits them.
const EDIT_BYTES_MAX: usize = 300;

/// One waiting call with all its arguments.
pub(crate) fn full(approval: &Approval, colors: Palette) -> String {
    let mut text = format!(
        "{} {}  call {}  session {}  turn {}\n",
        colors.paint(Style::Warn, if approval.question { "answer wanted:" } else { "approval wanted:" }),
        colors.paint(Style::Strong, &escape::line(&approval.tool)),
        escape::line(&approval.call),
        words::short_id(&approval.session),
        approval.turn
    );
    match serde_json::from_str::<Value>(&approval.arguments) {
        Ok(Value::Object(arguments)) => {
            for (name, value) in &arguments {
                text += &argument(name, value, &approval.tool, colors);
            }
        }
        _ => text += &lines_of(&approval.arguments, "  │ ", None, colors),
    }
    for (name, words) in
        [("why", &approval.reason), ("always would allow", &approval.always), ("expires", &approval.expires_at)]
    {
        if !words.is_empty() {
            text += &format!("  {}\n", colors.paint(Style::Faint, &format!("{name}: {}", escape::line(words))));
        }
    }
    text + &format!("  {}\n", colors.paint(Style::Faint, &format!("sha256 {}", escape::line(&approval.digest))))
}

fn argument(name: &str, value: &Value, tool: &str, colors: Palette) -> String {
    let name_shown = colors.paint(Style::Strong, &escape::line(name));
    let Value::String(text) = value else {
        return format!("  {name_shown}: {}\n", escape::json(&value.to_string()));
    };
    let (prefix, style) = match (tool, name) {
        ("write_file", "content") | ("edit_file", "new_string") => ("  + ", Some(Style::Good)),
        ("edit_file", "old_string") => ("  - ", Some(Style::Bad)),
        ("execute", "command") => ("  $ ", Some(Style::Strong)),
        _ if text.contains('\n') => ("  │ ", None),
        _ => return format!("  {name_shown}: {}{}\n", escape::line(text), exact(text)),
    };
    let mut shown = format!("  {name_shown}:\n{}", lines_of(text, prefix, style, colors));
    if text.is_empty() {
        shown = format!("  {name_shown}: (empty)\n");
    } else if prefix == "  + " && !text.ends_with('\n') {
        shown += &format!("  {}\n", colors.paint(Style::Faint, "\\ no newline at the end"));
    }
    shown + &exact(text)
}

fn lines_of(text: &str, prefix: &str, style: Option<Style>, colors: Palette) -> String {
    let mut shown = String::new();
    for line in text.split_inclusive('\n') {
        let line = format!("{prefix}{}", escape::block(line.strip_suffix('\n').unwrap_or(line)));
        shown += &style.map_or_else(|| line.clone(), |style| colors.paint(style, &line));
        shown.push('\n');
    }
    shown
}

/// Where a text cannot be shown as it is, its exact form too: an escaped character and a typed `\x1b` look the same.
fn exact(text: &str) -> String {
    if escape::block(text) == text {
        return String::new();
    }
    format!(
        "\n  holds characters that are not shown as they are; exactly it is {}\n",
        escape::json(&Value::from(text).to_string())
    )
}

/// A call that waits, as far as the lines that answer it need to know.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting<'a> {
    /// Its id.
    pub(crate) call: &'a str,
    /// Its arguments; empty where they are not known.
    pub(crate) arguments: &'a str,
    /// Whether it is a question.
    pub(crate) question: bool,
}

/// The commands that answer the calls of one session, ready for a shell.
pub(crate) fn resume_lines(session: &str, calls: &[Waiting<'_>], socket: Option<&Path>) -> Vec<String> {
    let socket = socket.map(|path| format!("--socket {} ", words::shell(&path.to_string_lossy()))).unwrap_or_default();
    let resume = format!("agentctl {socket}resume {}", words::shell(session));
    let questions = calls.iter().filter(|call| call.question).count();
    let mut lines = Vec::new();
    if questions == 0 {
        lines.push(format!("{resume} continue"));
    }
    lines.push(format!("{resume} cancel --message 'why not'"));
    for waiting in calls {
        let call = words::shell(waiting.call);
        let named = if calls.len() > 1 { format!(" --call {call}") } else { String::new() };
        if waiting.question {
            lines.push(format!("{resume} continue{named} --message 'the answer'"));
        } else if calls.len() > 1 {
            lines.push(format!("{resume} continue{named}"));
        }
        if calls.len() > 1 {
            lines.push(format!("{resume} cancel{named} --message 'why not'"));
        }
        let edit = compact(waiting.arguments).filter(|arguments| arguments.len() <= EDIT_BYTES_MAX);
        if let (Some(arguments), false) = (edit, waiting.question) {
            lines.push(format!("{resume} continue --call {call} --edit {}", words::shell(&arguments)));
        }
    }
    lines.iter().map(|line| escape::line(line)).collect()
}

/// Arguments as one line of JSON that can be edited; `None` where they are no JSON object.
pub(crate) fn compact(arguments: &str) -> Option<String> {
    let value: Value = serde_json::from_str(arguments).ok()?;
    value.is_object().then(|| escape::json(&value.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn approval(tool: &str, arguments: &str) -> Approval {
        Approval {
            session: "0123456789abcdef".into(),
            turn: 2,
            call: "call_1".into(),
            tool: tool.into(),
            arguments: arguments.into(),
            digest: "ab12".into(),
            requested_at: "2026-01-02T03:04:05Z".into(),
            ..Approval::default()
        }
    }

    fn text(tool: &str, arguments: &str) -> String {
        full(&approval(tool, arguments), Palette::new(false))
    }

    #[test]
    fn a_file_is_shown_whole() {
        assert_eq!(
            text("write_file", r#"{"file_path":"/workspace/hello.py","content":"print('Hello')\n\nend"}"#),
            "\
approval wanted: write_file  call call_1  session 0123456789ab  turn 2
  content:
  + print('Hello')
  + 
  + end
  \\ no newline at the end
  file_path: /workspace/hello.py
  sha256 ab12
"
        );
        let long = format!(r#"{{"file_path":"f","content":"{}"}}"#, "line\\n".repeat(5000));
        assert_eq!(text("write_file", &long).matches("  + line\n").count(), 5000);
    }

    #[test]
    fn an_edit_shows_both_sides() {
        assert_eq!(
            text("edit_file", r#"{"file_path":"a","old_string":"x = 1","new_string":"","replace_all":true}"#),
            "\
approval wanted: edit_file  call call_1  session 0123456789ab  turn 2
  file_path: a
  new_string: (empty)
  old_string:
  - x = 1
  replace_all: true
  sha256 ab12
"
        );
    }

    #[test]
    fn nothing_in_a_command_hides() {
        let shown = text("execute", r#"{"command":"ls\u001b[8m; rm -rf .","timeout":120}"#);
        assert_eq!(
            shown,
            "\
approval wanted: execute  call call_1  session 0123456789ab  turn 2
  command:
  $ ls\\x1b[8m; rm -rf .

  holds characters that are not shown as they are; exactly it is \"ls\\u001b[8m; rm -rf .\"
  timeout: 120
  sha256 ab12
"
        );
    }

    #[test]
    fn arguments_that_are_no_object_are_shown_as_they_are() {
        assert!(text("odd", "not\u{202e} json").contains("  │ not\\u{202e} json\n"));
    }

    #[test]
    fn arguments_to_edit_are_one_line() {
        assert_eq!(compact("{\n \"a\": \"\u{200b}\"\n}").unwrap(), "{\"a\":\"\\u200b\"}");
        assert_eq!(compact("[1]"), None);
    }

    fn call<'a>(call: &'a str, arguments: &'a str) -> Waiting<'a> {
        Waiting { call, arguments, question: false }
    }

    #[test]
    fn a_question_is_answered_in_words() {
        let question = Waiting { question: true, ..call("q", r#"{"question":"Which?"}"#) };
        assert_eq!(
            resume_lines("0123", &[question], None),
            ["agentctl resume 0123 cancel --message 'why not'", "agentctl resume 0123 continue --message 'the answer'",]
        );
        let mut shown = approval("ask_user", r#"{"question":"Which?","choices":["a","b"]}"#);
        shown.question = true;
        let text = full(&shown, Palette::new(false));
        assert!(text.starts_with("answer wanted: ask_user"), "{text}");
        assert!(text.contains("  question: Which?\n") && text.contains("  choices: [\"a\",\"b\"]\n"), "{text}");
    }

    #[test]
    fn what_always_would_allow_is_shown() {
        let mut shown = approval("execute", r#"{"command":"git status"}"#);
        shown.always = "commands that begin with `git status`".into();
        let text = full(&shown, Palette::new(false));
        assert!(text.contains("  always would allow: commands that begin with `git status`\n"), "{text}");
    }

    #[test]
    fn one_call_needs_no_name() {
        assert_eq!(
            resume_lines("0123", &[call("call_1", r#"{"command":"it's"}"#)], None),
            [
                "agentctl resume 0123 continue",
                "agentctl resume 0123 cancel --message 'why not'",
                r#"agentctl resume 0123 continue --call call_1 --edit '{"command":"it'\''s"}'"#,
            ]
        );
    }

    #[test]
    fn several_calls_are_answered_each_by_its_id() {
        let lines = resume_lines("0123", &[call("a b", ""), call("c\u{1b}", "")], Some(Path::new("/run/my sock")));
        assert_eq!(
            lines,
            [
                "agentctl --socket '/run/my sock' resume 0123 continue",
                "agentctl --socket '/run/my sock' resume 0123 cancel --message 'why not'",
                "agentctl --socket '/run/my sock' resume 0123 continue --call 'a b'",
                "agentctl --socket '/run/my sock' resume 0123 cancel --call 'a b' --message 'why not'",
                "agentctl --socket '/run/my sock' resume 0123 continue --call 'c\\x1b'",
                "agentctl --socket '/run/my sock' resume 0123 cancel --call 'c\\x1b' --message 'why not'",
            ]
        );
    }
}
