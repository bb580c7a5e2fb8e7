//! The token that a connection to agent-init presents. It follows from a secret of the state directory and the
//! sandbox's name, so that a restarted daemon can connect again, and the sandbox itself is given nothing but its hash.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::error::{SandboxError, SandboxErrorKind};
use super::spec::hex;

const SECRET_BYTES: usize = 32;

/// The secret of a state directory.
#[derive(Clone)]
pub struct Secret([u8; SECRET_BYTES]);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// Reads `sandbox.secret` of the state directory, or makes it.
    pub fn load_or_make(state_dir: &Path) -> Result<Self, SandboxError> {
        let path = state_dir.join("sandbox.secret");
        let failed =
            |e: &dyn std::fmt::Display| SandboxError::new(SandboxErrorKind::Failed, format!("{}: {e}", path.display()));
        match std::fs::File::open(&path) {
            Ok(file) => {
                let mut bytes = Vec::new();
                file.take(SECRET_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|e| failed(&e))?;
                bytes.try_into().map(Self).map_err(|_| {
                    failed(&format_args!("does not hold {SECRET_BYTES} bytes"))
                        .hinted("remove the file; running sandboxes are then made anew")
                })
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                let mut bytes = [0; SECRET_BYTES];
                getrandom::fill(&mut bytes).map_err(|e| failed(&e))?;
                Self::store(&path, &bytes).map_err(|e| failed(&e))?;
                Ok(Self(bytes))
            }
            Err(e) => Err(failed(&e)),
        }
    }

    /// The file appears whole or not at all: a daemon that dies in between leaves no short secret behind.
    fn store(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
        let temporary = path.with_extension("secret.new");
        let mut file =
            std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)?;
        path.parent().map_or(Ok(()), |dir| std::fs::File::open(dir)?.sync_all())
    }

    /// The token of the sandbox of this name.
    pub fn token(&self, name: &str) -> Token {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(name.as_bytes());
        Token(hex(&hash.finalize()))
    }
}

/// A token: 64 hexadecimal digits that are never logged.
#[derive(Clone)]
pub struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// The token as it goes over the byte stream, and nowhere else.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// SHA-256 of the token in hexadecimal: what agent-init is given.
    pub fn sha256(&self) -> String {
        hex(&Sha256::digest(self.0.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_secret_lasts_and_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let first = Secret::load_or_make(dir.path()).unwrap();
        let again = Secret::load_or_make(dir.path()).unwrap();
        assert_eq!(first.token("a").reveal(), again.token("a").reveal());
        assert_ne!(first.token("a").reveal(), first.token("b").reveal());
        assert_eq!(first.token("a").reveal().len(), 64);
        let mode = std::fs::metadata(dir.path().join("sandbox.secret")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!format!("{first:?} {:?}", first.token("a")).contains(first.token("a").reveal()));
    }

    #[test]
    fn a_broken_secret_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        for bytes in [&b"short"[..], &[7; 33]] {
            std::fs::write(dir.path().join("sandbox.secret"), bytes).unwrap();
            assert!(Secret::load_or_make(dir.path()).unwrap_err().message.contains("32 bytes"));
        }
    }
}
