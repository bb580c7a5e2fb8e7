//! A process of the daemon, to wait for and to end.

use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use tokio::io::unix::AsyncFd;

use crate::error::CommandError;

/// A process, held so that its id cannot come to mean another one.
pub(crate) struct Process {
    /// None: it had ended already.
    held: Option<AsyncFd<OwnedFd>>,
}

impl Process {
    /// The process of this id.
    pub(crate) fn open(pid: u32) -> Result<Self, CommandError> {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| CommandError::internal("a process cannot be watched", &"its id is malformed"))?;
        let held = match pidfd_open(pid, PidfdFlags::NONBLOCK) {
            Ok(opened) => Some(AsyncFd::register(opened).map_err(|error| unwatched(&error))?),
            Err(Errno::SRCH) => None,
            Err(errno) => return Err(unwatched(&errno)),
        };
        Ok(Self { held })
    }

    /// Waits until it has ended; false: it still runs after that time.
    pub(crate) async fn ended_within(&self, limit: Duration) -> Result<bool, CommandError> {
        let Some(held) = &self.held else { return Ok(true) };
        match tokio::time::timeout(limit, held.readable()).await {
            Ok(ready) => ready.map(|_| true).map_err(|error| unwatched(&error)),
            Err(_) => Ok(false),
        }
    }

    /// Ends it at once (SIGKILL).
    pub(crate) fn kill(&self) -> Result<(), CommandError> {
        match self.held.as_ref().map(|held| pidfd_send_signal(held.get_ref(), Signal::KILL)) {
            None | Some(Ok(()) | Err(Errno::SRCH)) => Ok(()),
            Some(Err(errno)) => Err(CommandError::internal("a process cannot be ended", &errno)),
        }
    }
}

fn unwatched(error: &dyn std::fmt::Display) -> CommandError {
    CommandError::internal("a process cannot be watched", error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[tokio::test]
    async fn the_end_of_a_process_is_seen() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let process = Process::open(child.id()).unwrap();
        assert!(!process.ended_within(Duration::from_millis(1)).await.unwrap());
        process.kill().unwrap();
        assert!(process.ended_within(Duration::from_secs(10)).await.unwrap());
        let pid = child.id();
        child.wait().unwrap();
        // Its id means nothing now, and the process that was held is the one that was meant.
        process.kill().unwrap();
        assert!(Process::open(pid).unwrap().ended_within(Duration::ZERO).await.unwrap());
        assert!(Process::open(0).is_err());
    }
}
