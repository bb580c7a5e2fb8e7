//! `session list`: all sessions.

use clap::Args;
use proto::v1::{ListRequest, Session};

use crate::client::timed;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::{escape, words};

/// List all sessions.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  agentctl session list\n  agentctl -o json session list | jq -r '.[].id'")]
pub(crate) struct ListArgs {}

pub(crate) async fn run(_: ListArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let answer = context.client().await?.sessions().list(timed(ListRequest {})).await?;
    let sessions = answer.into_inner().sessions;
    if context.ui.is_json() {
        context.ui.json(&sessions)?;
    } else if sessions.is_empty() {
        context.ui.note("no sessions yet; make one with: agentctl session new")?;
    } else {
        context.ui.out(&text(&sessions))?;
    }
    Ok(Exit::DONE)
}

fn text(sessions: &[Session]) -> String {
    let mut rows = vec![["ID", "NAME", "STATUS", "TURNS", "MODEL", "CREATED", "WORKSPACE"].map(str::to_owned)];
    rows.extend(sessions.iter().map(|session| {
        [
            words::short_id(&session.id),
            escape::line(&session.name),
            session.status().lower_name(),
            session.turns.to_string(),
            escape::line(&session.model),
            escape::line(&session.created),
            escape::line(&session.workspace),
        ]
    }));
    words::table(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_session() {
        let session = |id: &str, name: &str, status| Session {
            id: id.to_owned(),
            name: name.to_owned(),
            status,
            workspace: "/work\nspace".to_owned(),
            model: "glm".to_owned(),
            created: "2026-01-02T03:04:05Z".to_owned(),
            turns: 3,
            ..Session::default()
        };
        let text = text(&[session("0123456789abcdef", "", 1), session("fedcba9876543210", "fix", 3)]);
        assert_eq!(
            text,
            "\
ID            NAME  STATUS             TURNS  MODEL  CREATED               WORKSPACE
0123456789ab        idle               3      glm    2026-01-02T03:04:05Z  /work\\nspace
fedcba987654  fix   awaiting_approval  3      glm    2026-01-02T03:04:05Z  /work\\nspace
"
        );
    }
}
