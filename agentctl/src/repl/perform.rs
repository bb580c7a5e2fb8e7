//! What slash commands do.

use proto::v1::event::Data;
use proto::v1::{CreateRequest, Follow, ResumeRequest, Session, ShowRequest, WatchRequest};

use super::ask::{self, Asked};
use super::slash::{self, Slash};
use crate::client::timed;
use crate::context::Context;
use crate::error::CommandError;
use crate::render::{escape, session as shown};
use crate::turn::conduct::conduct;
use crate::turn::events::EventStream;
use crate::turn::waiting;

/// Whether the user stays.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum After {
    Stay,
    Leave,
}

/// Does what a line with a slash says.
pub(super) async fn perform(context: &mut Context, session: &mut Session, line: &str) -> Result<After, CommandError> {
    match slash::parse(line).map_err(CommandError::usage)? {
        Slash::Help => context.ui.say(slash::help().trim_end())?,
        Slash::Approvals => approvals(context, session).await?,
        Slash::Todos => todos(context, session).await?,
        Slash::Usage => {
            let now = show(context, &session.id).await?;
            context.ui.say(&shown::usage(&now.usage.unwrap_or_default()))?;
        }
        Slash::Model => context.ui.say(&escape::line(&session.model))?,
        Slash::Events => events(context, session).await?,
        Slash::New { name } => {
            let request = CreateRequest { name, ..CreateRequest::default() };
            *session = context.client().await?.sessions().create(timed(request)).await?.into_inner();
            super::greet(context, session)?;
        }
        Slash::Switch { session: other } => {
            *session = show(context, &other).await?;
            super::greet(context, session)?;
        }
        Slash::Exit => return Ok(After::Leave),
    }
    Ok(After::Stay)
}

async fn show(context: &mut Context, session: &str) -> Result<Session, CommandError> {
    let request = ShowRequest { session: session.to_owned() };
    Ok(context.client().await?.sessions().show(timed(request)).await?.into_inner())
}

async fn approvals(context: &mut Context, session: &Session) -> Result<(), CommandError> {
    let waiting = waiting::all(context, &session.id).await?;
    if waiting.is_empty() {
        return context.ui.say("nothing waits");
    }
    let Asked::Answers(answers) = ask::answers(context, &waiting).await? else { return Ok(()) };
    let request = ResumeRequest { session: session.id.clone(), answers, ..ResumeRequest::default() };
    let position = context.client().await?.sessions().resume(timed(request)).await?.into_inner();
    let _shown = conduct(context, position, None).await?;
    Ok(())
}

async fn todos(context: &mut Context, session: &Session) -> Result<(), CommandError> {
    let mut newest = Vec::new();
    let mut rows = rows(session, 0);
    while let Some(event) = rows.next(context).await? {
        if let Some(Data::TodosUpdated(updated)) = event.data {
            newest = updated.todos;
        }
    }
    match shown::todos(&newest) {
        lines if lines.is_empty() => context.ui.say("no todos"),
        lines => context.ui.say(&lines.join("\n")),
    }
}

async fn events(context: &mut Context, session: &Session) -> Result<(), CommandError> {
    let last_turn = show(context, &session.id).await?.turns;
    let mut rows = rows(session, last_turn);
    while let Some(event) = rows.next(context).await? {
        context.ui.json(&event)?;
    }
    Ok(())
}

/// The journal rows of a turn, or of all where it is 0.
fn rows(session: &Session, turn: u64) -> EventStream {
    let follow = Follow::None.into();
    EventStream::new(WatchRequest { session: session.id.clone(), from_seq: 1, follow, turn, live: false })
}
