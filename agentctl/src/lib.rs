//! The command line of agentd.
//!
//! Reading order: [`cli`] (what can be typed), [`commands`] (one verb, one file), [`client`] (the way to the daemon),
//! [`turn`] (a running turn), [`repl`] (a person at a terminal), [`render`] (how things look), [`ui`] (the only place that prints), [`error`] (what a failure says, and its exit code).
//!
//! Nothing here decides anything about sessions: that is agentd's part. Nothing below [`main`] ends the process.

mod attachments;

mod cli;

mod commands;

mod client;

mod turn;

mod repl;

mod render;

mod ui;

mod error;

mod environment;

mod complete;

mod context;

mod terminal;

mod archive;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use cli::Cli;
use context::Context;
use environment::Environment;
use error::CommandError;
use ui::{Format, Ui};

/// Runs agentctl: dynamic completion first, then the command of the arguments.
pub fn main() -> ExitCode {
    clap_complete::CompleteEnv::with_factory(Cli::command).complete();
    ExitCode::from(run(std::env::args_os().collect(), Environment::of_process()))
}

/// Runs one command line to its exit code.
fn run(args: Vec<OsString>, environment: Environment) -> u8 {
    let json = cli::asks_for_json(&args);
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => {
            let format = if json { Format::Json } else { Format::Text };
            return Ui::plain(environment.streams, format).clap_message(&error);
        }
    };
    let (command, mut context) = match Context::new(cli, environment) {
        Ok(ready) => ready,
        Err(mut refused) => return refused.ui.failure(&refused.error),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return context.ui.failure(&CommandError::internal("the async runtime cannot start", &error)),
    };
    let result = runtime.block_on(commands::dispatch(command, &mut context));
    // A prompt that still reads the terminal in its thread must not keep the process alive.
    runtime.shutdown_background();
    match result.and_then(|exit| context.ui.flush().map(|()| exit)) {
        Ok(exit) => exit.code(),
        Err(error) => context.ui.failure(&error),
    }
}

#[cfg(test)]
mod testing;

#[cfg(test)]
mod tests;
