//! `status`: how the daemon, the engine and the models stand.

use proto::v1::{StatusRequest, StatusResponse};

use crate::client::timed;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::pairs::pairs;
use crate::render::style::{Palette, Style};
use crate::render::{escape, pool, words};

pub(crate) async fn run(context: &mut Context) -> Result<Exit, CommandError> {
    let status = context.client().await?.daemon().status(timed(StatusRequest {})).await?.into_inner();
    if context.ui.is_json() {
        context.ui.json(&status)?;
    } else {
        let text = text(&status, context.ui.out_colors());
        context.ui.out(&text)?;
        if !status.backend_ok || status.model.is_empty() {
            context.ui.note("what is missing, and what to do: agentctl doctor")?;
        }
    }
    Ok(Exit::DONE)
}

fn text(status: &StatusResponse, colors: Palette) -> String {
    let backend = match (status.backend_ok, status.backend.as_str()) {
        (true, backend) => format!("{}, {}", escape::line(backend), escape::line(&status.backend_detail)),
        (false, "") => colors.paint(Style::Bad, &format!("none: {}", escape::line(&status.backend_detail))),
        (false, backend) => colors.paint(
            Style::Bad,
            &format!("{} does not answer: {}", escape::line(backend), escape::line(&status.backend_detail)),
        ),
    };
    let model = if status.model.is_empty() {
        colors.paint(Style::Bad, "none is configured")
    } else {
        escape::line(&status.model)
    };
    let pool = status.pool.as_ref();
    pairs([
        (
            "agentd",
            format!(
                "{}, process {}, since {}",
                escape::line(&status.version),
                status.pid,
                escape::line(&status.started)
            ),
        ),
        ("sandboxes", backend),
        ("model", model),
        (
            "sessions",
            format!("{}, {} running, {} awaiting approval", status.sessions, status.running, status.awaiting_approval),
        ),
        ("containers", status.containers.to_string()),
        ("pool", pool.and_then(pool::summary).unwrap_or_default()),
        ("stages", pool.and_then(pool::stages).unwrap_or_default()),
        ("memory", words::bytes(status.memory_bytes)),
        ("state", escape::line(&status.state_dir)),
        ("config", escape::line(&status.config)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said() {
        let status = StatusResponse {
            version: "0.1.0".to_owned(),
            pid: 7,
            started: "2026-01-02T03:04:05Z".to_owned(),
            sessions: 3,
            awaiting_approval: 1,
            backend_detail: "no socket\nat all".to_owned(),
            ..StatusResponse::default()
        };
        assert_eq!(
            text(&status, Palette::new(false)),
            "\
agentd      0.1.0, process 7, since 2026-01-02T03:04:05Z
sandboxes   none: no socket\\nat all
model       none is configured
sessions    3, 0 running, 1 awaiting approval
containers  0
memory      0 B
"
        );
        let status =
            StatusResponse { backend: "docker".to_owned(), backend_ok: true, model: "glm".to_owned(), ..status };
        assert!(
            text(&status, Palette::new(false)).contains("sandboxes   docker, no socket\\nat all\nmodel       glm\n")
        );
    }
}
