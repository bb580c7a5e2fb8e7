//! What a command says, in order: started, output, …, exited. The order and the offsets are checked here. Pure.

use bytes::Bytes;
use proto::init::v1 as wire;

use super::checks::{PATH_BYTES_MAX, at_most, length_at_most};
use super::error::InitError;

/// Bytes of one piece of output, and of the tail, at most.
const PIECE_BYTES_MAX: usize = 64 << 10;
/// Output that agent-init keeps of a command unless told otherwise.
pub const KEEP_BYTES_DEFAULT: u64 = 10 << 20;

/// Something that a command did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecEvent {
    /// It was started, now or before.
    Started {
        /// Whether its call id had been started before this request.
        already: bool,
    },
    /// The next piece of its kept output, without a gap.
    Output {
        /// Where it begins, in bytes from the beginning of the output.
        offset: u64,
        /// At most 64 KiB.
        data: Bytes,
    },
    /// It ended, with every process it started. The last event.
    Exited(ExecEnd),
}

/// How a command ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecEnd {
    /// Exit code; 124 after a timeout, 128 + signal after a signal, 126 or 127 where it could not be started.
    pub exit_code: i32,
    /// The signal that ended it.
    pub signal: Option<u32>,
    /// How long it ran, in milliseconds.
    pub duration_ms: u64,
    /// Bytes of output written, kept or not.
    pub output_bytes: u64,
    /// Whether some were dropped.
    pub truncated: bool,
    /// Whether the kernel killed a process of the sandbox for want of memory while it ran.
    pub oom: bool,
    /// Whether its time limit ended it.
    pub timed_out: bool,
    /// Whether it was told to end.
    pub killed: bool,
    /// Where the kept output is, in the sandbox; empty: nowhere.
    pub output_path: String,
    /// The last bytes of the output where some were dropped.
    pub tail: Bytes,
}

impl ExecEnd {
    /// Checks what agent-init sent.
    pub(super) fn checked(end: wire::ExecExited) -> Result<Self, InitError> {
        if !(0..=255).contains(&end.exit_code) {
            return Err(InitError::protocol(format_args!("exit code {}", end.exit_code)));
        }
        at_most("signal", end.signal.into(), 64)?;
        length_at_most("bytes of the tail", end.tail.len(), PIECE_BYTES_MAX)?;
        length_at_most("bytes of a path", end.output_path.len(), PATH_BYTES_MAX)?;
        let path = &end.output_path;
        if !path.is_empty() && (!path.starts_with('/') || path.chars().any(char::is_control)) {
            return Err(InitError::protocol("an output path that is not a plain absolute path"));
        }
        Ok(Self {
            exit_code: end.exit_code,
            signal: Some(end.signal).filter(|&signal| signal != 0),
            duration_ms: end.duration_ms,
            output_bytes: end.output_bytes,
            truncated: end.truncated,
            oom: end.oom,
            timed_out: end.timed_out,
            killed: end.killed,
            output_path: end.output_path,
            tail: end.tail,
        })
    }
}

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Start,
    Running,
    Ended,
}

/// Follows one command and refuses what cannot be.
#[derive(Debug)]
pub(super) struct Order {
    phase: Phase,
    next_offset: u64,
    keep_bytes_max: u64,
}

impl Order {
    /// Events of a command whose output is followed from `offset`, and of which so many bytes are kept.
    pub(super) fn new(offset: u64, keep_bytes_max: u64) -> Self {
        let keep_bytes_max = if keep_bytes_max == 0 { KEEP_BYTES_DEFAULT } else { keep_bytes_max };
        Self { phase: Phase::Start, next_offset: offset, keep_bytes_max }
    }

    /// Whether the last event has come.
    pub(super) fn ended(&self) -> bool {
        self.phase == Phase::Ended
    }

    /// Checks the next event.
    pub(super) fn accept(&mut self, event: wire::ExecEvent) -> Result<ExecEvent, InitError> {
        let event = event.event.ok_or_else(|| InitError::protocol("an empty event"))?;
        match (self.phase, event) {
            (Phase::Start, wire::exec_event::Event::Started(started)) => {
                self.phase = Phase::Running;
                Ok(ExecEvent::Started { already: started.already })
            }
            (Phase::Running, wire::exec_event::Event::Output(output)) => self.output(output),
            (Phase::Running, wire::exec_event::Event::Exited(exited)) => {
                let end = ExecEnd::checked(exited)?;
                self.phase = Phase::Ended;
                Ok(ExecEvent::Exited(end))
            }
            (phase, event) => Err(InitError::protocol(format_args!("{} in phase {phase:?}", name(&event)))),
        }
    }

    fn output(&mut self, output: wire::ExecOutput) -> Result<ExecEvent, InitError> {
        length_at_most("bytes of a piece of output", output.data.len(), PIECE_BYTES_MAX)?;
        if output.offset != self.next_offset || output.data.is_empty() {
            let (found, next) = (output.offset, self.next_offset);
            return Err(InitError::protocol(format_args!("output at {found} where {next} comes next, or none of it")));
        }
        self.next_offset = self.next_offset.saturating_add(output.data.len() as u64);
        at_most("bytes of kept output", self.next_offset, self.keep_bytes_max)?;
        Ok(ExecEvent::Output { offset: output.offset, data: output.data })
    }
}

fn name(event: &wire::exec_event::Event) -> &'static str {
    match event {
        wire::exec_event::Event::Started(_) => "started",
        wire::exec_event::Event::Output(_) => "output",
        wire::exec_event::Event::Exited(_) => "exited",
    }
}

#[cfg(test)]
mod tests;
