//! Which session a command belongs to. Killing goes by descent, so the session matters to terminals and to the command only.
#![allow(unsafe_code)]

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use super::job::TerminalUse;

/// Gives the command a session and a process group of its own, and its standard input as that session's terminal where
/// asked.
pub(super) fn separate(command: &mut Command, terminal: TerminalUse) -> io::Result<()> {
    match terminal {
        // The session is this process's. That needs nothing to be done between fork and exec, and is much quicker.
        TerminalUse::None => {
            rustix::process::setsid()?;
            command.process_group(0);
        }
        TerminalUse::Controlling => {
            let prepare = || {
                rustix::process::setsid()?;
                rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
                Ok(())
            };
            // SAFETY: between fork and exec only system calls are made: no allocation, no lock.
            unsafe {
                command.pre_exec(prepare);
            }
        }
    }
    Ok(())
}
