//! The images of a backend that has such: listed, found, pulled, imported, removed.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

use super::error::SandboxError;

/// The images of a backend.
pub trait Images: Send + Sync {
    /// All of them that have a name.
    fn list(&self) -> BoxFuture<'_, Result<Vec<ImageInfo>, SandboxError>>;

    /// The image that a name means now; `None` where it is not there. Nothing is fetched.
    fn find<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<ImageInfo>, SandboxError>>;

    /// Fetches an image from its registry, also where one of that name is there.
    fn pull<'a>(&'a self, name: &'a str, told: LayerSink<'a>) -> BoxFuture<'a, Result<ImageInfo, SandboxError>>;

    /// Makes an image of a root file system: a tar stream.
    fn import<'a>(&'a self, name: &'a str, tar: TarStream) -> BoxFuture<'a, Result<ImageInfo, SandboxError>>;

    /// Removes a name, and the image with its last name.
    fn remove<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), SandboxError>>;
}

/// Told how far a layer has come.
pub type LayerSink<'a> = &'a (dyn Fn(Layer) + Send + Sync);

/// A root file system as it comes in.
pub type TarStream = BoxStream<'static, Result<Bytes, std::io::Error>>;

/// An image that is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageInfo {
    /// The backend's id of it.
    pub id: String,
    /// Its digest in a registry where it has one, else the id: what sessions are held to.
    pub digest: String,
    /// The names that mean it.
    pub names: Vec<String>,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// When it was made, in milliseconds since 1970; 0: unknown.
    pub created_ms: i64,
}

/// How far one layer of a pull has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Which.
    pub id: String,
    /// What is done to it.
    pub phase: LayerPhase,
    /// Bytes of this phase that are done; 0: not counted.
    pub done_bytes: u64,
    /// Bytes of this phase in all; 0: not known.
    pub total_bytes: u64,
}

/// What is done to a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerPhase {
    /// Its turn has not come.
    Waiting,
    /// It comes in.
    Downloading,
    /// It is here.
    Downloaded,
    /// It is unpacked.
    Extracting,
    /// It is done.
    Done,
    /// It was there already.
    Present,
    /// It did not come and is asked for again.
    Retrying,
}
