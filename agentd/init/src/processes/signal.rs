//! One signal to one process, as a person asked for it.

use std::io;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, getpid, kill_process};

/// Signals have numbers up to here.
const SIGNAL_MAX: u32 = 64;

/// Sends it; whether there was such a process. This one ends by its own stop alone.
pub(crate) fn signal(pid: u32, signal: u32) -> io::Result<bool> {
    let invalid = |why: String| io::Error::new(io::ErrorKind::InvalidInput, why);
    let raw = i32::try_from(pid).ok().and_then(Pid::from_raw).filter(|pid| pid.as_raw_pid() > 0);
    let target =
        raw.filter(|target| *target != getpid()).ok_or_else(|| invalid(format!("{pid} is no process to signal")))?;
    let number = i32::try_from(signal).ok().filter(|_| (1..=SIGNAL_MAX).contains(&signal));
    let number = number.ok_or_else(|| invalid(format!("{signal} is no signal")))?;
    let named = Signal::from_named_raw(number).ok_or_else(|| invalid(format!("signal {signal} has no name")))?;
    match kill_process(target, named) {
        Ok(()) => Ok(true),
        Err(Errno::SRCH) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::Command;

    use super::*;

    #[test]
    fn a_process_is_ended_and_nonsense_is_refused() {
        let mut child = Command::new("sleep").arg("100").spawn().unwrap();
        assert!(signal(child.id(), 15).unwrap());
        assert_eq!(child.wait().unwrap().signal(), Some(15));
        assert!(!signal(child.id(), 15).unwrap(), "it is buried");
        for (pid, number) in [(0, 15), (u32::MAX, 15), (std::process::id(), 15), (1, 0), (1, 65)] {
            assert!(signal(pid, number).is_err(), "{pid} {number}");
        }
    }
}
