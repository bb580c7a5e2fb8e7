//! edit_file: replaces exact text in a file.

use crate::sandbox::init_client::wire::{EditRequest, EditResponse, ReadRequest};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::domain::outcome::{Outcome, OutcomeKind, ReplayClass};
use crate::domain::tool::ToolSpec;
use crate::sandbox::init_client::InitClient;
use crate::sandbox::init_client::error::InitErrorKind;

use super::arguments::{Arguments, Shape};
use super::closest::why_absent;
use super::diff::unified;
use super::names::{counted, on_one_line};
use super::stop::{Stop, settle};
use super::tool::{SandboxGone, Tool, ToolRun};

/// Bytes of a file that are looked through for what was meant.
const LOOK_BYTES_MAX: u64 = 1024 * 1024;

static SHAPE: Shape = Shape {
    tool: "edit_file",
    fields: &["file_path", "old_string", "new_string", "replace_all"],
    example: r#"{"file_path": "src/main.rs", "old_string": "let a = 1;", "new_string": "let a = 2;"}"#,
};

/// Edits a file.
pub(crate) struct EditFile;

struct Asked<'a> {
    path: String,
    old: &'a str,
    new: &'a str,
    all: bool,
}

impl<'a> Asked<'a> {
    fn of(arguments: &'a Value) -> Result<Self, String> {
        let arguments = Arguments::of(arguments, &SHAPE)?;
        let path = arguments.path("file_path")?;
        let (old, new) = (arguments.text("old_string")?, arguments.text("new_string")?);
        if old.is_empty() {
            return Err(
                arguments.error("old_string", "is empty: give the text to replace, or use write_file to make a file")
            );
        }
        if old == new {
            return Err(arguments.error("new_string", "is the same as old_string: nothing would change"));
        }
        Ok(Self { path, old, new, all: arguments.flag("replace_all")? })
    }
}

impl Tool for EditFile {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: SHAPE.tool.into(),
            description:
                "Replaces text in a file. old_string must be in the file exactly as written here, white space \
                          and line ends included, and exactly once: add lines around it until it is unique, or set \
                          replace_all to replace every one of them. Read the file first; leave out the line numbers \
                          that read_file shows."
                    .into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "file_path": {"type": "string", "description": "The file, absolute or relative to /workspace."},
                    "old_string": {"type": "string", "description": "The exact text to replace."},
                    "new_string": {"type": "string", "description": "The text in its place; empty removes it."},
                    "replace_all": {"type": "boolean", "default": false,
                        "description": "Replace every occurrence instead of the only one."}
                },
                "required": ["file_path", "old_string", "new_string"],
                "additionalProperties": false
            }),
        }
    }

    fn replay(&self) -> ReplayClass {
        ReplayClass::Effect
    }

    fn check(&self, arguments: &Value) -> Result<(), String> {
        Asked::of(arguments).map(|_| ())
    }

    fn run<'a>(&'a self, run: ToolRun<'a>) -> BoxFuture<'a, Result<Outcome, SandboxGone>> {
        Box::pin(async move { settle(edit(run).await) })
    }
}

async fn edit(run: ToolRun<'_>) -> Result<Outcome, Stop> {
    let asked = Asked::of(run.arguments)?;
    let request = EditRequest {
        path: asked.path.clone(),
        old_string: asked.old.to_owned(),
        new_string: asked.new.to_owned(),
        replace_all: asked.all,
        call_id: run.call.as_str().to_owned(),
    };
    let client = run.client()?;
    match client.edit(request).await {
        Ok(answer) => Ok(outcome(&asked, &answer)),
        Err(error) if error.kind == InitErrorKind::NotUnique && error.count == 0 => {
            Err(Stop::Refused(absent(&asked, look(client, &asked.path).await.as_deref())))
        }
        Err(error) if error.kind == InitErrorKind::NotUnique => Err(Stop::Refused(ambiguous(&asked, error.count))),
        Err(error) if error.kind == InitErrorKind::Binary => {
            let path = on_one_line(&asked.path);
            Err(Stop::Refused(format!("{path} is not UTF-8 text, and only text can be edited. Use execute.")))
        }
        Err(error) => Err(Stop::at(&asked.path, error)),
    }
}

/// The file's text, where it can be had at once; only to explain, so every failure is none.
async fn look(client: &InitClient, path: &str) -> Option<String> {
    let request = ReadRequest { path: path.to_owned(), length_bytes_max: LOOK_BYTES_MAX, ..ReadRequest::default() };
    let answer = client.read(request).await.ok()?;
    String::from_utf8(answer.data.into()).ok()
}

fn absent(asked: &Asked<'_>, file: Option<&str>) -> String {
    let hint = file
        .and_then(|file| why_absent(file, asked.old))
        .unwrap_or_else(|| "Read the file again: it may have changed, or the text is in another file.".to_owned());
    format!("old_string is not in {} (0 times). Nothing was changed. {hint}", on_one_line(&asked.path))
}

fn ambiguous(asked: &Asked<'_>, count: u64) -> String {
    format!(
        "old_string is in {} {count} times, and must be there exactly once. Nothing was changed. Add lines around it until \
         it is unique, or set replace_all to true to replace all {count}.",
        on_one_line(&asked.path)
    )
}

fn outcome(asked: &Asked<'_>, answer: &EditResponse) -> Outcome {
    let told = format!("Replaced {} in {}.", counted(answer.replaced, "occurrence"), on_one_line(&asked.path));
    let mut outcome = Outcome::plain(OutcomeKind::Done, told);
    if let (Some(before), Some(after)) = (&answer.before, &answer.after) {
        outcome.diff = unified(&asked.path, before, after);
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments() -> Value {
        json!({"file_path": "a.txt", "old_string": "one\n", "new_string": "two\n", "replace_all": "true"})
    }

    #[test]
    fn a_change_is_told_and_shown() {
        let arguments = arguments();
        let asked = Asked::of(&arguments).unwrap();
        assert!(asked.all);
        let answer = EditResponse { replaced: 2, before: Some("one\none\n".into()), after: Some("two\ntwo\n".into()) };
        let outcome = outcome(&asked, &answer);
        assert_eq!(outcome.content, "Replaced 2 occurrences in /workspace/a.txt.");
        assert!(outcome.diff.unwrap().ends_with("-one\n-one\n+two\n+two\n"));
    }

    #[test]
    fn what_is_not_there_once_is_told_with_its_count() {
        let arguments = arguments();
        let asked = Asked::of(&arguments).unwrap();
        let told = ambiguous(&asked, 3);
        assert!(told.contains("is in /workspace/a.txt 3 times") && told.contains("replace_all"), "{told}");
        let told = absent(&asked, Some("zero\none"));
        assert!(told.contains("(0 times)") && told.contains("without the newline"), "{told}");
        assert!(absent(&asked, None).contains("Read the file again"));
    }

    #[test]
    fn an_edit_that_changes_nothing_is_refused_before_it_runs() {
        for (old, new, word) in [("", "x", "`old_string` of edit_file is empty"), ("x", "x", "the same as old_string")]
        {
            let why = EditFile.check(&json!({"file_path": "a", "old_string": old, "new_string": new})).unwrap_err();
            assert!(why.contains(word), "{why}");
        }
    }
}
