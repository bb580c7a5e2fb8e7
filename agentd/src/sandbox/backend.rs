//! What a backend does: start agent-init beside a workspace, and hand over a byte stream to it. Nothing else (law L5).

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};

use super::error::SandboxError;
use super::images::Images;
use super::spec::SandboxSpec;

/// A stream of bytes both ways.
pub trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for T {}

/// Told one line at a time of what takes long, such as the pull of an image.
pub type Progress<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// A backend that makes sandboxes.
pub trait Backend: Send + Sync {
    /// Its name: docker.
    fn kind(&self) -> &'static str;

    /// Its own words: version and address of the engine, or why there is none, as last seen.
    fn detail(&self) -> String;

    /// Whether it answers now.
    fn ping(&self) -> BoxFuture<'_, Result<(), SandboxError>>;

    /// Checks what a sandbox needs; the image is one of it.
    fn check<'a>(&'a self, image: &'a str) -> BoxFuture<'a, Vec<Finding>>;

    /// Finds the image on the engine, or pulls it once within a bounded time.
    fn resolve_image<'a>(
        &'a self,
        image: &'a str,
        progress: Progress<'a>,
    ) -> BoxFuture<'a, Result<ResolvedImage, SandboxError>>;

    /// Its images, where it has such.
    fn images(&self) -> Option<&dyn Images> {
        None
    }

    /// The image, where it is there without a pull. A backend that needs none says what it always says.
    fn local_image<'a>(&'a self, image: &'a str) -> BoxFuture<'a, Result<Option<ResolvedImage>, SandboxError>> {
        Box::pin(async move { self.resolve_image(image, &|_| {}).await.map(Some) })
    }

    /// Makes and starts the sandbox. Idempotent by name: a container of that name is adopted where it is ours and as
    /// specified (started if it is stopped, let go on if it is paused), else removed and made anew.
    fn create<'a>(
        &'a self,
        spec: &'a SandboxSpec,
        progress: Progress<'a>,
    ) -> BoxFuture<'a, Result<Created, SandboxError>>;

    /// A new byte stream to agent-init in a running sandbox.
    fn connect<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Box<dyn ByteStream>, SandboxError>>;

    /// How a sandbox stands; `None`: there is none of that name, or it is not ours.
    fn inspect<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Observed>, SandboxError>>;

    /// All sandboxes of this installation, and of no other.
    fn list(&self) -> BoxFuture<'_, Result<Vec<Observed>, SandboxError>>;

    /// Starts a stopped sandbox. No error where it runs.
    fn start<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), SandboxError>>;

    /// Stops it. No error where it is stopped.
    fn stop<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), SandboxError>>;

    /// Freezes every process in it. No error where it is frozen.
    fn pause<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), SandboxError>>;

    /// Lets it go on. No error where it runs.
    fn unpause<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), SandboxError>>;

    /// Removes it, whatever it is doing. No error where there is none; a removal in progress is waited for.
    fn remove<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), SandboxError>>;

    /// One measurement of a running sandbox.
    fn stats<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Stats, SandboxError>>;
}

/// An image that is on the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedImage {
    /// The engine's id of it, by which containers are made.
    pub id: String,
    /// Its digest in a registry where it has one, else the id.
    pub digest: String,
}

/// A sandbox that was made or adopted, and runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// The backend's id of it.
    pub id: String,
    /// Its image by digest.
    pub image_digest: String,
    /// Whether it was there before.
    pub adopted: bool,
    /// Limits that cannot be held here, in words.
    pub not_enforced: Vec<String>,
    /// How long that took.
    pub stages: Stages,
}

/// How long each stage of making a sandbox took; none where it was not gone through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stages {
    /// From the request until the sandbox was there.
    pub create: Option<Duration>,
    /// From then until agent-init was started.
    pub start: Option<Duration>,
}

/// What a sandbox is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SandboxStatus {
    /// Made, not started.
    Created,
    /// Running.
    Running,
    /// Frozen.
    Paused,
    /// Stopped.
    Stopped,
    /// Being removed.
    Removing,
}

/// A sandbox as the backend sees it: an observation, never the record (law L4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The container's name.
    pub name: String,
    /// The backend's id of it.
    pub id: String,
    /// The session it was made for, from its label.
    pub session: String,
    /// Which sandbox of the session, from its label.
    pub generation: u64,
    /// What it is doing.
    pub status: SandboxStatus,
    /// The image by the name the user gave.
    pub image: String,
    /// The engine's id of the image.
    pub image_digest: String,
    /// When it was made, in milliseconds since 1970; 0: unknown.
    pub created_ms: i64,
    /// Memory limit in bytes; 0: none. Only with inspect, as are the next two.
    pub memory_bytes: u64,
    /// CPU limit in thousandths of a core; 0: none.
    pub cpu_millis: u64,
    /// Process limit; 0: none.
    pub pids_max: u32,
    /// The specification it was made from, from its label.
    pub spec_hash: String,
    /// How it is hardened, one line a measure, as inspected. Only with inspect.
    pub hardening: Vec<String>,
}

/// One measurement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    /// CPU use in percent of one core.
    pub cpu_percent: f64,
    /// Memory in use, in bytes, without the page cache.
    pub memory_bytes: u64,
    /// Memory limit in bytes.
    pub memory_limit_bytes: u64,
    /// Processes and threads.
    pub pids: u64,
    /// Bytes received from networks.
    pub network_rx_bytes: u64,
    /// Bytes sent to networks.
    pub network_tx_bytes: u64,
    /// Bytes read from disks.
    pub block_read_bytes: u64,
    /// Bytes written to disks.
    pub block_write_bytes: u64,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// As it should be.
    Ok,
    /// Works, and could be better or safer.
    Warning,
    /// Does not work.
    Error,
}

/// One finding of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was checked, one word or two.
    pub check: &'static str,
    /// How it stands.
    pub severity: Severity,
    /// One line of what was found.
    pub message: String,
    /// What mends it; empty where nothing is to be mended.
    pub remedy: String,
}
