//! `config show`: the configuration in force.

use proto::v1::ConfigRequest;
use serde_json::Value;

use crate::client::timed;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::escape;

pub(crate) async fn run(context: &mut Context) -> Result<Exit, CommandError> {
    let config = context.client().await?.daemon().config(timed(ConfigRequest {})).await?.into_inner();
    if context.ui.is_json() {
        let value: Value = serde_json::from_str(&config.json)
            .map_err(|error| CommandError::internal("the configuration is not JSON", &error))?;
        context.ui.json(&value)?;
    } else {
        let path = escape::line(&config.path);
        context.ui.note(&match config.exists {
            true => format!("from {path} and the defaults"),
            false => format!("the defaults; {path} does not exist, and agentctl config init writes it"),
        })?;
        context.ui.out_foreign(&config.toml)?;
    }
    Ok(Exit::DONE)
}
