//! Shows the events of a turn: as text, or line by line as JSON.

use proto::v1::Event;

use crate::error::CommandError;
use crate::render::transcript::{Answers, Piece, Transcript};
use crate::ui::Ui;

/// What is shown of a turn, over all its interruptions.
#[derive(Debug)]
pub(crate) struct View {
    transcript: Transcript,
}

impl View {
    /// One that has shown nothing.
    pub(crate) fn new(ui: &Ui) -> Self {
        let answers = if ui.out_is_terminal() { Answers::Live } else { Answers::Whole };
        Self { transcript: Transcript::new(answers, ui.err_colors()) }
    }

    /// Takes in an event that happened before anything is to be shown: what goes on still can be told from it.
    pub(crate) fn catch_up(&mut self, event: &Event) {
        drop(self.transcript.event(event));
    }

    /// Shows an event.
    pub(crate) fn show(&mut self, event: &Event, ui: &mut Ui) -> Result<(), CommandError> {
        if ui.is_json() {
            return ui.json(event);
        }
        for piece in self.transcript.event(event) {
            match piece {
                Piece::Answer(text) => ui.out_foreign(&text)?,
                Piece::EndLine => ui.end_line()?,
                Piece::Note(line) => ui.note(&line)?,
                Piece::Say(line) => ui.say(&line)?,
                Piece::Busy(what) => ui.spin(what.as_deref()),
            }
        }
        Ok(())
    }
}
