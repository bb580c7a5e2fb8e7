//! Images, and who is held to them.

use proto::v1;

use crate::domain::time::WallTime;
use crate::sandbox::images::{ImageInfo, Layer, LayerPhase};
use crate::session::view::SessionView;

/// An image with the sessions that are held to it. `usual` is the image of a session that asks for none.
pub(in crate::api) fn image(image: &ImageInfo, views: &[SessionView], usual: &str) -> v1::Image {
    v1::Image {
        id: image.id.clone(),
        digest: image.digest.clone(),
        names: image.names.clone(),
        size_bytes: image.size_bytes,
        created: if image.created_ms > 0 { WallTime(image.created_ms).rfc3339() } else { String::new() },
        sessions: users_of(image, views).iter().map(|view| view.id.to_string()).collect(),
        usual: means(image, usual),
    }
}

/// The sessions that are held to this image, by digest, or by name where they have had no sandbox yet.
pub(in crate::api) fn users_of<'a>(image: &ImageInfo, views: &'a [SessionView]) -> Vec<&'a SessionView> {
    let uses = |view: &&SessionView| match &view.image_digest {
        Some(digest) => *digest == image.digest || *digest == image.id,
        None => means(image, &view.options.sandbox.image),
    };
    views.iter().filter(uses).collect()
}

/// Whether a name, with or without a tag, means this image now.
fn means(image: &ImageInfo, name: &str) -> bool {
    let latest = format!("{name}:latest");
    name == image.id || name == image.digest || image.names.iter().any(|known| known == name || *known == latest)
}

/// How far a layer has come.
pub(in crate::api) fn layer(layer: Layer) -> v1::LayerProgress {
    let phase = match layer.phase {
        LayerPhase::Waiting => v1::LayerPhase::Waiting,
        LayerPhase::Downloading => v1::LayerPhase::Downloading,
        LayerPhase::Downloaded => v1::LayerPhase::Downloaded,
        LayerPhase::Extracting => v1::LayerPhase::Extracting,
        LayerPhase::Done => v1::LayerPhase::Done,
        LayerPhase::Present => v1::LayerPhase::Present,
        LayerPhase::Retrying => v1::LayerPhase::Retrying,
    };
    v1::LayerProgress {
        id: layer.id,
        phase: phase.into(),
        done_bytes: layer.done_bytes,
        total_bytes: layer.total_bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_and_without_a_tag_mean_an_image() {
        let image =
            ImageInfo { id: "sha256:aa".to_owned(), names: vec!["tiny:latest".to_owned()], ..Default::default() };
        for name in ["tiny", "tiny:latest", "sha256:aa"] {
            assert!(means(&image, name), "{name}");
        }
        for name in ["tiny:1", "tin", "latest", "sha256:bb"] {
            assert!(!means(&image, name), "{name}");
        }
    }
}
