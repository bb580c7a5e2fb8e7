//! `container exec`: a command in a container, with its streams and its exit code.

use std::collections::HashMap;
use std::io;

use bytes::Bytes;
use clap::Args;
use proto::reason::Reason;
use proto::v1::exec_input::Part as Input;
use proto::v1::exec_output::Part as Output;
use proto::v1::{ExecInput, ExecOutput, ExecReport, ExecStart};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use crate::complete;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::escape::Escaper;
use crate::terminal::{self, RawMode};
use crate::ui::Ui;

/// How much of standard input goes into one message.
const INPUT_BYTES: usize = 32 * 1024;
/// How many messages wait to be sent.
const INPUTS_MAX: usize = 8;
/// The variable by which programs know what their terminal can do.
const TERM: &str = "TERM";

/// Run a command in a container.
#[derive(Debug, Args)]
#[command(after_help = "\
The exit code is the command's own: 126 it cannot be run, 127 there is no such command, 128 + N signal N ended it, 124 its
time limit ended it. Without -t its stdout and stderr stay apart; on a terminal, control characters in them are shown
escaped. With -t its output reaches this terminal as it is, which a program needs and a hostile one can misuse.

Examples:
  agentctl container exec fix -- python3 hello.py
  tar c src | agentctl container exec -i fix -- tar x
  agentctl container exec -it fix -- sh")]
pub(crate) struct ExecArgs {
    /// Pass standard input on; its end ends the command's input
    #[arg(short, long)]
    interactive: bool,
    /// Give the command a terminal, of the size of this one
    #[arg(short, long)]
    tty: bool,
    /// Set a variable for the command; without a value, as it is here
    #[arg(short, long, value_name = "NAME[=VALUE]", value_parser = variable)]
    env: Vec<(String, String)>,
    /// The command's working directory in the sandbox [default: /workspace]
    #[arg(long, value_name = "DIR")]
    cwd: Option<String>,
    /// The session's id, unique id prefix, or name
    #[arg(add = complete::sessions())]
    session: String,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    argv: Vec<String>,
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, value.to_owned()),
        None => {
            (text, std::env::var(text).map_err(|_| format!("{text} is not set here; give it a value: {text}=VALUE"))?)
        }
    };
    if name.is_empty() { Err("give NAME=VALUE".to_owned()) } else { Ok((name.to_owned(), value)) }
}

/// With a terminal, programs are told what it can do, unless the user tells them something else.
fn environment(tty: bool, term: Option<String>, given: Vec<(String, String)>) -> HashMap<String, String> {
    let term = term.filter(|term| tty && !term.is_empty()).map(|term| (TERM.to_owned(), term));
    term.into_iter().chain(given).collect()
}

pub(crate) async fn run(args: ExecArgs, context: &mut Context) -> Result<Exit, CommandError> {
    if args.tty && !(context.ui.out_is_terminal() && (!args.interactive || context.ui.input_is_terminal())) {
        return Err(CommandError::usage("-t needs a terminal, and this is none")
            .hinted("leave -t out: stdout, stderr and the exit code are passed through without it"));
    }
    let mut client = context.client().await?.sandboxes();
    let (inputs, queue) = mpsc::channel(INPUTS_MAX);
    let start = ExecStart {
        session: args.session,
        argv: args.argv,
        stdin: args.interactive,
        terminal: args.tty.then(terminal::size_message),
        cwd: args.cwd.unwrap_or_default(),
        env: environment(args.tty, std::env::var(TERM).ok(), args.env),
    };
    // The queue is new, so there is room in it.
    inputs.try_send(input(Input::Start(start))).map_err(|error| CommandError::internal("exec", &error))?;
    if args.interactive {
        let inputs = inputs.clone();
        let stdin = context.ui.take_input();
        // A thread of its own, not one of the runtime: a read of the terminal cannot be called back, and must not keep
        // the process alive.
        std::thread::spawn(move || pass_input(stdin, &inputs));
    }
    let outputs = client.exec(ReceiverStream::new(queue)).await?.into_inner();
    let raw = if args.tty && args.interactive { Some(RawMode::enter().map_err(no_raw_mode)?) } else { None };
    let ended = follow(outputs, &inputs, args.tty, &mut context.ui).await;
    drop(raw);
    ended
}

/// Prints what comes until the command ends, or until this process is told to end. Then the stream is dropped, which
/// ends the command too.
async fn follow(
    mut outputs: Streaming<ExecOutput>,
    inputs: &mpsc::Sender<ExecInput>,
    tty: bool,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let mut resized = listen(SignalKind::window_change())?;
    let mut endings = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(listen);
    let [Ok(interrupt), Ok(terminate), Ok(hangup)] = &mut endings else {
        return Err(CommandError::new(Reason::Internal, "the signals of this process cannot be watched"));
    };
    let mut printer = Printer::new(tty, ui);
    loop {
        let output = tokio::select! {
            output = outputs.message() => output?,
            Some(()) = resized.recv(), if tty => {
                // A full queue has older sizes or input in it; the next change is sent again.
                let _ = inputs.try_send(input(Input::Resize(terminal::size_message())));
                continue;
            }
            Some(()) = interrupt.recv() => return Ok(Exit::INTERRUPTED),
            Some(()) = terminate.recv() => return Ok(Exit::with(128 + 15)),
            Some(()) = hangup.recv() => return Ok(Exit::with(128 + 1)),
        };
        let Some(ExecOutput { part: Some(part) }) = output else {
            return Err(CommandError::new(
                Reason::DaemonUnreachable,
                "agentd ended the stream before the command ended",
            )
            .hinted("see what happened with: agentctl daemon logs"));
        };
        match part {
            Output::Stdout(bytes) => printer.stdout(&bytes, ui)?,
            Output::Stderr(bytes) => printer.stderr(&bytes, ui)?,
            Output::Exit(report) => {
                printer.finish(ui)?;
                if let Some(remark) = remark(&report) {
                    ui.note(remark)?;
                }
                return Ok(Exit::with(report.exit_code));
            }
        }
    }
}

fn listen(kind: SignalKind) -> Result<Signal, CommandError> {
    signal(kind).map_err(|error| CommandError::internal("the signals of this process cannot be watched", &error))
}

fn input(part: Input) -> ExecInput {
    ExecInput { part: Some(part) }
}

fn no_raw_mode(error: io::Error) -> CommandError {
    CommandError::internal("the terminal cannot be put into raw mode", &error)
}

/// What an exit code does not say.
fn remark(report: &ExecReport) -> Option<&'static str> {
    if report.oom {
        Some("the kernel ended a process of the command for want of memory")
    } else if report.timed_out {
        Some("the command's time limit ended it")
    } else {
        None
    }
}

/// Passes standard input on until it ends or nobody takes it any more.
fn pass_input(mut stdin: impl io::Read, inputs: &mpsc::Sender<ExecInput>) {
    let mut buffer = vec![0u8; INPUT_BYTES];
    loop {
        let part = match stdin.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Ok(0) | Err(_) => Input::StdinEnd(true),
            Ok(got) => Input::Stdin(Bytes::copy_from_slice(&buffer[..got])),
        };
        let ended = matches!(part, Input::StdinEnd(_));
        if inputs.blocking_send(input(part)).is_err() || ended {
            return;
        }
    }
}

/// Prints the command's streams: as they are to a pipe or from a terminal session, escaped on a terminal.
struct Printer {
    out: Option<Escaper>,
    err: Option<Escaper>,
}

impl Printer {
    fn new(tty: bool, ui: &Ui) -> Self {
        let escaper = |terminal: bool| (terminal && !tty).then(Escaper::block);
        Self { out: escaper(ui.out_is_terminal()), err: escaper(ui.err_is_terminal()) }
    }

    fn stdout(&mut self, bytes: &[u8], ui: &mut Ui) -> Result<(), CommandError> {
        match &mut self.out {
            Some(escaper) => ui.out(&escaper.push(bytes)),
            None => ui.out_bytes(bytes),
        }
    }

    fn stderr(&mut self, bytes: &[u8], ui: &mut Ui) -> Result<(), CommandError> {
        match &mut self.err {
            Some(escaper) => ui.err_bytes(escaper.push(bytes).as_bytes()),
            None => ui.err_bytes(bytes),
        }
    }

    /// What is left of characters that were never completed.
    fn finish(&mut self, ui: &mut Ui) -> Result<(), CommandError> {
        if let Some(escaper) = &mut self.out {
            ui.out(&escaper.finish())?;
        }
        if let Some(escaper) = &mut self.err {
            ui.err_bytes(escaper.finish().as_bytes())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{Format, testing};

    #[test]
    fn a_pipe_gets_the_very_bytes_and_a_terminal_none_that_act() {
        for (terminal, tty, expected) in
            [(false, false, "\u{1b}[2Jü"), (true, false, "\\x1b[2Jü"), (true, true, "\u{1b}[2Jü")]
        {
            let (mut streams, out, err) = testing::streams();
            (streams.out.terminal, streams.err.terminal) = (terminal, terminal);
            let mut ui = Ui::plain(streams, Format::Text);
            let mut printer = Printer::new(tty, &ui);
            for piece in ["\u{1b}[2J".as_bytes(), b"\xc3", b"\xbc"] {
                printer.stdout(piece, &mut ui).unwrap();
                printer.stderr(piece, &mut ui).unwrap();
            }
            printer.finish(&mut ui).unwrap();
            assert_eq!((out.text().as_str(), err.text().as_str()), (expected, expected));
        }
    }

    #[test]
    fn a_character_that_is_cut_off_for_good_is_shown() {
        let (mut streams, out, _) = testing::streams();
        streams.out.terminal = true;
        let mut ui = Ui::plain(streams, Format::Text);
        let mut printer = Printer::new(false, &ui);
        printer.stdout(b"x\xf0\x9f", &mut ui).unwrap();
        printer.finish(&mut ui).unwrap();
        assert_eq!(out.text(), "x\\xf0\\x9f");
    }

    #[test]
    fn variables_are_given_or_passed_on_and_a_terminal_is_named() {
        assert_eq!(variable("A=b=c"), Ok(("A".to_owned(), "b=c".to_owned())));
        assert_eq!(variable("PATH").unwrap().1, std::env::var("PATH").unwrap());
        assert!(variable("=x").is_err() && variable("NO_SUCH_VARIABLE_HERE").is_err());
        let term = || Some("xterm".to_owned());
        assert_eq!(environment(true, term(), Vec::new())[TERM], "xterm");
        assert_eq!(environment(true, term(), vec![(TERM.to_owned(), "dumb".to_owned())])[TERM], "dumb");
        assert!(environment(false, term(), Vec::new()).is_empty());
    }

    #[test]
    fn what_the_exit_code_hides_is_said() {
        assert_eq!(remark(&ExecReport { exit_code: 137, ..ExecReport::default() }), None);
        assert!(remark(&ExecReport { oom: true, ..ExecReport::default() }).unwrap().contains("memory"));
        assert!(remark(&ExecReport { timed_out: true, ..ExecReport::default() }).unwrap().contains("time"));
    }
}
