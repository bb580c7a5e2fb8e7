//! Sub-agents of this session: started for its `task` calls, watched, answered for, and ended with its turn.

use std::time::Duration;

use futures_util::future::join_all;

use crate::domain::event::{Body, TurnStatus};
use crate::domain::ids::{CallId, SessionId};
use crate::domain::options::{Parent, SessionOptions};
use crate::domain::outcome::{Outcome, OutcomeKind};
use crate::session::command::{Command, Position};
use crate::session::error::SessionError;
use crate::session::subagent::{self, Start};
use crate::tools::task;
use crate::turn::answer::{Answers, Refusal};
use crate::turn::state::TurnState;
use crate::turn::subagent::{Ended, News, Subagent, ended_with_its_call, finished, share};

use super::{Actor, Patience};

/// How long a sub-agent has to end after it was told to.
const STOP_WAIT: Duration = Duration::from_secs(5);

/// What a sub-agent is told beside its task.
const ITS_PLACE: &str =
    "You work for another agent. Your last message is all that it gets from you: let it answer the task.";

impl Actor {
    /// Starts the sub-agent of a call, or goes on watching it.
    pub(super) async fn delegate(&mut self, id: &CallId) -> Result<(), SessionError> {
        let Some(turn) = &self.state.turn else { return Ok(()) };
        let Some(call) = turn.call(id).filter(|call| call.ended.is_none()) else { return Ok(()) };
        let order = match task::order(call.effective_arguments()) {
            Ok(order) => order,
            Err(why) => return Box::pin(self.end_call(id, Outcome::plain(OutcomeKind::Failed, why))).await,
        };
        let start = Start {
            id: subagent::id_of(&self.state.id, id),
            options: self.options_of(turn, id, order.subagent_type),
            message: format!("{}\n\n{ITS_PLACE}", order.description),
            timeout_ms: turn.timeout_ms,
            who: turn.who,
        };
        let known = call.subagent.as_ref().map(|subagent| subagent.waiting.clone()).unwrap_or_default();
        if call.subagent.is_none() {
            let (session, agent) = (start.id.clone(), start.options.agent.clone());
            let started = Body::SubagentStarted { call: id.clone(), session, agent };
            let number = turn.number;
            crate::failpoint::reach("subagent.started.before");
            self.journal(number, vec![started], Patience::UntilWritten).await?;
            crate::failpoint::reach("subagent.started.after");
        }
        self.driver.watch(id.clone(), subagent::next_news(self.sessions.clone(), start, known));
        Ok(())
    }

    /// Its parent's options, a share of its parent's budget, and what its profile says otherwise.
    fn options_of(&self, turn: &TurnState, call: &CallId, subagent_type: &str) -> SessionOptions {
        let own = &self.state.options;
        let profile =
            self.services.settings.agents.get(subagent_type).filter(|_| subagent_type != task::LIKE_ITS_PARENT);
        let sharers = turn.calls.iter().filter(|call| call.delegates() && call.ended.is_none()).count();
        let used = self.state.usage.input_tokens.saturating_add(self.state.usage.output_tokens);
        let requests = share(own.model_calls_max.into(), turn.requests.into(), sharers);
        SessionOptions {
            parent: Some(Parent { session: self.state.id.clone(), call: call.clone(), agent: own.agent.clone() }),
            workspace_made: false,
            agent: profile.map_or_else(|| own.agent.clone(), |_| subagent_type.to_owned()),
            model: profile.and_then(|profile| profile.model.clone()).unwrap_or_else(|| turn.model.clone()),
            budget_tokens: share(own.budget_tokens, used, sharers),
            model_calls_max: u32::try_from(requests).unwrap_or(u32::MAX),
            ..own.clone()
        }
    }

    /// Watches the sub-agents that a parked turn waits for.
    pub(super) async fn watch_subagents(&mut self) -> Result<(), SessionError> {
        for (call, _) in self.open_subagents() {
            if !self.driver.is_running(&call) {
                self.delegate(&call).await?;
            }
        }
        Ok(())
    }

    fn open_subagents(&self) -> Vec<(CallId, Subagent)> {
        let calls = self.state.turn.iter().flat_map(|turn| &turn.calls);
        let open = calls.filter(|call| call.ended.is_none());
        open.filter_map(|call| Some((call.id.clone(), call.subagent.clone()?))).collect()
    }

    /// A sub-agent stands otherwise than this session knew.
    pub(super) async fn take_news(&mut self, call: &CallId, news: Result<News, String>) -> Result<(), SessionError> {
        let Some(turn) = &self.state.turn else { return Ok(()) };
        let subagent = turn.call(call).filter(|call| call.ended.is_none()).and_then(|call| call.subagent.clone());
        let Some(Subagent { session, waiting }) = subagent else { return Ok(()) };
        let (number, was_parked) = (turn.number, turn.parked);
        let bodies = match news {
            Ok(News::Parked(waiting)) => vec![Body::SubagentParked { call: call.clone(), session, waiting }],
            // It was told when its answers went through this session.
            Ok(News::Going) if waiting.is_empty() => return Ok(()),
            Ok(News::Going) => vec![Body::SubagentResumed { call: call.clone(), session }],
            Ok(News::Ended(end)) => ended_with_its_call(turn, call, &end, self.state.usage),
            Err(why) => {
                let end = Ended { why, ..self.stopped(&session).await };
                let Some(turn) = &self.state.turn else { return Ok(()) };
                let end = Ended { status: TurnStatus::Failed, ..end };
                ended_with_its_call(turn, call, &end, self.state.usage)
            }
        };
        crate::failpoint::reach("subagent.news.before");
        self.journal(number, bodies, Patience::UntilWritten).await?;
        crate::failpoint::reach("subagent.news.after");
        if was_parked {
            self.set_deadline();
        }
        Ok(())
    }

    /// Answers that are for sub-agents go to them; each takes its own whole or not at all.
    pub(super) async fn resume_subagents(&mut self, answers: &Answers) -> Result<Position, SessionError> {
        let Some(turn) = &self.state.turn else { return Err(Refusal::NothingWaits.into()) };
        let number = turn.number;
        let open = self.open_subagents();
        let asked = |call: &CallId, subagent: &Subagent| {
            subagent.waiting.contains(call) || call.as_str().starts_with(&subagent::call_prefix(&subagent.session))
        };
        if let Some(foreign) = answers.answers.iter().find(|answer| !open.iter().any(|(_, of)| asked(&answer.call, of)))
        {
            // A sub-agent that has ended takes no answer any more: what it asked was decided.
            let of_one_that_ended =
                turn.calls.iter().filter_map(|call| call.subagent.as_ref()).any(|of| asked(&foreign.call, of));
            let call = foreign.call.clone();
            return Err(
                if of_one_that_ended { Refusal::AlreadyDecided(call) } else { Refusal::NoSuchCall(call) }.into()
            );
        }
        let position =
            Position { turn: number, from_seq: self.state.head + 1, structured: turn.answer_schema.is_some() };
        let (mut resumed, mut refused) = (Vec::new(), None);
        for (call, subagent) in open {
            let its =
                answers.answers.iter().filter(|answer| asked(&answer.call, &subagent)).cloned().collect::<Vec<_>>();
            let rest = answers.rest.clone().filter(|_| !subagent.waiting.is_empty());
            if its.is_empty() && rest.is_none() {
                continue;
            }
            let part = Answers { answers: its, rest, stop: false, ..answers.clone() };
            match self.sessions.tell(&subagent.session, |reply| Command::Resume(part, reply)).await {
                Ok(_) => resumed.push(Body::SubagentResumed { call, session: subagent.session }),
                Err(error) => refused = Some(error),
            }
        }
        let nothing = resumed.is_empty();
        if !nothing {
            self.journal(number, resumed, Patience::UntilWritten).await?;
            self.set_deadline();
        }
        match refused {
            Some(error) => Err(error),
            None if nothing => Err(Refusal::NothingWaits.into()),
            None if answers.stop && answers.reject_something() => self.stop().await,
            None => Ok(position),
        }
    }

    /// Ends the sub-agents of the open turn, before it ends itself.
    pub(super) async fn stop_subagents(&mut self) -> Vec<Body> {
        let open = self.open_subagents();
        let ends = join_all(open.iter().map(|(_, subagent)| self.stopped(&subagent.session))).await;
        let mut bodies = Vec::new();
        let mut usage = self.state.usage;
        if let Some(turn) = &self.state.turn {
            for ((call, _), end) in open.iter().zip(&ends) {
                bodies.extend(finished(turn, call, end, usage));
                usage += end.usage;
            }
        }
        bodies
    }

    /// Ends a sub-agent, and says what it came to.
    async fn stopped(&self, id: &SessionId) -> Ended {
        let stop = self.sessions.tell(id, Command::Stop);
        match tokio::time::timeout(STOP_WAIT, stop).await {
            Ok(Ok(_) | Err(SessionError::NoTurn | SessionError::NotFound(_))) => {}
            Ok(Err(error)) => tracing::warn!(session = %id, %error, "a sub-agent could not be ended"),
            // Its parent does not want it any more, which is found when it is woken again.
            Err(_) => tracing::warn!(session = %id, "a sub-agent did not end in time after it was told to"),
        }
        let usage = self.sessions.find(id.as_str()).await.map(|view| view.usage).unwrap_or_default();
        Ended { status: TurnStatus::Cancelled, text: String::new(), why: String::new(), steps: 0, usage }
    }

    /// Removes the sub-agents that this session ever had.
    pub(super) async fn remove_subagents(&self) -> Result<(), SessionError> {
        for view in self.sessions.list().await? {
            if view.options.parent.is_some_and(|parent| parent.session == self.state.id) {
                match self.sessions.tell(&view.id, |reply| Command::Remove(true, reply)).await {
                    Ok(()) | Err(SessionError::NotFound(_)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }
}
