//! delete: removes a file, or a directory with all in it.

use crate::sandbox::init_client::wire::RemoveRequest;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::approval::paths::WORKSPACE;
use crate::domain::outcome::{Outcome, OutcomeKind, ReplayClass};
use crate::domain::tool::ToolSpec;

use super::arguments::{Arguments, Shape};
use super::names::on_one_line;
use super::stop::{Stop, settle};
use super::tool::{SandboxGone, Tool, ToolRun};

static SHAPE: Shape = Shape { tool: "delete", fields: &["file_path"], example: r#"{"file_path": "build/output.txt"}"# };

/// Deletes a file or directory.
pub(crate) struct Delete;

fn path_of(arguments: &Value) -> Result<String, String> {
    let arguments = Arguments::of(arguments, &SHAPE)?;
    let path = arguments.path("file_path")?;
    if path == WORKSPACE || path == "/" {
        return Err(arguments.error("file_path", "is the workspace itself, or above it, which cannot be deleted"));
    }
    Ok(path)
}

impl Tool for Delete {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: SHAPE.tool.into(),
            description: "Deletes a file, or a directory with everything in it. It cannot be undone.".into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "file_path": {"type": "string",
                        "description": "The file or directory, absolute or relative to /workspace."}
                },
                "required": ["file_path"],
                "additionalProperties": false
            }),
        }
    }

    /// What is there at a repetition may be something else that was made meanwhile.
    fn replay(&self) -> ReplayClass {
        ReplayClass::Effect
    }

    fn check(&self, arguments: &Value) -> Result<(), String> {
        path_of(arguments).map(|_| ())
    }

    fn run<'a>(&'a self, run: ToolRun<'a>) -> BoxFuture<'a, Result<Outcome, SandboxGone>> {
        Box::pin(async move { settle(delete(run).await) })
    }
}

async fn delete(run: ToolRun<'_>) -> Result<Outcome, Stop> {
    let path = path_of(run.arguments)?;
    let request = RemoveRequest { path: path.clone(), call_id: run.call.as_str().to_owned() };
    let removed = run.client()?.remove(request).await.map_err(|error| Stop::at(&path, error))?;
    Ok(Outcome::plain(OutcomeKind::Done, told(&path, removed)))
}

fn told(path: &str, removed: u64) -> String {
    let path = on_one_line(path);
    match removed {
        0 | 1 => format!("Deleted {path}."),
        more => format!("Deleted {path} with all in it: {more} files and directories."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_is_told() {
        assert_eq!(told("/workspace/a", 1), "Deleted /workspace/a.");
        assert_eq!(told("/workspace/a", 7), "Deleted /workspace/a with all in it: 7 files and directories.");
    }

    #[test]
    fn the_workspace_itself_stays() {
        for path in ["/workspace", ".", "/", "src/..", "/workspace/"] {
            assert!(Delete.check(&json!({"file_path": path})).is_err(), "{path}");
        }
        assert!(Delete.check(&json!({"file_path": "src"})).is_ok());
    }
}
