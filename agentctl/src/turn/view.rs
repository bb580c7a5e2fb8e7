//! Shows the events of a turn: as text, or line by line as JSON.

use proto::v1::Event;
use proto::v1::event::Data;

use crate::error::CommandError;
use crate::render::markdown::stream::Stream;
use crate::render::transcript::{Answers, Piece, Transcript};
use crate::ui::Ui;

/// What is shown of a turn, over all its interruptions.
#[derive(Debug)]
pub(crate) struct View {
    transcript: Transcript,
    /// Whether the answer must fit a schema: then nothing else goes to stdout.
    structured: bool,
    /// The answer that is being written, where a terminal shows it as markdown.
    answer: Stream,
    /// The newest todos that stand nowhere yet but at the end of the terminal.
    todos: Vec<String>,
}

impl View {
    /// One that has shown nothing.
    pub(crate) fn new(ui: &Ui, structured: bool) -> Self {
        let answers = if ui.out_is_terminal() { Answers::Live } else { Answers::Whole };
        let transcript = Transcript::new(answers, ui.err_colors());
        Self { transcript, structured, answer: Stream::default(), todos: Vec::new() }
    }

    /// Takes in an event that happened before anything is to be shown: what goes on still can be told from it.
    pub(crate) fn catch_up(&mut self, event: &Event) {
        if let Some(Data::TurnStarted(started)) = &event.data {
            self.structured = started.answer_schema.is_some();
        }
        drop(self.transcript.event(event));
    }

    /// Whether the answer must fit a schema.
    pub(crate) fn is_structured(&self) -> bool {
        self.structured
    }

    /// Shows an event.
    pub(crate) fn show(&mut self, event: &Event, ui: &mut Ui) -> Result<(), CommandError> {
        if ui.is_json() {
            return ui.json(event);
        }
        for piece in self.transcript.event(event) {
            match piece {
                Piece::Answer(_) | Piece::EndLine if self.structured => {}
                Piece::Answer(text) => self.answer(&text, ui)?,
                Piece::EndLine => match ui.layout() {
                    Some(layout) => ui.answer(&self.answer.finish(layout), Vec::new())?,
                    None => ui.end_line()?,
                },
                Piece::Note(line) => ui.note(&line)?,
                Piece::Say(line) => ui.say(&line)?,
                Piece::Busy(what) => ui.busy(what.as_deref())?,
                Piece::Todos(lines) => self.todos(lines, ui)?,
                Piece::End => self.end(ui)?,
                Piece::Json(json) => ui.out_foreign(&format!("{json}\n"))?,
            }
        }
        Ok(())
    }

    fn answer(&mut self, text: &str, ui: &mut Ui) -> Result<(), CommandError> {
        let Some(layout) = ui.layout() else { return ui.out_foreign(text) };
        let change = self.answer.push(text, layout, ui.live_lines_max());
        ui.answer(&change.settled, change.live)
    }

    /// Where the terminal can draw, the list stands at its end and changes there; elsewhere each change is told.
    fn todos(&mut self, lines: Vec<String>, ui: &mut Ui) -> Result<(), CommandError> {
        if ui.pin_todos(lines.clone())? {
            self.todos = lines;
            return Ok(());
        }
        lines.iter().try_for_each(|line| ui.note(line))
    }

    /// The turn ends or parks: what stood at the end of the terminal stays where it is worth it.
    fn end(&mut self, ui: &mut Ui) -> Result<(), CommandError> {
        ui.rest();
        std::mem::take(&mut self.todos).iter().try_for_each(|line| ui.note(line))
    }
}
