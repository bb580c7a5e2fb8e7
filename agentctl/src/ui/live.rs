//! What stands at the end of the terminal while a turn goes on: the block that is being written, what is done now, and the
//! todos. Drawn again in place; everything else is printed above it.

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use super::{Stream, Ui, closed};
use crate::error::CommandError;
use crate::render::markdown::Layout;
use crate::render::region::Region;
use crate::render::style::Style;
use crate::render::words;
use crate::terminal;

/// Frames are drawn no more often than this. The first piece after a pause is drawn at once.
const FRAME: Duration = Duration::from_millis(16);
/// How often a frame is drawn in which only the time goes on.
const TICK: Duration = Duration::from_millis(120);
const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
/// Rows that are left to what stays.
const ROWS_LEFT: usize = 2;

/// The end of the terminal.
#[derive(Default)]
pub(super) struct Live {
    region: Region,
    answer: Vec<String>,
    status: Option<Status>,
    todos: Vec<String>,
    drawn: Option<Instant>,
    /// Whether something changed since.
    stale: bool,
}

struct Status {
    text: String,
    since: Instant,
}

impl Ui {
    /// How an answer is laid out on stdout; `None` where nobody reads it, or the terminal cannot draw.
    pub(crate) fn layout(&self) -> Option<Layout> {
        let (_, columns) = terminal::size();
        // One column less: what fills the last one wraps on some terminals and not on others.
        let columns = usize::from(columns).saturating_sub(1);
        (self.streams.out.terminal && self.streams.draws).then_some(Layout { columns, colors: self.out_colors })
    }

    /// How many lines of an answer can be drawn again.
    pub(crate) fn live_lines_max(&self) -> usize {
        let (rows, _) = terminal::size();
        usize::from(rows).saturating_sub(ROWS_LEFT + self.live.todos.len()).max(1)
    }

    /// Prints lines of an answer, and shows below them those that may still change.
    pub(crate) fn answer(&mut self, settled: &[String], live: Vec<String>) -> Result<(), CommandError> {
        self.live.answer = live;
        if settled.is_empty() && self.live.drawn.is_some_and(|drawn| drawn.elapsed() < FRAME) {
            self.live.stale = true;
            return Ok(());
        }
        self.draw(settled)
    }

    /// Shows what goes on now, and below it more lines; nothing where `what` is none.
    pub(crate) fn busy(&mut self, what: Option<&str>) -> Result<(), CommandError> {
        if !self.shows_progress() {
            return Ok(());
        }
        let since = Instant::now();
        let changed = match (what, &mut self.live.status) {
            (None, status) => status.take().is_some(),
            (Some(text), Some(status)) if first_line(text) == first_line(&status.text) => {
                text.clone_into(&mut status.text);
                self.live.stale = true;
                false
            }
            (Some(text), status) => {
                *status = Some(Status { text: text.to_owned(), since });
                true
            }
        };
        if changed { self.draw(&[]) } else { Ok(()) }
    }

    /// Shows a list of todos below all else; says whether there is a place for it.
    pub(crate) fn pin_todos(&mut self, todos: Vec<String>) -> Result<bool, CommandError> {
        if !self.shows_progress() {
            return Ok(false);
        }
        self.live.todos = todos;
        self.draw(&[]).map(|()| true)
    }

    /// When the next frame is due; `None`: not before something changes.
    pub(crate) fn next_frame(&self) -> Option<Instant> {
        let pause = if self.live.stale { FRAME } else { TICK };
        (self.live.stale || self.live.status.is_some())
            .then(|| self.live.drawn.map_or_else(Instant::now, |drawn| drawn + pause))
    }

    /// Draws a frame.
    pub(crate) fn frame(&mut self) -> Result<(), CommandError> {
        self.draw(&[])
    }

    /// Whether a person looks at what goes on.
    fn shows_progress(&self) -> bool {
        self.streams.err.terminal && self.streams.draws && !self.quiet && !self.is_json()
    }

    /// Takes what is drawn off the terminal, and forgets it.
    pub(super) fn clear_live(&mut self) {
        let Live { answer, status, todos, .. } = &mut self.live;
        answer.clear();
        todos.clear();
        *status = None;
        // A terminal that has gone away shows nothing.
        drop(self.erase());
    }

    /// Takes what is drawn off the terminal while something is printed.
    pub(super) fn erase(&mut self) -> io::Result<()> {
        if self.live.region.is_empty() {
            return Ok(());
        }
        let (_, columns) = terminal::size();
        let frame = self.live.region.draw(&[], &[], columns.into());
        self.live.stale = true;
        send(self.screen(), &frame)
    }

    /// Draws again what was taken off.
    pub(super) fn redraw(&mut self) -> Result<(), CommandError> {
        let Live { answer, status, todos, .. } = &self.live;
        let something = !answer.is_empty() || status.is_some() || !todos.is_empty();
        if something && !self.mid_line { self.draw(&[]) } else { Ok(()) }
    }

    fn draw(&mut self, settled: &[String]) -> Result<(), CommandError> {
        if self.mid_line {
            self.end_line()?;
        }
        let (rows, columns) = terminal::size();
        let mut lines = self.live.answer.clone();
        lines.extend(self.progress_lines(usize::from(columns).saturating_sub(1)));
        lines.truncate(usize::from(rows).saturating_sub(1).max(1));
        let frame = self.live.region.draw(settled, &lines, columns.into());
        self.live.stale = false;
        self.live.drawn = Some(Instant::now());
        send(self.screen(), &frame).map_err(|error| closed(&error))
    }

    fn progress_lines(&self, columns: usize) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(status) = self.live.status.as_ref().filter(|_| self.live.answer.is_empty()) {
            let elapsed = status.since.elapsed();
            let spinner = SPINNER[(elapsed.as_millis() / TICK.as_millis()) as usize % SPINNER.len()];
            let mut texts = status.text.lines();
            let head = format!("{spinner} {} s · {}", elapsed.as_secs(), texts.next().unwrap_or_default());
            lines.push(words::fit(&head, columns));
            lines.extend(texts.map(|line| self.err_colors.paint(Style::Faint, &words::fit(line, columns))));
        }
        lines.extend(self.live.todos.iter().map(|line| words::fit(line, columns)));
        lines
    }

    /// Where frames are drawn: on stdout where that is the terminal, so that lines of an answer and the live ones below
    /// them are one write.
    fn screen(&mut self) -> &mut Stream {
        if self.streams.out.terminal { &mut self.streams.out } else { &mut self.streams.err }
    }
}

fn send(stream: &mut Stream, frame: &str) -> io::Result<()> {
    if frame.is_empty() {
        return Ok(());
    }
    stream.sink.write_all(frame.as_bytes()).and_then(|()| stream.sink.flush())
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
