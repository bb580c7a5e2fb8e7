//! write_todos: the agent's own list of what is to be done, whole each time.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::domain::outcome::{Outcome, OutcomeKind, ReplayClass, Todo, TodoStatus};
use crate::domain::tool::ToolSpec;

use super::arguments::{Arguments, Shape, shown};
use super::names::counted;
use super::tool::{SandboxGone, Tool, ToolRun};

const TODOS_MAX: usize = 100;
const CONTENT_CHARS_MAX: usize = 500;

static SHAPE: Shape = Shape {
    tool: "write_todos",
    fields: &["todos"],
    example: r#"{"todos": [{"content": "Write the tests", "status": "in_progress"}]}"#,
};

static ITEM: Shape = Shape {
    tool: "write_todos",
    fields: &["content", "status"],
    example: r#"{"content": "Write the tests", "status": "in_progress"}"#,
};

/// Writes the list.
pub(crate) struct WriteTodos;

fn todos_of(arguments: &Value) -> Result<Vec<Todo>, String> {
    let arguments = Arguments::of(arguments, &SHAPE)?;
    let items = arguments.list("todos")?;
    if items.len() > TODOS_MAX {
        return Err(arguments.error("todos", &format!("has {} entries, at most {TODOS_MAX} are kept", items.len())));
    }
    if !items.iter().all(Value::is_object) {
        return Err(arguments.error("todos", "must be a list of objects with content and status"));
    }
    items.iter().map(todo_of).collect()
}

fn todo_of(item: &Value) -> Result<Todo, String> {
    let item = Arguments::of(item, &ITEM)?;
    let content = item.words("content")?;
    if content.chars().count() > CONTENT_CHARS_MAX {
        return Err(item.error("content", &format!("has more than {CONTENT_CHARS_MAX} characters")));
    }
    let status = match item.text("status")? {
        "pending" => TodoStatus::Pending,
        "in_progress" => TodoStatus::InProgress,
        "completed" => TodoStatus::Completed,
        other => {
            let what = format!("must be pending, in_progress or completed, and is {}", shown(&Value::from(other)));
            return Err(item.error("status", &what));
        }
    };
    Ok(Todo { content: content.to_owned(), status })
}

impl Tool for WriteTodos {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: SHAPE.tool.into(),
            description: "Keeps a list of what is to be done, which the user sees. Use it for work of three steps or \
                          more. Each call gives the whole list anew: mark a step in_progress when you begin it and \
                          completed as soon as it is done, and leave out what is no longer needed."
                .into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "todos": {
                        "type": "array",
                        "maxItems": TODOS_MAX,
                        "description": "The whole list, in order.",
                        "items": {
                            "type": "object",
                            "properties": {
                                "content": {"type": "string", "maxLength": CONTENT_CHARS_MAX,
                                    "description": "What is to be done, in one line."},
                                "status": {"type": "string", "enum": ["pending", "in_progress", "completed"],
                                    "description": "How far it is."}
                            },
                            "required": ["content", "status"],
                            "additionalProperties": false
                        }
                    }
                },
                "required": ["todos"],
                "additionalProperties": false
            }),
        }
    }

    fn replay(&self) -> ReplayClass {
        ReplayClass::Idempotent
    }

    fn needs_sandbox(&self) -> bool {
        false
    }

    fn check(&self, arguments: &Value) -> Result<(), String> {
        todos_of(arguments).map(|_| ())
    }

    fn run<'a>(&'a self, run: ToolRun<'a>) -> BoxFuture<'a, Result<Outcome, SandboxGone>> {
        std::future::ready(Ok(outcome(run.arguments))).boxed()
    }
}

fn outcome(arguments: &Value) -> Outcome {
    let todos = match todos_of(arguments) {
        Ok(todos) => todos,
        Err(why) => return Outcome::plain(OutcomeKind::Failed, why),
    };
    let done = todos.iter().filter(|todo| todo.status == TodoStatus::Completed).count();
    let told = format!("The list now has {}, {done} completed.", counted(todos.len() as u64, "todo"));
    Outcome { todos: Some(todos), ..Outcome::plain(OutcomeKind::Done, told) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_kept_whole_and_in_order() {
        let outcome = outcome(&json!({"todos": [
            {"content": "a", "status": "completed"}, {"content": "b", "status": "in_progress"},
            {"content": "c", "status": "in_progress"}, {"content": "d", "status": "pending"}
        ]}));
        assert_eq!(outcome.content, "The list now has 4 todos, 1 completed.");
        let todos = outcome.todos.unwrap();
        assert_eq!(todos.iter().map(|todo| todo.content.as_str()).collect::<String>(), "abcd");
        assert_eq!(todos[2].status, TodoStatus::InProgress);
    }

    #[test]
    fn the_list_is_bounded_and_checked() {
        let todo = |content: &str, status: &str| json!({"content": content, "status": status});
        for (wrong, word) in [
            (json!({"todos": vec![todo("a", "pending"); 101]}), "101 entries"),
            (json!({"todos": [todo(&"é".repeat(501), "pending")]}), "more than 500"),
            (json!({"todos": [todo("", "pending")]}), "`content` of write_todos is empty"),
            (json!({"todos": [todo("a", "done")]}), "and is \"done\""),
            (json!({"todos": ["a"]}), "must be a list of objects"),
            (json!({"todos": [{"content": "a"}]}), "`status` of write_todos is missing"),
            (json!({"todos": "a"}), "must be a list"),
        ] {
            let why = WriteTodos.check(&wrong).unwrap_err();
            assert!(why.contains(word), "{why}");
            assert_eq!(outcome(&wrong).kind, OutcomeKind::Failed);
        }
        assert!(WriteTodos.check(&json!({"todos": []})).is_ok());
        assert!(WriteTodos.check(&json!({"todos": [todo(&"é".repeat(500), "pending")]})).is_ok());
    }
}
