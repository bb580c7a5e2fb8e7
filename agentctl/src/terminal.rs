//! The terminal as a device: its size, and raw mode for a session with a program in a sandbox.

use std::io;

use proto::v1::TerminalSize;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

/// Where nothing is known of the terminal's size.
const USUAL_SIZE: (u16, u16) = (24, 80);

/// Rows and columns of the terminal on stdout, or else on stderr.
pub(crate) fn size() -> (u16, u16) {
    let sizes = [tcgetwinsize(rustix::stdio::stdout()), tcgetwinsize(rustix::stdio::stderr())];
    let known = sizes.into_iter().flatten().find(|size| size.ws_row > 0 && size.ws_col > 0);
    known.map_or(USUAL_SIZE, |size| (size.ws_row, size.ws_col))
}

/// The same for the daemon.
pub(crate) fn size_message() -> TerminalSize {
    let (rows, columns) = size();
    TerminalSize { rows: rows.into(), columns: columns.into() }
}

/// Raw mode of the terminal on stdin while this lives: every key goes to the program, Ctrl-C too. The drop restores what
/// was there, on every way out.
pub(crate) struct RawMode {
    before: Termios,
}

impl RawMode {
    /// Enters raw mode.
    pub(crate) fn enter() -> io::Result<Self> {
        let stdin = rustix::stdio::stdin();
        let before = tcgetattr(stdin)?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(stdin, OptionalActions::Now, &raw)?;
        Ok(Self { before })
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        // A terminal that has gone away needs no restoring.
        let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &self.before);
    }
}
