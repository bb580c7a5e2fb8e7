//! What the process was given by its surroundings, read once, so that tests can give something else.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::repl::input::Input;
use crate::turn::interrupts::Interrupts;
use crate::ui::Streams;

/// Standard streams and environment variables.
pub(crate) struct Environment {
    /// Standard input, output and error.
    pub(crate) streams: Streams,
    /// `AGENTD_CONFIG`.
    pub(crate) config: Option<PathBuf>,
    /// `AGENTD_STATE_DIR`.
    pub(crate) state: Option<PathBuf>,
    /// `AGENTD_SOCKET`.
    pub(crate) socket: Option<PathBuf>,
    /// `AGENTD_BIN`: the agentd to start, where it is neither beside agentctl nor in PATH.
    pub(crate) agentd_bin: Option<PathBuf>,
    /// `PATH`.
    pub(crate) path: Option<OsString>,
    /// Whether `NO_COLOR` is set and not empty.
    pub(crate) no_color: bool,
    /// Ctrl-C.
    pub(crate) interrupts: Interrupts,
    /// The person at the terminal; `None`: whoever sits at that of this process.
    pub(crate) person: Option<Input>,
}

impl Environment {
    /// Of this process. An empty variable counts as not set.
    pub(crate) fn of_process() -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        Self {
            streams: Streams::of_process(),
            config: set("AGENTD_CONFIG").map(PathBuf::from),
            state: set("AGENTD_STATE_DIR").map(PathBuf::from),
            socket: set("AGENTD_SOCKET").map(PathBuf::from),
            agentd_bin: set("AGENTD_BIN").map(PathBuf::from),
            path: set("PATH"),
            no_color: set("NO_COLOR").is_some(),
            interrupts: Interrupts::default(),
            person: None,
        }
    }
}
