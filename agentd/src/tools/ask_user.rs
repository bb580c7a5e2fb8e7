//! ask_user: a question to the user. The turn waits for the answer, which is the call's result.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::domain::outcome::{Outcome, OutcomeKind, ReplayClass};
use crate::domain::tool::ToolSpec;

use super::arguments::{Arguments, Shape};
use super::tool::{SandboxGone, Tool, ToolRun};

const QUESTION_CHARS_MAX: usize = 4000;
const CHOICES_MAX: usize = 16;
const CHOICE_CHARS_MAX: usize = 500;

static SHAPE: Shape = Shape {
    tool: "ask_user",
    fields: &["question", "choices"],
    example: r#"{"question": "Which database should I use?", "choices": ["SQLite", "PostgreSQL"]}"#,
};

/// Asks.
pub(crate) struct AskUser;

fn check(arguments: &Value) -> Result<(), String> {
    let arguments = Arguments::of(arguments, &SHAPE)?;
    if arguments.words("question")?.chars().count() > QUESTION_CHARS_MAX {
        return Err(arguments.error("question", &format!("has more than {QUESTION_CHARS_MAX} characters")));
    }
    let choices = arguments.list_if("choices")?.unwrap_or_default();
    if choices.len() > CHOICES_MAX {
        return Err(arguments.error("choices", &format!("has {} entries, at most {CHOICES_MAX}", choices.len())));
    }
    let fits = |choice: &Value| choice.as_str().is_some_and(|c| !c.is_empty() && c.chars().count() <= CHOICE_CHARS_MAX);
    if !choices.iter().all(fits) {
        let what = format!("must be a list of strings of 1 to {CHOICE_CHARS_MAX} characters");
        return Err(arguments.error("choices", &what));
    }
    Ok(())
}

impl Tool for AskUser {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: SHAPE.tool.into(),
            description:
                "Asks the user a question and waits for the answer, which may take long. Use it only where you \
                          cannot go on without a decision that is the user's to make and that you cannot find out by \
                          looking. Ask one thing at a time, and say what each choice would mean."
                    .into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "question": {"type": "string", "maxLength": QUESTION_CHARS_MAX,
                        "description": "What you want to know, with all that is needed to answer it."},
                    "choices": {
                        "type": "array",
                        "maxItems": CHOICES_MAX,
                        "description": "Answers to choose from, if there are some; the user may answer otherwise.",
                        "items": {"type": "string", "maxLength": CHOICE_CHARS_MAX}
                    }
                },
                "required": ["question"],
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

    fn asks(&self) -> bool {
        true
    }

    fn check(&self, arguments: &Value) -> Result<(), String> {
        check(arguments)
    }

    /// A question that was answered has ended already: only one that was never put to anybody comes here.
    fn run<'a>(&'a self, _: ToolRun<'a>) -> BoxFuture<'a, Result<Outcome, SandboxGone>> {
        let told = "The question was not put to the user. Go on with what you know.";
        std::future::ready(Ok(Outcome::plain(OutcomeKind::Failed, told))).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_may_have_choices() {
        assert!(check(&json!({"question": "Which?"})).is_ok());
        assert!(check(&json!({"question": "Which?", "choices": null})).is_ok());
        assert!(check(&json!({"question": "Which?", "choices": ["a", "b"]})).is_ok());
        for (arguments, word) in [
            (json!({"choices": ["a"]}), "question"),
            (json!({"question": ""}), "empty"),
            (json!({"question": "Which?", "choices": "a"}), "choices"),
            (json!({"question": "Which?", "choices": [1]}), "list of strings"),
            (json!({"question": "Which?", "choices": [""]}), "list of strings"),
            (json!({"question": "Which?", "choices": vec!["a"; 17]}), "17 entries"),
            (json!({"question": "q".repeat(4001)}), "4000"),
        ] {
            let why = check(&arguments).unwrap_err();
            assert!(why.contains(word), "{why}");
        }
    }
}
