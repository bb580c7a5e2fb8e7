//! Sandboxes that are made ahead of need.
//!
//! Each is made for a session that does not exist yet: with the id, the workspace, the name, the labels and the
//! specification that this session's first sandbox has. A new session of the template takes such an id ([`Pool::reserve`]),
//! and its first call takes the sandbox ([`Pool::claim`]), which from then on is in no way different from one that was made
//! for it. So nothing of a container has to change when it is claimed, and a daemon that died leaves nothing that has to be
//! told apart: a sandbox that no session has claimed in its journal is removed.
//!
//! A template is backend, image, network, limits and mounts. One sandbox is never given to two sessions, never before
//! agent-init has answered, and never across templates. A workspace that the user names is a cold start.
//!
//! Reading order: [`slots`] (where each sandbox stands, and what may follow), [`keeper`] (who makes and removes them),
//! [`counters`] (what is told of it).

mod slots;

mod keeper;

pub mod counters;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::backend::Created;
use super::backends::{AUTO, Backends};
use super::embedded;
use super::live::LiveSandbox;
use super::spec::{self, SandboxSpec};
use super::token::Secret;
use super::workspace::Directory;
use crate::domain::ids::SessionId;
use crate::domain::options::SandboxOptions;
use counters::Counters;
use slots::{Looked, Slots};

/// How long a sandbox may take to say that it is there before it is not given out.
const HELLO_WITHIN: Duration = Duration::from_secs(2);

/// What sandboxes of the pool are made of.
#[derive(Clone, Debug)]
pub struct Template {
    /// The installation.
    pub install_id: String,
    /// Backend, image, network and limits.
    pub options: SandboxOptions,
    /// The directory at /shared.
    pub shared: Option<PathBuf>,
    /// agent-init on the host.
    pub init_path: PathBuf,
    /// Where workspaces are made.
    pub workspaces: PathBuf,
}

impl Template {
    /// Whether a sandbox with these options and this shared directory can be one of it. Which backend it has is settled when
    /// it is made.
    pub fn is_of(&self, options: &SandboxOptions, shared: Option<&Path>) -> bool {
        let backend = &self.options.backend;
        let same = self.options_on(&options.backend) == *options;
        same && (backend == AUTO || *backend == options.backend) && self.shared.as_deref() == shared
    }

    /// The options of a sandbox on this backend.
    fn options_on(&self, backend: &str) -> SandboxOptions {
        let mut options = SandboxOptions { backend: backend.to_owned(), ..self.options.clone() };
        if backend == embedded::KIND {
            embedded::IMAGE.clone_into(&mut options.image);
        }
        options
    }

    /// The first sandbox of a session.
    fn spec(&self, backend: &str, session: &SessionId, workspace: Directory, secret: &Secret) -> SandboxSpec {
        let name = spec::name_of(&self.install_id, session, 1);
        let (uid, gid) = self.options.user.map_or((workspace.uid, workspace.gid), |user| (user.uid, user.gid));
        SandboxSpec {
            install_id: self.install_id.clone(),
            session: session.clone(),
            generation: 1,
            options: self.options_on(backend),
            image_digest: None,
            workspace: workspace.path,
            shared: self.shared.clone(),
            uid,
            gid,
            token_sha256: secret.token(&name).sha256(),
            init_path: self.init_path.clone(),
        }
    }
}

/// The pool. Clones are the same.
#[derive(Clone)]
pub struct Pool {
    inner: Arc<Inner>,
}

struct Inner {
    backends: Backends,
    secret: Secret,
    template: Template,
    /// Sandboxes that are to be ready.
    size: usize,
    /// How long one waits for the first call of the session that reserved it; none: for ever.
    reserved_max: Option<Duration>,
    slots: Mutex<Slots<Warm>>,
    /// Told after every change of the slots.
    changed: watch::Sender<()>,
    counters: Mutex<Counters>,
}

/// A sandbox that answers and that no session has in its journal yet.
#[derive(Clone, Debug)]
pub struct Warm {
    /// The backend that has it.
    pub backend: String,
    /// What the backend made.
    pub created: Created,
    /// The connection.
    pub live: LiveSandbox,
}

/// A warm sandbox in the hands of its session. Dropped, the pool knows nothing of it any more: by then it is in the
/// journal, or it is nobody's and is removed.
pub struct Claim {
    /// The sandbox.
    pub warm: Warm,
    /// What it was made from.
    pub spec: SandboxSpec,
    pool: Pool,
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.pool.slots().forget(&self.spec.session);
        self.pool.tell();
    }
}

impl Pool {
    /// A pool that is empty still; [`Pool::keep`] fills it.
    pub fn new(
        backends: Backends,
        secret: Secret,
        template: Template,
        size: usize,
        reserved_max: Option<Duration>,
    ) -> Self {
        let inner = Inner {
            backends,
            secret,
            template,
            size,
            reserved_max,
            slots: Mutex::new(Slots::new()),
            changed: watch::Sender::new(()),
            counters: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The id for a new session whose first sandbox is ready, where it is to be one of the template.
    pub fn reserve(&self, options: &SandboxOptions, shared: Option<&Path>) -> Option<SessionId> {
        if !self.inner.template.is_of(options, shared) {
            return None;
        }
        let session = self.slots().reserve(|warm| warm.backend == options.backend, Instant::now(), self.inner.size);
        self.tell();
        session
    }

    /// Whether a sandbox for this session was made ahead.
    pub fn has(&self, session: &SessionId) -> bool {
        self.slots().has(session)
    }

    /// Whether the first sandbox of a session whose workspace agentd made could have come from here.
    pub fn could_have(&self, spec: &SandboxSpec) -> bool {
        let template = &self.inner.template;
        self.inner.size > 0 && spec.generation == 1 && template.is_of(&spec.options, spec.shared.as_deref())
    }

    /// The sandbox of a session, where it was made ahead as this specification says and answers. What is being removed is
    /// waited for: another of the same name may be made afterwards.
    pub async fn claim(&self, spec: &SandboxSpec) -> Option<Claim> {
        let began = Instant::now();
        let mut changed = self.inner.changed.subscribe();
        loop {
            changed.mark_unchanged();
            let looked = self.slots().claim(&spec.session, &spec.hash());
            match looked {
                Looked::None => return None,
                Looked::Going => changed.changed().await.ok()?,
                Looked::Warm(warm) => {
                    let claim = Claim { warm: *warm, spec: spec.clone(), pool: self.clone() };
                    let hello = tokio::time::timeout(HELLO_WITHIN, claim.warm.live.client.hello()).await;
                    if !matches!(hello, Ok(Ok(hello)) if hello.boot_id == claim.warm.live.boot_id()) {
                        tracing::warn!(container = %claim.warm.live.name, "a sandbox that was made ahead does not answer");
                        return None;
                    }
                    self.counters().claimed(began.elapsed());
                    return Some(claim);
                }
            }
        }
    }

    /// The session that was to have it will not: removes it, and returns when it is gone.
    pub async fn release(&self, session: &SessionId) {
        let mut changed = self.inner.changed.subscribe();
        self.slots().doom(session);
        self.tell();
        while self.has(session) && changed.changed().await.is_ok() {}
    }

    /// The names of everything the pool has, makes and removes.
    pub fn names(&self) -> HashSet<String> {
        self.slots().names()
    }

    /// What is counted.
    pub fn counters(&self) -> MutexGuard<'_, Counters> {
        self.inner.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How it stands: sandboxes that are wanted, ready, and reserved.
    pub fn standing(&self) -> Standing {
        let slots = self.slots();
        Standing { size: self.inner.size, ready: slots.ready(), reserved: slots.reserved() }
    }

    fn tell(&self) {
        self.inner.changed.send_replace(());
    }

    /// A panic in another holder leaves plain data behind; it can be used on.
    fn slots(&self) -> MutexGuard<'_, Slots<Warm>> {
        self.inner.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a pool stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Sandboxes that are to be ready.
    pub size: usize,
    /// Sandboxes that are.
    pub ready: usize,
    /// Sandboxes that wait for the first call of their session.
    pub reserved: usize,
}
