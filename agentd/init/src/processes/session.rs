//! The one thing that must be done between fork and exec.
#![allow(unsafe_code)]

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use super::job::TerminalUse;

/// Makes the command the leader of a session of its own, and its standard input that session's terminal where asked.
pub(super) fn lead_session(command: &mut Command, terminal: TerminalUse) {
    let prepare = move || {
        rustix::process::setsid()?;
        if terminal == TerminalUse::Controlling {
            rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
        }
        Ok(())
    };
    // SAFETY: between fork and exec only system calls are made: no allocation, no lock.
    unsafe {
        command.pre_exec(prepare);
    }
}
