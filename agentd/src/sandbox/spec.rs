//! What a sandbox is made of, as plain data, and what follows from it: its name, its labels, its hash.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::domain::ids::SessionId;
use crate::domain::options::{Gpus, SandboxOptions};

/// The label with the id of the installation (state directory) that a container belongs to.
pub const LABEL_INSTALL: &str = "agentd.install";
/// The label with the session's id.
pub const LABEL_SESSION: &str = "agentd.session";
/// The label with the number of the sandbox in its session.
pub const LABEL_GENERATION: &str = "agentd.generation";
/// The label with the hash of the specification.
pub const LABEL_SPEC: &str = "agentd.spec";
/// The label with the image by the name the user gave.
pub const LABEL_IMAGE: &str = "agentd.image";

/// Where the workspace is in a sandbox, and where its commands begin.
pub const WORKSPACE_DIR: &str = "/workspace";
/// Where the shared directory is.
pub const SHARED_DIR: &str = "/shared";
/// The writable home.
pub const HOME_DIR: &str = "/home/agent";
/// Where agent-init is.
pub const INIT_PATH: &str = "/.agentd/agent-init";

/// The network option that gives no network at all.
pub const NETWORK_NONE: &str = "none";

/// Everything a backend has to know to make one sandbox.
#[derive(Clone, Debug, PartialEq)]
pub struct SandboxSpec {
    /// The installation: the label that keeps two daemons on one engine apart.
    pub install_id: String,
    /// The session.
    pub session: SessionId,
    /// Which sandbox of the session, from 1.
    pub generation: u64,
    /// Image, network and limits.
    pub options: SandboxOptions,
    /// The image by digest, where the session is held to one.
    pub image_digest: Option<String>,
    /// The host directory at /workspace, canonical and checked.
    pub workspace: PathBuf,
    /// The host directory at /shared, canonical and checked.
    pub shared: Option<PathBuf>,
    /// The user that everything in it runs as; never 0.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// SHA-256 of the token that a connection must present, in hexadecimal.
    pub token_sha256: String,
    /// agent-init on the host.
    pub init_path: PathBuf,
}

impl SandboxSpec {
    /// The image that it is made of: by digest where the session is held to one, whatever the name means by now.
    pub fn image(&self) -> &str {
        self.image_digest.as_deref().unwrap_or(&self.options.image)
    }

    /// The container's name.
    pub fn name(&self) -> String {
        name_of(&self.install_id, &self.session, self.generation)
    }

    /// SHA-256 of everything that makes one sandbox differ from another, in hexadecimal. The token is no part of it.
    pub fn hash(&self) -> String {
        // Every item ends with a zero byte, which no path, name or number holds: no two specifications run together.
        let options = &self.options;
        let mut hash = Sha256::new();
        let mut put = |item: &[u8]| {
            hash.update(item);
            hash.update([0]);
        };
        put(b"agentd sandbox 1");
        put(self.install_id.as_bytes());
        put(self.session.as_str().as_bytes());
        put(options.image.as_bytes());
        put(options.network.as_bytes());
        put(self.workspace.as_os_str().as_encoded_bytes());
        put(self.shared.as_deref().unwrap_or(Path::new("")).as_os_str().as_encoded_bytes());
        put(self.init_path.as_os_str().as_encoded_bytes());
        let numbers = [
            self.generation,
            options.memory_bytes,
            options.cpu_millis,
            options.pids_max.into(),
            self.uid.into(),
            self.gid.into(),
        ];
        for number in numbers {
            put(number.to_string().as_bytes());
        }
        // What came later is part of it only where it is used: the hash of every other specification stays as it was.
        for (name, value) in self.later_options() {
            put(name.as_bytes());
            put(value.as_bytes());
        }
        hex(&hash.finalize())
    }

    /// The options that the first version did not have, where they are used. `output_bytes_max` and `command_ms_max` are
    /// held by agentd and make no other sandbox.
    fn later_options(&self) -> Vec<(&'static str, String)> {
        let options = &self.options;
        let numbers = [
            ("swap", options.swap_bytes),
            ("file_size", options.file_bytes_max),
            ("open_files", options.open_files_max),
        ];
        let mut used: Vec<_> =
            numbers.into_iter().filter(|(_, n)| *n > 0).map(|(name, n)| (name, n.to_string())).collect();
        used.extend(self.image_digest.iter().map(|digest| ("image_digest", digest.clone())));
        if options.gpus != Gpus::None {
            used.push(("gpus", options.gpus.to_string()));
        }
        if !options.runtime.is_empty() {
            used.push(("runtime", options.runtime.clone()));
        }
        used.extend(options.mounts.iter().map(|mount| ("mount", mount.to_string())));
        used
    }

    /// The labels that say whose it is and what it was made from.
    pub fn labels(&self) -> Vec<(&'static str, String)> {
        vec![
            (LABEL_INSTALL, self.install_id.clone()),
            (LABEL_SESSION, self.session.to_string()),
            (LABEL_GENERATION, self.generation.to_string()),
            (LABEL_SPEC, self.hash()),
            (LABEL_IMAGE, self.options.image.clone()),
        ]
    }
}

/// The name of a sandbox: of letters, digits and hyphens, the same for the same three parts.
pub fn name_of(install_id: &str, session: &SessionId, generation: u64) -> String {
    let install: String = install_id.chars().filter(char::is_ascii_alphanumeric).take(12).collect();
    format!("agentd-{install}-{session}-{generation}")
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn sample() -> SandboxSpec {
        SandboxSpec {
            install_id: "0123456789abcdef".to_owned(),
            session: SessionId::from_random([0xab; 16]),
            generation: 1,
            options: SandboxOptions {
                backend: "docker".to_owned(),
                image: "debian:12".to_owned(),
                network: NETWORK_NONE.to_owned(),
                memory_bytes: 1 << 30,
                cpu_millis: 2000,
                pids_max: 512,
                ..SandboxOptions::default()
            },
            image_digest: None,
            workspace: PathBuf::from("/srv/work"),
            shared: Some(PathBuf::from("/srv/shared")),
            uid: 1000,
            gid: 1000,
            token_sha256: "0".repeat(64),
            init_path: PathBuf::from("/state/init/abc/agent-init"),
        }
    }

    #[test]
    fn the_hash_tells_specifications_apart_and_nothing_else() {
        let spec = sample();
        let same = SandboxSpec { token_sha256: "1".repeat(64), ..spec.clone() };
        assert_eq!(spec.hash(), same.hash(), "the token is no part of the specification");
        let changes: [fn(&mut SandboxSpec); 16] = [
            |s| s.generation = 2,
            |s| s.uid = 1001,
            |s| s.gid = 1001,
            |s| s.shared = None,
            |s| s.workspace = PathBuf::from("/srv/other"),
            |s| s.options.image = "debian:13".to_owned(),
            |s| s.options.network = "bridge".to_owned(),
            |s| s.options.memory_bytes += 1,
            |s| s.options.pids_max += 1,
            |s| s.options.swap_bytes = 5,
            |s| s.options.file_bytes_max = 5,
            |s| s.options.open_files_max = 5,
            |s| s.image_digest = Some("sha256:0f".to_owned()),
            |s| s.options.gpus = Gpus::All,
            |s| s.options.runtime = "runsc".to_owned(),
            |s| s.options.mounts.extend("/a:/b".parse()),
        ];
        let mut hashes = vec![spec.hash()];
        for change in changes {
            let mut other = spec.clone();
            change(&mut other);
            hashes.push(other.hash());
        }
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), changes.len() + 1);
    }

    #[test]
    fn the_hash_does_not_change_between_versions() {
        // A container on an engine outlives the daemon that made it: another hash for the same specification removes it.
        assert_eq!(sample().hash(), "89dc81023c076d9ca3aeba7ed4ce976bc5fe9837873d60817053e149e2253f68");
    }

    #[test]
    fn names_are_plain() {
        let name = name_of("../../x y", &SessionId::from_random([1; 16]), 7);
        assert_eq!(name, format!("agentd-xy-{}-7", "01".repeat(16)));
    }
}
