//! Completes names of sessions from the daemon that runs. Never starts one, and never keeps the shell waiting.

use std::ffi::OsStr;
use std::time::Duration;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use proto::paths::Paths;
use proto::v1::{ListRequest, Session};

use crate::client;
use crate::render::escape;

const ANSWER_TIMEOUT: Duration = Duration::from_millis(200);

/// Completes an argument that names a session.
pub(crate) fn sessions() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let typed = typed.to_string_lossy();
        Paths::of_user().ok().and_then(|paths| ask(&paths)).map(|found| candidates(&typed, &found)).unwrap_or_default()
    })
}

fn ask(paths: &Paths) -> Option<Vec<Session>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(async {
        let listed = async {
            let client = client::connect(paths).await.ok()?;
            Some(client.sessions().list(ListRequest::default()).await.ok()?.into_inner().sessions)
        };
        tokio::time::timeout(ANSWER_TIMEOUT, listed).await.ok().flatten()
    })
}

/// The names that begin with what was typed; of sessions without a name, and where only an id can be meant, the id.
fn candidates(typed: &str, sessions: &[Session]) -> Vec<CompletionCandidate> {
    let shown = |session: &Session| {
        Some(escape::line(&format!("{}, {}", session.status().lower_name(), session.workspace)).into())
    };
    let of = |value: &str, session: &Session| CompletionCandidate::new(value).help(shown(session));
    sessions
        .iter()
        .filter_map(|session| {
            // A name with a control character can be typed by nobody, and must not reach the shell's terminal.
            let name = Some(session.name.as_str()).filter(|name| !name.is_empty() && escape::line(name) == *name);
            match name {
                Some(name) if name.starts_with(typed) => Some(of(name, session)),
                Some(_) if typed.is_empty() || !session.id.starts_with(typed) => None,
                _ => session.id.starts_with(typed).then(|| of(&session.id, session)),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_first_and_ids_where_they_are_meant() {
        let session =
            |id: &str, name: &str| Session { id: id.into(), name: name.into(), status: 1, ..Session::default() };
        let all = [session("aa11", "fix"), session("ab22", ""), session("fe33", "test"), session("fe44", "\u{1b}[2J")];
        let values = |typed: &str| -> Vec<String> {
            candidates(typed, &all).iter().map(|found| found.get_value().to_string_lossy().into_owned()).collect()
        };
        assert_eq!(values(""), ["fix", "ab22", "test", "fe44"]);
        assert_eq!(values("f"), ["fix", "fe33", "fe44"]);
        assert_eq!(values("a"), ["aa11", "ab22"]);
        assert!(values("x").is_empty());
    }

    #[test]
    fn without_a_daemon_there_is_nothing_to_complete() {
        let dir = tempfile::tempdir().unwrap();
        let paths = Paths::resolve(Some(dir.path().join("c")), Some(dir.path().to_owned()), None).unwrap();
        assert_eq!(ask(&paths), None);
    }
}
