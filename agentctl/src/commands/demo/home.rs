//! The demo's own place: a private directory with the configuration, the script, the state and the socket of its daemon.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use proto::paths::Paths;
use proto::reason::Reason;

use crate::error::CommandError;

/// What the scripted model says.
const SCRIPT: &str = include_str!("script.toml");

/// A private directory that is removed when this is dropped.
#[derive(Debug)]
pub(super) struct Home {
    directory: PathBuf,
    /// The places of the demo's daemon, all in the directory.
    pub(super) paths: Paths,
}

impl Home {
    /// Makes the directory, with what the daemon reads. An image that is given becomes the default one.
    pub(super) fn make(image: Option<&str>) -> Result<Self, CommandError> {
        // A long TMPDIR leaves no room for a socket's path.
        let mut refused = None;
        for parent in [std::env::temp_dir(), PathBuf::from("/tmp")] {
            match Self::make_in(&parent, image) {
                Ok(home) => return Ok(home),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        Err(refused.unwrap_or_else(|| CommandError::new(Reason::FileOperation, "there is no directory for the demo")))
    }

    fn make_in(parent: &Path, image: Option<&str>) -> Result<Self, CommandError> {
        let mut random = [0u8; 4];
        getrandom::fill(&mut random).map_err(|error| CommandError::internal("no random numbers can be had", &error))?;
        let directory = parent.join(format!("agentctl-demo-{:08x}", u32::from_ne_bytes(random)));
        let at = |name: &str| Some(directory.join(name));
        let paths = Paths::resolve(at("config.toml"), at("state"), at("agentd.sock"))
            .map_err(|error| CommandError::new(Reason::InvalidArgument, error.to_string()))?;
        let failed = |error: io::Error| {
            CommandError::new(Reason::FileOperation, format!("{} cannot be made: {error}", directory.display()))
                .hinted("TMPDIR names another directory for it")
        };
        DirBuilder::new().mode(0o700).create(&directory).map_err(failed)?;
        let script = directory.join("script.toml");
        let config = config(&script, image);
        let written = std::fs::write(&script, SCRIPT).and_then(|()| std::fs::write(&paths.config, config));
        // From here on a failure removes the directory.
        let home = Self { directory: directory.clone(), paths };
        written.map_err(failed)?;
        Ok(home)
    }

    /// The directory.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Removes the directory with all in it.
    pub(super) fn remove(self) -> Result<(), CommandError> {
        std::fs::remove_dir_all(&self.directory).map_err(|error| {
            CommandError::new(Reason::FileOperation, format!("{} cannot be removed: {error}", self.directory.display()))
                .hinted(format!("rm -r '{}'", self.directory.display()))
        })
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // Whoever wants to know asked `remove` before.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// The daemon's configuration: the scripted model, and the sandbox as it is by default.
fn config(script: &Path, image: Option<&str>) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut config = format!(
        "default_model = \"rehearsal\"\n\n[models.rehearsal]\napi = \"scripted\"\nscript = {}\n",
        quoted(&script.to_string_lossy())
    );
    if let Some(image) = image {
        config += &format!("\n[sandbox]\nimage = {}\n", quoted(image));
    }
    config
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn it_is_private_whole_and_gone_afterwards() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::make_in(root.path(), Some("an \"odd\" image")).unwrap();
        assert_eq!(home.directory().metadata().unwrap().permissions().mode() & 0o777, 0o700);
        for path in [&home.paths.config, &home.paths.state, &home.paths.socket] {
            assert!(path.starts_with(home.directory()), "{}", path.display());
        }
        let config: toml::Table = std::fs::read_to_string(&home.paths.config).unwrap().parse().unwrap();
        assert_eq!(config["sandbox"]["image"].as_str(), Some("an \"odd\" image"));
        let script = config["models"]["rehearsal"]["script"].as_str().unwrap();
        assert_eq!(std::fs::read_to_string(script).unwrap(), SCRIPT);
        home.remove().unwrap();
        drop(Home::make_in(root.path(), None).unwrap());
        assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_directory_whose_path_is_too_long_for_a_socket_is_not_made() {
        let root = tempfile::tempdir().unwrap();
        let long = root.path().join("d".repeat(100));
        std::fs::create_dir(&long).unwrap();
        assert!(Home::make_in(&long, None).is_err());
        assert_eq!(std::fs::read_dir(&long).unwrap().count(), 0);
    }

    #[test]
    fn the_script_plays_the_story() {
        let script: toml::Table = SCRIPT.parse().unwrap();
        let replies = script["replies"].as_array().unwrap();
        let tools: Vec<_> = replies
            .iter()
            .map(|reply| reply.get("calls").and_then(|calls| calls[0]["tool"].as_str()).unwrap_or("-"))
            .collect();
        // One turn to talk, one to write, one to run, one to be cut: each ends with a reply without a call.
        assert_eq!(tools, ["-", "write_file", "-", "execute", "-", "execute", "-"]);
        let arguments = |index: usize| &replies[index]["calls"][0]["arguments"];
        assert_eq!(arguments(1)["file_path"].as_str(), Some("/workspace/hello.sh"));
        assert!(arguments(5)["command"].as_str().unwrap().ends_with("exit 7"));
    }
}
