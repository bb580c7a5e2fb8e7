//! Where the daemon's files are. Both sides must agree on this, so it is part of the contract.
//!
//! `AGENTD_CONFIG`, `AGENTD_STATE_DIR` and `AGENTD_SOCKET` override the XDG directories. Nothing is ever read from the
//! current directory or from a workspace.

use std::path::{Path, PathBuf};

/// The longest socket path the kernel takes: `sun_path` is 108 bytes with its closing zero.
pub const SOCKET_PATH_BYTES_MAX: usize = 107;

/// The places one daemon uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// `config.toml`; need not exist.
    pub config: PathBuf,
    /// The state directory (0700): journal, blobs, workspaces, log, lock.
    pub state: PathBuf,
    /// The daemon's Unix socket (0600, in a 0700 directory).
    pub socket: PathBuf,
}

/// Why the places could not be found.
#[derive(Debug, PartialEq, Eq)]
pub enum PathsError {
    /// No home directory, and no override either.
    NoHome,
    /// The socket's path is longer than [`SOCKET_PATH_BYTES_MAX`].
    SocketTooLong(PathBuf),
}

impl std::fmt::Display for PathsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoHome => f.write_str("no home directory is known: set HOME, or AGENTD_CONFIG and AGENTD_STATE_DIR"),
            Self::SocketTooLong(path) => write!(
                f,
                "the socket path {} has {} bytes and the system takes {SOCKET_PATH_BYTES_MAX}: set AGENTD_SOCKET to a shorter one",
                path.display(),
                path.as_os_str().len()
            ),
        }
    }
}

impl std::error::Error for PathsError {}

impl Paths {
    /// The places of this user's daemon: overrides first, then the XDG directories.
    pub fn of_user() -> Result<Self, PathsError> {
        let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        Self::resolve(set("AGENTD_CONFIG"), set("AGENTD_STATE_DIR"), set("AGENTD_SOCKET"))
    }

    /// As [`Paths::of_user`], with the overrides given.
    pub fn resolve(
        config: Option<PathBuf>,
        state: Option<PathBuf>,
        socket: Option<PathBuf>,
    ) -> Result<Self, PathsError> {
        let state_given = state.is_some();
        let config = config
            .or_else(|| dirs::config_dir().map(|d| d.join("agentd").join("config.toml")))
            .ok_or(PathsError::NoHome)?;
        let state = state.or_else(|| dirs::state_dir().map(|d| d.join("agentd"))).ok_or(PathsError::NoHome)?;
        // A daemon with a state directory of its own has a socket of its own: two daemons never share one by default.
        let runtime = if state_given { None } else { dirs::runtime_dir().filter(|d| d.is_dir()) };
        let socket =
            socket.unwrap_or_else(|| runtime.map_or_else(|| state.clone(), |d| d.join("agentd")).join("agentd.sock"));
        let paths = Self { config: absolute(config), state: absolute(state), socket: absolute(socket) };
        if paths.socket.as_os_str().len() > SOCKET_PATH_BYTES_MAX {
            return Err(PathsError::SocketTooLong(paths.socket));
        }
        Ok(paths)
    }

    /// The log of a daemon that runs in the background.
    pub fn log(&self) -> PathBuf {
        self.state.join("agentd.log")
    }
}

/// Relative overrides are taken from the current directory once, here, so that both sides mean the same place.
fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(Path::new(&path)).unwrap_or(path)
}
