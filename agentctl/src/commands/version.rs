//! `version`: of this program, and of the daemon where one runs. Never starts one.

use std::time::Duration;

use proto::v1::StatusRequest;
use serde_json::json;

use crate::client::{connect, timed};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::escape;

/// A daemon that does not answer in this time is not asked for.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);
const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(crate) async fn run(context: &mut Context) -> Result<Exit, CommandError> {
    let asked = async { connect(&context.paths).await.ok()?.daemon().status(timed(StatusRequest {})).await.ok() };
    let answer = tokio::time::timeout(ANSWER_TIMEOUT, asked).await.ok().flatten();
    let daemon = answer.map(|answer| answer.into_inner().version);
    if context.ui.is_json() {
        context.ui.json(&json!({ "agentctl": VERSION, "agentd": daemon }))?;
        return Ok(Exit::DONE);
    }
    context.ui.out_line(&format!("agentctl {VERSION}"))?;
    match daemon {
        Some(daemon) => {
            context.ui.out_line(&format!("agentd {}", escape::line(&daemon)))?;
            if daemon != VERSION {
                context.ui.note("the two differ; run the installed agentd with: agentctl daemon restart")?;
            }
        }
        None => context.ui.note("agentd is not running")?,
    }
    Ok(Exit::DONE)
}
