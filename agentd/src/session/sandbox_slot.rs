//! A session's hold on its sandbox in this process: the connection, whoever waits for it, and what was sent into it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::domain::ids::{CallId, SessionId};
use crate::sandbox::backend::{Backend, Created, SandboxStatus};
use crate::sandbox::error::{SandboxError, SandboxErrorKind};
use crate::sandbox::live::LiveSandbox;
use crate::sandbox::pool::{Claim, Pool};
use crate::sandbox::spec::SandboxSpec;
use crate::sandbox::token::Token;

use super::command::{Command, Reply};
use super::error::SessionError;
use super::registry::Sessions;
use super::state::ReadySandbox;
use super::uses::{Borrowed, Hold};

/// How long to wait before an engine that does not answer is asked again, in milliseconds.
pub(super) const ENGINE_RETRY_MS: u64 = 500;

/// How often in a row the connection may break before it is called lost.
pub(super) const BREAKS_MAX: u32 = 8;

/// After how long a connection that said nothing is asked before a call is sent on it: somebody may have frozen the
/// container by hand, and a call sent into one waits for ever.
const RESTED_AFTER: Duration = Duration::from_secs(1);

/// How long a sandbox that is in use may take to say that it is there.
const HELLO_WITHIN: Duration = Duration::from_secs(2);

/// A sandbox that is being had.
pub(super) enum Prepared {
    /// The one that the journal knows answers.
    Adopted(LiveSandbox),
    /// The one that the journal knows is gone.
    Gone(String),
    /// The parent's, for a sub-agent.
    Lent(Box<ReadySandbox>, Borrowed),
    /// One that was made ahead of need answers.
    Claimed(Box<Claim>),
    /// None that was made ahead is to be had.
    Unclaimed,
    /// A new one answers; how long it took from its start until it did.
    Made(Box<Created>, LiveSandbox, Duration),
    /// It could not be had.
    Failed(SandboxError),
}

/// The hold.
#[derive(Default)]
pub(super) struct SandboxSlot {
    live: Option<LiveSandbox>,
    /// When it was last known to answer.
    answered_at: Option<Instant>,
    /// Frozen on a person's word: the next call wakes it.
    pub(super) paused: bool,
    preparing: JoinSet<Prepared>,
    waiters: Vec<(Hold, Reply<Borrowed>)>,
    /// The use of another session's sandbox, while this is connected to it.
    borrowing: Option<Hold>,
    /// Calls that may be running in it: sent by this process, or open when this process took over.
    pub(super) sent: HashSet<CallId>,
    /// How often in a row the connection broke.
    pub(super) breaks: u32,
    /// Whether what a dead daemon left in a borrowed one was seen to.
    pub(super) exposed_before: bool,
    /// Acknowledgements under way.
    forgetting: JoinSet<()>,
}

impl SandboxSlot {
    /// The connection, where it can be used now.
    pub(super) fn usable(&self) -> Option<&LiveSandbox> {
        self.live.as_ref().filter(|_| !self.paused)
    }

    /// The connection, frozen or not.
    pub(super) fn connected(&self) -> Option<&LiveSandbox> {
        self.live.as_ref()
    }

    /// As [`Self::usable`], once it is known to answer; a connection that does not is given up. `rested`: only one that
    /// has said nothing for a while is asked.
    pub(super) async fn answering(&mut self, rested: bool) -> Option<LiveSandbox> {
        let live = self.usable()?.clone();
        if rested && self.answered_at.is_some_and(|at| at.elapsed() < RESTED_AFTER) {
            return Some(live);
        }
        match tokio::time::timeout(HELLO_WITHIN, live.client.hello()).await {
            Ok(Ok(_)) => {
                self.answered();
                Some(live)
            }
            Ok(Err(_)) | Err(_) => {
                self.disconnect();
                None
            }
        }
    }

    /// It has just answered.
    pub(super) fn answered(&mut self) {
        self.answered_at = Some(Instant::now());
    }

    /// Nothing is known of it any more: what follows comes after a pause of any length.
    pub(super) fn rest(&mut self) {
        self.answered_at = None;
    }

    /// Whether one is being had.
    pub(super) fn is_preparing(&self) -> bool {
        !self.preparing.is_empty()
    }

    /// Whether somebody waits for it.
    pub(super) fn is_awaited(&self) -> bool {
        !self.waiters.is_empty()
    }

    /// Adds somebody who waits, and who uses it from now on.
    pub(super) fn wait(&mut self, hold: Hold, reply: Reply<Borrowed>) {
        self.waiters.push((hold, reply));
    }

    /// It answers: hands it to all who wait.
    pub(super) fn connect(&mut self, live: LiveSandbox) {
        self.paused = false;
        self.answered();
        for (hold, waiter) in self.waiters.drain(..) {
            drop(waiter.send(Ok(Borrowed { live: live.clone(), hold })));
        }
        self.live = Some(live);
    }

    /// That of another session answers: it is in use until it is given back.
    pub(super) fn connect_borrowed(&mut self, borrowed: Borrowed) {
        self.borrowing = Some(borrowed.hold);
        self.connect(borrowed.live);
    }

    /// The connection is of no use any more.
    pub(super) fn disconnect(&mut self) {
        self.live = None;
        self.borrowing = None;
        self.paused = false;
    }

    /// It cannot be had: tells all who wait.
    pub(super) fn fail(&mut self, error: &SandboxError) {
        for (_, waiter) in self.waiters.drain(..) {
            drop(waiter.send(Err(SessionError::Sandbox(error.clone()))));
        }
    }

    /// Connects to the sandbox that the journal knows, waking it where it sleeps.
    pub(super) fn adopt(&mut self, backend: Arc<dyn Backend>, name: String, token: Token, wait: Duration) {
        self.preparing.spawn(async move {
            tokio::time::sleep(wait).await;
            match adopt(backend.as_ref(), &name, &token).await {
                Ok(Some(live)) => Prepared::Adopted(live),
                Ok(None) => Prepared::Gone("its container was removed".to_owned()),
                Err(error) if error.kind == SandboxErrorKind::NotFound => {
                    Prepared::Gone("its container was removed".to_owned())
                }
                Err(error) => Prepared::Failed(error),
            }
        });
    }

    /// Has the sandbox of the session whose sub-agent this is.
    pub(super) fn borrow(&mut self, sessions: Sessions, lender: SessionId, wait: Duration) {
        self.preparing.spawn(async move {
            tokio::time::sleep(wait).await;
            match borrow(&sessions, &lender).await {
                Ok((ready, borrowed)) => Prepared::Lent(Box::new(ready), borrowed),
                // Whoever waits here is stopping too.
                Err(SessionError::Stopping) => std::future::pending().await,
                Err(SessionError::Sandbox(error)) => Prepared::Failed(error),
                Err(error) => Prepared::Failed(SandboxError::new(SandboxErrorKind::Failed, error.to_string())),
            }
        });
    }

    /// Takes the sandbox that was made ahead of need.
    pub(super) fn claim(&mut self, pool: Pool, spec: SandboxSpec) {
        self.preparing.spawn(async move {
            match pool.claim(&spec).await {
                Some(claim) => Prepared::Claimed(Box::new(claim)),
                None => Prepared::Unclaimed,
            }
        });
    }

    /// Makes the sandbox of this specification.
    pub(super) fn make(&mut self, backend: Arc<dyn Backend>, spec: SandboxSpec, token: Token) {
        self.preparing.spawn(async move {
            let name = spec.name();
            let progress = |line: &str| tracing::info!(container = %name, "{line}");
            let made = async {
                let created = backend.create(&spec, &progress).await?;
                let began = Instant::now();
                let live = LiveSandbox::connect(backend.as_ref(), &name, &token).await?;
                Ok((created, live, began.elapsed()))
            };
            match made.await {
                Ok((created, live, ready)) => Prepared::Made(Box::new(created), live, ready),
                Err(error) => Prepared::Failed(error),
            }
        });
    }

    /// How having it ended. Waits for ever where none is being had. Dropping the future loses nothing.
    pub(super) async fn prepared(&mut self) -> Prepared {
        match self.preparing.join_next().await {
            Some(Ok(prepared)) => prepared,
            Some(Err(error)) => {
                let message = format!("a fault of agentd while it made a sandbox: {error}");
                Prepared::Failed(SandboxError::new(SandboxErrorKind::Failed, message))
            }
            None => std::future::pending().await,
        }
    }

    /// Lets an acknowledgement run beside everything else.
    pub(super) fn forget(&mut self, acknowledgement: impl Future<Output = ()> + Send + 'static) {
        while self.forgetting.try_join_next().is_some() {}
        self.forgetting.spawn(acknowledgement);
    }

    /// Stops trying to have one.
    pub(super) async fn give_up(&mut self) {
        self.preparing.shutdown().await;
    }
}

async fn borrow(sessions: &Sessions, lender: &SessionId) -> Result<(ReadySandbox, Borrowed), SessionError> {
    let borrowed = sessions.tell(lender, Command::Sandbox).await?;
    let view = sessions.find(lender.as_str()).await?;
    let ready = ReadySandbox {
        generation: view.generation,
        name: view.container.unwrap_or_default(),
        id: view.container_id.unwrap_or_default(),
        boot_id: borrowed.live.boot_id().to_owned(),
        image: view.image_digest.unwrap_or_default(),
        not_enforced: view.not_enforced,
    };
    Ok((ready, borrowed))
}

async fn adopt(backend: &dyn Backend, name: &str, token: &Token) -> Result<Option<LiveSandbox>, SandboxError> {
    let Some(observed) = backend.inspect(name).await? else { return Ok(None) };
    match observed.status {
        SandboxStatus::Removing => return Ok(None),
        SandboxStatus::Paused => backend.unpause(name).await?,
        SandboxStatus::Created | SandboxStatus::Stopped => backend.start(name).await?,
        SandboxStatus::Running => {}
    }
    LiveSandbox::connect(backend, name, token).await.map(Some)
}
