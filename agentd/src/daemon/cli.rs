//! What the process is told on its command line. Everything else is in config.toml.

use std::path::PathBuf;

use clap::Parser;
use proto::paths::{Paths, PathsError};

use super::log::LogFormat;

/// Owns sandboxes, sessions and the model's tool loop, for one user, on one Unix socket.
///
/// agentd runs in the foreground and logs to standard error. agentctl starts it in the background when it is needed;
/// `agentctl daemon start` does so explicitly.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Examples:\n  agentd\n  AGENTD_LOG=debug agentd --state-dir /tmp/try\n  agentctl daemon start"
)]
pub(super) struct Cli {
    /// The configuration file [default: agentd/config.toml in the user's configuration directory]
    #[arg(long, env = "AGENTD_CONFIG", value_name = "PATH")]
    config: Option<PathBuf>,

    /// The state directory: journal, blobs, workspaces [default: agentd in the user's state directory]
    #[arg(long, env = "AGENTD_STATE_DIR", value_name = "DIR")]
    state_dir: Option<PathBuf>,

    /// The Unix socket [default: agentd/agentd.sock in the user's runtime directory, else in the state directory]
    #[arg(long, env = "AGENTD_SOCKET", value_name = "PATH")]
    socket: Option<PathBuf>,

    /// Leave the terminal's session first, so that its end is not the daemon's (agentctl starts it so)
    #[arg(long, hide = true)]
    pub(super) background: bool,

    /// How log lines look
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(super) log_format: LogFormat,
}

impl Cli {
    /// Where the daemon's files are.
    pub(super) fn paths(&self) -> Result<Paths, PathsError> {
        let given = |path: &Option<PathBuf>| path.clone().filter(|path| !path.as_os_str().is_empty());
        Paths::resolve(given(&self.config), given(&self.state_dir), given(&self.socket))
    }
}
