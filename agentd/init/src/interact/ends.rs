//! Both ends of a command's streams: pipes, or a terminal.

use proto::init::v1::TerminalSize;
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use tokio::net::unix::pipe::{Receiver, Sender};

use crate::processes::Streams;

/// This process's ends.
pub(super) struct Ends {
    /// What the client sends goes here.
    pub(super) stdin: Option<Stdin>,
    /// Standard output, or the terminal.
    pub(super) stdout: Receiver,
    /// Standard error, where it is apart.
    pub(super) stderr: Option<Receiver>,
}

/// Where input goes.
pub(super) enum Stdin {
    /// A pipe: closing it ends the input.
    Pipe(Sender),
    /// A terminal, which stays open.
    Terminal(Sender),
}

/// Makes pipes; standard input is /dev/null where none will be sent.
pub(super) fn pipes(with_stdin: bool) -> io::Result<(Streams, Ends)> {
    let (stdout, stdout_of_command) = io::pipe()?;
    let (stderr, stderr_of_command) = io::pipe()?;
    let (stdin_of_command, stdin) = if with_stdin {
        let (reader, writer) = io::pipe()?;
        (Some(reader.into()), Some(Stdin::Pipe(Sender::from_owned_fd(writer.into())?)))
    } else {
        (None, None)
    };
    let streams =
        Streams { stdin: stdin_of_command, stdout: stdout_of_command.into(), stderr: stderr_of_command.into() };
    let ends = Ends {
        stdin,
        stdout: Receiver::from_owned_fd(stdout.into())?,
        stderr: Some(Receiver::from_owned_fd(stderr.into())?),
    };
    Ok((streams, ends))
}

/// Makes a terminal.
pub(super) fn terminal(size: TerminalSize) -> io::Result<(Streams, Ends)> {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let ours = openpt(flags)?;
    grantpt(&ours)?;
    unlockpt(&ours)?;
    let theirs: OwnedFd = ioctl_tiocgptpeer(&ours, flags)?;
    resize(&ours, size)?;
    rustix::io::ioctl_fionbio(&ours, true)?;
    let streams = Streams { stdin: None, stdout: theirs.try_clone()?, stderr: theirs };
    // A terminal is read and written as a pipe is; that it is none is what is not checked.
    let ends = Ends {
        stdin: Some(Stdin::Terminal(Sender::from_owned_fd_unchecked(ours.try_clone()?)?)),
        stdout: Receiver::from_owned_fd_unchecked(ours)?,
        stderr: None,
    };
    Ok((streams, ends))
}

/// Tells a terminal its size.
pub(super) fn resize(terminal: impl AsFd, size: TerminalSize) -> io::Result<()> {
    let characters = |count: u32| u16::try_from(count).unwrap_or(u16::MAX);
    let size = Winsize { ws_row: characters(size.rows), ws_col: characters(size.columns), ws_xpixel: 0, ws_ypixel: 0 };
    Ok(tcsetwinsize(terminal, size)?)
}
