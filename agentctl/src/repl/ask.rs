//! Asks a person about calls that wait: each is shown whole, and answered by its digest.

use proto::v1::{Answer, Approval, Decision};

use super::input::Line;
use crate::context::Context;
use crate::error::CommandError;
use crate::render::approval;

const HELP: &str = "  y  run it\n  n  do not run it; the model is told why and goes on\n  e  run it with other arguments\n  \
                    a  run it, and from now on in this session what is shown beside it, without asking\n  ?  this list\n  Ctrl-C or Ctrl-D leaves it waiting";

const QUESTION_HELP: &str = "Type an answer. Ctrl-C or Ctrl-D leaves the question waiting.";

/// What the person said.
#[derive(Debug)]
pub(crate) enum Asked {
    /// An answer to each call.
    Answers(Vec<Answer>),
    /// They left; nothing is answered.
    Left,
}

/// Asks about each call.
pub(crate) async fn answers(context: &mut Context, waiting: &[Approval]) -> Result<Asked, CommandError> {
    let mut answers = Vec::with_capacity(waiting.len());
    for call in waiting {
        let shown = approval::full(call, context.ui.err_colors());
        context.ui.say(shown.trim_end())?;
        match one(context, call).await? {
            Some(answer) => answers.push(answer),
            None => return Ok(Asked::Left),
        }
    }
    Ok(Asked::Answers(answers))
}

async fn one(context: &mut Context, call: &Approval) -> Result<Option<Answer>, CommandError> {
    let answer = |decision: Decision| Answer {
        call: call.call.clone(),
        digest: call.digest.clone(),
        decision: decision.into(),
        ..Answer::default()
    };
    let input = context.input();
    if call.question {
        loop {
            let Line::Text(typed) = input.answer("your answer: ", "").await else { return Ok(None) };
            if !typed.trim().is_empty() {
                return Ok(Some(Answer { message: typed.trim().to_owned(), ..answer(Decision::Answer) }));
            }
            context.ui.say(QUESTION_HELP)?;
        }
    }
    let keys = if call.always.is_empty() { "y/n/e/?" } else { "y/n/e/a/?" };
    loop {
        let Line::Text(typed) = input.answer(&format!("run it? {keys} "), "").await else { return Ok(None) };
        match typed.trim() {
            "y" | "yes" => return Ok(Some(answer(Decision::Approve))),
            "a" | "always" if !call.always.is_empty() => {
                return Ok(Some(Answer { always: true, ..answer(Decision::Approve) }));
            }
            "n" | "no" => {
                let Line::Text(message) = input.answer("why not (for the model; may be empty): ", "").await else {
                    return Ok(None);
                };
                return Ok(Some(Answer { message: message.trim().to_owned(), ..answer(Decision::Reject) }));
            }
            "e" | "edit" => {
                let initial = approval::compact(&call.arguments).unwrap_or_else(|| "{}".to_owned());
                let Line::Text(arguments) = input.answer("arguments: ", &initial).await else { continue };
                match json_object(&arguments) {
                    Ok(()) => return Ok(Some(Answer { arguments, ..answer(Decision::Edit) })),
                    Err(why) => context.ui.say(&why)?,
                }
            }
            _ => context.ui.say(HELP)?,
        }
    }
}

/// Whether a text is a JSON object; else why not.
pub(crate) fn json_object(text: &str) -> Result<(), String> {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(value) if value.is_object() => Ok(()),
        Ok(_) => Err("the arguments must be a JSON object, like {\"command\":\"ls\"}".to_owned()),
        Err(error) => Err(format!("the arguments are not JSON: {error}")),
    }
}
