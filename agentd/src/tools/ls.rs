//! ls: what is in a directory.

use crate::sandbox::init_client::wire::{Entry, EntryKind, ListRequest, ListResponse};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::domain::outcome::{Outcome, OutcomeKind, ReplayClass};
use crate::domain::tool::ToolSpec;

use super::arguments::{Arguments, Shape};
use super::names::{counted, on_one_line};
use super::output_caps::Lines;
use super::stop::{Stop, settle};
use super::tool::{SandboxGone, Tool, ToolRun};

const ENTRIES_MAX: u64 = 1000;
const TEXT_BYTES_MAX: usize = 48 * 1024;

static SHAPE: Shape = Shape { tool: "ls", fields: &["path"], example: r#"{"path": "/workspace/src"}"# };

/// Lists a directory.
pub(crate) struct Ls;

fn path_of(arguments: &Value) -> Result<String, String> {
    Arguments::of(arguments, &SHAPE)?.path_or_workspace("path")
}

impl Tool for Ls {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: SHAPE.tool.into(),
            description: "Lists what is in a directory, one entry a line: directories end with /, symbolic links with \
                          @, files are followed by their size. Use glob to search deeper."
                .into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "path": {"type": "string", "default": "/workspace",
                        "description": "The directory, absolute or relative to /workspace."}
                },
                "required": [],
                "additionalProperties": false
            }),
        }
    }

    fn replay(&self) -> ReplayClass {
        ReplayClass::ReadOnly
    }

    fn check(&self, arguments: &Value) -> Result<(), String> {
        path_of(arguments).map(|_| ())
    }

    fn run<'a>(&'a self, run: ToolRun<'a>) -> BoxFuture<'a, Result<Outcome, SandboxGone>> {
        Box::pin(async move { settle(list(run).await) })
    }
}

async fn list(run: ToolRun<'_>) -> Result<Outcome, Stop> {
    let path = path_of(run.arguments)?;
    let request = ListRequest { path: path.clone(), entries_max: ENTRIES_MAX };
    let answer = run.client()?.list(request).await.map_err(|error| Stop::at(&path, error))?;
    Ok(Outcome::plain(OutcomeKind::Done, told(&path, &answer)))
}

fn told(path: &str, answer: &ListResponse) -> String {
    let path = on_one_line(path);
    if answer.entries.is_empty() {
        return format!("[{path} is empty]");
    }
    let mut lines = Lines::new(TEXT_BYTES_MAX);
    answer.entries.iter().for_each(|entry| lines.push(&line(entry)));
    let (shown, dropped) = (lines.taken() as u64, lines.dropped());
    let more = answer.truncated || dropped > 0;
    let mut text = lines.into_text();
    text.push_str(&match more {
        true => format!("[the first {} of {path}; there are more: use glob with a pattern]", entries(shown)),
        false => format!("[{} in {path}]", entries(shown)),
    });
    text
}

fn entries(count: u64) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}

fn line(entry: &Entry) -> String {
    let name = on_one_line(&entry.path);
    match entry.kind() {
        EntryKind::Directory => format!("{name}/"),
        EntryKind::Symlink => format!("{name}@"),
        EntryKind::File => format!("{name}  {}", counted(entry.size_bytes, "byte")),
        EntryKind::Other | EntryKind::Unspecified => format!("{name}  (neither file nor directory)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, kind: EntryKind) -> Entry {
        Entry { path: path.to_owned(), kind: kind.into(), size_bytes: 5, ..Entry::default() }
    }

    #[test]
    fn entries_show_their_kind() {
        let entries = vec![
            entry("src", EntryKind::Directory),
            entry("a\nb", EntryKind::File),
            entry("link", EntryKind::Symlink),
            entry("pipe", EntryKind::Other),
        ];
        assert_eq!(
            told("/workspace", &ListResponse { entries, truncated: false }),
            "src/\n\"a\\nb\"  5 bytes\nlink@\npipe  (neither file nor directory)\n[4 entries in /workspace]"
        );
        assert_eq!(told("/workspace", &ListResponse::default()), "[/workspace is empty]");
    }

    #[test]
    fn a_long_list_is_bounded_and_says_so() {
        let entries: Vec<Entry> = (0..1000).map(|n| entry(&format!("{n:0>200}"), EntryKind::File)).collect();
        let text = told("/workspace", &ListResponse { entries, truncated: true });
        assert!(text.len() <= TEXT_BYTES_MAX + 200);
        assert!(text.contains("there are more"), "{}", text.lines().last().unwrap());
    }

    #[test]
    fn the_workspace_is_listed_where_no_path_is_given() {
        for arguments in [json!({}), json!({"path": ""}), json!({"path": null}), json!({"file_path": "."})] {
            assert_eq!(path_of(&arguments).unwrap(), "/workspace");
        }
    }
}
