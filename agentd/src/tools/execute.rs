//! execute: a shell command in the sandbox.

use crate::sandbox::init_client::wire::ExecRequest;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::domain::outcome::{Outcome, OutcomeKind, ReplayClass};
use crate::domain::tool::ToolSpec;
use crate::sandbox::init_client::error::{InitError, InitErrorKind};
use crate::sandbox::init_client::exec_events::{ExecEnd, ExecEvent};

use super::arguments::{Arguments, Shape};
use super::exec_words::{TIMEOUT_S_MAX, Timeout, report, told};
use super::stop::{Stop, settle};
use super::tool::{SandboxGone, Tool, ToolRun};
use collect::Collector;

mod collect;

const TIMEOUT_S_DEFAULT: u64 = 120;
/// Bytes of a command at most: Linux takes one argument of 128 KiB.
const COMMAND_BYTES_MAX: usize = 120 * 1024;

static SHAPE: Shape = Shape {
    tool: "execute",
    fields: &["command", "timeout"],
    example: r#"{"command": "python3 -m pytest -q", "timeout": 300}"#,
};

/// Runs a command.
pub(crate) struct Execute;

struct Asked<'a> {
    command: &'a str,
    timeout_s: u64,
}

impl<'a> Asked<'a> {
    fn of(arguments: &'a Value) -> Result<Self, String> {
        let arguments = Arguments::of(arguments, &SHAPE)?;
        let command = arguments.words("command")?;
        if command.trim().is_empty() {
            return Err(arguments.error("command", "is empty"));
        }
        if command.len() > COMMAND_BYTES_MAX {
            let what = format!(
                "has {} bytes, at most {COMMAND_BYTES_MAX} can be run: write a script with write_file and run that",
                command.len()
            );
            return Err(arguments.error("command", &what));
        }
        if command.contains('\0') {
            return Err(arguments.error("command", "holds a zero byte"));
        }
        Ok(Self { command, timeout_s: arguments.number("timeout", TIMEOUT_S_DEFAULT, 1..=TIMEOUT_S_MAX)? })
    }
}

impl Tool for Execute {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: SHAPE.tool.into(),
            description: "Runs a shell command (sh -c) in the sandbox, in /workspace, and gives its output (stdout and \
                          stderr together) and exit code. Each call is a new shell: a cd or a variable does not last to \
                          the next. Standard input is empty, so nothing can be asked interactively. When the command \
                          ends or its timeout passes, everything it started is ended too, also in the background. Of \
                          long output you see the beginning and the end, and the path of the whole. Prefer read_file, \
                          edit_file, glob and grep to cat, sed, find and grep.".into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "command": {"type": "string", "description": "The command line."},
                    "timeout": {"type": "integer", "minimum": 1, "maximum": TIMEOUT_S_MAX, "default": TIMEOUT_S_DEFAULT,
                        "description": "Seconds after which it is ended."}
                },
                "required": ["command"],
                "additionalProperties": false
            }),
        }
    }

    fn replay(&self) -> ReplayClass {
        ReplayClass::Effect
    }

    fn check(&self, arguments: &Value) -> Result<(), String> {
        Asked::of(arguments).map(|_| ())
    }

    fn run<'a>(&'a self, run: ToolRun<'a>) -> BoxFuture<'a, Result<Outcome, SandboxGone>> {
        Box::pin(async move { settle(execute(run).await) })
    }
}

async fn execute(run: ToolRun<'_>) -> Result<Outcome, Stop> {
    let asked = Asked::of(run.arguments)?;
    let most_s = run.caps.timeout_s_max;
    let timeout = Timeout { given_s: asked.timeout_s.min(most_s), most_s };
    // The call id makes it one command however often this is sent; what it has put out is told from the beginning.
    let request = ExecRequest {
        call_id: run.call.as_str().to_owned(),
        command: asked.command.to_owned(),
        timeout_ms: timeout.given_s * 1000,
        keep_bytes_max: run.caps.keep_bytes_max,
        ..ExecRequest::default()
    };
    let mut events = run.client()?.exec(request).await.map_err(not_started)?;
    let mut collector = Collector::new(run.call, run.output);
    while let Some(event) = events.next().await {
        match event.map_err(|error| SandboxGone { reason: error.message })? {
            ExecEvent::Started { .. } => {}
            ExecEvent::Output { data, .. } => collector.push(&data),
            ExecEvent::Exited(end) => return Ok(outcome(collector, &end, timeout)),
        }
    }
    Err(SandboxGone { reason: "it stopped telling before the command ended".to_owned() }.into())
}

fn not_started(error: InitError) -> Stop {
    match error.kind {
        InitErrorKind::Broken | InitErrorKind::Protocol => SandboxGone { reason: error.message }.into(),
        _ => Stop::Refused(format!("The command was not started: {}", error.message)),
    }
}

/// A command that ran is done, whatever its exit code.
fn outcome(collector: Collector<'_>, end: &ExecEnd, timeout: Timeout) -> Outcome {
    let content = told(collector.finish(end), end, timeout);
    Outcome { exec: Some(report(end)), ..Outcome::plain(OutcomeKind::Done, content) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_checked_by_name() {
        for (wrong, word) in [
            (json!({}), "`command` of execute is missing"),
            (json!({"command": "  \n"}), "`command` of execute is empty"),
            (json!({"command": "a\0b"}), "zero byte"),
            (json!({"command": "x".repeat(200_000)}), "write a script"),
            (json!({"command": ["ls"]}), "must be a string, and is a list"),
            (json!({"command": "ls", "timeout": 3601}), "from 1 to 3600, and is 3601"),
            (json!({"command": "ls", "timeout": 0}), "from 1 to 3600, and is 0"),
            (json!({"cmd": "ls"}), "has no field `cmd`; it has: command, timeout"),
        ] {
            let why = Execute.check(&wrong).unwrap_err();
            assert!(why.contains(word), "{why}");
        }
        let arguments = json!({"command": "ls", "timeout": "30"});
        assert_eq!(Asked::of(&arguments).unwrap().timeout_s, 30);
    }

    #[test]
    fn a_command_that_cannot_be_started_is_told() {
        let error = |kind| InitError { kind, message: "too many calls".to_owned(), count: 0 };
        assert_eq!(
            not_started(error(InitErrorKind::TooLarge)),
            Stop::Refused("The command was not started: too many calls".to_owned())
        );
        assert!(matches!(not_started(error(InitErrorKind::Broken)), Stop::Gone(_)));
    }
}
