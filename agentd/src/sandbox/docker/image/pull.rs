//! Pulling an image, with what the engine tells of each layer.

use std::time::Duration;

use bollard::models::CreateImageInfo;
use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::StreamExt as _;

use super::{missing, repository_and_tag};
use crate::sandbox::backend::Progress;
use crate::sandbox::docker::engine::Engine;
use crate::sandbox::docker::errors::of_engine;
use crate::sandbox::error::{SandboxError, plain_text};
use crate::sandbox::images::{Layer, LayerPhase, LayerSink};

/// How long a pull may take in all that somebody watches.
const PULL_WITHIN: Duration = Duration::from_secs(3600);
/// How long the pull of an image may take that a sandbox needs now.
const PULL_NEEDED_WITHIN: Duration = Duration::from_secs(600);
/// Characters of a layer's id that are passed on.
const LAYER_BYTES_MAX: usize = 64;

impl Engine {
    /// Pulls the image for somebody who watches.
    pub(in crate::sandbox::docker) async fn pull_watched(
        &self,
        name: &str,
        told: LayerSink<'_>,
    ) -> Result<(), SandboxError> {
        let each = |line: &CreateImageInfo| {
            if let Some(layer) = layer(line) {
                told(layer);
            }
        };
        self.pull(name, PULL_WITHIN, each).await
    }

    /// Pulls the image for a sandbox that needs it.
    pub(super) async fn pull_needed(&self, name: &str, progress: Progress<'_>) -> Result<(), SandboxError> {
        progress(&format!("pulling {name}"));
        let last = std::sync::Mutex::new(String::new());
        let each = |line: &CreateImageInfo| {
            let told = plain_text(line.status.as_deref().unwrap_or_default(), 200);
            let mut last = last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if !told.is_empty() && told != *last {
                progress(&told);
                *last = told;
            }
        };
        self.pull(name, PULL_NEEDED_WITHIN, each).await
    }

    async fn pull(&self, name: &str, within: Duration, each: impl Fn(&CreateImageInfo)) -> Result<(), SandboxError> {
        let (repository, tag) = repository_and_tag(name);
        let options = CreateImageOptionsBuilder::default().from_image(repository).tag(tag).build();
        let mut lines = self.docker.create_image(Some(options), None, None);
        let pulled = async {
            while let Some(line) = lines.next().await {
                each(&line.map_err(|error| of_engine("pull", &error).message)?);
            }
            Ok::<(), String>(())
        };
        match tokio::time::timeout(within, pulled).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => Err(missing(name, &why)),
            Err(_) => Err(missing(name, &format!("the pull took more than {} s", within.as_secs()))),
        }
    }
}

/// What a line says of a layer; none where it is about the whole.
fn layer(line: &CreateImageInfo) -> Option<Layer> {
    let id = line.id.as_deref().filter(|id| !id.is_empty())?;
    let phase = phase(line.status.as_deref()?)?;
    let progress = line.progress_detail.clone().unwrap_or_default();
    let bytes = |number: Option<i64>| number.and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
    Some(Layer {
        id: plain_text(id, LAYER_BYTES_MAX),
        phase,
        done_bytes: bytes(progress.current),
        total_bytes: bytes(progress.total),
    })
}

fn phase(status: &str) -> Option<LayerPhase> {
    Some(match status {
        "Pulling fs layer" | "Waiting" => LayerPhase::Waiting,
        "Downloading" => LayerPhase::Downloading,
        "Verifying Checksum" | "Download complete" => LayerPhase::Downloaded,
        "Extracting" => LayerPhase::Extracting,
        "Pull complete" => LayerPhase::Done,
        "Already exists" => LayerPhase::Present,
        retrying if retrying.starts_with("Retrying") => LayerPhase::Retrying,
        // Such as "Pulling from library/debian", where the id is the tag.
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engines_lines_become_layers() {
        // As Docker 20.10 sends them.
        let lines = [
            r#"{"status":"Pulling from library/tiny","id":"latest"}"#,
            r#"{"status":"Pulling fs layer","progressDetail":{},"id":"6a1c"}"#,
            r#"{"status":"Downloading","progressDetail":{"current":32295,"total":3145728},"progress":"[> ]","id":"6a1c"}"#,
            r#"{"status":"Verifying Checksum","progressDetail":{},"id":"6a1c"}"#,
            r#"{"status":"Extracting","progressDetail":{"current":3145728,"total":3145728},"id":"6a1c"}"#,
            r#"{"status":"Pull complete","progressDetail":{},"id":"6a1c"}"#,
            r#"{"status":"Already exists","progressDetail":{},"id":"77ee\u001b[2J"}"#,
            r#"{"status":"Retrying in 5 seconds","progressDetail":{},"id":"88ff"}"#,
            r#"{"status":"Digest: sha256:0f"}"#,
            r#"{"status":"Status: Downloaded newer image for tiny:latest"}"#,
        ];
        let told: Vec<(String, LayerPhase, u64, u64)> = lines
            .iter()
            .filter_map(|line| layer(&serde_json::from_str(line).unwrap()))
            .map(|layer| (layer.id, layer.phase, layer.done_bytes, layer.total_bytes))
            .collect();
        let of = |id: &str, phase, done, total| (id.to_owned(), phase, done, total);
        assert_eq!(
            told,
            [
                of("6a1c", LayerPhase::Waiting, 0, 0),
                of("6a1c", LayerPhase::Downloading, 32_295, 3_145_728),
                of("6a1c", LayerPhase::Downloaded, 0, 0),
                of("6a1c", LayerPhase::Extracting, 3_145_728, 3_145_728),
                of("6a1c", LayerPhase::Done, 0, 0),
                of("77ee\u{fffd}[2J", LayerPhase::Present, 0, 0),
                of("88ff", LayerPhase::Retrying, 0, 0),
            ]
        );
    }
}
