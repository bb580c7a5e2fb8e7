//! `daemon status`: the running process. Never starts one.

use proto::v1::{StatusRequest, StatusResponse};

use crate::client::{connect, timed};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::pairs::pairs;
use crate::render::{escape, words};

pub(crate) async fn run(context: &mut Context) -> Result<Exit, CommandError> {
    let client = connect(&context.paths).await?;
    let status = client.daemon().status(timed(StatusRequest {})).await?.into_inner();
    if context.ui.is_json() {
        context.ui.json(&status)?;
    } else {
        context.ui.out(&text(&status))?;
    }
    Ok(Exit::DONE)
}

fn text(status: &StatusResponse) -> String {
    pairs([
        ("agentd", format!("{}, process {}", escape::line(&status.version), status.pid)),
        ("started", escape::line(&status.started)),
        ("starts", status.epoch.to_string()),
        ("memory", words::bytes(status.memory_bytes)),
        ("socket", escape::line(&status.socket)),
        ("state", escape::line(&status.state_dir)),
        ("config", escape::line(&status.config)),
        ("log", if status.log.is_empty() { "its standard error".to_owned() } else { escape::line(&status.log) }),
        ("install id", escape::line(&status.install_id)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_in_the_foreground_has_no_log_file() {
        let status = StatusResponse { version: "0.1.0".to_owned(), pid: 7, epoch: 3, ..StatusResponse::default() };
        let text = text(&status);
        assert!(text.starts_with("agentd  0.1.0, process 7\n"), "{text}");
        assert!(text.contains("log     its standard error\n"), "{text}");
        assert!(!text.contains("socket"), "{text}");
    }
}
