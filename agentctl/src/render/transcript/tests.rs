use proto::v1::{
    ApprovalDecided, ExecReport, MessageDone, ModelIntent, SandboxReady, TextDelta, Todo, TodosUpdated, ToolOutput,
    Usage,
};

use super::*;

/// What a transcript prints: stdout is marked `>`, what may be left out is as it is, what must be seen is marked `!`.
fn printed(answers: Answers, events: &[Event]) -> String {
    let mut transcript = Transcript::new(answers, Palette::new(false));
    let mut text = String::new();
    for event in events {
        for piece in transcript.event(event) {
            match piece {
                Piece::Answer(answer) => text += &format!("> {answer:?}\n"),
                Piece::EndLine => text += "> end\n",
                Piece::Note(line) => text += &format!("{line}\n"),
                Piece::Say(line) => text += &format!("! {line}\n"),
                Piece::Todos(lines) => text += &format!("{}\n", lines.join("\n")),
                Piece::Json(json) => text += &format!("> {json}\n"),
                Piece::Busy(_) | Piece::End => {}
            }
        }
    }
    text
}

fn event(data: Data) -> Event {
    Event { v: 1, turn: 1, seq: Some(1), data: Some(data), ..Event::default() }
}

fn delta(attempt: u32, offset: u64, text: &str) -> Event {
    Event {
        attempt: Some(attempt),
        offset: Some(offset),
        seq: None,
        ..event(Data::TextDelta(TextDelta { text: text.into() }))
    }
}

fn asked(attempt: u32) -> Event {
    event(Data::ModelIntent(ModelIntent { step: 1, attempt, model: "glm".into(), ..ModelIntent::default() }))
}

fn message(text: &str) -> Event {
    event(Data::MessageDone(MessageDone { step: 1, text: text.into() }))
}

fn intent(call: &str, tool: &str, arguments: &str) -> Event {
    event(Data::ToolIntent(ToolIntent {
        call: call.into(),
        tool: tool.into(),
        arguments: arguments.into(),
        ..ToolIntent::default()
    }))
}

fn finished(status: TurnStatus, message: &str, hint: &str) -> Event {
    let usage = Some(Usage { input_tokens: 100, output_tokens: 20, model_calls: 2, ..Usage::default() });
    event(Data::TurnFinished(TurnFinished {
        status: status.into(),
        message: message.into(),
        hint: hint.into(),
        steps: 2,
        usage,
        ..TurnFinished::default()
    }))
}

#[test]
fn a_turn_with_a_command() {
    let output = |offset, text: &str| Event {
        offset: Some(offset),
        ..event(Data::ToolOutput(ToolOutput { call: "c1".into(), text: text.into() }))
    };
    let exec = ExecReport { exit_code: 0, duration_ms: 1_200, ..ExecReport::default() };
    let events = [
        asked(1),
        delta(1, 0, "I will "),
        delta(1, 7, "run it."),
        message("I will run it."),
        intent("c1", "execute", r#"{"command":"python3 hello.py"}"#),
        event(Data::ApprovalDecided(ApprovalDecided { call: "c1".into(), decision: 1, ..ApprovalDecided::default() })),
        event(Data::SandboxReady(SandboxReady {
            name: "agentd-1".into(),
            not_enforced: vec!["disk quota".into()],
            ..SandboxReady::default()
        })),
        output(0, "Hello \u{1b}[31mWorld\n"),
        event(Data::ToolDone(ToolOutcome {
            call: "c1".into(),
            tool: "execute".into(),
            exec: Some(exec),
            ..ToolOutcome::default()
        })),
        event(Data::TodosUpdated(TodosUpdated {
            todos: vec![Todo { content: "greet".into(), status: "completed".into() }],
        })),
        asked(1),
        delta(1, 0, "Done"),
        message("Done."),
        finished(TurnStatus::Completed, "", ""),
    ];
    assert_eq!(
        printed(Answers::Live, &events),
        r#"> "I will "
> "run it."
> end
▸ execute python3 hello.py
approved: execute python3 hello.py
sandbox agentd-1 is ready
not enforced: disk quota
    Hello \x1b[31mWorld
✓ execute python3 hello.py · exit 0 · 1.2 s
  [x] greet
> "Done"
> "."
> end
turn 1 · 2 steps · 100 tokens in, 20 out, 2 model calls
"#
    );
}

#[test]
fn a_file_gets_whole_messages_only() {
    let failed = ModelAttemptFailed {
        attempt: 1,
        class: "cut".into(),
        message: "the stream ended".into(),
        retry_at: "soon".into(),
        step: 1,
        ..ModelAttemptFailed::default()
    };
    let events = [
        asked(1),
        delta(1, 0, "wrong "),
        event(Data::ModelAttemptFailed(failed)),
        asked(2),
        delta(2, 0, "right"),
        message("right\n"),
        finished(TurnStatus::Completed, "", ""),
    ];
    assert_eq!(
        printed(Answers::Whole, &events),
        r#"warning: the model's attempt 1 failed (cut): the stream ended; it is asked again
> "right\n"
> end
turn 1 · 2 steps · 100 tokens in, 20 out, 2 model calls
"#
    );
    assert_eq!(
        printed(Answers::Live, &events),
        r#"> "wrong "
warning: the model's attempt 1 failed (cut): the stream ended; it is asked again, and what was shown of its answer is void
> "right"
> "\n"
> end
turn 1 · 2 steps · 100 tokens in, 20 out, 2 model calls
"#
    );
}

#[test]
fn an_end_that_is_not_good_is_always_said() {
    assert_eq!(
        printed(Answers::Whole, &[finished(TurnStatus::Failed, "the key was refused", "set ZHIPUAI_API_KEY")]),
        "! error: the key was refused\n! hint: set ZHIPUAI_API_KEY\n"
    );
    assert_eq!(printed(Answers::Whole, &[finished(TurnStatus::Cancelled, "", "")]), "! the turn was cancelled\n");
    assert_eq!(printed(Answers::Whole, &[finished(TurnStatus::Interrupted, "", "")]), "");
}

#[test]
fn nothing_foreign_reaches_stderr_raw() {
    let evil = "\u{1b}]0;x\u{7}\u{202e}\n";
    let events = [
        intent("c", evil, evil),
        event(Data::ToolUnknown(ToolOutcome { call: "other".into(), tool: evil.into(), ..ToolOutcome::default() })),
        event(Data::ToolDenied(ToolOutcome {
            call: "c".into(),
            tool: evil.into(),
            content: evil.into(),
            ..ToolOutcome::default()
        })),
        event(Data::TodosUpdated(TodosUpdated { todos: vec![Todo { content: evil.into(), status: evil.into() }] })),
        finished(TurnStatus::Failed, evil, evil),
    ];
    let mut transcript = Transcript::new(Answers::Live, Palette::new(false));
    for piece in events.iter().flat_map(|event| transcript.event(event)) {
        let (Piece::Note(text) | Piece::Say(text) | Piece::Busy(Some(text))) = piece else { continue };
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
    }
}
