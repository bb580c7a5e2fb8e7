//! Commands with streams, for people.

use futures_util::{StreamExt as _, stream};
use proto::reason::{Failure, Reason};
use proto::v1::{self, exec_input, exec_output};
use tonic::{Response, Status, Streaming};

use crate::sandbox::init_client::exec_events::ExecEnd;
use crate::sandbox::init_client::interact::{InteractIn, InteractOut};
use crate::sandbox::init_client::wire;
use crate::session::uses::Borrowed;

use super::super::failure;
use super::{Answer, Answers};

/// The message that starts the command.
pub(super) async fn first(input: &mut Streaming<v1::ExecInput>) -> Result<v1::ExecStart, Status> {
    let invalid = |why: &str| Status::from(Failure::new(Reason::InvalidArgument, why));
    match input.message().await?.and_then(|message| message.part) {
        Some(exec_input::Part::Start(start)) if start.argv.is_empty() => Err(invalid("no command was given")),
        Some(exec_input::Part::Start(start)) => Ok(start),
        _ => Err(invalid("the first message must start a command")),
    }
}

/// Runs it. When the client goes away the command ends with its whole tree.
pub(super) async fn run(
    sandbox: Borrowed,
    start: v1::ExecStart,
    input: Streaming<v1::ExecInput>,
) -> Answer<Answers<v1::ExecOutput>> {
    let terminal = start.terminal.map(|size| wire::TerminalSize { rows: size.rows, columns: size.columns });
    let start = wire::InteractStart { argv: start.argv, cwd: start.cwd, env: start.env, stdin: start.stdin, terminal };
    let input = input.filter_map(|message| async {
        match message.ok()?.part? {
            exec_input::Part::Start(_) => None,
            exec_input::Part::Stdin(data) => Some(InteractIn::Stdin(data)),
            exec_input::Part::StdinEnd(_) => Some(InteractIn::StdinEnd),
            exec_input::Part::Resize(size) => Some(InteractIn::Resize { rows: size.rows, columns: size.columns }),
        }
    });
    let output = sandbox.live.client.interact(start, input).await.map_err(|error| failure::of_init(&error))?;
    // The connection lives, and the sandbox is in use, as long as the output is read.
    let output = stream::unfold((output, sandbox), |(mut output, sandbox)| async move {
        let part = output.next().await?;
        let message = match part {
            Ok(InteractOut::Stdout(data)) => Ok(exec_output::Part::Stdout(data)),
            Ok(InteractOut::Stderr(data)) => Ok(exec_output::Part::Stderr(data)),
            Ok(InteractOut::Exited(end)) => Ok(exec_output::Part::Exit(report(end))),
            Err(error) => Err(Status::from(failure::of_init(&error))),
        };
        Some((message.map(|part| v1::ExecOutput { part: Some(part) }), (output, sandbox)))
    });
    Ok(Response::new(Box::pin(output)))
}

fn report(end: ExecEnd) -> v1::ExecReport {
    v1::ExecReport {
        exit_code: end.exit_code,
        signal: end.signal,
        duration_ms: end.duration_ms,
        output_bytes: end.output_bytes,
        truncated: end.truncated,
        oom: end.oom,
        timed_out: end.timed_out,
        output_path: String::new(),
    }
}
