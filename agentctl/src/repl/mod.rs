//! Talking with an agent at a terminal: lines in, turns out, approvals asked where they come up.

pub(crate) mod input;

pub(crate) mod ask;

mod slash;

mod mention;

mod perform;

use proto::v1::{Session, SessionStatus};

use crate::attachments;
use crate::commands::chat::{self, Message};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::style::Style;
use crate::render::{escape, words};
use crate::turn::conduct::conduct;
use input::Line;
use perform::After;

/// Reads and answers lines until the user leaves.
pub(crate) async fn run(context: &mut Context, mut session: Session) -> Result<Exit, CommandError> {
    greet(context, &session)?;
    let mut interrupted_before = false;
    loop {
        let prompt = format!("{}> ", title(&session));
        let line = context.input().message(&prompt, &session.workspace).await;
        let interrupted = line == Line::Interrupted;
        match line {
            Line::End => return Ok(Exit::DONE),
            Line::Interrupted if interrupted_before => return Ok(Exit::DONE),
            Line::Interrupted => context.ui.say("Ctrl-C again, Ctrl-D or /exit leaves")?,
            Line::Text(text) if text.trim().is_empty() => {}
            Line::Text(text) if text.starts_with('/') => match perform::perform(context, &mut session, &text).await {
                Ok(After::Stay) => {}
                Ok(After::Leave) => return Ok(Exit::DONE),
                Err(error) => goes_on(context, error)?,
            },
            Line::Text(text) => {
                let files = attachments::mentioned(&text);
                let message = Message::new(session.id.clone(), text).with_files(&files);
                if let Err(error) = talk(context, message).await {
                    goes_on(context, error)?;
                }
            }
        }
        interrupted_before = interrupted;
    }
}

async fn talk(context: &mut Context, message: Result<Message, CommandError>) -> Result<(), CommandError> {
    let position = chat::send(context, message?).await?;
    // How the turn ended was said; here that is no reason to leave.
    let _shown = conduct(context, position, None).await?;
    Ok(())
}

/// A failure is said, and the next line can be typed; without a stdout there is nobody to type it.
fn goes_on(context: &mut Context, error: CommandError) -> Result<(), CommandError> {
    match error {
        CommandError::OutputClosed => Err(error),
        CommandError::Failed(_) => {
            context.ui.failure(&error);
            Ok(())
        }
    }
}

fn greet(context: &mut Context, session: &Session) -> Result<(), CommandError> {
    let colors = context.ui.err_colors();
    let heading = format!(
        "session {}, model {}, workspace {}; /help lists what can be typed",
        title(session),
        escape::line(&session.model),
        escape::line(&session.workspace)
    );
    context.ui.note(&colors.paint(Style::Faint, &heading))?;
    match session.status() {
        SessionStatus::AwaitingApproval => context.ui.note("calls wait for an answer: /approvals asks you about them"),
        SessionStatus::Running => context.ui.note("a turn is running: /events shows it, and `agentctl stop` ends it"),
        SessionStatus::Idle | SessionStatus::Unspecified => Ok(()),
    }
}

fn title(session: &Session) -> String {
    if session.name.is_empty() { words::short_id(&session.id) } else { escape::line(&session.name) }
}
