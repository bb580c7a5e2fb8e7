//! Who fills the pool, and removes what is not wanted any more.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::counters::Way;
use super::slots::Doomed;
use super::{HELLO_WITHIN, Pool, Warm};
use crate::domain::ids::SessionId;
use crate::sandbox::error::{SandboxError, SandboxErrorKind};
use crate::sandbox::live::LiveSandbox;
use crate::sandbox::workspace;

/// How often the ready ones are asked whether they are well.
const CHECK_EVERY: Duration = Duration::from_secs(30);

/// How often it is looked whether a reserved one has waited long enough, at least.
const CHECK_EVERY_MIN: Duration = Duration::from_millis(100);

/// Sandboxes that are made at a time. A session that makes one of its own is not to wait for the engine long.
const MAKING_MAX: usize = 2;

/// How long nothing is made after it failed, at first and at most.
const BACK_OFF_MIN: Duration = Duration::from_secs(1);
const BACK_OFF_MAX: Duration = Duration::from_secs(60);

/// How long the end of the daemon waits for the removal of what nobody has claimed. What is left is removed at the next
/// start.
const EMPTY_WITHIN: Duration = Duration::from_secs(3);

impl Pool {
    /// Keeps the pool full until the daemon stops, then empties it.
    pub async fn keep(self, stopping: CancellationToken) {
        if self.inner.size == 0 {
            return;
        }
        let check_every = match self.inner.reserved_max {
            Some(reserved_max) => (reserved_max / 4).clamp(CHECK_EVERY_MIN, CHECK_EVERY),
            None => CHECK_EVERY,
        };
        let mut changed = self.inner.changed.subscribe();
        let mut check = tokio::time::interval_at(tokio::time::Instant::now() + check_every, check_every);
        let mut making = JoinSet::new();
        let mut removing = JoinSet::new();
        let mut back_off = BACK_OFF_MIN;
        let mut not_before = Instant::now();
        loop {
            changed.mark_unchanged();
            for doomed in self.slots().take_doomed() {
                removing.spawn(self.clone().remove(doomed));
            }
            let wait = not_before.saturating_duration_since(Instant::now());
            while wait.is_zero() && making.len() < MAKING_MAX && self.slots().missing(self.inner.size) > 0 {
                match self.begin() {
                    Some(session) => making.spawn(self.clone().make(session)),
                    None => break,
                };
            }
            tokio::select! {
                () = stopping.cancelled() => break,
                _ = changed.changed() => {}
                _ = check.tick() => self.check().await,
                Some(_) = removing.join_next() => {}
                () = tokio::time::sleep(wait), if !wait.is_zero() => {}
                Some(made) = making.join_next() => match made {
                    Ok(Ok(())) => (back_off, not_before) = (BACK_OFF_MIN, Instant::now()),
                    Ok(Err(error)) => {
                        self.counters().failed(&error.message);
                        tracing::debug!(error = %error.message, "no sandbox could be made ahead of need");
                        not_before = Instant::now() + back_off;
                        back_off = (back_off * 2).min(BACK_OFF_MAX);
                    }
                    Err(error) => tracing::error!(%error, "a fault of agentd while it made a sandbox ahead of need"),
                },
            }
        }
        making.shutdown().await;
        self.slots().doom_all();
        for doomed in self.slots().take_doomed() {
            removing.spawn(self.clone().remove(doomed));
        }
        let emptied = async { while removing.join_next().await.is_some() {} };
        if tokio::time::timeout(EMPTY_WITHIN, emptied).await.is_err() {
            tracing::info!("sandboxes that were made ahead of need are left for the next start to remove");
        }
    }

    /// The session for which the next is made. Its container is known by name before it is there.
    fn begin(&self) -> Option<SessionId> {
        let mut random = [0; 16];
        if let Err(error) = getrandom::fill(&mut random) {
            tracing::error!(%error, "the system gave no random bytes");
            return None;
        }
        let session = SessionId::from_random(random);
        let name = crate::sandbox::spec::name_of(&self.inner.template.install_id, &session, 1);
        self.slots().begin(session.clone(), name);
        Some(session)
    }

    async fn make(self, session: SessionId) -> Result<(), SandboxError> {
        let made = self.try_make(&session).await;
        match made {
            Ok((spec_hash, warm)) => {
                self.slots().made(&session, spec_hash, warm);
                self.tell();
                Ok(())
            }
            Err(error) => {
                self.slots().doom(&session);
                let doomed = self.slots().take_doomed();
                for doomed in doomed {
                    self.clone().remove(doomed).await;
                }
                Err(error)
            }
        }
    }

    async fn try_make(&self, session: &SessionId) -> Result<(String, Warm), SandboxError> {
        let template = &self.inner.template;
        let backend = self.inner.backends.choose(&template.options.backend).await?;
        // What nobody has asked for is not worth a pull.
        let image = &template.options.image;
        if backend.local_image(image).await?.is_none() {
            let message = format!("the image {image} is not there yet; the first session that needs it gets it");
            return Err(SandboxError::new(SandboxErrorKind::ImageNotFound, message));
        }
        let path = template.workspaces.join(session.as_str());
        let workspace = tokio::task::spawn_blocking(move || workspace::make(&path))
            .await
            .map_err(|error| SandboxError::new(SandboxErrorKind::Failed, error.to_string()))??;
        self.slots().placed(session, backend.kind());
        let spec = template.spec(backend.kind(), session, workspace, &self.inner.secret);
        let name = spec.name();
        let created = backend.create(&spec, &|line| tracing::debug!(container = %name, "{line}")).await?;
        let began = Instant::now();
        let live = LiveSandbox::connect(backend.as_ref(), &name, &self.inner.secret.token(&name)).await?;
        self.counters().made(Way::Ahead, created.stages, began.elapsed());
        Ok((spec.hash(), Warm { backend: backend.kind().to_owned(), created, live }))
    }

    async fn remove(self, doomed: Doomed) {
        // Where it fails, reconciliation finds a container that nobody knows.
        let removed = match doomed.backend.as_str() {
            "" => Ok(()),
            backend => self.inner.backends.named(backend).remove(&doomed.name).await,
        };
        if let Err(error) = removed {
            tracing::debug!(container = %doomed.name, error = %error.message, "it stays for now");
        } else if !doomed.of_session {
            let workspace = self.inner.template.workspaces.join(doomed.session.as_str());
            // Nobody has written into it; were it otherwise, it would not be removed.
            drop(tokio::fs::remove_dir(workspace).await);
        }
        self.slots().forget(&doomed.session);
        self.tell();
    }

    /// Whoever does not answer, was made of another image than its name means now, or has waited long enough, goes.
    async fn check(&self) {
        if let Some(reserved_max) = self.inner.reserved_max {
            self.slots().expire(Instant::now(), reserved_max);
        }
        let ready = self.slots().all_ready();
        if ready.is_empty() {
            return;
        }
        let wanted = &self.inner.template.options;
        // An engine that does not answer now is no reason to remove what is on it.
        let Ok(backend) = self.inner.backends.choose(&wanted.backend).await else { return };
        let Ok(image) = backend.local_image(&wanted.image).await else { return };
        for (session, warm) in ready {
            let current = warm.backend == backend.kind()
                && image.as_ref().is_some_and(|image| image.digest == warm.created.image_digest);
            let hello = tokio::time::timeout(HELLO_WITHIN, warm.live.client.hello()).await;
            if !current || !matches!(hello, Ok(Ok(_))) {
                self.slots().doom_ready(&session);
            }
        }
        self.tell();
    }
}
