//! write_file: makes a file, or replaces it whole.

use crate::sandbox::init_client::wire::{WriteRequest, WriteResponse};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::domain::outcome::{Outcome, OutcomeKind, ReplayClass};
use crate::domain::tool::ToolSpec;

use super::arguments::{Arguments, Shape};
use super::diff::unified;
use super::names::{counted, on_one_line};
use super::stop::{Stop, settle};
use super::tool::{SandboxGone, Tool, ToolRun};

/// Bytes of a file that is written at most.
const CONTENT_BYTES_MAX: usize = 16 * 1024 * 1024;

static SHAPE: Shape = Shape {
    tool: "write_file",
    fields: &["file_path", "content"],
    example: r#"{"file_path": "hello.py", "content": "print('hello')\n"}"#,
};

/// Writes a file.
pub(crate) struct WriteFile;

struct Asked<'a> {
    path: String,
    content: &'a str,
}

impl<'a> Asked<'a> {
    fn of(arguments: &'a Value) -> Result<Self, String> {
        let arguments = Arguments::of(arguments, &SHAPE)?;
        let (path, content) = (arguments.path("file_path")?, arguments.text("content")?);
        if content.len() > CONTENT_BYTES_MAX {
            return Err(
                arguments.error("content", &format!("has {} bytes, at most {CONTENT_BYTES_MAX} fit", content.len()))
            );
        }
        Ok(Self { path, content })
    }
}

impl Tool for WriteFile {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: SHAPE.tool.into(),
            description: "Writes a file with exactly this content, making it and the directories above it where they \
                          are missing. A file that is there is replaced whole: to change a part of it, use edit_file."
                .into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "file_path": {"type": "string", "description": "The file, absolute or relative to /workspace."},
                    "content": {"type": "string", "description": "The whole content of the file."}
                },
                "required": ["file_path", "content"],
                "additionalProperties": false
            }),
        }
    }

    /// The whole content is written: twice is once.
    fn replay(&self) -> ReplayClass {
        ReplayClass::Idempotent
    }

    fn check(&self, arguments: &Value) -> Result<(), String> {
        Asked::of(arguments).map(|_| ())
    }

    fn run<'a>(&'a self, run: ToolRun<'a>) -> BoxFuture<'a, Result<Outcome, SandboxGone>> {
        Box::pin(async move { settle(write(run).await) })
    }
}

async fn write(run: ToolRun<'_>) -> Result<Outcome, Stop> {
    let asked = Asked::of(run.arguments)?;
    let request = WriteRequest {
        path: asked.path.clone(),
        data: asked.content.to_owned().into(),
        mode: 0,
        call_id: run.call.as_str().to_owned(),
    };
    let answer = run.client()?.write(request).await.map_err(|error| Stop::at(&asked.path, error))?;
    Ok(outcome(&asked, &answer))
}

fn outcome(asked: &Asked<'_>, answer: &WriteResponse) -> Outcome {
    let path = on_one_line(&asked.path);
    let size = counted(asked.content.len() as u64, "byte");
    let lines = counted(asked.content.lines().count() as u64, "line");
    let before = if answer.created { Some(&b""[..]) } else { answer.before.as_deref() };
    let told = match before {
        _ if answer.created => format!("Made {path} with {lines}, {size}."),
        Some(before) if before == asked.content.as_bytes() => format!("{path} had exactly this content already."),
        _ => format!("Replaced the content of {path} with {lines}, {size}."),
    };
    let mut outcome = Outcome::plain(OutcomeKind::Done, told);
    outcome.diff = before.and_then(|before| unified(&asked.path, before, asked.content.as_bytes()));
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(created: bool, before: Option<&'static str>) -> (String, Option<String>) {
        let arguments = json!({"file_path": "a.txt", "content": "new\n"});
        let asked = Asked::of(&arguments).unwrap();
        let answer = WriteResponse { created, before: before.map(|text| text.as_bytes().into()) };
        let Outcome { content, diff, .. } = outcome(&asked, &answer);
        (content, diff)
    }

    #[test]
    fn what_was_written_is_told_and_shown() {
        let (content, diff) = told(true, None);
        assert_eq!(content, "Made /workspace/a.txt with 1 line, 4 bytes.");
        assert!(diff.unwrap().ends_with("@@ -0,0 +1 @@\n+new\n"));
        let (content, diff) = told(false, Some("old\n"));
        assert_eq!(content, "Replaced the content of /workspace/a.txt with 1 line, 4 bytes.");
        assert!(diff.unwrap().ends_with("-old\n+new\n"));
        assert_eq!(told(false, Some("new\n")), ("/workspace/a.txt had exactly this content already.".to_owned(), None));
        assert_eq!(told(false, None).1, None, "what was there before was no short text");
    }

    #[test]
    fn a_file_may_be_empty_but_not_left_out() {
        assert!(WriteFile.check(&json!({"file_path": "a", "content": ""})).is_ok());
        let why = WriteFile.check(&json!({"file_path": "a"})).unwrap_err();
        assert!(why.contains("`content` of write_file is missing"), "{why}");
        let why = WriteFile.check(&json!({"file_path": "a", "content": {"a": 1}})).unwrap_err();
        assert!(why.contains("must be a string, and is an object"), "{why}");
    }
}
