//! `config init`: a configuration file that explains itself. Needs no daemon, and never overwrites.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use proto::reason::Reason;
use serde_json::json;

use crate::context::Context;
use crate::error::{CommandError, Exit};

/// Every setting, commented out with its default: the file changes nothing until it is edited. It stands beside the code
/// that reads it, whose tests hold it against the defaults.
const TEMPLATE: &str = include_str!("../../../../agentd/src/config/sample.toml");

pub(crate) fn run(context: &mut Context) -> Result<Exit, CommandError> {
    let path = context.paths.config.clone();
    write(&path)?;
    if context.ui.is_json() {
        context.ui.json(&json!({ "path": path.to_string_lossy(), "exists": true }))?;
    } else {
        context.ui.out_foreign(&format!("{}\n", path.display()))?;
        context.ui.note("every setting in it is commented out; after an edit: agentctl daemon restart")?;
    }
    Ok(Exit::DONE)
}

fn write(path: &Path) -> Result<(), CommandError> {
    let failed = |error: io::Error| {
        let message = format!("{} cannot be written: {error}", path.display());
        if error.kind() == io::ErrorKind::AlreadyExists {
            CommandError::new(Reason::FileOperation, format!("{} is there already", path.display()))
                .hinted("edit it, or move it away first")
        } else {
            CommandError::new(Reason::FileOperation, message).hinted("AGENTD_CONFIG names another place")
        }
    };
    if let Some(directory) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(TEMPLATE.as_bytes()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn it_is_private_and_written_once() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("new/config.toml");
        write(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(path.parent().unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o700);
        std::fs::write(&path, "mine").unwrap();
        let CommandError::Failed(failure) = write(&path).unwrap_err() else { panic!() };
        assert!(failure.message.ends_with("is there already"), "{}", failure.message);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    }

    /// The template with its settings, but not its prose, uncommented.
    fn uncommented() -> String {
        TEMPLATE
            .lines()
            .map(|line| {
                line.strip_prefix('#').filter(|rest| !rest.starts_with(' ') && !rest.is_empty()).unwrap_or(line)
            })
            .fold(String::new(), |text, line| text + line + "\n")
    }

    #[test]
    fn it_changes_nothing_as_it_is_and_is_toml_when_uncommented() {
        assert!(TEMPLATE.parse::<toml::Table>().unwrap().is_empty());
        let table = uncommented().parse::<toml::Table>().unwrap();
        for key in ["default_model", "models", "agents", "sandbox", "limits"] {
            assert!(table.contains_key(key), "{key}");
        }
        assert_eq!(table["sandbox"]["network"].as_str(), Some("none"));
    }
}
