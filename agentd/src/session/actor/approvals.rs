//! Answers to waiting calls, and what happens where none comes in time.

use std::time::Duration;

use crate::approval::gate::{self, Gate};
use crate::domain::approval::Grant;
use crate::domain::event::Body;
use crate::domain::time::WallTime;
use crate::session::command::Position;
use crate::session::error::SessionError;
use crate::turn::answer::{self, Answers, Refusal};
use crate::turn::close;
use crate::turn::state::TurnState;

use super::{Actor, Patience};

/// What may be allowed for the rest of one session.
const GRANTS_MAX: usize = 256;

/// How long the clock on the wall is trusted to go as fast as that of the machine.
const CLOCK_TRUSTED_MS: u64 = 30_000;

impl Actor {
    pub(super) async fn resume(&mut self, answers: &Answers) -> Result<Position, SessionError> {
        let Some(turn) = &self.state.turn else { return Err(Refusal::NothingWaits.into()) };
        if turn.waiting().next().is_none()
            && turn.calls.iter().any(|call| call.subagent.is_some() && call.ended.is_none())
        {
            return self.resume_subagents(answers).await;
        }
        let (number, structured) = (turn.number, turn.answer_schema.is_some());
        let bodies = answer::decide(turn, answers, |tool, arguments| self.judge_edited(tool, arguments))?;
        let grants = bodies.iter().filter(|body| matches!(body, Body::ApprovalDecided { always: Some(_), .. })).count();
        if grants > 0 && self.state.grants.len() + grants > GRANTS_MAX {
            return Err(SessionError::Limit {
                message: format!("no more than {GRANTS_MAX} answers may hold for the rest of a session"),
                hint: "leave --always out, or write a rule into config.toml".to_owned(),
            });
        }
        let position = Position { turn: number, from_seq: self.state.head + 1, structured };
        crate::failpoint::reach("approval.decided.before");
        self.journal(number, bodies, Patience::None).await?;
        crate::failpoint::reach("approval.decided.after");
        self.set_deadline();
        Ok(position)
    }

    /// Whether edited arguments can run, and what an answer for the rest of the session would allow with them. No person's
    /// edit goes past a rule that denies.
    fn judge_edited(&self, tool: &str, arguments: &serde_json::Value) -> Result<Option<Grant>, String> {
        let tools = &self.tools;
        tools.get(tool).ok_or_else(|| tools.unknown_tool(tool))?.check(arguments)?;
        match gate::gate(&self.terms(), tool, arguments) {
            Gate::Deny { reason } => Err(reason),
            Gate::Ask { always, .. } => Ok(always),
            Gate::Run => Ok(crate::approval::grant::of(tool, arguments)),
        }
    }

    /// Denies the calls whose time for an answer is over.
    pub(super) async fn expire_approvals(&mut self) -> Result<(), SessionError> {
        let Some(turn) = &self.state.turn else { return Ok(()) };
        let number = turn.number;
        let bodies = close::expired(turn, WallTime::now());
        if bodies.is_empty() {
            return Ok(());
        }
        crate::failpoint::reach("approval.expired.before");
        self.journal(number, bodies, Patience::UntilWritten).await?;
        crate::failpoint::reach("approval.expired.after");
        self.set_deadline();
        Ok(())
    }
}

/// Waits until it is worth looking whether a call waited too long; for ever where none can.
pub(super) fn wait_for_expiry(turn: Option<&TurnState>) -> impl Future<Output = ()> + use<> {
    let expiries = turn.into_iter().flat_map(|turn| turn.waiting()).filter_map(|call| call.expires_at());
    let left_ms = expiries.min().map(|at| u64::try_from(at.0.saturating_sub(WallTime::now().0)).unwrap_or(0));
    async move {
        match left_ms {
            // A machine that slept, or whose clock was set, is looked at again in a while.
            Some(left_ms) => tokio::time::sleep(Duration::from_millis(left_ms.min(CLOCK_TRUSTED_MS))).await,
            None => std::future::pending().await,
        }
    }
}
