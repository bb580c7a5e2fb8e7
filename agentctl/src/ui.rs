//! The user interface: owns standard output and error, and is the only place that prints.
//!
//! Answers go to stdout, everything else to stderr. What others wrote (a model, a tool, a name) is escaped before it
//! reaches a terminal; an answer that goes to a pipe or a file is written byte for byte, so that `answer.txt` holds it.

use std::io::{self, Read};

use clap::ValueEnum;
use serde::Serialize;

use crate::cli::{ColorChoice, GlobalArgs};
use crate::error::CommandError;
use crate::render::layers::Layers;
use crate::render::progress::Progress;
use crate::render::spinner::Spinner;
use crate::render::style::Palette;
use crate::render::{escape, words};

mod streams;

mod failure;

mod live;

pub(crate) use streams::{Stream, Streams};

/// Shape of what goes to stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For scripts.
    Json,
}

/// The user interface of one command.
pub(crate) struct Ui {
    streams: Streams,
    format: Format,
    quiet: bool,
    /// Whether the last line of stdout is open.
    mid_line: bool,
    out_colors: Palette,
    err_colors: Palette,
    spinner: Spinner,
    live: live::Live,
}

impl Ui {
    /// As the options say.
    pub(crate) fn new(streams: Streams, global: &GlobalArgs, no_color: bool) -> Self {
        let palette = |stream: &Stream| {
            Palette::new(match global.color {
                ColorChoice::Always => true,
                ColorChoice::Never => false,
                ColorChoice::Auto => stream.terminal && !no_color,
            })
        };
        Self {
            out_colors: palette(&streams.out),
            err_colors: palette(&streams.err),
            spinner: Spinner::new(streams.err.terminal && !global.quiet && global.output == Format::Text),
            streams,
            format: global.output,
            quiet: global.quiet,
            mid_line: false,
            live: live::Live::default(),
        }
    }

    /// For messages about a command line that could not be read.
    pub(crate) fn plain(streams: Streams, format: Format) -> Self {
        let none = Palette::new(false);
        Self {
            streams,
            format,
            quiet: false,
            mid_line: false,
            out_colors: none,
            err_colors: none,
            spinner: Spinner::new(false),
            live: live::Live::default(),
        }
    }

    /// Whether stdout is for scripts.
    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Whether a person reads stdout.
    pub(crate) fn out_is_terminal(&self) -> bool {
        self.streams.out.terminal
    }

    /// Whether a person is there who can be asked: they type, and they see what is asked.
    pub(crate) fn can_ask(&self) -> bool {
        self.streams.input_terminal && self.streams.err.terminal && !self.is_json()
    }

    /// Whether standard input is a terminal.
    pub(crate) fn input_is_terminal(&self) -> bool {
        self.streams.input_terminal
    }

    /// Whether a person reads stderr.
    pub(crate) fn err_is_terminal(&self) -> bool {
        self.streams.err.terminal
    }

    /// A byte counter on stderr, where a person reads it. `total_bytes`, where known, makes it a bar.
    pub(crate) fn progress(&self, total_bytes: Option<u64>) -> Progress {
        Progress::new(self.streams.err.terminal && !self.quiet && !self.is_json(), total_bytes)
    }

    /// How far the layers of a pull have come: as bars on stderr where a person reads it.
    pub(crate) fn layers(&self) -> Layers {
        Layers::new(self.streams.err.terminal && !self.quiet && !self.is_json())
    }

    /// Standard input, for a thread that passes it on. From then on nothing else can read it.
    pub(crate) fn take_input(&mut self) -> Box<dyn Read + Send> {
        std::mem::replace(&mut self.streams.input, Box::new(io::empty()))
    }

    /// All of standard input as text.
    pub(crate) fn read_text(&mut self, bytes_max: u64) -> Result<String, CommandError> {
        let mut bytes = Vec::new();
        (&mut self.streams.input)
            .take(bytes_max + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| CommandError::internal("standard input cannot be read", &error))?;
        if bytes.len() as u64 > bytes_max {
            return Err(CommandError::usage(format!("standard input has more than {}", words::bytes(bytes_max))));
        }
        String::from_utf8(bytes).map_err(|_| CommandError::usage("standard input is not UTF-8 text"))
    }

    /// Colours of stdout.
    pub(crate) fn out_colors(&self) -> Palette {
        self.out_colors
    }

    /// Colours of stderr.
    pub(crate) fn err_colors(&self) -> Palette {
        self.err_colors
    }

    /// Writes to stdout as it is. The text is ours, or escaped already.
    pub(crate) fn out(&mut self, text: &str) -> Result<(), CommandError> {
        self.out_bytes(text.as_bytes())
    }

    /// Writes a line of ours to stdout.
    pub(crate) fn out_line(&mut self, text: &str) -> Result<(), CommandError> {
        self.out(&format!("{text}\n"))
    }

    /// Writes text of others to stdout: escaped on a terminal, byte for byte elsewhere.
    pub(crate) fn out_foreign(&mut self, text: &str) -> Result<(), CommandError> {
        if self.streams.out.terminal { self.out(&escape::block(text)) } else { self.out(text) }
    }

    /// Writes bytes to stdout as they are, and passes them on at once. Only for bytes that the user asked for raw.
    pub(crate) fn out_bytes(&mut self, bytes: &[u8]) -> Result<(), CommandError> {
        self.erase().map_err(|error| closed(&error))?;
        let Self { streams, spinner, mid_line, .. } = self;
        let sink = &mut streams.out.sink;
        *mid_line = bytes.last().map_or(*mid_line, |&last| last != b'\n');
        spinner.aside(|| sink.write_all(bytes).and_then(|()| sink.flush())).map_err(|error| closed(&error))?;
        self.redraw()
    }

    /// Ends the last line of stdout if it is open.
    pub(crate) fn end_line(&mut self) -> Result<(), CommandError> {
        if self.mid_line { self.out("\n") } else { Ok(()) }
    }

    /// Writes one JSON value and a line end to stdout.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), CommandError> {
        let text =
            serde_json::to_string(value).map_err(|error| CommandError::internal("this has no JSON form", &error))?;
        self.out_line(&escape::json(&text))
    }

    /// Writes to stderr as it is. The text is ours, or escaped already.
    pub(crate) fn err(&mut self, text: &str) -> Result<(), CommandError> {
        self.err_bytes(text.as_bytes())
    }

    /// Writes bytes to stderr as they are. Only for bytes that the user asked for raw.
    pub(crate) fn err_bytes(&mut self, bytes: &[u8]) -> Result<(), CommandError> {
        self.erase().map_err(|error| closed(&error))?;
        let Self { streams, spinner, .. } = self;
        let sink = &mut streams.err.sink;
        // Nobody to tell is no reason to stop: what counts goes to stdout.
        spinner.aside(|| drop(sink.write_all(bytes).and_then(|()| sink.flush())));
        self.redraw()
    }

    /// Writes a line to stderr that matters even with --quiet, never behind an open line of the answer on the same
    /// terminal. The text is ours, or escaped already.
    pub(crate) fn say(&mut self, text: &str) -> Result<(), CommandError> {
        if self.streams.out.terminal && self.streams.err.terminal {
            self.end_line()?;
        }
        self.err(&format!("{text}\n"))
    }

    /// Writes a line to stderr for people, unless --quiet. The text is ours, or escaped already.
    pub(crate) fn note(&mut self, text: &str) -> Result<(), CommandError> {
        if self.quiet || self.is_json() { Ok(()) } else { self.say(text) }
    }

    /// Shows that something goes on, until the next call; only on a terminal.
    pub(crate) fn spin(&mut self, what: Option<&str>) {
        self.spinner.set(what);
    }

    /// Takes everything that moves off the terminal.
    pub(crate) fn rest(&mut self) {
        self.spinner.set(None);
        self.clear_live();
    }

    /// Passes on what is still held back.
    pub(crate) fn flush(&mut self) -> Result<(), CommandError> {
        self.rest();
        self.streams.out.sink.flush().map_err(|error| closed(&error))
    }
}

fn closed(error: &io::Error) -> CommandError {
    match error.kind() {
        io::ErrorKind::BrokenPipe => CommandError::OutputClosed,
        _ => CommandError::internal("stdout cannot be written", error),
    }
}

#[cfg(test)]
pub(crate) mod testing;

#[cfg(test)]
mod tests;
