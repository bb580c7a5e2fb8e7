//! Images: found on the engine, or pulled once. [`store`] is what people do with them, [`pull`] and [`import`] how one comes.

mod import;
mod pull;
mod store;

use super::engine::{Engine, within};
use super::errors::{of_engine, status};
use super::hardening::Image;
use crate::sandbox::backend::Progress;
use crate::sandbox::error::{SandboxError, SandboxErrorKind, plain_text};

/// Bytes of an image's name at most.
const NAME_BYTES_MAX: usize = 512;

impl Engine {
    /// The image, from the engine alone; `None` where it is not there.
    pub(super) async fn local_image(&self, name: &str) -> Result<Option<Image>, SandboxError> {
        check_name(name)?;
        let image = match within(20, self.docker.inspect_image(name)).await {
            Ok(image) => image,
            Err(error) if status(&error) == Some(404) => return Ok(None),
            Err(error) => return Err(of_engine("look for the image", &error)),
        };
        let id = image.id.unwrap_or_default();
        if id.is_empty() {
            return Err(SandboxError::new(
                SandboxErrorKind::EngineUnsuitable,
                "the engine shows an image without an id",
            ));
        }
        let config = image.config.unwrap_or_default();
        Ok(Some(Image {
            digest: store::digest(&image.repo_digests.unwrap_or_default(), &id),
            id,
            env: config.env.unwrap_or_default(),
            volumes: config.volumes.unwrap_or_default(),
        }))
    }

    /// The image, pulled once where it is not there.
    pub(super) async fn image(&self, name: &str, progress: Progress<'_>) -> Result<Image, SandboxError> {
        if let Some(image) = self.local_image(name).await? {
            return Ok(image);
        }
        if name.starts_with("sha256:") {
            return Err(SandboxError::new(
                SandboxErrorKind::ImageNotFound,
                format!("the image {name} is not on the engine any more, and an id alone cannot be pulled"),
            )
            .hinted("import it again, or give the session another: agentctl session upgrade S --image IMAGE"));
        }
        self.pull_needed(name, progress).await?;
        self.local_image(name).await?.ok_or_else(|| missing(name, "the pull brought something else"))
    }
}

fn missing(name: &str, why: &str) -> SandboxError {
    SandboxError::new(
        SandboxErrorKind::ImageNotFound,
        format!("the image {name} is not on the engine and cannot be pulled: {}", plain_text(why, 300)),
    )
    .hinted(format!(
        "agentctl image pull {name} where there is a registry, agentctl image import FILE.tar {name} where there is none, \
         or set sandbox.image to an image that `agentctl image list` shows"
    ))
}

/// A name goes into the engine's URLs, so it must be nothing but a name.
fn check_name(name: &str) -> Result<(), SandboxError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ':' | '@');
    let parts = name.split(['/', ':', '@']);
    let malformed = name.is_empty()
        || name.len() > NAME_BYTES_MAX
        || !name.chars().all(plain)
        || parts.into_iter().any(|part| part.is_empty() || part.starts_with(['.', '-']));
    if malformed {
        let shown = plain_text(name, 100);
        return Err(SandboxError::new(
            SandboxErrorKind::ImageNotFound,
            format!("{shown:?} is not the name of an image"),
        )
        .hinted("set sandbox.image to a name such as debian:12"));
    }
    Ok(())
}

/// The tag goes apart: without one, an engine would pull every tag there is.
fn repository_and_tag(name: &str) -> (&str, &str) {
    if let Some((repository, digest)) = name.split_once('@') {
        return (repository, digest);
    }
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (name, "latest"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_images() {
        for good in ["debian", "debian:12", "localhost:5000/a/b_c:v1.2", "a@sha256:0f", "sha256:0f"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for wrong in ["", "a b", "../x", "a/../../containers/x", "a?b", "a#b", "a%2fb", "-a", "a//b", &"x".repeat(513)]
        {
            assert_eq!(check_name(wrong).unwrap_err().kind, SandboxErrorKind::ImageNotFound, "{wrong}");
        }
    }

    #[test]
    fn the_tag_is_found_beside_a_port() {
        assert_eq!(repository_and_tag("debian"), ("debian", "latest"));
        assert_eq!(repository_and_tag("box:5000/debian"), ("box:5000/debian", "latest"));
        assert_eq!(repository_and_tag("box:5000/debian:12"), ("box:5000/debian", "12"));
        assert_eq!(repository_and_tag("debian@sha256:0f"), ("debian", "sha256:0f"));
    }
}
