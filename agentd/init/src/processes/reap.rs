//! `agent-init reap`: runs one command, adopts whatever it leaves behind, and ends that when the command has ended.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions, getpid, set_child_subreaper, wait};

use super::job::{Job, Report, Streams, TerminalUse, receive};
use super::session::separate;
use super::tree::{Processes, kill_all};

/// Exit code where a command is there and cannot be started.
const CANNOT_START: i32 = 126;
/// Exit code where there is no such command.
const NOT_FOUND: i32 = 127;

/// Waits for a job on standard input, runs it, and reports there when no process of it is left.
pub(crate) fn reap() -> io::Result<()> {
    set_child_subreaper(Some(getpid()))?;
    let mut socket = UnixStream::from(rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?);
    let Some((job, streams)) = receive(&mut socket)? else { return Ok(()) };
    let report = match start(&job, streams) {
        Ok(child) => {
            let report = wait_for(child)?;
            end_the_rest()?;
            report
        }
        Err(exit_code) => Report { exit_code, signal: 0 },
    };
    socket.write_all(&report.to_bytes())
}

/// Starts the command, or tells on its standard error why it cannot, and gives the exit code that says so. Afterwards
/// this process holds none of the command's streams.
fn start(job: &Job, streams: Streams) -> Result<Child, i32> {
    let complaints = streams.stderr.try_clone();
    spawn(job, streams).map_err(|(exit_code, reason)| {
        if let Ok(stderr) = complaints {
            // The exit code says it too, should nobody read the text.
            let _ = writeln!(File::from(stderr), "agent-init: {reason}");
        }
        exit_code
    })
}

fn spawn(job: &Job, streams: Streams) -> Result<Child, (i32, String)> {
    let refuse = |what: &str, error: io::Error| (CANNOT_START, format!("{what}: {error}"));
    std::env::set_current_dir(&job.cwd).map_err(|error| refuse(&job.cwd, error))?;
    let (program, arguments) = job.argv.split_first().ok_or((NOT_FOUND, "no command".to_owned()))?;
    let stdin = match (job.terminal(), streams.stdin) {
        (_, Some(stdin)) => stdin.into(),
        (TerminalUse::Controlling, None) => {
            streams.stdout.try_clone().map_err(|error| refuse("terminal", error))?.into()
        }
        (TerminalUse::None, None) => Stdio::null(),
    };
    let mut command = Command::new(program);
    command.args(arguments).stdin(stdin).stdout(streams.stdout).stderr(streams.stderr);
    command.envs(job.env.chunks_exact(2).map(|pair| (&pair[0], &pair[1])));
    separate(&mut command, job.terminal()).map_err(|error| refuse("session", error))?;
    command.spawn().map_err(|error| {
        let code = if error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { CANNOT_START };
        (code, format!("{program}: {error}"))
    })
}

/// Waits for the command itself, burying on the way whatever it left behind and has ended by then.
fn wait_for(child: Child) -> io::Result<Report> {
    let pid = Pid::from_child(&child);
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((ended, status))) if ended == pid => {
                let signal = status.terminating_signal().unwrap_or(0);
                return Ok(Report {
                    exit_code: status.exit_status().unwrap_or(128 + signal),
                    signal: signal.unsigned_abs(),
                });
            }
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Kills everything that is left, until nothing is.
fn end_the_rest() -> io::Result<()> {
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Err(Errno::CHILD) => return Ok(()),
            Err(error) => return Err(error.into()),
            Ok(None) => {
                kill_all(&Processes::read()?.descendants(getpid()), rustix::process::Signal::KILL);
                // At least one child was alive and has been killed, so this returns.
                match wait(WaitOptions::empty()) {
                    Ok(_) | Err(Errno::INTR | Errno::CHILD) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
}
