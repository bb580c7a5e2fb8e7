//! A reply, put together from the pieces of its stream. Pure. What matters is found wherever servers put it; a field of a wrong type
//! is a field that is absent.

use serde_json::Value;

use super::fragments::Fragments;
use super::reported::Reported;
use crate::domain::message::Usage;
use crate::model::chat::ModelReply;

/// Why there is no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// The endpoint reported an error in place of a piece.
    Reported(Reported),
    /// It broke off.
    Cut(String),
    /// It is not the answer of a model endpoint.
    Malformed(String),
    /// It passes a bound.
    TooLarge(String),
}

/// What can be shown of a piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Delta {
    /// Of the text.
    Text(String),
    /// Of the reasoning.
    Reasoning(String),
}

/// The reply so far.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    text: String,
    reasoning: String,
    calls: Fragments,
    finish_reason: String,
    usage: Option<Usage>,
    begun: bool,
}

impl Assembly {
    /// Takes one piece, or a whole answer, and tells what of it can be shown.
    pub(super) fn take(&mut self, piece: &Value) -> Result<Vec<Delta>, Problem> {
        let choice = piece.get("choices").and_then(|choices| choices.get(0));
        if choice.is_none()
            && let Some(reported) = Reported::find(piece)
        {
            return Err(Problem::Reported(reported));
        }
        if piece.get("choices").is_some_and(Value::is_array) {
            self.begun = true;
        }
        self.usage = usage(piece).or_else(|| choice.and_then(usage)).or(self.usage);
        let Some(choice) = choice else { return Ok(Vec::new()) };
        if let Some(reason) = choice.get("finish_reason").and_then(Value::as_str).filter(|reason| !reason.is_empty()) {
            reason.clone_into(&mut self.finish_reason);
        }
        match (choice.get("delta"), choice.get("message")) {
            (Some(delta), _) if delta.is_object() => self.add(delta),
            // Some servers close a stream with the whole message; then it was all said before.
            (_, Some(message)) if self.is_empty() => self.add(message),
            _ => Ok(Vec::new()),
        }
    }

    /// The stream has ended as its server meant it to. `done`: with the mark that says so.
    pub(super) fn finish(self, done: bool) -> Result<ModelReply, Problem> {
        if !self.begun {
            return Err(Problem::Cut("it ended before it began".to_owned()));
        }
        if self.finish_reason == "network_error" {
            return Err(Problem::Cut("the endpoint lost its model (network_error)".to_owned()));
        }
        if !done && self.finish_reason.is_empty() {
            return Err(Problem::Cut("it ended without its end mark".to_owned()));
        }
        Ok(ModelReply {
            text: self.text,
            reasoning: self.reasoning,
            tool_calls: self.calls.finish(),
            finish_reason: self.finish_reason,
            usage: self.usage,
        })
    }

    fn is_empty(&self) -> bool {
        self.text.is_empty() && self.reasoning.is_empty() && self.calls.is_empty()
    }

    fn add(&mut self, message: &Value) -> Result<Vec<Delta>, Problem> {
        let mut deltas = Vec::new();
        let mut reason = |reasoning: &str| {
            if !reasoning.is_empty() {
                self.reasoning.push_str(reasoning);
                deltas.push(Delta::Reasoning(reasoning.to_owned()));
            }
        };
        let spelt = ["reasoning_content", "reasoning"].iter().filter_map(|field| message.get(field)?.as_str());
        reason(spelt.into_iter().find(|reasoning| !reasoning.is_empty()).unwrap_or_default());
        let (text, thought) = content(message);
        reason(&thought);
        if !text.is_empty() {
            self.text.push_str(&text);
            deltas.push(Delta::Text(text));
        }
        if let Some(tool_calls) = message.get("tool_calls") {
            let too_many = |_| Problem::TooLarge("it has more tool calls than any task needs".to_owned());
            self.calls.take(tool_calls).map_err(too_many)?;
        }
        Ok(deltas)
    }
}

/// Text and reasoning of `content`, which is a text or an array of parts; of `refusal` where the model gives its text there.
fn content(message: &Value) -> (String, String) {
    match message.get("content") {
        Some(Value::String(text)) if !text.is_empty() => (text.clone(), String::new()),
        Some(Value::Array(parts)) => (joined(parts, "text"), joined(parts, "thinking")),
        _ => (message.get("refusal").and_then(Value::as_str).unwrap_or_default().to_owned(), String::new()),
    }
}

/// The parts of one type, joined. What a part holds is a text, or again an array of text parts.
fn joined(parts: &[Value], kind: &str) -> String {
    let of_kind = parts.iter().filter(|part| part.get("type").and_then(Value::as_str) == Some(kind));
    let words = of_kind.filter_map(|part| part.get(kind)).map(|inner| match inner {
        Value::String(text) => text.clone(),
        Value::Array(inner) => inner.iter().filter_map(|part| part.get("text")?.as_str()).collect(),
        _ => String::new(),
    });
    words.collect()
}

fn usage(holder: &Value) -> Option<Usage> {
    let counts = holder.get("usage")?;
    let tokens = |fields: [&str; 2]| fields.iter().find_map(|field| counts.get(field)?.as_u64());
    let (input, output) = (tokens(["prompt_tokens", "input_tokens"]), tokens(["completion_tokens", "output_tokens"]));
    if input.is_none() && output.is_none() {
        return None;
    }
    Some(Usage { input_tokens: input.unwrap_or(0), output_tokens: output.unwrap_or(0), model_calls: 1 })
}
