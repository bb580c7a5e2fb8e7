//! What slash commands do.

use std::path::Path;

use proto::v1::event::Data;
use proto::v1::{CreateRequest, Follow, ResumeRequest, Session, SetModelRequest, ShowRequest, WatchRequest};

use super::ask::{self, Asked};
use super::slash::{self, Slash};
use crate::client::timed;
use crate::context::Context;
use crate::error::CommandError;
use crate::render::{escape, session as shown, tool};
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
        Slash::Diff => diff(context, session).await?,
        Slash::Usage => {
            let now = show(context, &session.id).await?;
            context.ui.say(&shown::usage(&now.usage.unwrap_or_default()))?;
        }
        Slash::Model { name } => {
            *session = match name.as_str() {
                "" => show(context, &session.id).await?,
                _ => set_model(context, &session.id, name).await?,
            };
            context.ui.say(&escape::line(&session.model))?;
        }
        Slash::Events => events(context, session).await?,
        Slash::New { name } => {
            let request = CreateRequest { name, ..CreateRequest::default() };
            *session = context.client().await?.sessions().create(timed(request)).await?.into_inner();
            super::greet(context, session)?;
        }
        Slash::Fork { name } => {
            let request = CreateRequest { name, ..same_options(session, &context.paths.state.join("workspaces")) };
            *session = context.client().await?.sessions().create(timed(request)).await?.into_inner();
            super::greet(context, session)?;
            context.ui.say("the options are those of the other session; its conversation is not known here")?;
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

async fn set_model(context: &mut Context, session: &str, model: String) -> Result<Session, CommandError> {
    let request = SetModelRequest { session: session.to_owned(), model };
    Ok(context.client().await?.sessions().set_model(timed(request)).await?.into_inner())
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

async fn diff(context: &mut Context, session: &Session) -> Result<(), CommandError> {
    let colors = context.ui.err_colors();
    let mut changes = 0;
    let mut rows = rows(session, 0);
    while let Some(event) = rows.next(context).await? {
        if let Some(Data::ToolDone(outcome)) = event.data
            && let Some(diff) = outcome.diff
        {
            changes += 1;
            for line in diff.lines() {
                context.ui.say(&tool::diff_line(line, colors))?;
            }
        }
    }
    if changes == 0 { context.ui.say("no file was changed with a tool for files") } else { Ok(()) }
}

/// What a session like this one is made with. A workspace that agentd made belongs to its session alone.
fn same_options(session: &Session, made_workspaces: &Path) -> CreateRequest {
    let own = Path::new(&session.workspace).starts_with(made_workspaces);
    CreateRequest {
        workspace: if own { String::new() } else { session.workspace.clone() },
        shared: session.shared.clone(),
        model: session.model.clone(),
        agent: session.agent.clone(),
        image: session.image.clone(),
        backend: session.backend.clone(),
        network: session.network.clone(),
        memory_bytes: Some(session.memory_bytes).filter(|&bytes| bytes > 0),
        cpus: Some(session.cpus).filter(|&cpus| cpus > 0.0),
        pids: Some(session.pids).filter(|&pids| pids > 0),
        approve: session.approve.clone(),
        ..CreateRequest::default()
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
