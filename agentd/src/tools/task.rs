//! task: a sub-agent does a part of the work, with a context of its own, in the same sandbox and workspace.
//!
//! The session starts the sub-agent and waits for it; here is what the model is offered, and what it wrote.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::domain::outcome::{Outcome, OutcomeKind, ReplayClass};
use crate::domain::tool::ToolSpec;

use super::arguments::{Arguments, Shape};
use super::tool::{SandboxGone, Tool, ToolRun};

/// The tool's name.
pub const NAME: &str = "task";

/// The type of a sub-agent that is like its parent. It is always there.
pub const LIKE_ITS_PARENT: &str = "general";

const DESCRIPTION_BYTES_MAX: usize = 64 * 1024;

static SHAPE: Shape = Shape {
    tool: NAME,
    fields: &["description", "subagent_type"],
    example: r#"{"description": "Find out how the tests are run here. Answer with the commands.", "subagent_type": "general"}"#,
};

/// A type of sub-agents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubagentType {
    /// Its name: that of an agent profile.
    pub name: String,
    /// What it is good for, told to the model.
    pub description: String,
}

/// Hands work to sub-agents of these types.
#[derive(Default)]
pub(crate) struct Task {
    types: Vec<SubagentType>,
}

/// What a sub-agent is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order<'a> {
    /// Its whole first message.
    pub description: &'a str,
    /// Its type.
    pub subagent_type: &'a str,
}

/// What a call asks for.
pub fn order(arguments: &Value) -> Result<Order<'_>, String> {
    let arguments = Arguments::of(arguments, &SHAPE)?;
    let description = arguments.words("description")?;
    if description.trim().is_empty() {
        return Err(arguments.error("description", "is empty"));
    }
    if description.len() > DESCRIPTION_BYTES_MAX {
        return Err(arguments.error("description", &format!("has more than {DESCRIPTION_BYTES_MAX} bytes")));
    }
    let subagent_type = arguments.text_if("subagent_type")?.filter(|name| !name.is_empty());
    Ok(Order { description, subagent_type: subagent_type.unwrap_or(LIKE_ITS_PARENT) })
}

impl Task {
    /// With these types beside the one that is always there.
    pub(crate) fn with(types: Vec<SubagentType>) -> Self {
        Self { types }
    }

    fn names(&self) -> Vec<&str> {
        let others = self.types.iter().map(|of| of.name.as_str()).filter(|name| *name != LIKE_ITS_PARENT);
        std::iter::once(LIKE_ITS_PARENT).chain(others).collect()
    }
}

impl Tool for Task {
    fn spec(&self) -> ToolSpec {
        let mut kinds = format!("Which kind. {LIKE_ITS_PARENT}: like you.");
        for of in &self.types {
            kinds += &format!(" {}: {}", of.name, of.description.trim());
        }
        ToolSpec {
            name: NAME.into(),
            description: "Hands a part of the work to a sub-agent, which has a conversation of its own, the same files \
                          and the same tools but this one, and answers with one final message. Use it for work that \
                          would fill your own conversation with what you do not need to remember, such as a search \
                          through many files. Several tasks in one reply run side by side: give them work that does not \
                          touch the same files."
                .into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "description": {"type": "string",
                        "description": "The whole task: what to do, all that must be known for it, and what to answer."},
                    "subagent_type": {"type": "string", "enum": self.names(), "description": kinds}
                },
                "required": ["description"],
                "additionalProperties": false
            }),
        }
    }

    /// The sub-agent is the same one however often it is started.
    fn replay(&self) -> ReplayClass {
        ReplayClass::Idempotent
    }

    fn needs_sandbox(&self) -> bool {
        false
    }

    fn check(&self, arguments: &Value) -> Result<(), String> {
        let order = order(arguments)?;
        let names = self.names();
        if names.contains(&order.subagent_type) {
            return Ok(());
        }
        let what = format!("must be one of: {}", names.join(", "));
        Err(Arguments::of(arguments, &SHAPE)?.error("subagent_type", &what))
    }

    /// A session runs its sub-agents itself: a call that comes here has none.
    fn run<'a>(&'a self, _: ToolRun<'a>) -> BoxFuture<'a, Result<Outcome, SandboxGone>> {
        let told = "No sub-agent can be started here. Do the work yourself.";
        std::future::ready(Ok(Outcome::plain(OutcomeKind::Failed, told))).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task() -> Task {
        Task::with(vec![SubagentType { name: "reviewer".to_owned(), description: "Reads changes.".to_owned() }])
    }

    #[test]
    fn an_order_names_a_type_that_there_is() {
        assert!(task().check(&json!({"description": "look"})).is_ok());
        assert!(task().check(&json!({"description": "look", "subagent_type": "reviewer"})).is_ok());
        let why = task().check(&json!({"description": "look", "subagent_type": "default"})).unwrap_err();
        assert!(why.contains("must be one of: general, reviewer"), "{why}");
        for wrong in [json!({}), json!({"description": " "}), json!({"description": "x".repeat(70_000)})] {
            assert!(task().check(&wrong).is_err());
        }
    }

    #[test]
    fn the_types_are_told_with_what_they_are_good_for() {
        let parameters = task().spec().parameters;
        assert_eq!(parameters["properties"]["subagent_type"]["enum"], json!(["general", "reviewer"]));
        let told = parameters["properties"]["subagent_type"]["description"].as_str().unwrap();
        assert!(told.contains("reviewer: Reads changes."), "{told}");
    }
}
