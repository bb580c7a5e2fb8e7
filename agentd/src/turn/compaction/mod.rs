//! Whether a conversation still fits its model's window, and what is left out of it when not. Pure.
//!
//! Old tool results go first, which costs nothing. Where that is not enough, the model is asked for a summary of the oldest
//! part, which then stands in its place. [`size`] measures, [`tail`] says what stays, [`mod@transcript`] writes down what is to be
//! summarised, [`shortened()`] is the conversation afterwards.

pub mod size;

mod tail;

mod transcript;
pub use transcript::{SUMMARY_SYSTEM, transcript};

mod shortened;
pub use shortened::shortened;

use crate::domain::event::{Body, Cut, TurnStatus};
use crate::domain::message::{Message, Usage};

use self::size::Load;
use super::close;
use super::plan::Next;
use super::state::TurnState;

/// Hundredths of the window that may be full before something is left out.
const FULL_PERCENT: u64 = 80;

/// Hundredths of the window at most that are full after old tool results were left out; else a summary is made.
const ENOUGH_PERCENT: u64 = 50;

/// Hundredths of the window that the newest messages may take, which stay as they are.
const TAIL_PERCENT: u64 = 30;

/// Hundredths of the window that a summary may take.
const SUMMARY_PERCENT: u64 = 10;

/// What the next request would hold, and what its model takes.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The conversation.
    pub messages: &'a [Message],
    /// How much that is, beside system prompt and tools.
    pub load: Load,
    /// Bytes of the system prompt and of the tools on offer.
    pub overhead_bytes: u64,
    /// Tokens that fit a request and its reply.
    pub window_tokens: u64,
    /// Tokens that the reply may have.
    pub reply_tokens: u64,
}

impl Context<'_> {
    /// Tokens of the next request, as far as they can be told.
    pub fn tokens(&self) -> u64 {
        self.load.tokens_of(self.load.bytes + self.overhead_bytes)
    }

    /// Tokens that the next request may have.
    fn tokens_max(&self) -> u64 {
        let room = self.window_tokens.saturating_sub(self.reply_tokens.min(self.window_tokens / 2));
        room.min(self.percent(FULL_PERCENT))
    }

    fn percent(&self, percent: u64) -> u64 {
        self.window_tokens / 100 * percent + self.window_tokens % 100 * percent / 100
    }

    /// Bytes of text that a share of the window is.
    fn bytes_of_percent(&self, percent: u64) -> u64 {
        self.load.bytes_of(self.percent(percent))
    }

    /// Bytes that a summary may have.
    pub fn summary_bytes_max(&self) -> usize {
        usize::try_from(self.bytes_of_percent(SUMMARY_PERCENT)).unwrap_or(usize::MAX)
    }

    /// Bytes that the text may have which a summary is made of.
    pub fn transcript_bytes_max(&self) -> usize {
        usize::try_from(self.bytes_of_percent(ENOUGH_PERCENT)).unwrap_or(usize::MAX)
    }
}

/// What goes before a request to the model that was planned: nothing where it fits.
pub fn before(next: Next, turn: &TurnState, context: &Context<'_>) -> Next {
    let Next::AskModel { step, attempt, not_before } = next else { return next };
    let tokens = context.tokens();
    if tokens <= context.tokens_max() {
        return next;
    }
    let tail = tail::start(context.messages, context.bytes_of_percent(TAIL_PERCENT));
    let freed = tail::droppable_bytes(&context.messages[..tail]);
    let after = context.load.tokens_of((context.load.bytes + context.overhead_bytes).saturating_sub(freed));
    if freed > 0 && after <= context.percent(ENOUGH_PERCENT) {
        return Next::Journal(vec![Body::ContextCompacted {
            step,
            attempt: 0,
            cut: Cut { summarised: 0, results_dropped: tail as u64 },
            summary: String::new(),
            tokens_before: tokens,
            usage: Usage::default(),
        }]);
    }
    // A conversation whose oldest part was summarised just now, or has nothing in it to summarise, does not get shorter.
    if turn.is_summarised || tail::gone_bytes(context.messages, tail) <= context.bytes_of_percent(SUMMARY_PERCENT) {
        return Next::Journal(vec![cannot_shrink(turn, context)]);
    }
    Next::Summarise { step, attempt, not_before, cut: tail }
}

fn cannot_shrink(turn: &TurnState, context: &Context<'_>) -> Body {
    let message = format!(
        "the next request needs about {} tokens, the window of model {} has {}, and nothing more can be left out",
        context.tokens(),
        turn.model,
        context.window_tokens
    );
    let hint = "go on with a new session or a shorter message, choose a model with a larger window, or correct \
                context_window of the model in config.toml";
    close::finished(turn, TurnStatus::Failed, 1, &message, hint)
}

#[cfg(test)]
mod tests;
