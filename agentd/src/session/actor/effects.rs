//! What the plan asks for, and how it ends.

use std::sync::Arc;
use std::time::Duration;

use crate::approval::gate::Terms;
use crate::approval::texts;
use crate::domain::event::{Body, Purpose};
use crate::domain::ids::CallId;
use crate::domain::outcome::{Outcome, OutcomeKind, ReplayClass};
use crate::domain::time::WallTime;
use crate::model::{ModelError, ModelReply, retry};
use crate::session::error::SessionError;
use crate::tools::tool::CommandCaps;
use crate::turn::accept::{self, Judges, Position as ReplyPosition};
use crate::turn::driver::{AttemptId, Done, Job, Question, What};
use crate::turn::ended;
use crate::turn::plan::{self, Budget, Next};
use crate::turn::state::OVERFLOW;

use super::{Actor, Beside, Patience};

impl Actor {
    /// Does what follows by itself, until the turn waits for something.
    pub(super) async fn advance(&mut self) -> Result<(), SessionError> {
        self.prepare_for_waiters().await?;
        loop {
            let Some(turn) = &self.state.turn else { return Ok(()) };
            let number = turn.number;
            match self.next(turn) {
                Next::Journal(bodies) => {
                    crate::failpoint::reach("turn.goes_on.before");
                    self.journal(number, bodies, Patience::UntilWritten).await?;
                    crate::failpoint::reach("turn.goes_on.after");
                    let parked = self.state.turn.as_ref().is_none_or(|turn| turn.parked);
                    if parked {
                        self.deadline = None;
                    }
                }
                Next::AskModel { step, attempt, not_before } => {
                    self.ask(AttemptId { turn: number, step, attempt }, not_before).await?;
                }
                Next::Summarise { step, attempt, not_before, cut } => {
                    self.summarise(AttemptId { turn: number, step, attempt }, not_before, cut).await?;
                }
                Next::RunTools(calls) => return self.run_tools(number, &calls).await,
                Next::Wait => return self.watch_subagents().await,
            }
        }
    }

    pub(super) fn budget(&self) -> Budget {
        let used = self.state.usage;
        Budget {
            model_calls_max: self.state.options.model_calls_max,
            tokens_max: self.state.options.budget_tokens,
            tokens_used: used.tokens(),
            cost_micros_max: self.state.options.budget_cost_micros,
            cost_micros_used: used.cost_micros,
        }
    }

    /// The intent is durable before the request leaves (law L1).
    async fn ask(&mut self, at: AttemptId, not_before: Option<WallTime>) -> Result<(), SessionError> {
        let (question, intent) = match self.question(at, not_before) {
            Ok(asked) => asked,
            Err(error) => {
                let failed = self.attempt_failed(at, &error);
                return self.journal(at.turn, vec![failed], Patience::UntilWritten).await;
            }
        };
        crate::failpoint::reach("model.intent.before");
        self.journal(at.turn, vec![intent], Patience::UntilWritten).await?;
        crate::failpoint::reach("model.intent.after");
        self.driver.ask(question);
        Ok(())
    }

    /// A request to the model, and the event that must be durable before it leaves.
    fn question(&self, at: AttemptId, not_before: Option<WallTime>) -> Result<(Question, Body), ModelError> {
        let name = self.state.turn.as_ref().map(|turn| turn.model.clone()).unwrap_or_default();
        let model = self.services.models.get(&name)?;
        let question = Question {
            model,
            system: Arc::clone(&self.state.system),
            messages: Arc::clone(&self.state.messages),
            transcript: Arc::clone(&self.transcript),
            tools: Arc::clone(&self.offered),
            at,
            wait: not_before.map_or(Duration::ZERO, |at| retry::wait(at, WallTime::now())),
        };
        let intent = Body::ModelIntent {
            step: at.step,
            attempt: at.attempt,
            model: name,
            request_hash: question.hash(),
            purpose: Purpose::Reply,
            request_bytes: self.state.load.bytes + self.overhead_bytes(),
        };
        Ok((question, intent))
    }

    /// What the model is to be asked now, if it is. A model that cannot be asked is met again where the plan is followed.
    fn next_question(&self) -> Option<(Question, Body)> {
        let turn = self.state.turn.as_ref()?;
        match self.next(turn) {
            Next::AskModel { step, attempt, not_before } => {
                self.question(AttemptId { turn: turn.number, step, attempt }, not_before).ok()
            }
            Next::Journal(_) | Next::Summarise { .. } | Next::RunTools(_) | Next::Wait => None,
        }
    }

    /// The intents are durable; a call that is under way already is left alone.
    async fn run_tools(&mut self, turn_number: u64, calls: &[CallId]) -> Result<(), SessionError> {
        for id in calls {
            if self.driver.is_running(id) {
                continue;
            }
            let Some(call) = self.state.turn.as_ref().and_then(|turn| turn.call(id)) else { continue };
            if call.delegates() {
                self.delegate(id).await?;
                continue;
            }
            let needs_sandbox = self.tools.get(&call.tool).is_some_and(|tool| tool.needs_sandbox());
            let job = Job {
                turn: turn_number,
                call: id.clone(),
                tool: call.tool.clone(),
                arguments: call.effective_arguments().clone(),
                sandbox: None,
                caps: CommandCaps::of(&self.state.options.sandbox),
            };
            if !needs_sandbox {
                self.driver.run(job);
                continue;
            }
            let Some(live) = self.slot.answering(true).await else {
                return self.prepare_sandbox().await;
            };
            self.slot.sent.insert(id.clone());
            crate::failpoint::reach("tool.start.before");
            self.driver.run(Job { sandbox: Some(live.client), ..job });
            crate::failpoint::reach("tool.start.after");
        }
        Ok(())
    }

    pub(super) async fn take_done(&mut self, done: Done) -> Result<(), SessionError> {
        match done {
            Done::Model { at, result: Ok(reply) } => self.accept_reply(at, reply).await,
            Done::Summary { at, cut, result: Ok(reply) } => self.take_summary(at, cut, reply).await,
            Done::Model { at, result: Err(error) } | Done::Summary { at, result: Err(error), .. } => {
                let failed = self.attempt_failed(at, &error);
                self.journal(at.turn, vec![failed], Patience::UntilWritten).await
            }
            Done::Tool { call, result: Ok(outcome) } => self.end_call(&call, outcome).await,
            Done::Tool { call, result: Err(gone) } => {
                tracing::warn!(session = %self.state.id, %call, reason = %gone.reason, "the sandbox stopped answering");
                self.sandbox_broke().await
            }
            Done::Subagent { call, news } => self.take_news(&call, news).await,
            Done::Fault(What::Subagent(call)) => {
                self.take_news(&call, Err("a fault of agentd ended the wait for it".to_owned())).await
            }
            Done::Fault(What::Model(at)) => {
                let failed = Body::ModelAttemptFailed {
                    step: at.step,
                    attempt: at.attempt,
                    class: "internal".to_owned(),
                    message: "a fault of agentd ended the request".to_owned(),
                    hint: "agentctl daemon logs shows what happened".to_owned(),
                    retry_at: None,
                    next_model: None,
                };
                self.journal(at.turn, vec![failed], Patience::UntilWritten).await
            }
            Done::Fault(What::Tool(call)) => {
                let text = "A fault of the daemon ended this call; it may have taken effect.";
                self.end_call(&call, Outcome::plain(OutcomeKind::Unknown, text)).await
            }
        }
    }

    async fn accept_reply(&mut self, at: AttemptId, reply: ModelReply) -> Result<(), SessionError> {
        let settings = &self.services.settings;
        let expires_after_ms = settings.approval_expires_ms;
        let judges = Judges {
            tools: &self.tools,
            call_prefix: &self.call_prefix,
            terms: self.terms(),
            repeats: &self.state.turn.as_ref().map(|turn| turn.repeats.after(&turn.calls)).unwrap_or_default(),
            expires_at: (expires_after_ms > 0).then(|| WallTime::now().plus_ms(expires_after_ms)),
        };
        let position = ReplyPosition { turn: at.turn, step: at.step, attempt: at.attempt };
        let model = self.state.turn.as_ref().map(|turn| turn.model.clone()).unwrap_or_default();
        let mut used = reply.usage.unwrap_or_default();
        used.model_calls = 1;
        used.cost_micros = self.services.models.cost_micros(&model, &used);
        let reply = ModelReply { usage: Some(used), ..reply };
        let bodies = accept::accept(reply, position, &self.state.calls_seen, self.state.usage, &judges);
        let beside = Beside { usage: Some((model, used)), ..Beside::default() };
        crate::failpoint::reach("model.done.before");
        self.journal_with(at.turn, bodies, Patience::UntilWritten, beside).await?;
        crate::failpoint::reach("model.done.after");
        Ok(())
    }

    /// What decides over this session's calls now.
    pub(super) fn terms(&self) -> Terms<'_> {
        Terms { policy: &self.state.options.approve, rules: &self.rules, grants: &self.state.grants }
    }

    /// Whether another attempt makes sense because something will be left out of it: a request that the endpoint found too
    /// large, unless leaving out has not helped.
    fn can_be_shortened(&self, error: &ModelError) -> bool {
        let turn = self.state.turn.as_ref();
        let is_of_the_reply = matches!(error, ModelError::TooLarge { .. });
        error.class() == OVERFLOW
            && !is_of_the_reply
            && turn.is_some_and(|turn| !turn.is_summarised && !turn.has_overflowed)
    }

    pub(super) fn attempt_failed(&self, at: AttemptId, error: &ModelError) -> Body {
        let mut random = [0_u8; 4];
        // Without randomness the jitter is gone, and nothing else.
        if let Err(error) = getrandom::fill(&mut random) {
            tracing::warn!(%error, "the system gave no random bytes");
        }
        let fraction = f64::from(u32::from_le_bytes(random)) / f64::from(u32::MAX);
        // A model is given as many attempts over restarts of the daemon as without.
        let failures = self.state.turn.as_ref().map_or(0, |turn| turn.failures) + 1;
        let again_ms = if error.retryable() {
            retry::delay_ms(failures, error.retry_after_ms(), fraction)
        } else {
            self.can_be_shortened(error).then_some(0)
        };
        let next_model = self.stand_in(error, again_ms.is_some());
        // One that stands in is asked at once.
        let wait_ms = if next_model.is_some() { Some(0) } else { again_ms };
        Body::ModelAttemptFailed {
            step: at.step,
            attempt: at.attempt,
            class: error.class().to_owned(),
            message: error.message(),
            hint: error.hint(),
            retry_at: wait_ms.map(|ms| WallTime::now().plus_ms(ms)),
            next_model,
        }
    }

    /// The model to ask in place of the one that failed, if there is one and it is time for it.
    fn stand_in(&self, error: &ModelError, may_try_again: bool) -> Option<String> {
        let turn = self.state.turn.as_ref()?;
        if !error.kind().calls_for_another(may_try_again) {
            return None;
        }
        self.services.models.stand_in(&turn.first_model, &turn.model)
    }

    /// Calls that a daemon before this one may have made outside the sandbox, where nothing keeps what they came to: they may
    /// have taken effect, and are not made again.
    pub(super) async fn end_cut_calls(&mut self) -> Result<(), SessionError> {
        let Some(turn) = &self.state.turn else { return Ok(()) };
        let number = turn.number;
        let is_outside = |tool: &str| self.tools.get(tool).is_none_or(|tool| !tool.needs_sandbox());
        let cut = plan::runnable(turn).into_iter().filter(|id| {
            let call = turn.call(id);
            call.is_some_and(|call| call.replay == ReplayClass::Effect && is_outside(&call.tool))
        });
        let reason = "agentd stopped while it ran";
        let bodies =
            cut.flat_map(|id| ended::ended(turn, &id, Outcome::plain(OutcomeKind::Unknown, texts::unknown(reason))));
        let bodies: Vec<Body> = bodies.collect();
        if bodies.is_empty() {
            return Ok(());
        }
        self.journal(number, bodies, Patience::UntilWritten).await
    }

    /// The outcome is durable before agent-init is told to forget it. Where the model is asked next, the intent of that
    /// becomes durable with the outcome: one wait for the disk less in every step.
    pub(super) async fn end_call(&mut self, call: &CallId, outcome: Outcome) -> Result<(), SessionError> {
        self.slot.breaks = 0;
        self.slot.answered();
        let Some(turn) = &self.state.turn else { return Ok(()) };
        let number = turn.number;
        let bodies = ended::ended(turn, call, outcome);
        if bodies.is_empty() {
            return Ok(());
        }
        let mut fresh = self.fresh();
        self.take_in(&mut fresh, number, bodies)?;
        let (question, intent) = self.next_question().unzip();
        self.take_in(&mut fresh, number, intent)?;
        crate::failpoint::reach("tool.done.before");
        self.commit(fresh, Patience::UntilWritten, Beside::default()).await?;
        crate::failpoint::reach("tool.done.after");
        self.acknowledge_ended();
        self.give_back_sandbox();
        crate::failpoint::reach("tool.acknowledged");
        if let Some(question) = question {
            self.driver.ask(question);
        }
        Ok(())
    }

    /// Tells agent-init to forget the calls that have ended, without waiting for it: what it keeps longer is bounded there.
    pub(super) fn acknowledge_ended(&mut self) {
        let ended: Vec<CallId> = self
            .slot
            .sent
            .iter()
            .filter(|id| {
                let call = self.state.turn.as_ref().and_then(|turn| turn.call(id));
                call.is_none_or(|call| call.ended.is_some())
            })
            .cloned()
            .collect();
        let Some(live) = self.slot.connected().cloned() else { return };
        for id in ended {
            self.slot.sent.remove(&id);
            let client = live.client.clone();
            self.slot.forget(async move {
                if let Err(error) = client.ack(id.as_str()).await {
                    tracing::debug!(call = %id, %error, "an ended call could not be acknowledged");
                }
            });
        }
    }
}
