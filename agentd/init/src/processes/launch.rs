//! Starts a reaper with its job: the supervisor's side of it.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::children::Children;
use super::job::{Job, REPORT_BYTES, Report, send_header};
use super::tree::{Processes, kill_all};

/// Variables of this program, which no command inherits.
const OWN_VARIABLES: &str = "AGENT_INIT_";

/// The streams a command starts with.
pub(crate) struct Streams {
    /// Standard input; none: /dev/null.
    pub(crate) stdin: Option<OwnedFd>,
    /// Standard output, or the terminal.
    pub(crate) stdout: OwnedFd,
    /// Standard error.
    pub(crate) stderr: OwnedFd,
}

/// A reaper that was started, with the command under it.
pub(crate) struct Launched {
    /// The reaper's id.
    pub(crate) reaper: Pid,
    socket: tokio::net::UnixStream,
    children: Children,
    report: [u8; REPORT_BYTES],
    report_bytes: usize,
}

/// Starts a reaper that runs `job`.
pub(crate) async fn launch(children: &Children, job: &Job, streams: Streams) -> io::Result<Launched> {
    let bytes = job.encode_bounded()?;
    let (near, far) = UnixStream::pair()?;
    let mut command = Command::new("/proc/self/exe");
    command.arg0("agent-init").arg("reap");
    command.stdin(Stdio::from(OwnedFd::from(far))).stdout(streams.stdout).stderr(streams.stderr);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with(OWN_VARIABLES) {
            command.env_remove(name);
        }
    }
    let reaper = children.register(|| command.spawn().map(|child| Pid::from_child(&child)))?;
    // The reaper's ends of the streams are in `command`: while they are open here no stream would ever end.
    drop(command);
    near.set_nonblocking(true)?;
    let mut launched = Launched {
        reaper,
        socket: tokio::net::UnixStream::from_std(near)?,
        children: children.clone(),
        report: [0; REPORT_BYTES],
        report_bytes: 0,
    };
    // Where the reaper is killed before it has its job, the missing report says so.
    let sent = launched.send(&bytes, streams.stdin).await;
    if sent.is_err() {
        launched.kill_reaper();
    }
    Ok(launched)
}

impl Launched {
    /// Waits until the command and all it started have ended. `None`: its reaper was killed; what it left has ended too.
    /// May be dropped and called again.
    pub(crate) async fn ended(&mut self) -> Option<Report> {
        while self.report_bytes < REPORT_BYTES {
            match self.socket.read(&mut self.report[self.report_bytes..]).await {
                Ok(0) | Err(_) => {
                    self.children.gone(self.reaper).await;
                    return None;
                }
                Ok(length) => self.report_bytes += length,
            }
        }
        Some(Report::from_bytes(self.report))
    }

    /// Sends `signal` to the command and everything it started.
    pub(crate) fn signal_tree(&self, signal: Signal) {
        if let Ok(processes) = Processes::read() {
            kill_all(&processes.descendants(self.reaper), signal);
        }
    }

    /// Kills the reaper too: the last resort, where the sandboxed code has stopped it.
    pub(crate) fn kill_reaper(&self) {
        kill_all(&[self.reaper], Signal::KILL);
    }

    async fn send(&mut self, job: &[u8], stdin: Option<OwnedFd>) -> io::Result<()> {
        send_header(self.socket.as_fd(), job.len(), stdin.as_ref().map(|stdin| stdin.as_fd()))?;
        drop(stdin);
        self.socket.write_all(job).await
    }
}
