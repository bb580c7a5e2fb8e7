//! The events of a turn as text: the answer for stdout, everything else for stderr.

use std::collections::BTreeMap;

use proto::v1::event::Data;
use proto::v1::{Event, ModelAttemptFailed, ToolIntent, ToolOutcome, TurnFinished, TurnStatus};

use super::reply::{Next, Reply};
use super::style::{Palette, Style};
use super::tail::Tail;
use super::tool::{self, Ending};
use super::{escape, session, words};

/// What is to be printed. All but the answer is escaped.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A part of the answer as the model wrote it, for stdout.
    Answer(String),
    /// The end of a message: its last line is ended if it is open.
    EndLine,
    /// A line for stderr that may be left out.
    Note(String),
    /// A line for stderr that must be seen.
    Say(String),
    /// What goes on now, and below it the end of its output; `None`: nothing.
    Busy(Option<String>),
    /// The agent's list of todos.
    Todos(Vec<String>),
    /// The answer of a turn whose answer had to fit a schema, for stdout.
    Json(String),
    /// The turn ended or parked; what comes after this belongs to its end.
    End,
}

/// Whether the answer is shown while it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    /// Piece by piece, for a person.
    Live,
    /// Each message when it is whole, for a file or a pipe: nothing void ever gets there.
    Whole,
}

/// Turns events into text, one after the other.
#[derive(Debug)]
pub(crate) struct Transcript {
    answers: Answers,
    colors: Palette,
    reply: Reply,
    /// Calls that have no outcome yet.
    calls: BTreeMap<String, Call>,
}

#[derive(Debug)]
struct Call {
    title: String,
    tail: Tail,
}

impl Transcript {
    /// One that has shown nothing.
    pub(crate) fn new(answers: Answers, colors: Palette) -> Self {
        Self { answers, colors, reply: Reply::default(), calls: BTreeMap::new() }
    }

    /// What an event adds.
    pub(crate) fn event(&mut self, event: &Event) -> Vec<Piece> {
        // An event of a later version has nothing that could be shown.
        let Some(data) = &event.data else { return Vec::new() };
        match data {
            Data::TurnStarted(_) | Data::ModelDone(_) | Data::Usage(_) | Data::SessionCreated(_) => Vec::new(),
            Data::ImageChanged(changed) => {
                self.faint(format!("the session now has the image {}", escape::line(&changed.image)))
            }
            Data::SessionRenamed(renamed) => {
                self.faint(format!("the session is now named {}", escape::line(&renamed.name)))
            }
            Data::SessionModel(chosen) => {
                self.faint(format!("the session's next turns ask {}", escape::line(&chosen.model)))
            }
            Data::SessionBudget(_) => self.faint("the session has another budget".to_owned()),
            Data::ModelIntent(asked) => {
                self.reply.asked(asked.attempt);
                vec![Piece::Busy(Some(format!("{} …", escape::line(&asked.model))))]
            }
            Data::ContextCompacted(compacted) => {
                let what = if compacted.attempt > 0 {
                    "the oldest part was summarised"
                } else {
                    "old tool results were left out"
                };
                self.faint(format!(
                    "the conversation of about {} tokens was shortened: {what}",
                    compacted.tokens_before
                ))
            }
            Data::ModelAttemptFailed(failed) => self.attempt_failed(failed),
            Data::ReasoningDelta(_) => vec![Piece::Busy(Some("thinking …".to_owned()))],
            Data::TextDelta(delta) if self.answers == Answers::Live => {
                let next = self.reply.piece(event.attempt.unwrap_or(1), event.offset.unwrap_or(0), &delta.text);
                self.show(next)
            }
            Data::TextDelta(_) => Vec::new(),
            Data::MessageDone(message) => {
                let next = self.reply.whole(&message.text);
                let mut pieces = self.show(next);
                pieces.push(Piece::EndLine);
                pieces
            }
            Data::ToolIntent(intent) => self.intent(intent),
            Data::ToolOutput(output) => {
                let Some(call) = self.calls.get_mut(&output.call) else { return Vec::new() };
                call.tail.push(event.offset.unwrap_or(0), &output.text);
                vec![call.busy()]
            }
            Data::ToolDone(outcome) => self.outcome(Ending::Done, outcome),
            Data::ToolFailed(outcome) => self.outcome(Ending::Failed, outcome),
            Data::ToolDenied(outcome) => self.outcome(Ending::Denied, outcome),
            Data::ToolCancelled(outcome) => self.outcome(Ending::Cancelled, outcome),
            Data::ToolUnknown(outcome) => self.outcome(Ending::Unknown, outcome),
            Data::ApprovalRequested(_) => vec![Piece::Busy(None)],
            Data::ApprovalDecided(decided) => {
                let title = self.title(&decided.call, &decided.call);
                let words = match decided.decision() {
                    proto::v1::Decision::Approve => "approved",
                    proto::v1::Decision::Edit => "approved with other arguments",
                    proto::v1::Decision::Reject => "rejected",
                    proto::v1::Decision::Answer | proto::v1::Decision::Unspecified => "answered",
                };
                let mut pieces = self.faint(format!("{words}: {title}"));
                if !decided.always.is_empty() {
                    let always = escape::line(&decided.always);
                    pieces.extend(self.faint(format!("from now on in this session without asking: {always}")));
                }
                pieces
            }
            Data::ApprovalExpired(expired) => {
                let title = self.title(&expired.call, &expired.call);
                vec![self.warning(&format!("nobody answered in time: {title}"))]
            }
            Data::SubagentStarted(started) => {
                let (agent, id) = (escape::line(&started.agent), words::short_id(&started.subagent));
                self.faint(format!("sub-agent {id} ({agent}) works on: {}", self.title(&started.call, &started.call)))
            }
            Data::SubagentParked(parked) => {
                let calls = words::count(parked.waiting.len() as u64, "call");
                self.faint(format!("sub-agent {} waits for answers to {calls}", words::short_id(&parked.subagent)))
            }
            Data::SubagentResumed(resumed) => {
                self.faint(format!("sub-agent {} goes on", words::short_id(&resumed.subagent)))
            }
            Data::SubagentFinished(ended) => {
                let usage =
                    ended.usage.as_ref().map(|usage| format!(" · {}", session::usage(usage))).unwrap_or_default();
                let (id, status) = (words::short_id(&ended.subagent), ended.status().lower_name());
                self.faint(format!("sub-agent {id} {status}{usage}"))
            }
            Data::TurnSteered(steered) => self.faint(format!("told meanwhile: {}", escape::line(&steered.text))),
            Data::TodosUpdated(updated) => vec![Piece::Todos(session::todos(&updated.todos))],
            Data::AnswerRefused(refused) => {
                let problems = escape::line(&refused.problems.join("; "));
                vec![self.warning(&format!("the answer does not fit the schema, and is asked for again: {problems}"))]
            }
            Data::SandboxIntent(intent) => {
                vec![Piece::Busy(Some(format!("making a sandbox of {} …", escape::line(&intent.image))))]
            }
            Data::SandboxReady(ready) => {
                let mut pieces = self.faint(format!("sandbox {} is ready", escape::line(&ready.name)));
                for words in &ready.not_enforced {
                    pieces.extend(self.faint(format!("not enforced: {}", escape::line(words))));
                }
                pieces
            }
            Data::SandboxLost(lost) => {
                vec![self.warning(&format!("the sandbox is gone: {}", escape::line(&lost.reason)))]
            }
            Data::Error(notice) => {
                let mut pieces = vec![self.warning(&escape::line(&notice.message))];
                pieces.extend(self.hint(&notice.hint));
                pieces
            }
            Data::TurnFinished(finished) => self.finished(event.turn, finished),
        }
    }

    fn show(&self, next: Next) -> Vec<Piece> {
        match next {
            Next::Nothing => Vec::new(),
            Next::More(text) => vec![Piece::Busy(None), Piece::Answer(text)],
            Next::Again(text) => {
                let warning = self.warning("the answer begins again; what was shown of it is void");
                vec![Piece::Busy(None), Piece::EndLine, warning, Piece::Answer(text)]
            }
        }
    }

    fn attempt_failed(&mut self, failed: &ModelAttemptFailed) -> Vec<Piece> {
        let then = match (failed.next_model.as_str(), failed.retry_at.as_str()) {
            ("", "") => String::new(),
            ("", _) => "; it is asked again".to_owned(),
            (other, _) => format!("; {} is asked in its place", escape::line(other)),
        };
        let void = if self.reply.failed(failed.attempt) { ", and what was shown of its answer is void" } else { "" };
        let words = format!(
            "the model's attempt {} failed ({}): {}{then}{void}",
            failed.attempt,
            escape::line(&failed.class),
            escape::line(&failed.message)
        );
        vec![Piece::Busy(None), self.warning(&words)]
    }

    fn intent(&mut self, intent: &ToolIntent) -> Vec<Piece> {
        let call = Call { title: tool::title(&intent.tool, &intent.arguments), tail: Tail::default() };
        let mut pieces = Vec::new();
        if intent.replay != "read_only" {
            pieces.push(Piece::Note(format!("{} {}", self.colors.paint(Style::Hint, "▸"), call.title)));
        }
        pieces.push(call.busy());
        self.calls.insert(intent.call.clone(), call);
        pieces
    }

    fn outcome(&mut self, ending: Ending, outcome: &ToolOutcome) -> Vec<Piece> {
        let title = self.title(&outcome.call, &outcome.tool);
        let tail = self.calls.remove(&outcome.call).map(|call| call.tail.lines()).unwrap_or_default();
        let lines = tool::outcome(ending, &title, outcome, &tail, self.colors);
        let mut pieces = vec![Piece::Busy(None)];
        pieces.extend(lines.into_iter().map(Piece::Note));
        pieces
    }

    fn title(&self, call: &str, otherwise: &str) -> String {
        self.calls.get(call).map_or_else(|| escape::line(otherwise), |call| call.title.clone())
    }

    fn finished(&mut self, turn: u64, finished: &TurnFinished) -> Vec<Piece> {
        let mut pieces = vec![Piece::End];
        pieces.extend(finished.answer.clone().map(Piece::Json));
        match finished.status() {
            TurnStatus::Completed | TurnStatus::Unspecified => {
                let usage =
                    finished.usage.as_ref().map(|usage| format!(" · {}", session::usage(usage))).unwrap_or_default();
                let steps = words::count(finished.steps.into(), "step");
                pieces.extend(self.faint(format!("turn {turn} · {steps}{usage}")));
            }
            TurnStatus::Interrupted => {}
            TurnStatus::Cancelled => {
                let why = if finished.message.is_empty() {
                    String::new()
                } else {
                    format!(": {}", escape::line(&finished.message))
                };
                pieces.push(Piece::Say(self.colors.paint(Style::Warn, &format!("the turn was cancelled{why}"))));
            }
            TurnStatus::Failed => {
                pieces.push(Piece::Say(format!(
                    "{} {}",
                    self.colors.paint(Style::Bad, "error:"),
                    escape::block(&finished.message)
                )));
                pieces.extend(self.hint(&finished.hint));
            }
        }
        pieces
    }

    fn faint(&self, words: String) -> Vec<Piece> {
        vec![Piece::Note(self.colors.paint(Style::Faint, &words))]
    }

    fn warning(&self, words: &str) -> Piece {
        Piece::Note(format!("{} {words}", self.colors.paint(Style::Warn, "warning:")))
    }

    fn hint(&self, hint: &str) -> Option<Piece> {
        (!hint.is_empty())
            .then(|| Piece::Say(format!("{} {}", self.colors.paint(Style::Hint, "hint:"), escape::block(hint))))
    }
}

impl Call {
    fn busy(&self) -> Piece {
        let lines = self.tail.lines().into_iter().map(|line| format!("\n    {line}"));
        Piece::Busy(Some(self.title.clone() + &lines.collect::<String>()))
    }
}

#[cfg(test)]
mod tests;
