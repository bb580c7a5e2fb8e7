//! glob: paths that match a pattern.

use crate::sandbox::init_client::wire::{EntryKind, GlobRequest, GlobResponse};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::domain::outcome::{Outcome, OutcomeKind, ReplayClass};
use crate::domain::tool::ToolSpec;

use super::arguments::{Arguments, Shape};
use super::names::{counted, on_one_line, under};
use super::output_caps::Lines;
use super::stop::{Stop, settle};
use super::tool::{SandboxGone, Tool, ToolRun};

const ENTRIES_MAX: u64 = 1000;
const DEADLINE_MS: u64 = 10_000;
const TEXT_BYTES_MAX: usize = 48 * 1024;
const PATTERN_BYTES_MAX: usize = 1024;

static SHAPE: Shape = Shape {
    tool: "glob",
    fields: &["pattern", "path"],
    example: r#"{"pattern": "**/*.rs", "path": "/workspace/src"}"#,
};

/// Finds paths.
pub(crate) struct Glob;

struct Asked<'a> {
    pattern: &'a str,
    path: String,
}

impl<'a> Asked<'a> {
    fn of(arguments: &'a Value) -> Result<Self, String> {
        let arguments = Arguments::of(arguments, &SHAPE)?;
        let pattern = arguments.words("pattern")?;
        if pattern.len() > PATTERN_BYTES_MAX {
            return Err(arguments.error("pattern", &format!("is longer than {PATTERN_BYTES_MAX} bytes")));
        }
        if pattern.split('/').any(|part| part == "..") {
            return Err(arguments.error("pattern", "must stay below `path`: give the directory as `path`, without .."));
        }
        Ok(Self { pattern, path: arguments.path_or_workspace("path")? })
    }
}

impl Tool for Glob {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: SHAPE.tool.into(),
            description: "Finds files and directories by name. * and ? match within a name, ** crosses directories, \
                          {a,b} gives alternatives. A pattern without a slash matches names at any depth. Names that \
                          begin with a dot are found only by a pattern that begins with one. To search inside of files, \
                          use grep.".into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "pattern": {"type": "string", "description": "The pattern, such as **/*.py or *.{md,txt}."},
                    "path": {"type": "string", "default": "/workspace",
                        "description": "The directory to search, absolute or relative to /workspace."}
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
        Box::pin(async move { settle(find(run).await) })
    }
}

async fn find(run: ToolRun<'_>) -> Result<Outcome, Stop> {
    let asked = Asked::of(run.arguments)?;
    let request = GlobRequest {
        pattern: asked.pattern.to_owned(),
        path: asked.path.clone(),
        entries_max: ENTRIES_MAX,
        deadline_ms: DEADLINE_MS,
    };
    let answer = run.client()?.glob(request).await.map_err(|error| Stop::at(&asked.path, error))?;
    Ok(Outcome::plain(OutcomeKind::Done, told(&asked, &answer)))
}

fn told(asked: &Asked<'_>, answer: &GlobResponse) -> String {
    let path = on_one_line(&asked.path);
    let mut lines = Lines::new(TEXT_BYTES_MAX);
    for entry in &answer.entries {
        let slash = if entry.kind() == EntryKind::Directory { "/" } else { "" };
        lines.push(&format!("{}{slash}", on_one_line(&under(&asked.path, &entry.path))));
    }
    let (shown, dropped) = (lines.taken() as u64, lines.dropped());
    let mut text = lines.into_text();
    let reached = answer.entries.len() as u64 >= ENTRIES_MAX || dropped > 0;
    text.push_str(&match (answer.partial || dropped > 0, reached) {
        (true, true) => format!("[partial: the first {} in {path}; narrow the pattern or the path]", paths(shown)),
        (true, false) => format!(
            "[partial: {} found in {path} when the limit of {} s was reached; narrow the path]",
            paths(shown),
            DEADLINE_MS / 1000
        ),
        (false, _) if shown == 0 => format!("[nothing in {path} matches {}]", on_one_line(asked.pattern)),
        (false, _) => format!("[{} in {path}]", paths(shown)),
    });
    text
}

fn paths(count: u64) -> String {
    counted(count, "path")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::init_client::wire::Entry;

    fn answer(paths: &[&str], partial: bool) -> GlobResponse {
        let entry = |path: &&str| Entry {
            path: (*path).to_owned(),
            kind: if path.contains('.') { EntryKind::File } else { EntryKind::Directory }.into(),
            ..Entry::default()
        };
        GlobResponse { entries: paths.iter().map(entry).collect(), partial }
    }

    fn told_of(answer: &GlobResponse) -> String {
        told(&Asked { pattern: "*.rs", path: "/workspace/src".to_owned() }, answer)
    }

    #[test]
    fn paths_are_absolute_so_that_other_tools_take_them() {
        assert_eq!(
            told_of(&answer(&["a.rs", "b"], false)),
            "/workspace/src/a.rs\n/workspace/src/b/\n[2 paths in /workspace/src]"
        );
        assert_eq!(told_of(&answer(&[], false)), "[nothing in /workspace/src matches *.rs]");
    }

    #[test]
    fn a_partial_answer_says_which_limit_it_met() {
        assert!(
            told_of(&answer(&["a.rs"], true))
                .contains("partial: 1 path found in /workspace/src when the limit of 10 s")
        );
        let many = answer(&vec!["a.rs"; 1000], true);
        assert!(told_of(&many).contains("partial: the first 1000 paths"));
        let long = "x/".repeat(500) + "a.rs";
        let bounded = told_of(&answer(&vec![long.as_str(); 200], false));
        assert!(bounded.len() < TEXT_BYTES_MAX + 200 && bounded.contains("partial: the first"));
    }

    #[test]
    fn a_pattern_stays_below_its_directory() {
        for wrong in ["", "../*", "a/../../b"] {
            assert!(Glob.check(&json!({ "pattern": wrong })).is_err(), "{wrong}");
        }
        for right in ["a..b*", "/workspace/**/*.rs"] {
            assert!(Glob.check(&json!({ "pattern": right })).is_ok(), "{right}");
        }
    }
}
