//! Containers of this installation that nobody wants: found by label, and removed. A container of somebody else is never seen.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::ids::SessionId;
use crate::sandbox::backend::{Backend, Observed, SandboxStatus};
use crate::sandbox::reconcile::{self, Known};

use super::command::{Command, Verb};
use super::error::SessionError;
use super::registry::Sessions;
use super::view::{SessionView, Status};

/// How often containers are compared with the journal.
const RECONCILE_EVERY: Duration = Duration::from_secs(30);

/// A container that may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// The backend that has it.
    pub backend: String,
    /// Its name.
    pub name: String,
    /// The session on its label.
    pub session: String,
    /// Why it may go.
    pub why: Why,
}

/// Why a container may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// No session of the journal is the one on its label.
    NoSession,
    /// The session on its label does not have it: another generation, or one that was made ahead of need.
    NotWanted,
    /// Its session has it, and it is stopped.
    Stopped,
}

/// Compares containers with the journal now and every [`RECONCILE_EVERY`], until the daemon stops.
pub async fn reconcile(sessions: Sessions) {
    let services = Arc::clone(sessions.services());
    loop {
        reconcile_once(&sessions).await;
        tokio::select! {
            () = services.stopping.cancelled() => return,
            () = tokio::time::sleep(RECONCILE_EVERY) => {}
        }
    }
}

async fn reconcile_once(sessions: &Sessions) {
    for backend in sessions.services().backends.all() {
        // One that does not answer is not in the others' way.
        let found = match unwanted(sessions, backend.as_ref()).await {
            Ok((found, ..)) => found,
            Err(error) => {
                tracing::debug!(backend = backend.kind(), %error, "its containers could not be compared with the journal");
                continue;
            }
        };
        for leftover in found {
            tracing::info!(container = %leftover.name, "removing a container that no session wants");
            if let Err(error) = remove(sessions, &leftover).await {
                tracing::warn!(container = %leftover.name, %error, "it could not be removed");
            }
        }
    }
}

/// What a person may want to be rid of: what no session wants, and what is stopped. Nothing is found on a backend that does not
/// answer, unless none does.
pub async fn leftovers(sessions: &Sessions) -> Result<Vec<Leftover>, SessionError> {
    let mut all = Vec::new();
    let (mut answered, mut failure) = (false, None);
    for backend in sessions.services().backends.all() {
        match unwanted(sessions, backend.as_ref()).await {
            Ok((found, observed, views)) => {
                answered = true;
                all.extend(found);
                all.extend(stopped(backend.kind(), &observed, &views));
            }
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    match failure {
        Some(error) if !answered => Err(error),
        _ => Ok(all),
    }
}

fn stopped(backend: &str, observed: &[Observed], views: &[SessionView]) -> Vec<Leftover> {
    let idle = views.iter().filter(|view| view.status != Status::Running);
    let stopped = idle.filter_map(|view| {
        let name = view.container.as_ref()?;
        let seen = observed.iter().find(|seen| seen.name == *name)?;
        matches!(seen.status, SandboxStatus::Stopped | SandboxStatus::Created).then(|| Leftover {
            backend: backend.to_owned(),
            name: name.clone(),
            session: view.id.to_string(),
            why: Why::Stopped,
        })
    });
    stopped.collect()
}

/// Containers of a backend that no session wants, with everything that was seen. The backend is asked before the pool, and the
/// pool before the journal: a container that comes to be in between is known to one of them by then, for it is announced
/// before it is made, and in the journal before the pool forgets it (law L1).
async fn unwanted(
    sessions: &Sessions,
    backend: &dyn Backend,
) -> Result<(Vec<Leftover>, Vec<Observed>, Vec<SessionView>), SessionError> {
    let observed = backend.list().await?;
    let ahead = sessions.services().pool.names();
    let views = sessions.list().await?;
    let known: Vec<Known> = views
        .iter()
        .filter_map(|view| {
            let name = view.container.clone()?;
            Some(Known { session: view.id.to_string(), generation: view.generation, name, wanted: true })
        })
        .collect();
    let plan = reconcile::plan(&observed, &known, &ahead);
    let leftover = |name: String| {
        let seen = observed.iter().find(|seen| seen.name == name);
        let session = seen.map(|seen| seen.session.clone()).unwrap_or_default();
        let of_session = views.iter().any(|view| view.id.as_str() == session);
        let why = if of_session { Why::NotWanted } else { Why::NoSession };
        Leftover { backend: backend.kind().to_owned(), name, session, why }
    };
    Ok((plan.remove.into_iter().map(leftover).collect(), observed, views))
}

/// Removes it. Where its session exists, that does it: it may be about to take this very container.
pub async fn remove(sessions: &Sessions, leftover: &Leftover) -> Result<(), SessionError> {
    let services = sessions.services();
    let session = SessionId::try_from(leftover.session.clone()).ok();
    match (leftover.why, session) {
        (Why::NotWanted, Some(session)) => {
            let Leftover { backend, name, .. } = leftover.clone();
            sessions.tell(&session, |reply| Command::Discard { backend, name, reply }).await
        }
        (Why::Stopped, Some(session)) => {
            sessions.tell(&session, |reply| Command::Container(Verb::Remove { force: false }, reply)).await
        }
        (_, session) => {
            services.backends.named(&leftover.backend).remove(&leftover.name).await?;
            if let Some(session) = session {
                // Of one that was made ahead; a workspace with anything in it stays.
                drop(tokio::fs::remove_dir(services.workspaces.join(session.as_str())).await);
            }
            Ok(())
        }
    }
}

/// Removes empty workspaces that agentd made and no session has: a daemon that died made sandboxes ahead of need on them.
pub async fn empty_workspaces(sessions: &Sessions) -> Result<(), SessionError> {
    let views = sessions.list().await?;
    let Ok(mut entries) = tokio::fs::read_dir(&sessions.services().workspaces).await else { return Ok(()) };
    while let Ok(Some(entry)) = entries.next_entry().await {
        let id = entry.file_name().into_string().ok().and_then(|name| SessionId::try_from(name).ok());
        if id.is_some_and(|id| views.iter().all(|view| view.id != id)) {
            // One with anything in it stays.
            drop(tokio::fs::remove_dir(entry.path()).await);
        }
    }
    Ok(())
}
