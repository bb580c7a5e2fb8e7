//! Tools of MCP servers. What they do is not known here, so a call is never repeated by itself and asks by default.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::domain::outcome::{Outcome, OutcomeKind, ReplayClass};
use crate::domain::tool::ToolSpec;
use crate::mcp::{CallTrouble, Known};

use super::output_caps::HeadTail;
use super::tool::{SandboxGone, Tool, ToolRun};

/// Bytes of each end of a result that the model is shown.
const SHOWN_BYTES_EACH: usize = 16 << 10;

/// Bytes of a description that the model is told.
const DESCRIPTION_BYTES_MAX: usize = 2000;

/// Bytes of a schema that the model is told; a longer one is left out, and the tool takes any object.
const SCHEMA_BYTES_MAX: usize = 16 << 10;

/// A tool of a server.
pub(crate) struct McpTool(pub(crate) Known);

impl Tool for McpTool {
    fn spec(&self) -> ToolSpec {
        let Known { name, tool, .. } = &self.0;
        let mut description = tool.description.clone();
        description.truncate(description.floor_char_boundary(DESCRIPTION_BYTES_MAX));
        let schema = &tool.input_schema;
        let fits = schema["type"] == "object" && schema.to_string().len() <= SCHEMA_BYTES_MAX;
        ToolSpec {
            name: name.clone().into(),
            description: description.into(),
            parameters: if fits { schema.clone() } else { json!({ "type": "object" }) },
        }
    }

    fn replay(&self) -> ReplayClass {
        ReplayClass::Effect
    }

    fn needs_sandbox(&self) -> bool {
        false
    }

    fn check(&self, arguments: &Value) -> Result<(), String> {
        if arguments.is_object() {
            Ok(())
        } else {
            Err(format!("The arguments of {} must be a JSON object. Example: {{}}", self.0.name))
        }
    }

    fn run<'a>(&'a self, run: ToolRun<'a>) -> BoxFuture<'a, Result<Outcome, SandboxGone>> {
        Box::pin(async move {
            let Known { server, tool, .. } = &self.0;
            let server_name = server.name();
            Ok(match Arc::clone(server).call(&tool.name, run.arguments).await {
                Ok(result) => {
                    let kind = if result.is_error { OutcomeKind::Failed } else { OutcomeKind::Done };
                    Outcome::plain(kind, shown(&result.text))
                }
                Err(CallTrouble::Failed(why)) => {
                    let told = format!("The MCP server {server_name} did not run this call: {}.", shown(&why));
                    Outcome::plain(OutcomeKind::Failed, told)
                }
                Err(CallTrouble::Unknown(why)) => {
                    let told = format!(
                        "The MCP server {server_name} gave no answer: {}. The call may have taken effect: look before you \
                         do it again.",
                        shown(&why)
                    );
                    Outcome::plain(OutcomeKind::Unknown, told)
                }
            })
        })
    }
}

/// The text with its middle left out where it is too long.
fn shown(text: &str) -> String {
    let mut ends = HeadTail::new(SHOWN_BYTES_EACH);
    ends.push(text);
    let cut = ends.finish();
    if cut.omitted_bytes == 0 {
        return if cut.head.trim().is_empty() { "[no text]".to_owned() } else { cut.head };
    }
    format!("{}\n[… {} bytes left out …]\n{}", cut.head, cut.omitted_bytes, cut.tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_shown_by_both_ends() {
        assert_eq!(shown(""), "[no text]");
        assert_eq!(shown("short"), "short");
        let long = shown(&format!("first{}last", "x".repeat(100_000)));
        assert!(long.starts_with("first") && long.ends_with("last") && long.len() < 33_000, "{}", long.len());
        assert!(long.contains("bytes left out"));
    }
}
