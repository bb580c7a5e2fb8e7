//! What can be checked without a daemon: its program, its files, and who may touch them.

use std::fs::{File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use proto::paths::Paths;
use proto::v1::{Finding, Severity};

use crate::error::CommandError;

/// How much of the log's end is searched for its last line.
const LOG_BYTES_MAX: u64 = 4096;

/// A finding.
pub(super) fn finding(check: &str, severity: Severity, message: String, remedy: impl Into<String>) -> Finding {
    Finding { check: check.to_owned(), severity: severity.into(), message, remedy: remedy.into() }
}

/// What is found on this side.
pub(super) fn findings(paths: &Paths, agentd: Result<&Path, &CommandError>) -> Vec<Finding> {
    vec![program(agentd), config(&paths.config), state(&paths.state), socket(&paths.socket)]
}

fn program(agentd: Result<&Path, &CommandError>) -> Finding {
    match agentd {
        Ok(program) => finding("program", Severity::Ok, format!("agentd is {}", program.display()), ""),
        Err(CommandError::Failed(failure)) => {
            finding("program", Severity::Error, failure.message.clone(), failure.hint.clone())
        }
        Err(CommandError::OutputClosed) => finding("program", Severity::Error, "agentd is not found".to_owned(), ""),
    }
}

fn config(path: &Path) -> Finding {
    let shown = path.display();
    match File::open(path).and_then(|file| file.metadata()) {
        Ok(found) if open_to_others(&found, 0o022) => finding(
            "config",
            Severity::Warning,
            format!("{shown} may be changed by other users"),
            format!("chmod go-w '{shown}'"),
        ),
        Ok(_) => finding("config", Severity::Ok, format!("{shown} is readable"), ""),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            finding("config", Severity::Ok, format!("{shown} does not exist: the defaults are in force"), "")
        }
        Err(error) => finding(
            "config",
            Severity::Error,
            format!("{shown} cannot be read: {error}"),
            "make it readable, or let AGENTD_CONFIG name another one",
        ),
    }
}

fn state(path: &Path) -> Finding {
    let shown = path.display();
    let own = rustix::process::geteuid().as_raw();
    match path.metadata() {
        Ok(found) if !found.is_dir() => finding(
            "state",
            Severity::Error,
            format!("{shown} is not a directory"),
            "let AGENTD_STATE_DIR name a directory",
        ),
        Ok(found) if found.uid() != own => finding(
            "state",
            Severity::Error,
            format!("{shown} belongs to the user with id {}", found.uid()),
            "let AGENTD_STATE_DIR name a directory of your own",
        ),
        Ok(found) if open_to_others(&found, 0o077) => finding(
            "state",
            Severity::Warning,
            format!("{shown} is open to other users"),
            format!("chmod 700 '{shown}'"),
        ),
        Ok(_) => finding("state", Severity::Ok, format!("{shown} is yours alone"), ""),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            finding("state", Severity::Ok, format!("{shown} will be made at the first start"), "")
        }
        Err(error) => finding(
            "state",
            Severity::Error,
            format!("{shown} cannot be used: {error}"),
            "let AGENTD_STATE_DIR name another directory",
        ),
    }
}

fn socket(path: &Path) -> Finding {
    let shown = path.display();
    match path.metadata() {
        Ok(found) if !found.file_type().is_socket() => finding(
            "socket",
            Severity::Error,
            format!("{shown} is not a socket"),
            "move it away, or let AGENTD_SOCKET name another path",
        ),
        Ok(found) if open_to_others(&found, 0o077) => finding(
            "socket",
            Severity::Warning,
            format!("{shown} may be used by other users, whom agentd refuses"),
            "agentctl daemon restart",
        ),
        Ok(_) => finding("socket", Severity::Ok, format!("{shown} is yours alone"), ""),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            finding("socket", Severity::Ok, format!("{shown} is made when agentd starts"), "")
        }
        Err(error) => finding(
            "socket",
            Severity::Error,
            format!("{shown} cannot be used: {error}"),
            "let AGENTD_SOCKET name a path in a directory of your own",
        ),
    }
}

fn open_to_others(found: &Metadata, bits: u32) -> bool {
    found.mode() & bits != 0
}

/// The last thing that a daemon in the background said, where it cannot be asked.
pub(super) fn log(path: &Path) -> Option<Finding> {
    let mut file = File::open(path).ok()?;
    let length_bytes = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length_bytes.saturating_sub(LOG_BYTES_MAX))).ok()?;
    let mut end = Vec::new();
    file.take(LOG_BYTES_MAX).read_to_end(&mut end).ok()?;
    let end = String::from_utf8_lossy(&end);
    let last = end.lines().rev().find(|line| !line.trim().is_empty())?;
    let message = format!("{} ends with: {last}", path.display());
    Some(finding("log", Severity::Warning, message, "agentctl daemon logs -n 50"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    fn severities(paths: &Paths) -> Vec<(String, Severity)> {
        findings(paths, Ok(Path::new("/bin/agentd")))
            .iter()
            .map(|finding| (finding.check.clone(), finding.severity()))
            .collect()
    }

    #[test]
    fn nothing_is_wrong_before_the_first_start() {
        let root = tempfile::tempdir().unwrap();
        let paths = Paths::resolve(Some(root.path().join("c")), Some(root.path().join("s")), None).unwrap();
        assert!(severities(&paths).iter().all(|(_, severity)| *severity == Severity::Ok));
    }

    #[test]
    fn each_problem_is_found_and_has_a_remedy() {
        let root = tempfile::tempdir().unwrap();
        let (config, state) = (root.path().join("config.toml"), root.path().join("state"));
        let paths = Paths::resolve(Some(config.clone()), Some(state.clone()), None).unwrap();
        fs::write(&config, "").unwrap();
        fs::set_permissions(&config, Permissions::from_mode(0o666)).unwrap();
        fs::create_dir(&state).unwrap();
        fs::set_permissions(&state, Permissions::from_mode(0o755)).unwrap();
        fs::write(&paths.socket, "").unwrap();
        let missing = CommandError::usage("no program").hinted("install it");
        let found = findings(&paths, Err(&missing));
        let severities: Vec<_> = found.iter().map(Finding::severity).collect();
        assert_eq!(severities, [Severity::Error, Severity::Warning, Severity::Warning, Severity::Error]);
        assert!(found.iter().all(|finding| !finding.remedy.is_empty()));
    }

    #[test]
    fn the_last_words_of_a_daemon_are_quoted() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("agentd.log");
        assert_eq!(log(&path), None);
        fs::write(&path, "x".repeat(10_000) + "\nerror: no lock\n\n").unwrap();
        assert!(log(&path).unwrap().message.ends_with("ends with: error: no lock"));
    }
}
