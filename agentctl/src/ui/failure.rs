//! What is said when a command failed, or could not be read.

use clap::error::ErrorKind;
use proto::reason::{Failure, exit};

use super::Ui;
use crate::error::{CommandError, ErrorObject};
use crate::render::escape;
use crate::render::style::Style;

impl Ui {
    /// Says why a command failed; returns its exit code.
    pub(crate) fn failure(&mut self, error: &CommandError) -> u8 {
        self.rest();
        if let CommandError::Failed(failure) = error {
            let text = self.failure_text(failure);
            // There is nowhere left to say that stderr is closed.
            drop(self.say(&text));
        }
        error.exit_code()
    }

    fn failure_text(&self, failure: &Failure) -> String {
        if self.is_json() {
            return serde_json::to_string(&ErrorObject::from(failure)).unwrap_or_default();
        }
        let colors = self.err_colors;
        let mut text = format!("{} {}", colors.paint(Style::Bad, "error:"), escape::block(&failure.message));
        if !failure.hint.is_empty() {
            text += &format!("\n{} {}", colors.paint(Style::Hint, "hint:"), escape::block(&failure.hint));
        }
        text
    }

    /// Says what the command-line reader has to say: help and version on stdout, usage errors on stderr.
    pub(crate) fn clap_message(&mut self, message: &clap::Error) -> u8 {
        if !message.use_stderr() {
            return match self.out(&message.render().to_string()) {
                Ok(()) => exit::DONE,
                Err(error) => error.exit_code(),
            };
        }
        if self.is_json() {
            return self.failure(&usage_of(message));
        }
        drop(self.err(&escape::block(&message.render().to_string())));
        exit::USAGE
    }
}

/// The usage error as message and hint: clap's first paragraph says what is wrong, the rest what to do.
fn usage_of(message: &clap::Error) -> CommandError {
    if message.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return CommandError::usage("a command is missing").hinted("agentctl --help lists what there is");
    }
    let text = message.render().to_string();
    let (what, rest) = text.split_once("\n\n").unwrap_or((&text, ""));
    CommandError::usage(what.trim_start_matches("error: ").trim()).hinted(rest.trim())
}
