//! The model that plays a file of replies. It asks nobody and says so.

mod choose;
mod script;

use std::path::Path;
use std::time::Duration;

use futures_util::future::BoxFuture;

use self::script::{Reply, Script};
use super::chat::{DeltaSink, Model, ModelReply, ModelRequest};
use super::error::{Class, ModelError};
use super::openai::Chat;

/// A model whose replies are read from a file.
pub(super) struct Scripted {
    script: Script,
    asked: String,
}

impl Scripted {
    /// Reads and checks the whole file.
    pub(super) fn load(path: &Path) -> Result<Self, ModelError> {
        let script = Script::load(path)?;
        Ok(Self { script, asked: format!("scripted {}", path.display()) })
    }

    async fn play(&self, request: &ModelRequest<'_>, deltas: &dyn DeltaSink) -> Result<ModelReply, ModelError> {
        let Some(scripted) = self.script.replies.get(choose::position(request.messages)) else {
            let reply = choose::after_the_end(self.script.replies.len());
            deltas.text(&reply.text);
            return Ok(reply);
        };
        sleep_ms(scripted.delay_ms).await;
        let failure = scripted.failure(request.attempt);
        if let Some(class) = failure.filter(|&class| class != Class::Cut) {
            return Err(ModelError::Scripted { class, retry_after_ms: scripted.retry_after_ms });
        }
        let reply = choose::reply(scripted, request.messages);
        if failure.is_some() {
            // A cut reply has been shown in part, which is what makes it worth rehearsing.
            let shown: String = reply.text.chars().take(reply.text.chars().count() / 2).collect();
            write(scripted, &shown, |delta| deltas.text(delta)).await;
            return Err(ModelError::Scripted { class: Class::Cut, retry_after_ms: None });
        }
        write(scripted, &reply.reasoning, |delta| deltas.reasoning(delta)).await;
        write(scripted, &reply.text, |delta| deltas.text(delta)).await;
        Ok(reply)
    }
}

/// The hash of a request that goes out in no protocol's words.
pub(super) fn hash(asked: &str, request: &ModelRequest<'_>) -> String {
    let tools: Vec<&str> = request.tools.iter().map(|tool| &*tool.name).collect();
    let head = format!("{asked} {} {}", request.system, tools.join(","));
    request.transcript.hash(&head, &Chat { thinks: false, vision: false }, request.messages)
}

/// Hands out a text in pieces at the reply's pace.
async fn write(pace: &Reply, text: &str, hand_out: impl Fn(&str) + Send) {
    let mut rest = text;
    while !rest.is_empty() {
        let cut = rest.char_indices().nth(pace.chunk_chars).map_or(rest.len(), |(at, _)| at);
        let (piece, after) = rest.split_at(cut);
        hand_out(piece);
        rest = after;
        sleep_ms(pace.chunk_ms).await;
    }
}

async fn sleep_ms(ms: u64) {
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}

impl Model for Scripted {
    fn ask<'a>(
        &'a self,
        request: &'a ModelRequest<'a>,
        deltas: &'a dyn DeltaSink,
    ) -> BoxFuture<'a, Result<ModelReply, ModelError>> {
        Box::pin(self.play(request, deltas))
    }

    fn request_hash(&self, request: &ModelRequest<'_>) -> String {
        hash(&self.asked, request)
    }

    fn note(&self) -> Option<&str> {
        Some("this model is scripted: its replies are read from a file, no model is asked")
    }
}

#[cfg(test)]
mod tests;
