//! The three standard streams.

use std::io::{self, IsTerminal as _, Read, Write};

/// One standard stream to write to.
pub(crate) struct Stream {
    /// Where the bytes go.
    pub(crate) sink: Box<dyn Write + Send>,
    /// Whether a person looks at it.
    pub(crate) terminal: bool,
}

/// The three standard streams.
pub(crate) struct Streams {
    /// What is read.
    pub(crate) input: Box<dyn Read + Send>,
    /// Whether a person types it.
    pub(crate) input_terminal: bool,
    /// Answers.
    pub(crate) out: Stream,
    /// Everything else.
    pub(crate) err: Stream,
    /// Whether the terminal, if there is one, can move its cursor.
    pub(crate) draws: bool,
}

impl Streams {
    /// Those of this process.
    pub(crate) fn of_process() -> Self {
        Self {
            input: Box::new(io::stdin()),
            input_terminal: io::stdin().is_terminal(),
            out: Stream { terminal: io::stdout().is_terminal(), sink: Box::new(io::stdout()) },
            err: Stream { terminal: io::stderr().is_terminal(), sink: Box::new(io::stderr()) },
            draws: std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb"),
        }
    }
}
