//! Making a container: adopted where it is there as specified, else made, looked over, and only then started.

use std::time::{Duration, Instant};

use bollard::models::ContainerInspectResponse;
use bollard::query_parameters::CreateContainerOptionsBuilder;

use super::engine::{Engine, within};
use super::errors::{of_engine, status};
use super::golden::mismatches;
use super::hardening::{Image, Wanted};
use super::observe::{is_ours, status_of};
use crate::sandbox::backend::{Created, Progress, SandboxStatus, Stages};
use crate::sandbox::error::{SandboxError, SandboxErrorKind};
use crate::sandbox::spec::{LABEL_SPEC, SandboxSpec};

/// How long the engine may take to show a container whose name it has given away already.
const APPEARS_WITHIN: Duration = Duration::from_secs(10);
const LOOK_PAUSE: Duration = Duration::from_millis(50);

/// What came of asking for a container.
enum Made {
    Created(Created),
    NameTaken(SandboxError),
}

impl Engine {
    /// Makes and starts the container of a specification, or adopts it.
    pub(super) async fn create(&self, spec: &SandboxSpec, progress: Progress<'_>) -> Result<Created, SandboxError> {
        let name = spec.name();
        let give_up = Instant::now() + APPEARS_WITHIN;
        loop {
            if let Some(found) = self.look(&name).await? {
                if !is_ours(&found, &spec.install_id) {
                    return Err(SandboxError::new(
                        SandboxErrorKind::Failed,
                        format!("a container named {name} is there and is not of this daemon"),
                    )
                    .hinted(format!("docker rm {name}, if nobody needs it")));
                }
                if let Some(created) = self.adopt(spec, &name, &found).await? {
                    return Ok(created);
                }
                progress("removing a container that is not as specified");
                self.remove(&name).await?;
            }
            let image = self.image(spec.image(), progress).await?;
            match self.make(spec, &name, &image).await? {
                Made::Created(created) => return Ok(created),
                Made::NameTaken(error) if Instant::now() > give_up => {
                    return Err(error.hinted("another container of this name appeared meanwhile; try again"));
                }
                // A daemon that died had asked for it, and the engine is still at it.
                Made::NameTaken(_) => tokio::time::sleep(LOOK_PAUSE).await,
            }
        }
    }

    /// The container that is there, running, where it is as specified.
    async fn adopt(
        &self,
        spec: &SandboxSpec,
        name: &str,
        found: &ContainerInspectResponse,
    ) -> Result<Option<Created>, SandboxError> {
        let labels = found.config.as_ref().and_then(|c| c.labels.as_ref());
        if labels.and_then(|l| l.get(LABEL_SPEC)) != Some(&spec.hash()) {
            return Ok(None);
        }
        let image = match found.image.as_deref() {
            Some(id) => self.local_image(id).await?,
            None => None,
        };
        let Some(image) = image else { return Ok(None) };
        let wanted = self.wanted(spec, &image);
        if !mismatches(found, &wanted).is_empty() {
            return Ok(None);
        }
        match status_of(found) {
            SandboxStatus::Running => {}
            SandboxStatus::Paused => self.unpause(name).await?,
            SandboxStatus::Created | SandboxStatus::Stopped => self.start(name).await?,
            SandboxStatus::Removing => return Ok(None),
        }
        Ok(Some(Created {
            id: found.id.clone().unwrap_or_default(),
            adopted: true,
            not_enforced: wanted.not_enforced(),
            image_digest: image.digest,
            stages: Stages::default(),
        }))
    }

    async fn make(&self, spec: &SandboxSpec, name: &str, image: &Image) -> Result<Made, SandboxError> {
        let wanted = self.wanted(spec, image);
        wanted.refuse_unsafe()?;
        let options = CreateContainerOptionsBuilder::default().name(name).build();
        let began = Instant::now();
        let id = match within(60, self.docker.create_container(Some(options), wanted.body())).await {
            Ok(made) => made.id,
            Err(error) if status(&error) == Some(409) => {
                return Ok(Made::NameTaken(of_engine("make the sandbox", &error)));
            }
            Err(error) => return Err(of_engine("make the sandbox", &error)),
        };
        crate::failpoint::reach("sandbox.container.created");
        let begun = async {
            self.check(&id, &wanted).await?;
            let create = began.elapsed();
            self.start(&id).await?;
            Ok(Stages { create: Some(create), start: Some(began.elapsed() - create) })
        };
        let stages = match begun.await {
            Ok(stages) => stages,
            Err(error) => {
                // The first failure is the one to tell; what is left behind is found by its label and removed later.
                let _ = self.remove(&id).await;
                return Err(error);
            }
        };
        crate::failpoint::reach("sandbox.container.started");
        let image_digest = image.digest.clone();
        let not_enforced = wanted.not_enforced();
        Ok(Made::Created(Created { id, adopted: false, not_enforced, image_digest, stages }))
    }

    async fn check(&self, id: &str, wanted: &Wanted<'_>) -> Result<(), SandboxError> {
        let found = self.look(id).await?.ok_or_else(|| {
            SandboxError::new(SandboxErrorKind::Failed, "the container was removed before it was started")
        })?;
        let wrong = mismatches(&found, wanted);
        if wrong.is_empty() {
            return Ok(());
        }
        Err(SandboxError::new(
            SandboxErrorKind::Failed,
            format!("the engine made a container that is not as hardened as specified: {}", wrong.join("; ")),
        )
        .hinted("it was removed before it ran anything; see `agentctl doctor`"))
    }

    fn wanted<'a>(&'a self, spec: &'a SandboxSpec, image: &'a Image) -> Wanted<'a> {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum;
        Wanted { spec, facts: &self.facts, image, open_files_max: limit.unwrap_or(u64::MAX) }
    }
}
