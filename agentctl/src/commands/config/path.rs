//! `config path`: where the configuration file is. Needs no daemon.

use serde_json::json;

use crate::context::Context;
use crate::error::{CommandError, Exit};

pub(crate) fn run(context: &mut Context) -> Result<Exit, CommandError> {
    let path = context.paths.config.to_string_lossy().into_owned();
    if context.ui.is_json() {
        let exists = context.paths.config.exists();
        context.ui.json(&json!({ "path": path, "exists": exists }))?;
    } else {
        context.ui.out_foreign(&(path + "\n"))?;
    }
    Ok(Exit::DONE)
}
