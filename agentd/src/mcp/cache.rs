//! The lists of tools as servers gave them last, kept over restarts of the daemon: a model is offered the same tools as before,
//! and no server has to be started for that.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::config::McpConfig;
use super::message::RemoteTool;

/// Bytes of a list at most.
const LIST_BYTES_MAX: u64 = 8 << 20;

#[derive(Serialize, Deserialize)]
struct Kept {
    /// The record that the list belongs to: another program has other tools.
    record: String,
    tools: Vec<RemoteTool>,
}

/// Where the list of one server is kept.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    file: PathBuf,
    record: String,
}

impl Cache {
    pub(super) fn new(directory: &Path, name: &str, config: &McpConfig) -> Self {
        // A record that cannot be written down belongs to no list.
        let written = serde_json::to_string(config).unwrap_or_default();
        let record = Sha256::digest(written).iter().map(|byte| format!("{byte:02x}")).collect();
        Self { file: directory.join(format!("{name}.json")), record }
    }

    /// The list, if there is one of this very record.
    pub(super) fn read(&self) -> Option<Vec<RemoteTool>> {
        let size = std::fs::metadata(&self.file).ok()?.len();
        if size > LIST_BYTES_MAX {
            return None;
        }
        let kept: Kept = serde_json::from_slice(&std::fs::read(&self.file).ok()?).ok()?;
        (kept.record == self.record).then_some(kept.tools)
    }

    /// Keeps a list. One that cannot be kept is asked for again.
    pub(super) fn write(&self, tools: &[RemoteTool]) {
        let kept = Kept { record: self.record.clone(), tools: tools.to_vec() };
        let temporary = self.file.with_extension("new");
        let written = serde_json::to_vec(&kept).map_err(std::io::Error::other).and_then(|bytes| {
            std::fs::create_dir_all(self.file.parent().unwrap_or(Path::new("/")))?;
            std::fs::write(&temporary, bytes)?;
            std::fs::rename(&temporary, &self.file)
        });
        if let Err(error) = written {
            tracing::warn!(file = %self.file.display(), %error, "a list of tools cannot be kept");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_belongs_to_its_record() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("mcp");
        let config = McpConfig { command: "a".to_owned(), ..McpConfig::default() };
        let other = McpConfig { command: "b".to_owned(), ..McpConfig::default() };
        let cache = Cache::new(&directory, "files", &config);
        assert_eq!(cache.read(), None);
        let tools = vec![RemoteTool { name: "t".into(), description: "d".into(), input_schema: serde_json::json!({}) }];
        cache.write(&tools);
        assert_eq!(cache.read(), Some(tools));
        assert_eq!(Cache::new(&directory, "files", &other).read(), None);
        std::fs::write(directory.join("files.json"), "broken").unwrap();
        assert_eq!(cache.read(), None);
    }
}
