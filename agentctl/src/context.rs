//! What every command is given: the user interface, the options, and the way to the daemon.

use std::path::PathBuf;

use proto::paths::Paths;
use proto::reason::Reason;

use crate::cli::{Cli, GlobalArgs};
use crate::client::launch::{self, Agentd};
use crate::client::{self, Client, ConnectError};
use crate::commands::Command;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::repl::input::Input;
use crate::turn::interrupts::Interrupts;
use crate::ui::Ui;

/// What every command is given.
pub(crate) struct Context {
    /// The only way to print.
    pub(crate) ui: Ui,
    /// Options of every command.
    pub(crate) global: GlobalArgs,
    /// The daemon's places.
    pub(crate) paths: Paths,
    /// Ctrl-C, while a turn is followed.
    pub(crate) interrupts: Interrupts,
    /// The person at the terminal, once they were asked something.
    person: Option<Input>,
    /// Whether it was said that agentd is started.
    start_said: bool,
    /// `AGENTD_BIN`.
    agentd_bin: Option<PathBuf>,
    /// `PATH`.
    path: Option<std::ffi::OsString>,
}

/// A command line that cannot be begun, with the user interface to say so.
pub(crate) struct Refused {
    /// Where to say it.
    pub(crate) ui: Ui,
    /// Why.
    pub(crate) error: CommandError,
}

impl Context {
    /// Takes a parsed command line apart into the command and what it runs with.
    pub(crate) fn new(cli: Cli, environment: Environment) -> Result<(Command, Self), Box<Refused>> {
        let Environment { streams, config, state, socket, agentd_bin, path, no_color, interrupts, person } =
            environment;
        let ui = Ui::new(streams, &cli.global, no_color);
        let paths = match Paths::resolve(config, state, cli.global.socket.clone().or(socket)) {
            Ok(paths) => paths,
            Err(error) => {
                return Err(Box::new(Refused {
                    ui,
                    error: CommandError::new(Reason::InvalidArgument, error.to_string()),
                }));
            }
        };
        Ok((
            cli.command,
            Self { ui, global: cli.global, paths, interrupts, person, start_said: false, agentd_bin, path },
        ))
    }

    /// A connection to the daemon, which is started when it does not run, unless that is not wanted.
    pub(crate) async fn client(&mut self) -> Result<Client, CommandError> {
        match client::connect(&self.paths).await {
            Ok(client) => Ok(client),
            Err(error @ ConnectError::NotRunning { .. }) if self.global.no_autostart => Err(error.into()),
            Err(ConnectError::NotRunning { .. }) => {
                let agentd = self.agentd()?;
                if !std::mem::replace(&mut self.start_said, true) {
                    self.ui.note("starting agentd")?;
                }
                launch::start_once(&agentd, &self.paths).await
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The person at the terminal.
    pub(crate) fn input(&mut self) -> Input {
        let history = self.paths.state.join("agentctl_history");
        self.person.get_or_insert_with(|| Input::terminal(history)).clone()
    }

    /// The agentd program that belongs to this agentctl.
    pub(crate) fn agentd(&self) -> Result<Agentd, CommandError> {
        Agentd::find(self.agentd_bin.as_deref(), std::env::current_exe().ok().as_deref(), self.path.as_deref())
    }
}
