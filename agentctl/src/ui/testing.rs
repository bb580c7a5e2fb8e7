//! Streams that tests can read.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use super::{Stream, Streams};

/// What was written to a stream.
#[derive(Clone, Default)]
pub(crate) struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    /// All of it so far.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A sink whose reader has gone away.
pub(crate) struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Streams into memory, with what is written to them; none is a terminal.
pub(crate) fn streams() -> (Streams, Written, Written) {
    let (out, err) = (Written::default(), Written::default());
    let stream = |written: &Written| Stream { sink: Box::new(written.clone()), terminal: false };
    let streams = Streams {
        input: Box::new(io::empty()),
        input_terminal: false,
        out: stream(&out),
        err: stream(&err),
        draws: true,
    };
    (streams, out, err)
}
