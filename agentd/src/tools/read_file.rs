//! read_file: numbered lines of a text file, a page at a time.

use crate::sandbox::init_client::wire::{LineRange, ReadRequest, ReadResponse};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::domain::outcome::{Outcome, OutcomeKind, ReplayClass};
use crate::domain::tool::ToolSpec;

use super::arguments::{Arguments, Shape};
use super::names::{counted, on_one_line};
use super::numbered::{Read, page};
use super::stop::{Stop, settle};
use super::tool::{SandboxGone, Tool, ToolRun};

const LIMIT_DEFAULT: u64 = 2000;
const LIMIT_MAX: u64 = 10_000;

/// Bytes that are read for one page: more than are shown, because long lines are cut.
const READ_BYTES_MAX: u64 = 512 * 1024;

static SHAPE: Shape = Shape {
    tool: "read_file",
    fields: &["file_path", "offset", "limit"],
    example: r#"{"file_path": "src/main.rs", "offset": 0, "limit": 200}"#,
};

/// Reads a file.
pub(crate) struct ReadFile;

struct Asked {
    path: String,
    offset: u64,
    limit: u64,
}

impl Asked {
    fn of(arguments: &Value) -> Result<Self, String> {
        let arguments = Arguments::of(arguments, &SHAPE)?;
        Ok(Self {
            path: arguments.path("file_path")?,
            offset: arguments.number("offset", 0, 0..=u64::from(u32::MAX))?,
            limit: arguments.number("limit", LIMIT_DEFAULT, 1..=LIMIT_MAX)?,
        })
    }
}

impl Tool for ReadFile {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: SHAPE.tool.into(),
            description: "Reads a text file and shows its lines with their numbers. Read a file before you edit it. A \
                          long file comes in pages: the last line of a page says which lines these were and the offset \
                          to read on with. The number and the tab before each line are not part of the file."
                .into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "file_path": {"type": "string", "description": "The file, absolute or relative to /workspace."},
                    "offset": {"type": "integer", "minimum": 0, "default": 0,
                        "description": "How many lines to skip: 0 begins with line 1."},
                    "limit": {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT,
                        "description": "How many lines to show at most."}
                },
                "required": ["file_path"],
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
        Box::pin(async move { settle(read(run).await) })
    }
}

async fn read(run: ToolRun<'_>) -> Result<Outcome, Stop> {
    let asked = Asked::of(run.arguments)?;
    let lines = LineRange { offset: asked.offset, limit: asked.limit, bytes_max: READ_BYTES_MAX };
    let request = ReadRequest { path: asked.path.clone(), lines: Some(lines), ..ReadRequest::default() };
    let answer = run.client()?.read(request).await.map_err(|error| Stop::at(&asked.path, error))?;
    Ok(outcome(&asked, &answer))
}

fn outcome(asked: &Asked, answer: &ReadResponse) -> Outcome {
    let path = on_one_line(&asked.path);
    let failed = |told: String| Outcome::plain(OutcomeKind::Failed, told);
    if answer.binary {
        return failed(format!(
            "{path} is not text: it has {} and zero bytes among the first. Use execute to look at it, for example with \
             `file` or `xxd`.",
            counted(answer.size_bytes, "byte")
        ));
    }
    if answer.data.is_empty() && answer.size_bytes == 0 {
        return Outcome::plain(OutcomeKind::Done, format!("[{path} is empty]"));
    }
    let total_lines = answer.total_known.then_some(answer.total_lines);
    if answer.data.is_empty() {
        let total = total_lines.map_or_else(|| "fewer lines".to_owned(), |total| counted(total, "line"));
        return failed(format!("offset={} is past the end: {path} has {total}.", asked.offset));
    }
    Outcome::plain(OutcomeKind::Done, page(&Read { data: &answer.data, offset: asked.offset, total_lines }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(answer: &ReadResponse) -> (OutcomeKind, String) {
        let asked = Asked::of(&json!({"file_path": "a.txt", "offset": "5"})).unwrap();
        let Outcome { kind, content, .. } = outcome(&asked, answer);
        (kind, content)
    }

    #[test]
    fn what_is_no_page_of_text_is_said_plainly() {
        let empty = ReadResponse { total_known: true, ..ReadResponse::default() };
        assert_eq!(told(&empty), (OutcomeKind::Done, "[/workspace/a.txt is empty]".to_owned()));
        let past = ReadResponse { size_bytes: 9, total_lines: 3, total_known: true, ..ReadResponse::default() };
        assert_eq!(
            told(&past),
            (OutcomeKind::Failed, "offset=5 is past the end: /workspace/a.txt has 3 lines.".to_owned())
        );
        let (kind, binary) = told(&ReadResponse { binary: true, size_bytes: 4096, ..ReadResponse::default() });
        assert_eq!(kind, OutcomeKind::Failed);
        assert!(binary.contains("not text: it has 4096 bytes"), "{binary}");
    }

    #[test]
    fn a_page_begins_at_the_offset() {
        let data = "six\n".into();
        let answer = ReadResponse {
            data,
            size_bytes: 99,
            total_lines: 9,
            lines: 1,
            total_known: true,
            ..ReadResponse::default()
        };
        assert_eq!(told(&answer).1, "     6\tsix\n[lines 6-6 of 9; read on with offset=6]");
    }

    #[test]
    fn arguments_have_bounds() {
        for wrong in [json!({"file_path": "a", "limit": 0}), json!({"file_path": "a", "offset": -1}), json!({})] {
            assert!(ReadFile.check(&wrong).is_err(), "{wrong}");
        }
        assert!(ReadFile.check(&json!({"path": "a", "limit": "50"})).is_ok());
    }
}
