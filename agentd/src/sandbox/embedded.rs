//! Sandboxes in namespaces of this machine, without an engine. Linux only.
//!
//! Reading order: [`place`] (a sandbox's directory: what it is, and the lock), [`launch`] (agent-init makes one of itself),
//! [`process`] (the first process, told from another of its number), [`verify`] (what it is must be what was asked for),
//! [`create`], [`life`], [`observe`], [`control_group`], [`stats`], [`doctor`].
//!
//! What lasts is on disk and in the kernel: a sandbox lives on when the daemon dies, and the next one finds it. Everything
//! here blocks for short, bounded times, and runs on threads for that.

mod place;

mod launch;

mod process;

mod verify;

mod create;

mod life;

mod observe;

mod control_group;

mod stats;

mod doctor;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use proto::init::v1::Confined;

use super::backend::{Backend, ByteStream, Created, Finding, Observed, Progress, ResolvedImage, Stats};
use super::error::{SandboxError, SandboxErrorKind};
use super::spec::{NETWORK_NONE, SandboxSpec};
use crate::domain::options::{Gpus, SandboxOptions};
use place::Places;

/// The backend's name.
pub const KIND: &str = "embedded";
/// What is shown as the image: there is none but this machine's own programs.
pub const IMAGE: &str = "host";

/// The embedded backend.
pub struct EmbeddedBackend {
    inner: Arc<Inner>,
}

struct Inner {
    places: Places,
    init_path: PathBuf,
    /// What was learnt when a sandbox was made for trial; failures are tried again.
    rehearsed: Mutex<Option<Confined>>,
}

impl EmbeddedBackend {
    /// A backend that keeps its sandboxes' directories under the state directory.
    pub fn new(install_id: impl Into<String>, state_dir: &Path, init_path: &Path) -> Self {
        let places = Places::new(install_id.into(), state_dir.join(KIND));
        let init_path = init_path.to_owned();
        Self { inner: Arc::new(Inner { places, init_path, rehearsed: Mutex::default() }) }
    }

    /// Performs one piece of work on a thread for work that blocks.
    fn on<'a, T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, SandboxError> + Send + 'static,
    ) -> BoxFuture<'a, Result<T, SandboxError>> {
        let inner = Arc::clone(&self.inner);
        async move {
            let done = tokio::task::spawn_blocking(move || work(&inner)).await;
            done.unwrap_or_else(|error| Err(failed(format!("a fault of agentd in the embedded backend: {error}"))))
        }
        .boxed()
    }
}

impl Inner {
    /// Whether a sandbox can be made here: one is made for trial, once.
    fn rehearse(&self) -> Result<Confined, SandboxError> {
        let mut rehearsed = self.rehearsed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(confined) = &*rehearsed {
            return Ok(confined.clone());
        }
        let confined = launch::rehearse(&self.places, &self.init_path)?;
        *rehearsed = Some(confined.clone());
        Ok(confined)
    }
}

impl Backend for EmbeddedBackend {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn detail(&self) -> String {
        let rehearsed = self.inner.rehearsed.lock().unwrap_or_else(PoisonError::into_inner);
        rehearsed.as_ref().map_or_else(|| "not tried yet".to_owned(), doctor::detail)
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), SandboxError>> {
        self.on(|inner| inner.rehearse().map(drop))
    }

    fn check<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Vec<Finding>> {
        self.on(|inner| Ok(doctor::findings(&inner.rehearse()))).map(Result::unwrap_or_default).boxed()
    }

    fn resolve_image<'a>(&'a self, _: &'a str, _: Progress<'a>) -> BoxFuture<'a, Result<ResolvedImage, SandboxError>> {
        async { Ok(ResolvedImage { id: IMAGE.to_owned(), digest: IMAGE.to_owned() }) }.boxed()
    }

    fn create<'a>(&'a self, spec: &'a SandboxSpec, _: Progress<'a>) -> BoxFuture<'a, Result<Created, SandboxError>> {
        let spec = spec.clone();
        self.on(move |inner| create::create(&inner.places, &spec))
    }

    fn connect<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Box<dyn ByteStream>, SandboxError>> {
        let place = self.inner.places.of(name);
        async move {
            let stream = place.connect().await.map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound => not_found(place.name()),
                _ => failed(format!("the sandbox {}: {error}", place.name())),
            })?;
            Ok(Box::new(stream) as Box<dyn ByteStream>)
        }
        .boxed()
    }

    fn inspect<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Observed>, SandboxError>> {
        let place = self.inner.places.of(name);
        self.on(move |_| Ok(observe::inspect(&place)))
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<Observed>, SandboxError>> {
        self.on(|inner| Ok(inner.places.all()?.iter().filter_map(observe::glance).collect()))
    }

    fn start<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), SandboxError>> {
        let place = self.inner.places.of(name);
        self.on(move |_| life::start(&place))
    }

    fn stop<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), SandboxError>> {
        let place = self.inner.places.of(name);
        self.on(move |_| life::stop(&place))
    }

    fn pause<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), SandboxError>> {
        let place = self.inner.places.of(name);
        self.on(move |_| life::pause(&place))
    }

    fn unpause<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), SandboxError>> {
        let place = self.inner.places.of(name);
        self.on(move |_| life::unpause(&place))
    }

    fn remove<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), SandboxError>> {
        let place = self.inner.places.of(name);
        self.on(move |_| life::remove(&place))
    }

    fn stats<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Stats, SandboxError>> {
        let place = self.inner.places.of(name);
        self.on(move |_| stats::measure(&place))
    }
}

/// Refuses what only an engine can give.
pub fn refuse(options: &SandboxOptions) -> Result<(), SandboxError> {
    let (uid, root) = (rustix::process::geteuid().as_raw(), rustix::process::geteuid().is_root());
    let wanted = if options.network != NETWORK_NONE {
        format!("the network {:?}: a sandbox has none", options.network)
    } else if options.gpus != Gpus::None {
        format!("graphics processors ({}): a sandbox has no devices", options.gpus)
    } else if !options.runtime.is_empty() {
        format!("the runtime {:?}: those are an engine's", options.runtime)
    } else if let Some(user) = options.user.filter(|user| !root && user.uid != uid) {
        format!("the user {}: agentd is not root, so its sandboxes run as {uid}", user.uid)
    } else {
        return Ok(());
    };
    Err(SandboxError::new(SandboxErrorKind::EngineUnsuitable, format!("the embedded backend cannot give {wanted}"))
        .hinted("leave that option out, or use an engine: --backend docker"))
}

fn failed(message: impl Into<String>) -> SandboxError {
    SandboxError::new(SandboxErrorKind::Failed, message)
}

fn not_found(name: &str) -> SandboxError {
    SandboxError::new(SandboxErrorKind::NotFound, format!("there is no sandbox {name}"))
}

/// A failure to read or write one of our own files.
fn of_file(path: &Path, error: &std::io::Error) -> SandboxError {
    let kind = match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => SandboxErrorKind::StorageFull,
        _ => SandboxErrorKind::Failed,
    };
    SandboxError::new(kind, format!("{}: {error}", path.display()))
}
