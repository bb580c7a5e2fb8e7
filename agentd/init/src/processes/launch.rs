//! Starts a reaper and gives it its job: the supervisor's side of it.
//!
//! One reaper is started ahead, and waits: a command then costs one new process, not two after one another. The next one is
//! started when the command has ended, or runs for a while: starting it holds up the supervisor's only thread.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::children::Children;
use super::escalation::Step;
use super::job::{Job, REPORT_BYTES, Report, Streams, send_start};
use super::tree::{Processes, is_going, kill_all};

/// Variables of this program, which no command inherits.
const OWN_VARIABLES: &str = "AGENT_INIT_";

/// How long a command runs before the next reaper is started beside it.
const AHEAD_AFTER: Duration = Duration::from_millis(5);

/// Starts commands.
#[derive(Clone)]
pub(crate) struct Launcher {
    children: Children,
    /// A reaper without a job. Held for single operations only.
    spare: Arc<Mutex<Option<Reaper>>>,
}

struct Reaper {
    pid: Pid,
    socket: UnixStream,
}

/// A reaper that has a job.
pub(crate) struct Launched {
    /// The reaper's id.
    pub(crate) reaper: Pid,
    socket: tokio::net::UnixStream,
    children: Children,
    report: [u8; REPORT_BYTES],
    report_bytes: usize,
}

impl Launcher {
    /// Starts one reaper ahead.
    pub(crate) fn new(children: Children) -> Self {
        let launcher = Self { children, spare: Arc::default() };
        launcher.start_ahead();
        launcher
    }

    /// Starts `job`.
    pub(crate) async fn launch(&self, job: &Job, streams: Streams) -> io::Result<Launched> {
        let job = job.encode_bounded()?;
        let reaper = self.spare().take();
        let reaper = match reaper {
            // The sandboxed code may have killed or stopped it.
            Some(reaper) if is_going(reaper.pid) => reaper,
            unusable => {
                if let Some(reaper) = unusable {
                    kill_all(&[reaper.pid], Signal::KILL);
                }
                start(&self.children)?
            }
        };
        let mut launched = Launched {
            reaper: reaper.pid,
            socket: tokio::net::UnixStream::from_std(reaper.socket)?,
            children: self.children.clone(),
            report: [0; REPORT_BYTES],
            report_bytes: 0,
        };
        if launched.send(&job, streams).await.is_err() {
            // It was killed at this moment. The missing report tells.
            launched.kill_reaper();
        }
        let launcher = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(AHEAD_AFTER).await;
            launcher.start_ahead();
        });
        Ok(launched)
    }

    /// Starts the next reaper, unless there is one.
    pub(crate) fn start_ahead(&self) {
        let mut spare = self.spare();
        if spare.is_none() {
            // Where it fails, the next command tries again, and tells.
            *spare = start(&self.children).ok();
        }
    }

    fn spare(&self) -> MutexGuard<'_, Option<Reaper>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn start(children: &Children) -> io::Result<Reaper> {
    let (near, far) = UnixStream::pair()?;
    let mut command = Command::new("/proc/self/exe");
    command.arg0("agent-init").arg("reap");
    command.stdin(OwnedFd::from(far)).stdout(Stdio::null()).stderr(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with(OWN_VARIABLES) {
            command.env_remove(name);
        }
    }
    let pid = children.register(|| command.spawn().map(|child| Pid::from_child(&child)))?;
    near.set_nonblocking(true)?;
    Ok(Reaper { pid, socket: near })
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

    /// Takes a step of an escalation; after how long the next is due.
    pub(crate) fn take(&self, step: Step) -> Duration {
        let (signal, pause) = match step {
            Step::Term(pause) => (Signal::TERM, pause),
            Step::Kill(pause) | Step::KillReaper(pause) => (Signal::KILL, pause),
        };
        if let Ok(processes) = Processes::read() {
            kill_all(&processes.descendants(self.reaper), signal);
        }
        if matches!(step, Step::KillReaper(_)) {
            self.kill_reaper();
        }
        pause
    }

    fn kill_reaper(&self) {
        kill_all(&[self.reaper], Signal::KILL);
    }

    async fn send(&mut self, job: &[u8], streams: Streams) -> io::Result<()> {
        let sent = send_start(self.socket.as_fd(), job, &streams)?;
        // While this process held them too, no stream would ever end.
        drop(streams);
        self.socket.write_all(&job[sent..]).await
    }
}
