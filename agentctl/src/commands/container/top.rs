//! `container top`: the processes in a container.

use proto::v1::{Process, TopResponse};

use super::ContainerArgs;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::{escape, words};

/// Characters of a command line that are shown.
const COMMAND_CHARS_MAX: usize = 200;

pub(crate) async fn run(args: ContainerArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let answer = context.client().await?.sandboxes().top(args.request()).await?.into_inner();
    if context.ui.is_json() {
        context.ui.json(&answer.processes)?;
    } else {
        context.ui.out(&text(&answer))?;
    }
    Ok(Exit::DONE)
}

fn text(answer: &TopResponse) -> String {
    let mut rows = vec![["PID", "PARENT", "CPU", "MEMORY", "AGE", "CALL", "COMMAND"].map(str::to_owned)];
    rows.extend(answer.processes.iter().map(row));
    words::table(&rows)
}

fn row(process: &Process) -> [String; 7] {
    [
        process.pid.to_string(),
        process.parent_pid.to_string(),
        words::duration_ms(process.cpu_ms),
        words::bytes(process.memory_bytes),
        words::duration_ms(process.age_ms),
        if process.call.is_empty() { "-".to_owned() } else { escape::line(&process.call) },
        words::cut(&escape::line(&process.command), COMMAND_CHARS_MAX),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_process_and_names_cannot_break_it() {
        let process = Process {
            pid: 12,
            parent_pid: 7,
            command: "sh\n\u{1b}[2J".to_owned(),
            memory_bytes: 3 << 20,
            cpu_ms: 1200,
            age_ms: 65_000,
            ..Process::default()
        };
        assert_eq!(
            text(&TopResponse { processes: vec![process], ..TopResponse::default() }),
            "\
PID  PARENT  CPU    MEMORY  AGE        CALL  COMMAND
12   7       1.2 s  3 MiB   1 min 5 s  -     sh\\n\\x1b[2J
"
        );
    }
}
