//! `container list`: the containers of all sessions.

use clap::Args;
use proto::v1::{Container, ListContainersRequest, ListContainersResponse};

use crate::client::timed;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::{escape, pool, words};

/// List containers.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  agentctl container list\n  agentctl -o json container list | jq -r '.[].session'")]
pub(crate) struct ListArgs {}

pub(crate) async fn run(_: ListArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let answer = context.client().await?.sandboxes().list(timed(ListContainersRequest {})).await?;
    let ListContainersResponse { containers, pool } = answer.into_inner();
    if context.ui.is_json() {
        context.ui.json(&containers)?;
        return Ok(Exit::DONE);
    }
    if containers.is_empty() {
        context
            .ui
            .note("no containers; a session's first tool call makes one, or: agentctl container create SESSION")?;
    } else {
        context.ui.out(&text(&containers))?;
    }
    for line in pool.iter().flat_map(|counted| [pool::summary(counted), pool::stages(counted)]).flatten() {
        context.ui.note(&format!("pool: {line}"))?;
    }
    Ok(Exit::DONE)
}

fn text(containers: &[Container]) -> String {
    let mut rows =
        vec![["SESSION", "NAME", "STATUS", "BACKEND", "IMAGE", "MEMORY", "CPUS", "PIDS", "CREATED"].map(str::to_owned)];
    rows.extend(containers.iter().map(|container| {
        [
            words::short_id(&container.session),
            escape::line(&container.session_name),
            container.status().lower_name(),
            escape::line(&container.backend),
            escape::line(&container.image),
            words::bytes(container.memory),
            container.cpus.to_string(),
            container.pids.to_string(),
            escape::line(&container.created),
        ]
    }));
    words::table(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_container_and_names_cannot_break_it() {
        let container = Container {
            session: "0123456789abcdef".to_owned(),
            session_name: "a\u{1b}[2J".to_owned(),
            status: 3,
            backend: "docker".to_owned(),
            image: "python:3.13-slim".to_owned(),
            memory: 2 << 30,
            cpus: 1.5,
            pids: 512,
            created: "2026-01-02T03:04:05Z".to_owned(),
            ..Container::default()
        };
        assert_eq!(
            text(&[container]),
            "\
SESSION       NAME      STATUS  BACKEND  IMAGE             MEMORY  CPUS  PIDS  CREATED
0123456789ab  a\\x1b[2J  paused  docker   python:3.13-slim  2 GiB   1.5   512   2026-01-02T03:04:05Z
"
        );
    }
}
