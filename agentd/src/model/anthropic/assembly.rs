//! A reply, put together from the events of its stream. Pure. Unknown events and blocks are passed over, as the protocol asks.

use serde_json::Value;

use crate::domain::message::{Sealed, Thinking, Thought, Usage};
use crate::model::chat::{ModelReply, ReplyCall};
use crate::model::ending;
use crate::model::reader::{Assembly, Delta, Problem};
use crate::model::reported::Reported;

/// Blocks of one reply, at most.
const BLOCKS_MAX: usize = 2048;

/// Reasons that say that the reply came to its own end, with or without words: after its tools a model may have nothing to add.
const OWN_END: [&str; 3] = ["end_turn", "stop_sequence", "pause_turn"];

/// The reply so far.
#[derive(Debug, Default)]
pub(super) struct MessageStream {
    text: String,
    reasoning: String,
    calls: Vec<Call>,
    thoughts: Vec<Thought>,
    blocks: Vec<(u64, Block)>,
    stop_reason: String,
    usage: Option<Usage>,
    begun: bool,
    done: bool,
}

/// A call so far: its arguments as fragments, or whole from the beginning.
#[derive(Debug, Default)]
struct Call {
    id: Option<String>,
    tool: String,
    input: Option<Value>,
    fragments: String,
}

/// What a block goes on with.
#[derive(Clone, Copy, Debug)]
enum Block {
    Text,
    Thinking(usize),
    Call(usize),
    Unknown,
}

impl Assembly for MessageStream {
    fn take(&mut self, piece: &Value) -> Result<Vec<Delta>, Problem> {
        let kind = piece.get("type").and_then(Value::as_str).unwrap_or_default();
        if kind == "error" || (piece.get("error").is_some() && kind != "message") {
            let reported = Reported::find(piece).unwrap_or_default();
            return Err(Problem::Reported(reported));
        }
        match kind {
            "message" => self.whole(piece),
            "message_start" => {
                self.begun = true;
                self.count(piece.get("message"));
                Ok(Vec::new())
            }
            "content_block_start" => self.start(index(piece), piece.get("content_block").unwrap_or(&Value::Null)),
            "content_block_delta" => Ok(self.add(index(piece), piece.get("delta").unwrap_or(&Value::Null))),
            "message_delta" => {
                self.count(Some(piece));
                self.stop(piece.get("delta"));
                Ok(Vec::new())
            }
            "message_stop" => {
                self.done = true;
                Ok(Vec::new())
            }
            // ping, content_block_stop, and what there may be one day.
            _ => Ok(Vec::new()),
        }
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn is_answer(document: &Value) -> bool {
        document.get("type").and_then(Value::as_str) == Some("message")
    }

    fn finish(self, done: bool) -> Result<(Vec<Delta>, ModelReply), Problem> {
        if !self.begun {
            return Err(Problem::Cut("it ended before it began".to_owned()));
        }
        if !done && self.stop_reason.is_empty() {
            return Err(Problem::Cut("it ended without its end mark".to_owned()));
        }
        let mut tool_calls: Vec<ReplyCall> = self.calls.into_iter().map(Call::finish).collect();
        if !(tool_calls.is_empty() && OWN_END.contains(&self.stop_reason.as_str())) {
            ending::check(&self.text, &mut tool_calls, &self.stop_reason)?;
        }
        let signed =
            (!self.thoughts.is_empty()).then(|| Thinking::Signed { model: String::new(), thoughts: self.thoughts });
        let reply = ModelReply {
            text: self.text,
            reasoning: self.reasoning,
            tool_calls,
            thinking: signed,
            finish_reason: self.stop_reason,
            usage: self.usage,
        };
        Ok((Vec::new(), reply))
    }
}

/// Says who signed the thoughts of this reply.
pub(super) fn sign(reply: &mut ModelReply, by: &str) {
    if let Some(Thinking::Signed { model, .. }) = &mut reply.thinking {
        by.clone_into(model);
    }
}

impl MessageStream {
    /// An answer that is not a stream.
    fn whole(&mut self, message: &Value) -> Result<Vec<Delta>, Problem> {
        self.begun = true;
        let mut deltas = Vec::new();
        for (at, block) in (0..).zip(message.get("content").and_then(Value::as_array).into_iter().flatten()) {
            deltas.extend(self.start(at, block)?);
        }
        self.count(Some(message));
        self.stop(Some(message));
        Ok(deltas)
    }

    fn start(&mut self, index: u64, block: &Value) -> Result<Vec<Delta>, Problem> {
        if self.blocks.len() == BLOCKS_MAX {
            return Err(Problem::TooLarge("it has more blocks than any task needs".to_owned()));
        }
        let word = |field: &str| block.get(field).and_then(Value::as_str).unwrap_or_default();
        let (kind, deltas) = match word("type") {
            "text" => (Block::Text, self.say(word("text"))),
            "thinking" => {
                self.seal(Sealed::Signature { reasoning_bytes: 0, signature: word("signature").to_owned() });
                let at = self.thoughts.len().saturating_sub(1);
                (Block::Thinking(at), self.think(at, word("thinking")))
            }
            "redacted_thinking" => {
                self.seal(Sealed::Redacted(word("data").to_owned()));
                (Block::Unknown, Vec::new())
            }
            "tool_use" => {
                let input = block.get("input").filter(|input| input.as_object().is_none_or(|input| !input.is_empty()));
                self.calls.push(Call {
                    id: Some(word("id").to_owned()).filter(|id| !id.is_empty()),
                    tool: word("name").to_owned(),
                    input: input.cloned(),
                    fragments: String::new(),
                });
                (Block::Call(self.calls.len().saturating_sub(1)), Vec::new())
            }
            _ => (Block::Unknown, Vec::new()),
        };
        self.blocks.push((index, kind));
        Ok(deltas)
    }

    fn add(&mut self, index: u64, delta: &Value) -> Vec<Delta> {
        let word = |field: &str| delta.get(field).and_then(Value::as_str).unwrap_or_default();
        let block = self.blocks.iter().rev().find(|(at, _)| *at == index).map(|(_, block)| *block);
        match (word("type"), block) {
            // Some servers leave the start of a text out.
            ("text_delta", Some(Block::Text) | None) => self.say(word("text")),
            ("thinking_delta", Some(Block::Thinking(at))) => self.think(at, word("thinking")),
            ("signature_delta", Some(Block::Thinking(at))) => {
                if let Some(Thought { sealed: Sealed::Signature { signature, .. }, .. }) = self.thoughts.get_mut(at) {
                    signature.push_str(word("signature"));
                }
                Vec::new()
            }
            ("input_json_delta", Some(Block::Call(at))) => {
                if let Some(call) = self.calls.get_mut(at) {
                    call.fragments.push_str(word("partial_json"));
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn seal(&mut self, sealed: Sealed) {
        let (after_text_bytes, after_calls) = (self.text.len(), self.calls.len());
        self.thoughts.push(Thought { sealed, after_text_bytes, after_calls });
    }

    fn say(&mut self, text: &str) -> Vec<Delta> {
        self.text.push_str(text);
        if text.is_empty() { Vec::new() } else { vec![Delta::Text(text.to_owned())] }
    }

    fn think(&mut self, at: usize, thought: &str) -> Vec<Delta> {
        if let Some(Thought { sealed: Sealed::Signature { reasoning_bytes, .. }, .. }) = self.thoughts.get_mut(at) {
            *reasoning_bytes += thought.len();
        }
        self.reasoning.push_str(thought);
        if thought.is_empty() { Vec::new() } else { vec![Delta::Reasoning(thought.to_owned())] }
    }

    fn stop(&mut self, holder: Option<&Value>) {
        if let Some(reason) = holder.and_then(|holder| holder.get("stop_reason")?.as_str()) {
            reason.clone_into(&mut self.stop_reason);
        }
    }

    /// Counts are sums so far: the newest of each stands. Tokens of the cache are counted apart by this protocol.
    fn count(&mut self, holder: Option<&Value>) {
        let Some(counts) = holder.and_then(|holder| holder.get("usage")).filter(|usage| usage.is_object()) else {
            return;
        };
        let before = self.usage.unwrap_or_default();
        let tokens = |field: &str| counts.get(field).and_then(Value::as_u64);
        let cached_tokens = tokens("cache_read_input_tokens").unwrap_or(before.cached_tokens);
        let cache_write_tokens = tokens("cache_creation_input_tokens").unwrap_or(before.cache_write_tokens);
        let plain_before =
            before.input_tokens.saturating_sub(before.cached_tokens).saturating_sub(before.cache_write_tokens);
        let plain = tokens("input_tokens").unwrap_or(plain_before);
        self.usage = Some(Usage {
            input_tokens: plain.saturating_add(cached_tokens).saturating_add(cache_write_tokens),
            output_tokens: tokens("output_tokens").unwrap_or(before.output_tokens),
            model_calls: 1,
            cached_tokens,
            cache_write_tokens,
            cost_micros: 0,
        });
    }
}

impl Call {
    fn finish(self) -> ReplyCall {
        let arguments = match (self.fragments.trim().is_empty(), self.input) {
            (false, _) => self.fragments,
            (true, Some(Value::String(written))) => written,
            (true, Some(input)) => input.to_string(),
            (true, None) => "{}".to_owned(),
        };
        ReplyCall { id: self.id, tool: self.tool, arguments }
    }
}

fn index(piece: &Value) -> u64 {
    piece.get("index").and_then(Value::as_u64).unwrap_or(0)
}
