//! Structured final answers: the answer of a turn is JSON that fits a schema, or the turn fails.
//!
//! The schema is journaled with the turn, and so is a refused answer: whichever process goes on with the turn judges as this
//! one does. Nothing is ever loaded that a schema refers to outside itself.

use std::error::Error;

use boon::{Compiler, SchemaIndex, Schemas, UrlLoader, ValidationError};
use serde_json::Value;

use crate::domain::event::{Body, TurnStatus};

use super::close;
use super::state::TurnState;

/// Bytes of a schema at most: it is a part of what the model reads.
pub const SCHEMA_BYTES_MAX: usize = 64 << 10;
/// How often the model is told that its answer does not fit, before the turn fails.
const REFUSALS_MAX: u32 = 1;
/// Problems of one answer that are told.
const PROBLEMS_MAX: usize = 20;
const PROBLEM_CHARS_MAX: usize = 300;
/// The name of the schema among what can be referred to.
const LOCATION: &str = "schema:answer";
const EXIT_FAILED: u8 = 1;

/// Refuses a schema that cannot be used.
pub fn check_schema(schema: &Value) -> Result<(), String> {
    compiled(schema).map(drop)
}

/// What the model reads below the user's message.
pub fn request(schema: &Value) -> String {
    format!(
        "\n\nYour final answer must be one JSON value and nothing else, no words and no fence around it. It must fit this JSON \
         Schema:\n{schema}"
    )
}

/// What a turn comes to whose model has answered.
pub fn conclude(turn: &TurnState) -> Body {
    let Some(schema) = &turn.answer_schema else {
        return close::finished(turn, TurnStatus::Completed, 0, "", "");
    };
    let problems = match fitting(schema, &turn.answer) {
        Ok(json) => return close::answered(turn, json),
        Err(problems) => problems,
    };
    if turn.refusals >= REFUSALS_MAX {
        let message = format!("the answer does not fit the schema: {}", problems.join("; "));
        let hint = "ask again, simplify the schema, or use another model";
        return close::finished(turn, TurnStatus::Failed, EXIT_FAILED, &message, hint);
    }
    let told = format!(
        "Your answer does not fit the JSON Schema:\n{}\nAnswer again with one JSON value that fits, and nothing else.",
        problems.iter().map(|problem| format!("- {problem}\n")).collect::<String>()
    );
    Body::AnswerRefused { step: turn.steps, problems, told }
}

/// The JSON of an answer that fits, as the model wrote it; else what is wrong with it.
fn fitting(schema: &Value, answer: &str) -> Result<String, Vec<String>> {
    let text = bare(answer);
    let value: Value =
        serde_json::from_str(text).map_err(|error| vec![format!("it is not one JSON value: {error}")])?;
    let (schemas, index) = compiled(schema).map_err(|why| vec![why])?;
    match schemas.validate(&value, index) {
        Ok(()) => Ok(text.to_owned()),
        Err(error) => {
            let mut problems = Vec::new();
            collect(&error, &mut problems);
            Err(problems)
        }
    }
}

/// The answer without the fence that many models put around JSON whatever they are told.
fn bare(answer: &str) -> &str {
    let text = answer.trim();
    let inside = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    match inside.and_then(|inside| inside.split_once('\n')) {
        Some((language, body)) if matches!(language.trim(), "" | "json" | "JSON") => body.trim(),
        _ => text,
    }
}

/// The innermost causes, each with its place.
fn collect(error: &ValidationError<'_, '_>, problems: &mut Vec<String>) {
    if problems.len() >= PROBLEMS_MAX {
        return;
    }
    if error.causes.is_empty() {
        let place = error.instance_location.to_string();
        let place = if place.is_empty() { "the value".to_owned() } else { place };
        let problem = format!("{place}: {}", error.kind);
        problems.push(problem.chars().take(PROBLEM_CHARS_MAX).collect());
    }
    error.causes.iter().for_each(|cause| collect(cause, problems));
}

fn compiled(schema: &Value) -> Result<(Schemas, SchemaIndex), String> {
    let unusable = |error: boon::CompileError| format!("the schema cannot be used: {error:#}");
    let mut compiler = Compiler::new();
    compiler.use_loader(Box::new(NothingOutside));
    compiler.enable_format_assertions();
    compiler.add_resource(LOCATION, schema.clone()).map_err(unusable)?;
    let mut schemas = Schemas::new();
    let index = compiler.compile(LOCATION, &mut schemas).map_err(unusable)?;
    Ok((schemas, index))
}

/// Refuses references to files and addresses.
struct NothingOutside;

impl UrlLoader for NothingOutside {
    fn load(&self, url: &str) -> Result<Value, Box<dyn Error>> {
        Err(format!("it refers to {url}, and only what it holds itself can be referred to").into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "verdict": { "enum": ["pass", "fail"] },
                "issues": { "type": "array", "items": { "$ref": "#/$defs/issue" } }
            },
            "required": ["verdict", "issues"],
            "additionalProperties": false,
            "$defs": { "issue": { "type": "string", "minLength": 1 } }
        })
    }

    fn answered(answer: &str, refusals: u32) -> Body {
        let mut turn = TurnState::new(1, "m".to_owned(), 1000);
        turn.answer_schema = Some(schema());
        (turn.answer, turn.refusals) = (answer.to_owned(), refusals);
        conclude(&turn)
    }

    #[test]
    fn an_answer_that_fits_ends_the_turn_with_its_json() {
        let fits = r#"{"verdict": "pass", "issues": []}"#;
        for answer in
            [fits.to_owned(), format!(" \n{fits}\n"), format!("```json\n{fits}\n```"), format!("```\n{fits}\n```\n")]
        {
            let Body::TurnFinished { status: TurnStatus::Completed, answer: Some(json), exit_code: 0, .. } =
                answered(&answer, 0)
            else {
                panic!("{answer}")
            };
            assert_eq!(json, fits);
        }
    }

    #[test]
    fn the_first_answer_that_does_not_fit_is_refused_with_what_is_wrong() {
        for (answer, problem) in [
            ("All is well.", "it is not one JSON value: expected value at line 1 column 1"),
            (r#"{"verdict":"pass"}"#, "the value: missing properties 'issues'"),
            (r#"{"verdict":"pass","issues":[""]}"#, "/issues/0: length must be >=1, but got 0"),
            (r#"{"verdict":"maybe","issues":[]}"#, "/verdict: value must be one of 'pass', 'fail'"),
            (
                r#"{"verdict":"pass","issues":[]} {}"#,
                "it is not one JSON value: trailing characters at line 1 column 32",
            ),
        ] {
            let Body::AnswerRefused { problems, told, .. } = answered(answer, 0) else { panic!("{answer}") };
            assert_eq!(problems, [problem]);
            assert!(told.contains(problem));
        }
    }

    #[test]
    fn the_second_one_fails_the_turn() {
        let Body::TurnFinished { status: TurnStatus::Failed, exit_code: 1, message, answer: None, .. } =
            answered("[]", 1)
        else {
            panic!()
        };
        assert!(message.starts_with("the answer does not fit the schema: the value: want object"), "{message}");
    }

    #[test]
    fn a_schema_that_cannot_be_used_is_refused_before_the_turn() {
        assert_eq!(check_schema(&schema()), Ok(()));
        assert_eq!(check_schema(&json!(true)), Ok(()));
        for (schema, why) in [
            (json!({"type": "objekt"}), "'/type'"),
            (json!({"$ref": "file:///etc/passwd"}), "only what it holds itself"),
            (json!({"$ref": "http://127.0.0.1:1/x"}), "only what it holds itself"),
            (json!({"pattern": "("}), "pattern"),
            (json!("text"), "schema"),
        ] {
            let refused = check_schema(&schema).unwrap_err();
            assert!(refused.contains(why), "{schema}: {refused}");
        }
    }
}
