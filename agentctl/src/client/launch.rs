//! Starts agentd in the background and waits until it answers.

use std::ffi::OsStr;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use proto::paths::Paths;
use proto::reason::{Reason, exit};
use rustix::fs::FlockOperation;
use tokio::process::{Child, Command};
use tokio::time::Instant;

use super::{Client, ConnectError, connect};
use crate::error::CommandError;

/// How long a start may take.
const START_TIMEOUT: Duration = Duration::from_secs(10);
/// How long another daemon, whose start this one lost against, may take to answer.
const GRACE: Duration = Duration::from_millis(500);
const FIRST_STEP: Duration = Duration::from_millis(4);
const LONGEST_STEP: Duration = Duration::from_millis(250);
/// How much of the log is shown when the daemon did not start.
const LOG_BYTES_MAX: u64 = 8 << 10;
const LOG_LINES_MAX: usize = 20;

/// An agentd program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Agentd(PathBuf);

impl Agentd {
    /// `AGENTD_BIN` if it is set, else beside agentctl, else in PATH.
    pub(crate) fn find(
        given: Option<&Path>,
        agentctl: Option<&Path>,
        path: Option<&OsStr>,
    ) -> Result<Self, CommandError> {
        let missing = |message: String| {
            CommandError::new(Reason::DaemonUnreachable, message)
                .hinted("install agentd beside agentctl or in PATH, or set AGENTD_BIN to it")
        };
        if let Some(given) = given {
            return if given.is_file() {
                Ok(Self(given.to_owned()))
            } else {
                Err(missing(format!("AGENTD_BIN is {}, which is not a file", given.display())))
            };
        }
        let beside = agentctl.and_then(Path::parent).map(Path::to_owned);
        let places = beside.into_iter().chain(path.into_iter().flat_map(std::env::split_paths));
        places
            .map(|directory| directory.join("agentd"))
            .find(|program| program.is_file())
            .map(Self)
            .ok_or_else(|| missing("agentd is not running, and its program is not found".to_owned()))
    }

    /// The program's file.
    pub(crate) fn program(&self) -> &Path {
        &self.0
    }

    /// Starts it in the background: no standard input, output to the end of the log, and away from this terminal, so that
    /// neither Ctrl-C nor its closing reaches it.
    pub(crate) fn spawn(&self, paths: &Paths) -> Result<Starting, CommandError> {
        let (log, log_from_bytes) = open_log(paths)?;
        let log_again = log.try_clone().map_err(|error| unusable(&paths.log(), &error))?;
        let child = Command::new(&self.0)
            .arg("--background")
            .env("AGENTD_CONFIG", &paths.config)
            .env("AGENTD_STATE_DIR", &paths.state)
            .env("AGENTD_SOCKET", &paths.socket)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(log_again)
            .spawn()
            .map_err(|error| {
                CommandError::new(Reason::DaemonUnreachable, format!("{} cannot be run: {error}", self.0.display()))
            })?;
        Ok(Starting { child, log_from_bytes })
    }
}

/// A daemon that was started and has not answered yet.
#[derive(Debug)]
pub(crate) struct Starting {
    child: Child,
    log_from_bytes: u64,
}

impl Starting {
    /// Waits until the socket answers, or says what the daemon wrote before it died.
    pub(crate) async fn answered(&mut self, paths: &Paths) -> Result<Client, CommandError> {
        let mut deadline = Instant::now() + START_TIMEOUT;
        let mut step = FIRST_STEP;
        let mut died = None;
        loop {
            match connect(paths).await {
                Ok(client) => return Ok(client),
                Err(ConnectError::NotRunning { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            if Instant::now() >= deadline {
                return Err(self.not_started(paths, died));
            }
            tokio::select! {
                () = tokio::time::sleep(step) => step = (step * 2).min(LONGEST_STEP),
                status = self.child.wait(), if died.is_none() => {
                    // It may have lost against another starter; that one answers soon.
                    died = Some(status.ok().and_then(|status| status.code()));
                    deadline = Instant::now() + GRACE;
                }
            }
        }
    }

    fn not_started(&self, paths: &Paths, died: Option<Option<i32>>) -> CommandError {
        let said = log_since(&paths.log(), self.log_from_bytes);
        let (reason, what) = match died {
            Some(Some(code)) if code == i32::from(exit::USAGE) => {
                (Reason::InvalidArgument, "agentd did not start".to_owned())
            }
            Some(Some(code)) => (Reason::DaemonUnreachable, format!("agentd ended at its start with exit code {code}")),
            Some(None) => (Reason::DaemonUnreachable, "agentd was killed at its start".to_owned()),
            None => (Reason::DaemonUnreachable, format!("agentd did not answer within {} s", START_TIMEOUT.as_secs())),
        };
        let message = if said.is_empty() { what } else { format!("{what}; it said:\n{said}") };
        CommandError::new(reason, message).hinted(format!("its whole log is {}", paths.log().display()))
    }
}

/// Starts the daemon unless another agentctl is doing so, and waits until it answers. One starter at a time: the
/// others wait for the connection that the first one makes possible.
pub(crate) async fn start_once(agentd: &Agentd, paths: &Paths) -> Result<Client, CommandError> {
    make_state(paths)?;
    let lock_path = paths.state.join("start.lock");
    let lock = private_file(&lock_path).map_err(|error| unusable(&lock_path, &error))?;
    let deadline = Instant::now() + START_TIMEOUT;
    let mut step = FIRST_STEP;
    while rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() && Instant::now() < deadline {
        tokio::time::sleep(step).await;
        step = (step * 2).min(LONGEST_STEP);
    }
    match connect(paths).await {
        Ok(client) => Ok(client),
        Err(ConnectError::NotRunning { .. }) => agentd.spawn(paths)?.answered(paths).await,
        Err(error) => Err(error.into()),
    }
}

fn make_state(paths: &Paths) -> Result<(), CommandError> {
    DirBuilder::new().recursive(true).mode(0o700).create(&paths.state).map_err(|error| unusable(&paths.state, &error))
}

fn open_log(paths: &Paths) -> Result<(File, u64), CommandError> {
    make_state(paths)?;
    let path = paths.log();
    private_file(&path)
        .and_then(|log| log.metadata().map(|found| (log, found.len())))
        .map_err(|error| unusable(&path, &error))
}

fn private_file(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

fn unusable(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::new(Reason::DaemonUnreachable, format!("agentd cannot be started: {}: {error}", path.display()))
        .hinted("make it writable, or set AGENTD_STATE_DIR to another directory")
}

/// The last lines that were written to the log from a place on.
fn log_since(path: &Path, from_bytes: u64) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut log = File::open(path)?;
        let from_bytes = from_bytes.max(log.metadata()?.len().saturating_sub(LOG_BYTES_MAX));
        log.seek(SeekFrom::Start(from_bytes))?;
        let mut said = Vec::new();
        log.take(LOG_BYTES_MAX).read_to_end(&mut said)?;
        Ok(said)
    };
    let said = String::from_utf8_lossy(&read().unwrap_or_default()).into_owned();
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(LOG_LINES_MAX)..].join("\n")
}

#[cfg(test)]
mod tests;
