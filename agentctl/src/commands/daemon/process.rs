//! A process of the daemon, to wait for and to end.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::error::CommandError;

/// A process, held so that its id cannot come to mean another one.
pub(crate) struct Process {
    /// None: it had ended already.
    held: Option<OwnedFd>,
}

impl Process {
    /// The process of this id.
    pub(crate) fn open(pid: u32) -> Result<Self, CommandError> {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| unwatched(&"its id is malformed"))?;
        match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(held) => Ok(Self { held: Some(held) }),
            Err(Errno::SRCH) => Ok(Self { held: None }),
            Err(errno) => Err(unwatched(&errno)),
        }
    }

    /// Waits until it has ended; false: it still runs after that time.
    pub(crate) async fn ended_within(&self, limit: Duration) -> Result<bool, CommandError> {
        let Some(held) = &self.held else { return Ok(true) };
        let held = held.try_clone().map_err(|error| unwatched(&error))?;
        let waited = tokio::task::spawn_blocking(move || ended(&held, Instant::now() + limit)).await;
        waited.map_err(|error| unwatched(&error))?.map_err(|errno| unwatched(&errno))
    }

    /// Ends it at once (SIGKILL).
    pub(crate) fn kill(&self) -> Result<(), CommandError> {
        match self.held.as_ref().map(|held| pidfd_send_signal(held, Signal::KILL)) {
            None | Some(Ok(()) | Err(Errno::SRCH)) => Ok(()),
            Some(Err(errno)) => Err(CommandError::internal("a process cannot be ended", &errno)),
        }
    }
}

/// The descriptor of a process is readable when it has ended.
fn ended(held: &OwnedFd, deadline: Instant) -> Result<bool, Errno> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).map_err(|_| Errno::INVAL)?;
        match poll(&mut [PollFd::new(held, PollFlags::IN)], Some(&timeout)) {
            Ok(ready) => return Ok(ready > 0),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
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
