//! What a search found, in words. Pure.

use std::collections::BTreeMap;

use crate::sandbox::init_client::wire::GrepResponse;

use crate::tools::names::{counted, on_one_line, under};
use crate::tools::output_caps::{Lines, line_cut_at};

use super::{Asked, DEADLINE_MS, OutputMode};

const TEXT_BYTES_MAX: usize = 48 * 1024;
/// Bytes of a matching line that are shown.
const LINE_BYTES_MAX: usize = 500;

/// What a search found.
pub(super) struct Found<'a> {
    /// What was asked.
    pub(super) asked: &'a Asked<'a>,
    /// The directory that the paths of the matches begin at.
    pub(super) directory: &'a str,
    /// How many matches were looked for.
    pub(super) matches_max: u64,
    /// The matches.
    pub(super) answer: &'a GrepResponse,
}

impl Found<'_> {
    /// What the model is told.
    pub(super) fn told(&self) -> String {
        let where_ = on_one_line(&self.asked.path);
        let matches = &self.answer.matches;
        if matches.is_empty() {
            return self.nothing(&where_);
        }
        let mut files: BTreeMap<&str, u64> = BTreeMap::new();
        for found in matches {
            *files.entry(&found.path).or_default() += 1;
        }
        let mut lines = Lines::new(TEXT_BYTES_MAX);
        let rows: Vec<String> = match self.asked.mode {
            OutputMode::FilesWithMatches => files.keys().map(|path| self.path(path)).collect(),
            OutputMode::Count => files.iter().map(|(path, count)| format!("{}: {count}", self.path(path))).collect(),
            OutputMode::Content => matches
                .iter()
                .map(|found| {
                    let text = line_cut_at(found.text.trim_end_matches(['\r', '\n']), LINE_BYTES_MAX);
                    format!("{}:{}: {text}", self.path(&found.path), found.line)
                })
                .collect(),
        };
        let shown_max = usize::try_from(self.asked.count_max).unwrap_or(usize::MAX);
        rows.iter().take(shown_max).for_each(|row| lines.push(row));
        let more = rows.len() - lines.taken();
        let count = counted(matches.len() as u64, "matching line");
        let in_files = counted(files.len() as u64, "file");
        let mut text = lines.into_text();
        text.push_str(&match (self.answer.partial, more) {
            (false, 0) => format!("[{count} in {in_files}]"),
            (false, more) => format!("[{count} in {in_files}; {more} more not shown: narrow the search]"),
            (true, _) => format!("[partial: {count} in {in_files} so far; {}]", self.limit()),
        });
        text
    }

    fn limit(&self) -> String {
        if self.answer.matches.len() as u64 >= self.matches_max {
            "there may be more: narrow the search".to_owned()
        } else {
            format!("the limit of {} s was reached: narrow the path or the glob", DEADLINE_MS / 1000)
        }
    }

    fn nothing(&self, where_: &str) -> String {
        let pattern = on_one_line(&line_cut_at(self.asked.pattern, LINE_BYTES_MAX));
        let partial = if self.answer.partial { format!(" so far; {}", self.limit()) } else { String::new() };
        let hint = if !self.asked.regex && looks_like_regex(self.asked.pattern) {
            "\n[the pattern was taken literally and looks like a regular expression: set regex to true to use it as one]"
        } else {
            ""
        };
        format!("[no line in {where_} matches {pattern}{partial}]{hint}")
    }

    fn path(&self, relative: &str) -> String {
        on_one_line(&under(self.directory, relative))
    }
}

/// Whether a literal pattern was likely meant as a regular expression.
fn looks_like_regex(pattern: &str) -> bool {
    let escapes = ["\\.", "\\w", "\\d", "\\s", "\\b", "\\(", "\\[", "\\|"];
    let repeats = [".*", ".+", "]*", "]+", ")*", ")+", ")?", "(?:"];
    escapes.iter().chain(&repeats).any(|sign| pattern.contains(sign))
        || pattern.contains('|')
        || pattern.starts_with('^')
        || (pattern.ends_with('$') && pattern.len() > 1)
        || (pattern.contains('[') && pattern.contains("-") && pattern.contains(']'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::init_client::wire::Match;
    use serde_json::{Value, json};

    fn told(arguments: &Value, matches: &[(&str, u64, &str)], partial: bool) -> String {
        let asked = Asked::of(arguments).unwrap();
        let matches = matches
            .iter()
            .map(|&(path, line, text)| Match { path: path.to_owned(), line, text: text.to_owned() })
            .collect();
        let answer = GrepResponse { matches, partial };
        Found { asked: &asked, directory: "/workspace", matches_max: 10, answer: &answer }.told()
    }

    const THREE: &[(&str, u64, &str)] = &[("a.rs", 1, "x one"), ("a.rs", 9, "x two\r"), ("b.rs", 3, "x")];

    #[test]
    fn each_mode_has_its_shape() {
        let in_mode = |mode: &str| told(&json!({"pattern": "x", "output_mode": mode}), THREE, false);
        assert_eq!(in_mode(""), "/workspace/a.rs\n/workspace/b.rs\n[3 matching lines in 2 files]");
        assert_eq!(in_mode("count"), "/workspace/a.rs: 2\n/workspace/b.rs: 1\n[3 matching lines in 2 files]");
        assert_eq!(
            in_mode("content"),
            "/workspace/a.rs:1: x one\n/workspace/a.rs:9: x two\n/workspace/b.rs:3: x\n[3 matching lines in 2 files]"
        );
    }

    #[test]
    fn what_is_not_shown_is_counted() {
        let text = told(&json!({"pattern": "x", "max_count": 1}), THREE, false);
        assert!(text.ends_with("[3 matching lines in 2 files; 1 more not shown: narrow the search]"), "{text}");
        assert!(
            told(&json!({"pattern": "x"}), THREE, true)
                .contains("partial: 3 matching lines in 2 files so far; the limit of 15 s")
        );
        let ten = vec![("a.rs", 1, "x"); 10];
        assert!(told(&json!({"pattern": "x"}), &ten, true).contains("there may be more"));
    }

    #[test]
    fn long_lines_are_cut_and_the_whole_is_bounded() {
        let long = "x".repeat(2000);
        let many = vec![("a.rs", 1, long.as_str()); 1000];
        let text = told(&json!({"pattern": "x", "output_mode": "content", "max_count": 1000}), &many, false);
        assert!(text.len() < TEXT_BYTES_MAX + 200 && text.contains("line cut at 500 bytes"));
        assert!(text.contains("more not shown"));
    }

    #[test]
    fn a_literal_that_looks_like_a_regex_is_hinted_at() {
        for pattern in ["foo.*bar", "^use", "a|b", "\\bword\\b", "end$", "[a-z]x"] {
            assert!(told(&json!({ "pattern": pattern }), &[], false).contains("set regex to true"), "{pattern}");
        }
        for pattern in ["foo(bar)", "a.b", "x[0]", "$", "why?", "C++"] {
            assert!(!told(&json!({ "pattern": pattern }), &[], false).contains("regex"), "{pattern}");
        }
        assert_eq!(told(&json!({"pattern": "a|b", "regex": true}), &[], false), "[no line in /workspace matches a|b]");
    }
}
