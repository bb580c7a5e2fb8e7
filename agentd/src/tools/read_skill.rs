//! read_skill: the instructions of a skill, and the files beside them. Skills are the user's and stand on the host, so this
//! tool needs no sandbox; their scripts can be written into the workspace and run there.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::domain::outcome::{Outcome, OutcomeKind, ReplayClass};
use crate::domain::tool::ToolSpec;

use super::arguments::{Arguments, Shape};
use super::tool::{SandboxGone, Tool, ToolRun};

static SHAPE: Shape =
    Shape { tool: "read_skill", fields: &["name", "file_path"], example: r#"{"name": "release-notes"}"# };

/// Reads a skill.
pub(crate) struct ReadSkill;

fn asked(arguments: &Value) -> Result<(String, Option<String>), String> {
    let arguments = Arguments::of(arguments, &SHAPE)?;
    Ok((arguments.words("name")?.to_owned(), arguments.text_if("file_path")?.map(str::to_owned)))
}

impl Tool for ReadSkill {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: SHAPE.tool.into(),
            description:
                "Reads a skill: instructions of the user for a certain kind of work. The skills are listed in \
                          the system prompt. Its other files are read with file_path; they are not in the sandbox, so \
                          write one there with write_file if a command needs it."
                    .into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "name": {"type": "string", "description": "The skill's name."},
                    "file_path": {"type": "string",
                        "description": "A file of the skill, relative to its folder. Left out: its instructions."}
                },
                "required": ["name"],
                "additionalProperties": false
            }),
        }
    }

    fn replay(&self) -> ReplayClass {
        ReplayClass::ReadOnly
    }

    fn needs_sandbox(&self) -> bool {
        false
    }

    fn check(&self, arguments: &Value) -> Result<(), String> {
        asked(arguments).map(|_| ())
    }

    fn run<'a>(&'a self, run: ToolRun<'a>) -> BoxFuture<'a, Result<Outcome, SandboxGone>> {
        Box::pin(async move {
            let (name, file) = match asked(run.arguments) {
                Ok(asked) => asked,
                Err(why) => return Ok(Outcome::plain(OutcomeKind::Failed, why)),
            };
            let skills = Arc::clone(run.skills);
            let read = tokio::task::spawn_blocking(move || skills.read(&name, file.as_deref())).await;
            Ok(match read {
                Ok(Ok(text)) => Outcome::plain(OutcomeKind::Done, text),
                Ok(Err(error)) => Outcome::plain(OutcomeKind::Failed, error.to_string()),
                Err(error) => Outcome::plain(OutcomeKind::Failed, format!("The skill could not be read: {error}")),
            })
        })
    }
}
