//! `daemon start`: agentd in the background.

use proto::v1::{StatusRequest, StatusResponse};
use serde_json::json;

use crate::client::{ConnectError, connect, launch, timed};
use crate::context::Context;
use crate::error::{CommandError, Exit};

pub(crate) async fn run(context: &mut Context) -> Result<Exit, CommandError> {
    let (client, started) = match connect(&context.paths).await {
        Ok(client) => (client, false),
        Err(ConnectError::NotRunning { .. }) => {
            let agentd = context.agentd()?;
            context.ui.spin(Some("starting agentd"));
            let client = launch::start_once(&agentd, &context.paths).await;
            context.ui.spin(None);
            (client?, true)
        }
        Err(error) => return Err(error.into()),
    };
    let status: StatusResponse = client.daemon().status(timed(StatusRequest {})).await?.into_inner();
    if context.ui.is_json() {
        context.ui.json(&json!({
            "pid": status.pid,
            "started": started,
            "version": status.version,
            "socket": context.paths.socket.to_string_lossy(),
            "log": context.paths.log().to_string_lossy(),
        }))?;
        return Ok(Exit::DONE);
    }
    if started {
        context.ui.note(&format!("agentd runs in the background; its log is {}", context.paths.log().display()))?;
    } else {
        context.ui.note("agentd is running already")?;
    }
    context.ui.out_line(&status.pid.to_string())?;
    Ok(Exit::DONE)
}
