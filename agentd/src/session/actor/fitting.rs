//! What keeps a turn's requests within its model's window: what is planned, the request for a summary, and its answer.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::event::{Body, Cut, Purpose};
use crate::domain::message::Message;
use crate::domain::time::WallTime;
use crate::model::{ModelReply, retry};
use crate::session::error::SessionError;
use crate::turn::compaction::{self, Context, SUMMARY_SYSTEM};
use crate::turn::driver::{AttemptId, Question};
use crate::turn::plan::{self, Next};
use crate::turn::state::TurnState;

use super::{Actor, Beside, Patience};

/// The window of a model whose record does not tell it.
const WINDOW_TOKENS: u64 = 128_000;

impl Actor {
    /// What should happen now, after what has to go before it so that the request fits.
    pub(super) fn next(&self, turn: &TurnState) -> Next {
        let next = plan::plan(turn, self.budget(), self.driver.is_asking(), WallTime::now());
        compaction::before(next, turn, &self.context(turn))
    }

    fn context(&self, turn: &TurnState) -> Context<'_> {
        let record = self.services.models.record(&turn.model);
        let mut context = Context {
            messages: &self.state.messages,
            load: self.state.load,
            overhead_bytes: self.overhead_bytes(),
            window_tokens: record.and_then(|record| record.context_window).unwrap_or(WINDOW_TOKENS),
            reply_tokens: record.and_then(|record| record.max_output).unwrap_or(0),
        };
        // Whatever the record says, what the endpoint refused as too large is more than fits.
        if turn.has_overflowed {
            context.window_tokens = context.window_tokens.min(context.tokens());
        }
        context
    }

    /// Bytes of every request beside the conversation.
    pub(super) fn overhead_bytes(&self) -> u64 {
        self.state.system.len() as u64 + self.offered_bytes
    }

    /// Asks for a summary of the oldest messages. The intent is durable before the request leaves (law L1).
    pub(super) async fn summarise(
        &mut self,
        at: AttemptId,
        not_before: Option<WallTime>,
        cut: usize,
    ) -> Result<(), SessionError> {
        let Some(turn) = &self.state.turn else { return Ok(()) };
        let name = turn.model.clone();
        let model = match self.services.models.get(&name) {
            Ok(model) => model,
            Err(error) => {
                let failed = self.attempt_failed(at, &error);
                return self.journal(at.turn, vec![failed], Patience::UntilWritten).await;
            }
        };
        let context = self.context(turn);
        let text = compaction::transcript(&context.messages[..cut], context.transcript_bytes_max());
        let wait_ms = not_before.map_or(0, |at| at.0.saturating_sub(WallTime::now().0));
        let question = Question {
            model,
            system: SUMMARY_SYSTEM.into(),
            messages: Arc::new(vec![Message::user(text)]),
            // Another conversation than the session's own.
            transcript: Arc::default(),
            tools: Arc::default(),
            at,
            wait: Duration::from_millis(u64::try_from(wait_ms).unwrap_or(0).min(retry::WAIT_MS_MAX)),
        };
        let intent = Body::ModelIntent {
            step: at.step,
            attempt: at.attempt,
            model: name,
            request_hash: question.hash(),
            purpose: Purpose::Summary,
            request_bytes: 0,
        };
        crate::failpoint::reach("summary.intent.before");
        self.journal(at.turn, vec![intent], Patience::UntilWritten).await?;
        crate::failpoint::reach("summary.intent.after");
        self.driver.summarise(question, cut);
        Ok(())
    }

    /// The summary takes the place of what it was made of. A reply without words is an attempt that failed.
    pub(super) async fn take_summary(
        &mut self,
        at: AttemptId,
        cut: usize,
        reply: ModelReply,
    ) -> Result<(), SessionError> {
        let Some(turn) = &self.state.turn else { return Ok(()) };
        let context = self.context(turn);
        let mut summary = reply.text;
        summary.truncate(summary.floor_char_boundary(context.summary_bytes_max()));
        let mut usage = reply.usage.unwrap_or_default();
        usage.model_calls = 1;
        usage.cost_micros = self.services.models.cost_micros(&turn.model, &usage);
        let beside = Beside { usage: Some((turn.model.clone(), usage)), ..Beside::default() };
        let mut total = self.state.usage;
        total += usage;
        let bodies = if summary.trim().is_empty() {
            let failures = turn.failures + 1;
            let retry_ms = retry::delay_ms(failures, None, 0.0);
            vec![
                Body::ModelAttemptFailed {
                    step: at.step,
                    attempt: at.attempt,
                    class: "malformed".to_owned(),
                    message: "the model was asked for a summary of the conversation and wrote nothing".to_owned(),
                    hint: "choose another model, or begin a new session".to_owned(),
                    retry_at: retry_ms.map(|ms| WallTime::now().plus_ms(ms)),
                    next_model: None,
                },
                Body::Usage { total },
            ]
        } else {
            vec![
                Body::ContextCompacted {
                    step: at.step,
                    attempt: at.attempt,
                    cut: Cut { summarised: cut as u64, results_dropped: 0 },
                    summary,
                    tokens_before: context.tokens(),
                    usage,
                },
                Body::Usage { total },
            ]
        };
        crate::failpoint::reach("summary.done.before");
        self.journal_with(at.turn, bodies, Patience::UntilWritten, beside).await?;
        crate::failpoint::reach("summary.done.after");
        Ok(())
    }
}
