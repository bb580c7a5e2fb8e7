//! Importing a root file system as an image.

use std::time::Duration;

use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::StreamExt as _;

use super::{check_name, repository_and_tag};
use crate::sandbox::docker::engine::Engine;
use crate::sandbox::docker::errors::{of_engine, timed_out};
use crate::sandbox::error::{SandboxError, SandboxErrorKind};
use crate::sandbox::images::TarStream;

/// How long an import may take in all.
const IMPORT_WITHIN: Duration = Duration::from_secs(3600);

impl Engine {
    /// Hands the tar stream to the engine as it comes, and gives the name of what it made.
    pub(in crate::sandbox::docker) async fn import(&self, name: &str, tar: TarStream) -> Result<(), SandboxError> {
        check_name(name)?;
        if name.contains('@') || name.starts_with("sha256:") {
            return Err(SandboxError::new(
                SandboxErrorKind::Failed,
                format!("{name} is a digest; an imported image needs a name"),
            )
            .hinted("give it a name like my-image or my-image:1"));
        }
        let (repository, tag) = repository_and_tag(name);
        let options = CreateImageOptionsBuilder::default().from_src("-").repo(repository).tag(tag).build();
        let mut lines = self.docker.create_image(Some(options), Some(bollard::body_try_stream(tar)), None);
        let imported = async {
            while let Some(line) = lines.next().await {
                line.map_err(|error| of_engine("import the image", &error))?;
            }
            Ok(())
        };
        tokio::time::timeout(IMPORT_WITHIN, imported).await.unwrap_or_else(|_| Err(timed_out("import the image")))
    }
}
