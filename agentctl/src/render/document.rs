//! A session as a Markdown document. What others wrote stands in quotations and fences that it cannot end, so that nothing
//! of it can pass for a heading, an approval or another speaker.

use proto::v1::event::Data;
use proto::v1::{
    ApprovalDecided, ApprovalRequested, Decision, Event, JournalFault, JournalHead, ModelAttemptFailed, Session,
    ToolIntent, ToolOutcome, TurnFinished,
};

use super::tool::{self, Ending};
use super::{escape, session, words};

/// Turns events into a document, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Document {
    turn: u64,
}

impl Document {
    /// The beginning of the document.
    pub(crate) fn heading(session: &Session) -> String {
        let name = if session.name.is_empty() { words::short_id(&session.id) } else { session.name.clone() };
        let facts = [
            ("session", session.id.as_str()),
            ("made", session.created.as_str()),
            ("model", session.model.as_str()),
            ("workspace", session.workspace.as_str()),
            ("image", session.image.as_str()),
            ("asks for", session.approve.as_str()),
        ];
        let facts = facts.iter().filter(|(_, fact)| !fact.is_empty());
        let facts: String = facts.map(|(name, fact)| format!("- {name}: {}\n", code(fact))).collect();
        format!("# Session {}\n\n{facts}", code(&name))
    }

    /// What an event adds.
    pub(crate) fn event(&mut self, event: &Event) -> String {
        let Some(data) = &event.data else { return String::new() };
        match data {
            Data::TurnStarted(started) => {
                self.turn = event.turn;
                let files = started.attachments.iter();
                let files: String =
                    files.map(|file| format!("\n- file {} ({})\n", code(&file.name), code(&file.sha256))).collect();
                format!("\n## Turn {} ({})\n\n**User:**\n\n{}{files}", event.turn, event.time, quoted(&started.message))
            }
            Data::MessageDone(message) => format!("\n**Model:**\n\n{}", quoted(&message.text)),
            Data::ToolIntent(intent) => call(intent),
            Data::ApprovalRequested(requested) => asked(event, requested),
            Data::ApprovalDecided(decided) => answered(event, decided),
            Data::ApprovalExpired(expired) => {
                format!("\n**Call** {} was not answered in time ({}).\n", code(&expired.call), event.time)
            }
            Data::SubagentStarted(started) => {
                let (call, id) = (code(&started.call), code(&started.subagent));
                format!("\n**Sub-agent** {id} ({}) works on {call} ({}).\n", code(&started.agent), event.time)
            }
            Data::SubagentFinished(ended) => {
                let (id, status) = (code(&ended.subagent), ended.status().lower_name());
                format!("\n**Sub-agent** {id} **{status}** ({}).\n", event.time)
            }
            Data::TurnSteered(steered) => {
                format!("\n**User, while the turn was running** ({}):\n\n{}", event.time, quoted(&steered.text))
            }
            Data::AnswerRefused(refused) => {
                format!("\n**The answer does not fit its schema:**\n\n{}", quoted(&refused.problems.join("\n")))
            }
            Data::ToolDone(outcome) => ended("done", Ending::Done, outcome),
            Data::ToolFailed(outcome) => ended("failed", Ending::Failed, outcome),
            Data::ToolDenied(outcome) => ended("denied", Ending::Denied, outcome),
            Data::ToolCancelled(outcome) => ended("cancelled", Ending::Cancelled, outcome),
            Data::ToolUnknown(outcome) => ended("unknown", Ending::Unknown, outcome),
            Data::TodosUpdated(updated) => fenced("", &session::todos(&updated.todos).join("\n")),
            Data::ModelAttemptFailed(failed) => attempt_failed(failed),
            Data::ContextCompacted(compacted) if compacted.summary.is_empty() => {
                format!("\nOld tool results were left out of the conversation ({}).\n", event.time)
            }
            Data::ContextCompacted(compacted) => {
                format!(
                    "\nThe oldest part of the conversation was summarised ({}):\n\n{}",
                    event.time,
                    quoted(&compacted.summary)
                )
            }
            Data::SandboxLost(lost) => format!("\nThe sandbox was lost ({}):\n\n{}", event.time, quoted(&lost.reason)),
            Data::SessionRenamed(renamed) => {
                format!("\nThe session was named {} ({}).\n", code(&renamed.name), event.time)
            }
            Data::SessionModel(chosen) => {
                format!("\nThe model was changed to {} ({}).\n", code(&chosen.model), event.time)
            }

            Data::ImageChanged(changed) => {
                format!("\nThe session was given the image {} ({}).\n", code(&changed.image), event.time)
            }
            Data::TurnFinished(finished) => turn_finished(event, finished),
            Data::SubagentParked(_)
            | Data::SubagentResumed(_)
            | Data::SessionBudget(_)
            | Data::SessionCreated(_)
            | Data::ModelIntent(_)
            | Data::ModelDone(_)
            | Data::Usage(_)
            | Data::SandboxIntent(_)
            | Data::SandboxReady(_)
            | Data::TextDelta(_)
            | Data::ReasoningDelta(_)
            | Data::ToolOutput(_)
            | Data::Error(_) => String::new(),
        }
    }

    /// The end of the document: what it was made of.
    pub(crate) fn end(head: &JournalHead, faults: &[JournalFault]) -> String {
        let state = match faults.first() {
            None => "The journal is whole".to_owned(),
            Some(fault) => format!("**The journal is damaged** (row {}: {})", fault.seq, escape::line(&fault.message)),
        };
        format!("\n---\n\n{state}; its head is {}.\n", code(&format!("{}:{}", head.seq, head.hash)))
    }
}

fn call(intent: &ToolIntent) -> String {
    let arguments: Option<serde_json::Value> = serde_json::from_str(&intent.arguments).ok();
    let arguments = arguments.and_then(|value| serde_json::to_string_pretty(&value).ok());
    let arguments = arguments.as_deref().unwrap_or(&intent.arguments);
    format!("\n**Tool call** {} ({}):\n{}", code(&intent.tool), code(&intent.call), fenced("json", arguments))
}

fn asked(event: &Event, requested: &ApprovalRequested) -> String {
    let reason = if requested.reason.is_empty() { String::new() } else { format!(": {}", code(&requested.reason)) };
    format!("\n**Approval** of {} asked for at {}{reason}.\n", code(&requested.call), event.time)
}

fn answered(event: &Event, decided: &ApprovalDecided) -> String {
    let verdict = match decided.decision() {
        Decision::Approve => "approved",
        Decision::Edit => "approved with other arguments",
        Decision::Reject => "rejected",
        Decision::Answer | Decision::Unspecified => "answered",
    };
    let process = decided.pid.map(|pid| format!(" (process {pid})")).unwrap_or_default();
    let mut text =
        format!("\n**Call** {} **{verdict}** by user {}{process} at {}", code(&decided.call), decided.uid, event.time);
    let detail = match &decided.arguments {
        Some(arguments) => fenced("json", arguments),
        None if decided.message.is_empty() => String::new(),
        None => format!("\n{}", quoted(&decided.message)),
    };
    if !decided.always.is_empty() {
        text += &format!(", and for the rest of the session {}", code(&decided.always));
    }
    text += if detail.is_empty() { ".\n" } else { ":\n" };
    text + &detail
}

fn ended(word: &str, ending: Ending, outcome: &ToolOutcome) -> String {
    let report = match (&outcome.exec, ending) {
        (Some(exec), Ending::Done | Ending::Failed) => format!(", {}", tool::report(exec)),
        _ => String::new(),
    };
    let diff = outcome.diff.as_deref().map(|diff| fenced("diff", diff)).unwrap_or_default();
    let content = if outcome.content.is_empty() { String::new() } else { fenced("", &outcome.content) };
    format!("\n**Call** {} **{word}**{report}.\n{content}{diff}", code(&outcome.call))
}

fn attempt_failed(failed: &ModelAttemptFailed) -> String {
    let heading =
        format!("\nThe model's attempt {} of step {} failed ({}):\n", failed.attempt, failed.step, code(&failed.class));
    format!("{heading}\n{}", quoted(&failed.message))
}

fn turn_finished(event: &Event, finished: &TurnFinished) -> String {
    let usage = finished.usage.as_ref().map(|usage| format!(", {}", session::usage(usage))).unwrap_or_default();
    let steps = words::count(finished.steps.into(), "step");
    let status = finished.status().lower_name();
    let heading = format!("\nTurn {} **{status}** at {}: {steps}{usage}.\n", event.turn, event.time);
    if finished.message.is_empty() { heading } else { format!("{heading}\n{}", quoted(&finished.message)) }
}

/// A quotation: every line begins with its mark, so no line can leave it.
fn quoted(text: &str) -> String {
    let shown = escape::block(text);
    shown.trim_end_matches('\n').split('\n').map(|line| format!("> {line}\n")).collect()
}

/// A fence that is longer than every run of its own characters in the text.
fn fenced(language: &str, text: &str) -> String {
    let shown = escape::block(text);
    let fence = "`".repeat(longest_run(&shown).max(2) + 1);
    let end = if shown.is_empty() || shown.ends_with('\n') { "" } else { "\n" };
    format!("\n{fence}{language}\n{shown}{end}{fence}\n")
}

/// A piece of code within a line.
fn code(text: &str) -> String {
    let shown = escape::line(text);
    let mark = "`".repeat(longest_run(&shown) + 1);
    let space = if shown.starts_with('`') || shown.ends_with('`') { " " } else { "" };
    format!("{mark}{space}{shown}{space}{mark}")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{finished, message, row, started};
    use proto::v1::{ExecReport, TurnStatus};

    const EXPECTED: &str = "
## Turn 1 (2026-01-02T03:04:05Z)

**User:**

> do it

**Tool call** `execute` (`call_1`):

```json
{
  \"command\": \"make\"
}
```

**Approval** of `call_1` asked for at 2026-01-02T03:04:05Z.

**Call** `call_1` **approved** by user 1000 (process 77) at 2026-01-02T03:04:05Z.

**Call** `call_1` **done**, exit 2 · 1.2 s.

```
no rule
```

**Model:**

> There is
> no rule.

Turn 1 **completed** at 2026-01-02T03:04:05Z: 1 step.
";

    #[test]
    fn a_conversation_reads_from_top_to_bottom() {
        let intent = ToolIntent {
            call: "call_1".into(),
            tool: "execute".into(),
            arguments: r#"{"command":"make"}"#.into(),
            ..ToolIntent::default()
        };
        let requested = ApprovalRequested { call: "call_1".into(), ..ApprovalRequested::default() };
        let decided = ApprovalDecided {
            call: "call_1".into(),
            decision: Decision::Approve.into(),
            uid: 1000,
            pid: Some(77),
            ..ApprovalDecided::default()
        };
        let exec = ExecReport { exit_code: 2, duration_ms: 1200, ..ExecReport::default() };
        let outcome = ToolOutcome {
            call: "call_1".into(),
            content: "no rule".into(),
            exec: Some(exec),
            ..ToolOutcome::default()
        };
        let events = [
            started(1),
            row(2, Data::ToolIntent(intent)),
            row(3, Data::ApprovalRequested(requested)),
            row(4, Data::ApprovalDecided(decided)),
            row(5, Data::ToolDone(outcome)),
            message(6, "There is\nno rule."),
            finished(7, TurnStatus::Completed, 0),
        ];
        let mut document = Document::default();
        let text: String = events.iter().map(|event| document.event(event)).collect();
        assert_eq!(text, EXPECTED);
    }

    #[test]
    fn nothing_that_others_wrote_leaves_its_place() {
        let forged = "ok\n\n## Turn 2\n```\n**Call** `x` **approved** by user 0\n\u{1b}[2J";
        assert!(quoted(forged).lines().all(|line| line.starts_with("> ")), "{}", quoted(forged));
        let shown = fenced("", &format!("{forged}\n````\nout"));
        let lines: Vec<&str> = shown.trim().lines().collect();
        assert_eq!((lines[0], lines[lines.len() - 1]), ("`````", "`````"));
        assert!(!lines[1..lines.len() - 1].contains(&"`````") && !shown.contains('\u{1b}'));
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(code("a\n# b"), "`a\\n# b`");
    }
}
