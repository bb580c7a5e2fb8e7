//! Sandboxes as containers of an engine: Docker, or Podman by the same API. Only home of bollard.
//!
//! Reading order: [`discover`] (where an engine may be), [`negotiate`] (which API it speaks), [`engine`] (what it can
//! do), [`image`], [`hardening`] (what is asked for), [`golden`] (what it must be), [`create`], [`life`], [`observe`],
//! [`stats`], [`exec_stream`] (the byte stream), [`doctor`] with [`known_escapes`], [`errors`]. Docker's archive API and tools by exec are never
//! used: the one exec there is carries the byte stream.

mod discover;

mod negotiate;

mod engine;

mod image;

mod hardening;

mod golden;

mod create;

mod life;

mod observe;

mod stats;

mod exec_stream;

mod doctor;

mod known_escapes;

mod errors;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::backend::{Backend, ByteStream, Created, Finding, Observed, Progress, ResolvedImage, Severity, Stats};
use super::error::{SandboxError, SandboxErrorKind};
use super::spec::SandboxSpec;
use engine::Engine;

/// How variables of the environment are looked up: the process's own, or what a test says.
pub type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Where an engine's socket may be on this host: what no sandbox may be given.
pub fn sockets(environment: &Environment) -> Vec<PathBuf> {
    let addresses = discover::candidates(&**environment, rustix::process::geteuid().as_raw()).unwrap_or_default();
    let also = ["/run/docker.sock", "/run/containerd/containerd.sock"].map(PathBuf::from);
    let of_engine = addresses.into_iter().filter_map(|address| match address {
        discover::Address::Unix(path) => Some(std::fs::canonicalize(&path).unwrap_or(path)),
        discover::Address::Tcp(_) => None,
    });
    of_engine.chain(also).collect()
}

/// The Docker backend. It needs no engine to be made: one is looked for when it is needed, and again after it went away.
pub struct DockerBackend {
    install_id: String,
    environment: Environment,
    engine: tokio::sync::Mutex<Option<Engine>>,
    detail: Mutex<String>,
}

impl DockerBackend {
    /// A backend whose containers carry this installation's label.
    pub fn new(install_id: impl Into<String>, environment: Environment) -> Self {
        Self {
            install_id: install_id.into(),
            environment,
            engine: tokio::sync::Mutex::new(None),
            detail: Mutex::new("no engine was looked for yet".to_owned()),
        }
    }

    async fn engine(&self) -> Result<Engine, SandboxError> {
        let mut slot = self.engine.lock().await;
        if let Some(engine) = slot.as_ref() {
            return Ok(engine.clone());
        }
        match Engine::find(&*self.environment).await {
            Ok(engine) => {
                self.set_detail(engine.detail());
                *slot = Some(engine.clone());
                Ok(engine)
            }
            Err(error) => {
                self.set_detail(error.message.clone());
                Err(error)
            }
        }
    }

    /// Performs one piece of work on the engine; when the engine is gone, the next one looks for it anew.
    fn on<'a, T, F>(&'a self, work: impl FnOnce(Engine) -> F + Send + 'a) -> BoxFuture<'a, Result<T, SandboxError>>
    where
        F: Future<Output = Result<T, SandboxError>> + Send + 'a,
        T: Send + 'a,
    {
        async move {
            let done = work(self.engine().await?).await;
            match &done {
                Err(error) if error.kind == SandboxErrorKind::EngineUnreachable => {
                    *self.engine.lock().await = None;
                    // Where there is none any more, why there is none says more than the request that was cut.
                    self.engine().await?;
                    done
                }
                _ => done,
            }
        }
        .boxed()
    }

    /// The same, for a container that must be there and ours.
    fn on_ours<'a, T, F>(
        &'a self,
        name: &'a str,
        work: impl FnOnce(Engine) -> F + Send + 'a,
    ) -> BoxFuture<'a, Result<T, SandboxError>>
    where
        F: Future<Output = Result<T, SandboxError>> + Send + 'a,
        T: Send + 'a,
    {
        self.on(move |engine| async move {
            match engine.look(name).await? {
                Some(found) if observe::is_ours(&found, &self.install_id) => work(engine).await,
                _ => Err(SandboxError::new(SandboxErrorKind::NotFound, format!("there is no sandbox {name}"))),
            }
        })
    }

    fn set_detail(&self, detail: String) {
        *self.detail.lock().unwrap_or_else(PoisonError::into_inner) = detail;
    }
}

impl Backend for DockerBackend {
    fn kind(&self) -> &'static str {
        "docker"
    }

    fn detail(&self) -> String {
        self.detail.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), SandboxError>> {
        self.on(|engine| async move { negotiate::api_version(&engine.address).await.map(drop) })
    }

    fn check<'a>(&'a self, image: &'a str) -> BoxFuture<'a, Vec<Finding>> {
        async move {
            match self.on(|engine| async move { Ok(engine.findings(image).await) }).await {
                Ok(findings) => findings,
                Err(error) => vec![Finding {
                    check: "engine",
                    severity: Severity::Error,
                    message: error.message,
                    remedy: error.hint,
                }],
            }
        }
        .boxed()
    }

    fn resolve_image<'a>(
        &'a self,
        image: &'a str,
        progress: Progress<'a>,
    ) -> BoxFuture<'a, Result<ResolvedImage, SandboxError>> {
        self.on(move |engine| async move {
            let found = engine.image(image, progress).await?;
            Ok(ResolvedImage { id: found.id, digest: found.digest })
        })
    }

    fn images(&self) -> Option<&dyn super::images::Images> {
        Some(self)
    }

    fn local_image<'a>(&'a self, image: &'a str) -> BoxFuture<'a, Result<Option<ResolvedImage>, SandboxError>> {
        self.on(move |engine| async move {
            let found = engine.local_image(image).await?;
            Ok(found.map(|found| ResolvedImage { id: found.id, digest: found.digest }))
        })
    }

    fn create<'a>(
        &'a self,
        spec: &'a SandboxSpec,
        progress: Progress<'a>,
    ) -> BoxFuture<'a, Result<Created, SandboxError>> {
        self.on(move |engine| async move { Box::pin(engine.create(spec, progress)).await })
    }

    fn connect<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Box<dyn ByteStream>, SandboxError>> {
        self.on_ours(name, move |engine| async move { engine.pipe(name).await })
    }

    fn inspect<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Observed>, SandboxError>> {
        self.on(move |engine| async move {
            Ok(engine.look(name).await?.and_then(|found| observe::of_inspect(found, &self.install_id)))
        })
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<Observed>, SandboxError>> {
        self.on(move |engine| async move { engine.list_ours(&self.install_id).await })
    }

    fn start<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), SandboxError>> {
        self.on_ours(name, move |engine| async move { engine.start(name).await })
    }

    fn stop<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), SandboxError>> {
        self.on_ours(name, move |engine| async move { engine.stop(name).await })
    }

    fn pause<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), SandboxError>> {
        self.on_ours(name, move |engine| async move { engine.pause(name).await })
    }

    fn unpause<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), SandboxError>> {
        self.on_ours(name, move |engine| async move { engine.unpause(name).await })
    }

    fn remove<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), SandboxError>> {
        self.on(move |engine| async move {
            match engine.look(name).await? {
                Some(found) if observe::is_ours(&found, &self.install_id) => engine.remove(name).await,
                Some(_) => Err(SandboxError::new(
                    SandboxErrorKind::Failed,
                    format!("the container {name} is not of this daemon and stays"),
                )),
                None => Ok(()),
            }
        })
    }

    fn stats<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Stats, SandboxError>> {
        self.on_ours(name, move |engine| async move { engine.measure(name).await })
    }
}
