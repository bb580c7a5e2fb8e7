//! grep: lines that match, in files.

use crate::sandbox::init_client::wire::{EntryKind, GrepRequest};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::domain::outcome::{Outcome, OutcomeKind, ReplayClass};
use crate::domain::tool::ToolSpec;

use super::arguments::{Arguments, Shape};
use super::stop::{Stop, settle};
use super::tool::{SandboxGone, Tool, ToolRun};
use found::Found;

mod found;

const COUNT_DEFAULT: u64 = 200;
const COUNT_MAX: u64 = 1000;
/// Matches that are looked at to name or count files.
const MATCHES_MAX: u64 = 10_000;
const DEADLINE_MS: u64 = 15_000;
const PATTERN_BYTES_MAX: usize = 4096;

static SHAPE: Shape = Shape {
    tool: "grep",
    fields: &["pattern", "path", "glob", "output_mode", "max_count", "regex"],
    example: r#"{"pattern": "fn main(", "path": "/workspace/src", "glob": "*.rs", "output_mode": "content"}"#,
};

/// Searches in files.
pub(crate) struct Grep;

/// What of the matches is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OutputMode {
    FilesWithMatches,
    Content,
    Count,
}

struct Asked<'a> {
    pattern: &'a str,
    regex: bool,
    path: String,
    glob: &'a str,
    mode: OutputMode,
    count_max: u64,
}

impl<'a> Asked<'a> {
    fn of(arguments: &'a Value) -> Result<Self, String> {
        let arguments = Arguments::of(arguments, &SHAPE)?;
        let pattern = arguments.words("pattern")?;
        if pattern.len() > PATTERN_BYTES_MAX {
            return Err(arguments.error("pattern", &format!("is longer than {PATTERN_BYTES_MAX} bytes")));
        }
        if pattern.contains('\n') {
            return Err(arguments.error("pattern", "holds a line end: lines are searched one by one"));
        }
        let glob = arguments.text_if("glob")?.unwrap_or_default();
        if glob.len() > PATTERN_BYTES_MAX || glob.starts_with('/') || glob.split('/').any(|part| part == "..") {
            return Err(arguments.error("glob", "must be a short pattern of file names below `path`, such as *.rs"));
        }
        let mode = match arguments.text_if("output_mode")? {
            None | Some("" | "files_with_matches") => OutputMode::FilesWithMatches,
            Some("content") => OutputMode::Content,
            Some("count") => OutputMode::Count,
            Some(_) => return Err(arguments.error("output_mode", "must be files_with_matches, content or count")),
        };
        Ok(Self {
            pattern,
            regex: arguments.flag("regex")?,
            path: arguments.path_or_workspace("path")?,
            glob,
            mode,
            count_max: arguments.number("max_count", COUNT_DEFAULT, 1..=COUNT_MAX)?,
        })
    }
}

impl Tool for Grep {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: SHAPE.tool.into(),
            description:
                "Searches for text in files and gives the files, the lines, or how many there are. The pattern \
                          is taken literally, character by character; set regex to true to use a regular expression. \
                          Binary files and .git are passed over."
                    .into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "pattern": {"type": "string", "description": "The text to look for, within one line."},
                    "path": {"type": "string", "default": "/workspace",
                        "description": "The file or directory to search, absolute or relative to /workspace."},
                    "glob": {"type": "string", "description": "Search only in files whose name matches, such as *.py."},
                    "output_mode": {"type": "string", "enum": ["files_with_matches", "content", "count"],
                        "default": "files_with_matches",
                        "description": "files_with_matches: paths; content: matching lines with path and line number; \
                                        count: matching lines for each file."},
                    "max_count": {"type": "integer", "minimum": 1, "maximum": COUNT_MAX, "default": COUNT_DEFAULT,
                        "description": "How many files or lines to show at most."},
                    "regex": {"type": "boolean", "default": false,
                        "description": "Whether the pattern is a regular expression."}
                },
                "required": ["pattern"],
                "additionalProperties": false
            }),
        }
    }

    fn replay(&self) -> ReplayClass {
        ReplayClass::ReadOnly
    }

    fn check(&self, arguments: &Value) -> Result<(), String> {
        Asked::of(arguments).map(|_| ())
    }

    fn run<'a>(&'a self, run: ToolRun<'a>) -> BoxFuture<'a, Result<Outcome, SandboxGone>> {
        Box::pin(async move { settle(search(run).await) })
    }
}

async fn search(run: ToolRun<'_>) -> Result<Outcome, Stop> {
    let asked = Asked::of(run.arguments)?;
    let client = run.client()?;
    // Matches are named relative to where the search began, and a file by its name: which it is must be known.
    let begin = client.stat(&asked.path, true).await.map_err(|error| Stop::at(&asked.path, error))?;
    let directory = if begin.kind() == EntryKind::Directory { asked.path.as_str() } else { parent(&asked.path) };
    let matches_max = match asked.mode {
        OutputMode::Content => asked.count_max,
        OutputMode::FilesWithMatches | OutputMode::Count => MATCHES_MAX,
    };
    let request = GrepRequest {
        pattern: asked.pattern.to_owned(),
        regex: asked.regex,
        path: asked.path.clone(),
        glob: asked.glob.to_owned(),
        matches_max,
        deadline_ms: DEADLINE_MS,
    };
    let answer = client.grep(request).await.map_err(|error| Stop::at(&asked.path, error))?;
    let found = Found { asked: &asked, directory, matches_max, answer: &answer };
    Ok(Outcome::plain(OutcomeKind::Done, found.told()))
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("/", |(parent, _)| if parent.is_empty() { "/" } else { parent })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_checked_by_name() {
        for (wrong, field) in [
            (json!({}), "pattern"),
            (json!({"pattern": ""}), "pattern"),
            (json!({"pattern": "a\nb"}), "pattern"),
            (json!({"pattern": "a", "output_mode": "lines"}), "output_mode"),
            (json!({"pattern": "a", "max_count": 0}), "max_count"),
            (json!({"pattern": "a", "glob": "../*"}), "glob"),
            (json!({"pattern": "a", "regex": "yes"}), "regex"),
        ] {
            let why = Grep.check(&wrong).unwrap_err();
            assert!(why.contains(&format!("`{field}` of grep")), "{why}");
        }
        assert!(Grep.check(&json!({"pattern": "a", "regex": "true", "max_count": "5", "glob": null})).is_ok());
    }

    #[test]
    fn the_directory_of_a_file_is_found() {
        assert_eq!((parent("/workspace/a"), parent("/a"), parent("/")), ("/workspace", "/", "/"));
    }
}
