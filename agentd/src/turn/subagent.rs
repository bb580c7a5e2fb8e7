//! What is known of the sub-agents of a turn, and what their ends come to. Pure: the session runs them.

use crate::domain::event::{Body, Event, TurnStatus};
use crate::domain::ids::{CallId, SessionId};
use crate::domain::message::Usage;
use crate::domain::outcome::{Outcome, OutcomeKind};

use super::ended;
use super::state::TurnState;

/// Bytes of a sub-agent's last message that are passed on.
const RESULT_BYTES_MAX: usize = 64 * 1024;

/// The sub-agent of a call, as far as the turn has heard of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Subagent {
    /// Its session.
    pub session: SessionId,
    /// The calls of it that wait for an answer: while there are some it is parked.
    pub waiting: Vec<CallId>,
}

/// How a sub-agent stands, where that is news.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// It waits until these calls are answered.
    Parked(Vec<CallId>),
    /// It works.
    Going,
    /// Its turn has ended.
    Ended(Ended),
}

/// How a sub-agent ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// How.
    pub status: TurnStatus,
    /// Its last message; may be empty.
    pub text: String,
    /// Why it did not complete.
    pub why: String,
    /// Model steps.
    pub steps: u32,
    /// Tokens.
    pub usage: Usage,
}

/// How it stands, as the events of its own journal tell.
#[derive(Debug, Default)]
pub struct Stands {
    waiting: Vec<CallId>,
    text: String,
    ended: Option<Ended>,
}

impl Stands {
    /// Takes in its next event.
    pub fn take(&mut self, event: &Event) {
        match &event.body {
            Body::MessageDone { text, .. } => self.text.clone_from(text),
            Body::ApprovalDecided { .. } | Body::ApprovalExpired { .. } => self.waiting.clear(),
            Body::TurnFinished { status: TurnStatus::Interrupted, waiting, .. } => self.waiting.clone_from(waiting),
            Body::TurnFinished { status, message, steps, usage, .. } => {
                self.ended = Some(Ended {
                    status: *status,
                    text: std::mem::take(&mut self.text),
                    why: message.clone(),
                    steps: *steps,
                    usage: *usage,
                });
            }
            _ => {}
        }
    }

    /// What is new where these calls are known to wait.
    pub fn news(&self, known: &[CallId]) -> Option<News> {
        if let Some(ended) = &self.ended {
            return Some(News::Ended(ended.clone()));
        }
        match self.waiting.as_slice() {
            waiting if waiting == known => None,
            [] => Some(News::Going),
            waiting => Some(News::Parked(waiting.to_vec())),
        }
    }
}

/// The share of a limit that one of so many sub-agents gets; 0 is no limit.
pub fn share(limit: u64, used: u64, sharers: usize) -> u64 {
    if limit == 0 { 0 } else { (limit.saturating_sub(used) / (sharers.max(1) as u64)).max(1) }
}

/// The end of a sub-agent, and of its call. Its tokens count for its parent.
pub fn ended_with_its_call(turn: &TurnState, call: &CallId, end: &Ended, session_usage: Usage) -> Vec<Body> {
    let mut bodies = finished(turn, call, end, session_usage);
    bodies.extend(ended::ended(turn, call, outcome(end)));
    bodies
}

/// The end of a sub-agent whose call ends otherwise.
pub fn finished(turn: &TurnState, call: &CallId, end: &Ended, session_usage: Usage) -> Vec<Body> {
    let Some(subagent) = turn.call(call).and_then(|call| call.subagent.as_ref()) else { return Vec::new() };
    let mut total = session_usage;
    total += end.usage;
    vec![
        Body::SubagentFinished {
            call: call.clone(),
            session: subagent.session.clone(),
            status: end.status,
            message: end.why.clone(),
            steps: end.steps,
            usage: end.usage,
        },
        Body::Usage { total },
    ]
}

fn outcome(end: &Ended) -> Outcome {
    let text = &end.text[..end.text.floor_char_boundary(RESULT_BYTES_MAX)];
    let cut = if text.len() < end.text.len() { "\n[The message was longer and is cut here.]" } else { "" };
    let last = if text.is_empty() { String::new() } else { format!(" Its last message was:\n{text}{cut}") };
    match end.status {
        TurnStatus::Completed if text.is_empty() => {
            Outcome::plain(OutcomeKind::Done, "The sub-agent ended without a message.")
        }
        TurnStatus::Completed => Outcome::plain(OutcomeKind::Done, format!("{text}{cut}")),
        TurnStatus::Cancelled => {
            let told = format!("The sub-agent was cancelled by the user; what it had done stays done.{last}");
            Outcome::plain(OutcomeKind::Cancelled, told)
        }
        TurnStatus::Failed | TurnStatus::Interrupted => {
            let told = format!("The sub-agent failed: {}. What it had done stays done.{last}", end.why);
            Outcome::plain(OutcomeKind::Failed, told)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::WallTime;

    fn call(id: &str) -> CallId {
        CallId::try_from(id.to_owned()).unwrap()
    }

    fn stands(bodies: &[Body]) -> Stands {
        let mut stands = Stands::default();
        for body in bodies {
            let (session, body) = (SessionId::from_random([1; 16]), body.clone());
            stands.take(&Event { session, seq: 1, turn: 1, time: WallTime(0), body });
        }
        stands
    }

    fn turn_finished(status: TurnStatus, waiting: &[&str]) -> Body {
        Body::TurnFinished {
            status,
            exit_code: 0,
            message: "why".to_owned(),
            hint: String::new(),
            waiting: waiting.iter().map(|id| call(id)).collect(),
            answer: None,
            steps: 2,
            usage: Usage::default(),
        }
    }

    #[test]
    fn only_what_is_not_known_is_news() {
        let parked = turn_finished(TurnStatus::Interrupted, &["a"]);
        assert_eq!(stands(&[]).news(&[]), None);
        assert_eq!(stands(&[]).news(&[call("a")]), Some(News::Going));
        assert_eq!(stands(std::slice::from_ref(&parked)).news(&[]), Some(News::Parked(vec![call("a")])));
        assert_eq!(stands(std::slice::from_ref(&parked)).news(&[call("a")]), None);
        let expired = Body::ApprovalExpired { call: call("a"), expired_at: WallTime(0) };
        assert_eq!(stands(&[parked, expired]).news(&[call("a")]), Some(News::Going));
        let said = |text: &str| Body::MessageDone { step: 1, text: text.to_owned() };
        let end = stands(&[said("looking"), said("found"), turn_finished(TurnStatus::Completed, &[])]).news(&[]);
        assert!(matches!(end, Some(News::Ended(Ended { text, steps: 2, .. })) if text == "found"));
    }

    #[test]
    fn a_limit_is_shared_and_no_limit_stays_none() {
        assert_eq!(share(0, 500, 3), 0);
        assert_eq!(share(1000, 100, 3), 300);
        assert_eq!(share(1000, 2000, 3), 1, "what is left of nothing is no freedom");
        assert_eq!(share(1000, 0, 0), 1000);
    }

    #[test]
    fn the_model_is_told_the_last_message_or_why_there_is_none() {
        let end = |status, text: &str| Ended {
            status,
            text: text.to_owned(),
            why: "the budget is used up".to_owned(),
            steps: 1,
            usage: Usage::default(),
        };
        assert_eq!(outcome(&end(TurnStatus::Completed, "42")).content, "42");
        let failed = outcome(&end(TurnStatus::Failed, "half"));
        assert_eq!(failed.kind, OutcomeKind::Failed);
        assert!(failed.content.contains("the budget is used up") && failed.content.contains("half"));
        let long = outcome(&end(TurnStatus::Completed, &"é".repeat(RESULT_BYTES_MAX)));
        assert!(long.content.len() < RESULT_BYTES_MAX + 100 && long.content.ends_with("is cut here.]"));
    }
}
