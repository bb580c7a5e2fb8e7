//! Tool calls as cards: what is called, and how it ended.

use proto::v1::{ExecReport, ToolOutcome};
use serde_json::Value;

use super::style::{Palette, Style};
use super::{escape, words};

const SUMMARY_CHARS_MAX: usize = 120;
const DIFF_LINES_MAX: usize = 40;

/// How a call ended, as its event says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Done,
    Failed,
    Denied,
    Cancelled,
    Unknown,
}

/// The tool and what matters of its arguments, on one line.
pub(crate) fn title(tool: &str, arguments: &str) -> String {
    let summary = summary(tool, arguments);
    let tool = escape::line(tool);
    if summary.is_empty() { tool } else { format!("{tool} {summary}") }
}

fn summary(tool: &str, arguments: &str) -> String {
    let value: Value = serde_json::from_str(arguments).unwrap_or(Value::Null);
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    let found = match tool {
        "execute" => text("command").map(str::to_owned),
        "read_file" | "write_file" | "edit_file" | "delete" => text("file_path").map(str::to_owned),
        "ls" => Some(text("path").unwrap_or_default().to_owned()),
        "glob" | "grep" => text("pattern").map(|pattern| match text("path") {
            Some(path) => format!("{} in {path}", words::shell(pattern)),
            None => words::shell(pattern),
        }),
        "ask_user" => text("question").map(str::to_owned),
        // The list itself is shown when it is in force.
        "write_todos" => Some(String::new()),
        _ => None,
    };
    words::cut(&escape::line(found.as_deref().unwrap_or(arguments)), SUMMARY_CHARS_MAX)
}

/// The line a call ends with, and under it what is worth seeing: the tail of a command's output, a diff, or why not.
pub(crate) fn outcome(
    ending: Ending,
    title: &str,
    outcome: &ToolOutcome,
    tail: &[String],
    colors: Palette,
) -> Vec<String> {
    let first_line = || escape::line(outcome.content.lines().next().unwrap_or_default());
    let (mark, style, words) = match (ending, &outcome.exec) {
        (Ending::Done | Ending::Failed, Some(exec)) => {
            let good = ending == Ending::Done && exec.exit_code == 0;
            (if good { "✓" } else { "✗" }, if good { Style::Good } else { Style::Bad }, report(exec))
        }
        (Ending::Done, None) => ("✓", Style::Good, String::new()),
        (Ending::Failed, None) => ("✗", Style::Bad, first_line()),
        (Ending::Denied, _) => ("✗", Style::Warn, format!("rejected; the model was told: {}", first_line())),
        (Ending::Cancelled, _) => ("✗", Style::Warn, "cancelled".to_owned()),
        (Ending::Unknown, _) => {
            ("?", Style::Warn, "interrupted; may have taken effect, and is not repeated by itself".to_owned())
        }
    };
    let words = if words.is_empty() { words } else { format!(" · {words}") };
    let mut lines: Vec<String> = tail.iter().map(|line| colors.paint(Style::Faint, &format!("    {line}"))).collect();
    if let (Ending::Done, Some(diff)) = (ending, &outcome.diff) {
        lines.extend(diff_lines(diff, colors));
    }
    lines.push(format!("{} {title}{words}", colors.paint(style, mark)));
    lines
}

/// How a command ended, in words.
pub(crate) fn report(exec: &ExecReport) -> String {
    let mut words = match exec.signal {
        Some(signal) => format!("ended by signal {signal}"),
        None => format!("exit {}", exec.exit_code),
    };
    if exec.timed_out {
        words += " (timeout)";
    }
    if exec.oom {
        words += " (out of memory)";
    }
    words += &format!(" · {}", words::duration_ms(exec.duration_ms));
    if exec.truncated {
        words += &format!(" · {} of output, cut", words::bytes(exec.output_bytes));
    }
    words
}

fn diff_lines(diff: &str, colors: Palette) -> Vec<String> {
    let mut lines: Vec<String> = diff.lines().take(DIFF_LINES_MAX).map(|line| diff_line(line, colors)).collect();
    let more = diff.lines().count() - lines.len();
    if more > 0 {
        lines.push(colors.paint(Style::Faint, &format!("    … {} more", words::count(more as u64, "line"))));
    }
    lines
}

/// One line of a unified diff, indented and in its colour.
pub(crate) fn diff_line(line: &str, colors: Palette) -> String {
    let style = match line.as_bytes().first() {
        Some(b'+') => Style::Good,
        Some(b'-') => Style::Bad,
        _ => Style::Faint,
    };
    format!("    {}", colors.paint(style, &escape::line(line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: fn() -> Palette = || Palette::new(false);

    fn of(content: &str) -> ToolOutcome {
        ToolOutcome { content: content.into(), ..ToolOutcome::default() }
    }

    #[test]
    fn a_title_tells_what_matters() {
        assert_eq!(title("execute", r#"{"command":"ls -la\nrm x","timeout":5}"#), "execute ls -la\\nrm x");
        assert_eq!(title("write_file", r#"{"file_path":"a.py","content":"…"}"#), "write_file a.py");
        assert_eq!(title("grep", r#"{"pattern":"fn main","path":"src"}"#), "grep 'fn main' in src");
        assert_eq!(title("ls", "{}"), "ls");
        assert_eq!(title("odd\u{1b}", "not json"), "odd\\x1b not json");
        assert_eq!(title("execute", &format!(r#"{{"command":"{}"}}"#, "x".repeat(500))).chars().count(), 8 + 120);
    }

    #[test]
    fn a_command_ends_with_code_time_and_tail() {
        let exec = ExecReport { exit_code: 7, duration_ms: 5_040, ..ExecReport::default() };
        let done = ToolOutcome { exec: Some(exec), ..of("…") };
        let lines = outcome(Ending::Done, "execute sleep 5", &done, &["done".into()], PLAIN());
        assert_eq!(lines, ["    done", "✗ execute sleep 5 · exit 7 · 5.0 s"]);
        let exec = ExecReport {
            exit_code: 124,
            duration_ms: 2_000,
            timed_out: true,
            truncated: true,
            output_bytes: 300 << 20,
            ..ExecReport::default()
        };
        assert_eq!(report(&exec), "exit 124 (timeout) · 2.0 s · 300 MiB of output, cut");
        let exec = ExecReport { exit_code: 137, signal: Some(9), oom: true, ..ExecReport::default() };
        assert_eq!(report(&exec), "ended by signal 9 (out of memory) · 0 ms");
    }

    #[test]
    fn what_did_not_happen_is_said_plainly() {
        let line = |ending, content: &str| outcome(ending, "delete x", &of(content), &[], PLAIN()).join("\n");
        assert_eq!(line(Ending::Failed, "no such file\nmore"), "✗ delete x · no such file");
        assert_eq!(line(Ending::Denied, "keep it"), "✗ delete x · rejected; the model was told: keep it");
        assert_eq!(line(Ending::Cancelled, ""), "✗ delete x · cancelled");
        assert_eq!(
            line(Ending::Unknown, ""),
            "? delete x · interrupted; may have taken effect, and is not repeated by itself"
        );
    }

    #[test]
    fn a_change_shows_its_diff_and_colours() {
        let diff = format!("@@ -1 +1 @@\n-a\n+b\u{1b}\n{}", "+x\n".repeat(50));
        let changed = ToolOutcome { diff: Some(diff), ..of("") };
        let lines = outcome(Ending::Done, "edit_file a", &changed, &[], Palette::new(true));
        assert_eq!(lines[2], "    \u{1b}[32m+b\\x1b\u{1b}[0m");
        assert_eq!(lines[40], "\u{1b}[2m    … 13 lines more\u{1b}[0m");
        assert_eq!(lines[41], "\u{1b}[32m✓\u{1b}[0m edit_file a");
    }
}
