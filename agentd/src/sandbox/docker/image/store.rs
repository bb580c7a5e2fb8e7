//! The engine's images: listed, found and removed.

use bollard::models::{ImageInspect, ImageSummary};
use bollard::query_parameters::{ListImagesOptions, RemoveImageOptions};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::check_name;
use crate::sandbox::docker::DockerBackend;
use crate::sandbox::docker::engine::{Engine, within};
use crate::sandbox::docker::errors::{of_engine, status};
use crate::sandbox::error::{SandboxError, SandboxErrorKind};
use crate::sandbox::images::{ImageInfo, Images, LayerSink, TarStream};

impl Images for DockerBackend {
    fn list(&self) -> BoxFuture<'_, Result<Vec<ImageInfo>, SandboxError>> {
        self.on(|engine| async move { engine.list_images().await })
    }

    fn find<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<ImageInfo>, SandboxError>> {
        self.on(move |engine| async move { engine.find_image(name).await })
    }

    fn pull<'a>(&'a self, name: &'a str, told: LayerSink<'a>) -> BoxFuture<'a, Result<ImageInfo, SandboxError>> {
        self.on(move |engine| async move {
            check_name(name)?;
            engine.pull_watched(name, told).await?;
            engine.made(name).await
        })
    }

    fn import<'a>(&'a self, name: &'a str, tar: TarStream) -> BoxFuture<'a, Result<ImageInfo, SandboxError>> {
        self.on(move |engine| {
            async move {
                engine.import(name, tar).await?;
                engine.made(name).await
            }
            .boxed()
        })
    }

    fn remove<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), SandboxError>> {
        self.on(move |engine| async move { engine.remove_image(name).await })
    }
}

impl Engine {
    async fn list_images(&self) -> Result<Vec<ImageInfo>, SandboxError> {
        let request = self.docker.list_images(None::<ListImagesOptions>);
        let found = self.within(20, "list the images", request).await?;
        let mut images: Vec<ImageInfo> =
            found.into_iter().map(of_summary).filter(|image| !image.names.is_empty()).collect();
        images.sort_by(|a, b| a.names.cmp(&b.names));
        Ok(images)
    }

    async fn find_image(&self, name: &str) -> Result<Option<ImageInfo>, SandboxError> {
        check_name(name)?;
        match within(20, self.docker.inspect_image(name)).await {
            Ok(image) => Ok(Some(of_inspect(image))),
            Err(error) if status(&error) == Some(404) => Ok(None),
            Err(error) => Err(of_engine("look for the image", &error)),
        }
    }

    /// The image that was just pulled or imported.
    async fn made(&self, name: &str) -> Result<ImageInfo, SandboxError> {
        let unlike = || {
            let message = format!("the engine took the image and does not show it as {name}");
            SandboxError::new(SandboxErrorKind::ImageNotFound, message)
        };
        self.find_image(name).await?.ok_or_else(unlike)
    }

    async fn remove_image(&self, name: &str) -> Result<(), SandboxError> {
        check_name(name)?;
        match within(60, self.docker.remove_image(name, None::<RemoveImageOptions>, None)).await {
            Ok(_) => Ok(()),
            Err(error) if status(&error) == Some(404) => Err(no_such_image(name)),
            Err(error) if status(&error) == Some(409) => {
                let SandboxError { message, .. } = of_engine("remove the image", &error);
                Err(SandboxError::new(SandboxErrorKind::ImageInUse, message).hinted(format!(
                    "remove the containers that are made of it first: docker ps -a --filter ancestor={name}"
                )))
            }
            Err(error) => Err(of_engine("remove the image", &error)),
        }
    }
}

/// No image has this name.
pub(in crate::sandbox) fn no_such_image(name: &str) -> SandboxError {
    SandboxError::new(SandboxErrorKind::ImageNotFound, format!("there is no image {name}"))
        .hinted("`agentctl image list` shows the images there are")
}

fn of_summary(found: ImageSummary) -> ImageInfo {
    ImageInfo {
        digest: digest(&found.repo_digests, &found.id),
        id: found.id,
        names: names(found.repo_tags),
        size_bytes: u64::try_from(found.size).unwrap_or(0),
        created_ms: found.created.saturating_mul(1000),
    }
}

fn of_inspect(found: ImageInspect) -> ImageInfo {
    let id = found.id.unwrap_or_default();
    ImageInfo {
        digest: digest(&found.repo_digests.unwrap_or_default(), &id),
        id,
        names: names(found.repo_tags.unwrap_or_default()),
        size_bytes: found.size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0),
        created_ms: found
            .created
            .and_then(|time| time.parse::<jiff::Timestamp>().ok())
            .map_or(0, |t| t.as_millisecond()),
    }
}

/// What sessions are held to: an image that came from no registry is known by its id.
pub(super) fn digest(repo_digests: &[String], id: &str) -> String {
    repo_digests.iter().find(|digest| !digest.starts_with("<none>")).map_or_else(|| id.to_owned(), String::clone)
}

fn names(mut tags: Vec<String>) -> Vec<String> {
    tags.retain(|tag| !tag.contains("<none>"));
    tags.sort();
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_known_by_its_registrys_digest_or_by_its_id() {
        let summary = |tags: &[&str], digests: &[&str]| {
            of_summary(ImageSummary {
                id: "sha256:aa".to_owned(),
                repo_tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
                repo_digests: digests.iter().map(|digest| (*digest).to_owned()).collect(),
                created: 7,
                size: 5,
                ..Default::default()
            })
        };
        let pulled = summary(&["b:1", "a:1"], &["<none>@sha256:0", "a@sha256:0f"]);
        assert_eq!(
            (pulled.digest.as_str(), pulled.names.as_slice()),
            ("a@sha256:0f", ["a:1".to_owned(), "b:1".to_owned()].as_slice())
        );
        assert_eq!((pulled.size_bytes, pulled.created_ms), (5, 7000));
        let imported = summary(&["<none>:<none>"], &[]);
        assert_eq!((imported.digest.as_str(), imported.names.len()), ("sha256:aa", 0));
    }
}
