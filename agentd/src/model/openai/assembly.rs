//! A reply, put together from the pieces of its stream. Pure. What matters is found wherever servers put it; a field of a wrong type
//! is a field that is absent.

use serde_json::Value;

use super::fragments::Fragments;
use super::think_tags::ThinkTags;
use crate::domain::message::{Thinking, Usage};
use crate::model::chat::ModelReply;
use crate::model::ending;
use crate::model::reader::{Assembly, Delta, Problem};
use crate::model::reported::Reported;

/// Finish reasons that say that the endpoint itself failed: open.bigmodel.cn, OpenRouter, DeepSeek, SGLang.
const BROKEN_OFF: [&str; 4] = ["network_error", "error", "insufficient_system_resource", "abort"];

/// Where servers put reasoning.
const REASONING_FIELDS: [&str; 4] = ["reasoning_content", "reasoning", "thinking", "reasoning_text"];

/// The reply so far.
#[derive(Debug, Default)]
pub(super) struct Completion {
    text: String,
    reasoning: String,
    /// Whether reasoning came in the field in which some endpoints want it back.
    in_reasoning_content: bool,
    tags: ThinkTags,
    calls: Fragments,
    finish_reason: String,
    usage: Option<Usage>,
    begun: bool,
}

impl Assembly for Completion {
    fn take(&mut self, piece: &Value) -> Result<Vec<Delta>, Problem> {
        if let Some(reported) = Reported::find(piece) {
            return Err(Problem::Reported(reported));
        }
        let choice = piece.get("choices").and_then(|choices| choices.get(0));
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
            _ => match choice.get("text").and_then(Value::as_str) {
                Some(text) => Ok(self.say(text, String::new())),
                None => Ok(Vec::new()),
            },
        }
    }

    fn is_answer(document: &Value) -> bool {
        document.get("choices").and_then(|choices| choices.get(0)).is_some()
    }

    fn finish(mut self, done: bool) -> Result<(Vec<Delta>, ModelReply), Problem> {
        if !self.begun {
            return Err(Problem::Cut("it ended before it began".to_owned()));
        }
        if BROKEN_OFF.contains(&self.finish_reason.as_str()) {
            return Err(Problem::Cut(format!("the endpoint gave it up ({})", self.finish_reason)));
        }
        if !done && self.finish_reason.is_empty() {
            return Err(Problem::Cut("it ended without its end mark".to_owned()));
        }
        let last = self.tags.finish();
        let mut deltas = self.told(last.text, last.reasoning);
        let mut tool_calls = std::mem::take(&mut self.calls).finish();
        // Servers that are set up to tell reasoning from text, with a model that does not reason, take all of it for reasoning.
        if self.text.is_empty() && tool_calls.is_empty() && matches!(self.finish_reason.as_str(), "stop" | "") {
            deltas.extend(self.told(self.reasoning.clone(), String::new()));
        }
        ending::check(&self.text, &mut tool_calls, &self.finish_reason)?;
        let thinking = (self.in_reasoning_content && !self.reasoning.is_empty()).then_some(Thinking::ReasoningContent);
        let reply = ModelReply {
            text: self.text,
            reasoning: self.reasoning,
            tool_calls,
            thinking,
            finish_reason: self.finish_reason,
            usage: self.usage,
        };
        Ok((deltas, reply))
    }
}

impl Completion {
    fn is_empty(&self) -> bool {
        self.text.is_empty() && self.reasoning.is_empty() && self.calls.is_empty()
    }

    fn add(&mut self, message: &Value) -> Result<Vec<Delta>, Problem> {
        let spelt = REASONING_FIELDS.iter().find_map(|field| {
            let reasoning = message.get(field)?.as_str().filter(|reasoning| !reasoning.is_empty())?;
            Some((*field, reasoning))
        });
        self.in_reasoning_content |= spelt.is_some_and(|(field, _)| field == "reasoning_content");
        let (text, thought) = content(message);
        let reasoning = spelt.map_or(thought.clone(), |(_, reasoning)| format!("{reasoning}{thought}"));
        let deltas = self.say(&text, reasoning);
        let too_many = |_| Problem::TooLarge("it has more tool calls than any task needs".to_owned());
        if let Some(tool_calls) = message.get("tool_calls") {
            self.calls.take(tool_calls).map_err(too_many)?;
        }
        if let Some(function) = message.get("function_call").filter(|function| function.is_object()) {
            self.calls.take_only(function).map_err(too_many)?;
        }
        Ok(deltas)
    }

    fn say(&mut self, text: &str, reasoning: String) -> Vec<Delta> {
        let told = self.tags.take(text);
        self.told(told.text, reasoning + &told.reasoning)
    }

    fn told(&mut self, text: String, reasoning: String) -> Vec<Delta> {
        let mut deltas = Vec::new();
        if !reasoning.is_empty() {
            self.reasoning.push_str(&reasoning);
            deltas.push(Delta::Reasoning(reasoning));
        }
        if !text.is_empty() {
            self.text.push_str(&text);
            deltas.push(Delta::Text(text));
        }
        deltas
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
    let counts =
        holder.get("usage").filter(|usage| usage.is_object()).or_else(|| holder.get("x_groq")?.get("usage"))?;
    let tokens = |fields: &[&str]| fields.iter().find_map(|field| counts.pointer(field)?.as_u64());
    let input = tokens(&["/prompt_tokens", "/input_tokens"]);
    let output = tokens(&["/completion_tokens", "/output_tokens"]);
    if input.is_none() && output.is_none() {
        return None;
    }
    let input_tokens = input.unwrap_or(0);
    let cached =
        ["/prompt_tokens_details/cached_tokens", "/prompt_cache_hit_tokens", "/input_tokens_details/cached_tokens"];
    Some(Usage {
        input_tokens,
        output_tokens: output.unwrap_or(0),
        model_calls: 1,
        cached_tokens: tokens(&cached).unwrap_or(0).min(input_tokens),
        ..Usage::default()
    })
}
