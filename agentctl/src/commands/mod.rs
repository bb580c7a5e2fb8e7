//! One verb, one file. Each holds the verb's arguments, whose comments are its help, and what it does.

mod session;

pub(crate) mod chat;

mod resume;

mod approvals;

mod events;

mod attach;

mod stop;

mod journal;

mod container;

mod daemon;

mod status;

mod doctor;

mod config;

mod completions;

mod version;

mod demo;

pub(crate) mod quantity;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CommandError, Exit};

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Sessions: conversations, each with its own workspace, sandbox and journal
    #[command(subcommand)]
    Session(session::SessionCommand),
    /// Send a message and stream what the agent does; without a message, talk with it
    Chat(chat::ChatArgs),
    /// Answer calls that wait for an approval, and stream the rest of the turn
    Resume(resume::ResumeArgs),
    /// Show every call that waits for an approval
    Approvals(approvals::ApprovalsArgs),
    /// Print the journal, one JSON object a line
    Events(events::EventsArgs),
    /// Watch a running turn live from where it is
    Attach(attach::AttachArgs),
    /// Cancel the running turn
    Stop(stop::StopArgs),
    /// The journal as it lies on disk: whether it is whole
    #[command(subcommand)]
    Journal(journal::JournalCommand),
    /// Containers: the sandboxes of sessions
    #[command(subcommand)]
    Container(container::ContainerCommand),
    /// The daemon as a process: start, stop, status, logs
    #[command(subcommand)]
    Daemon(daemon::DaemonCommand),
    /// Show how the daemon, the engine and the model stand
    Status,
    /// Check everything that a session needs, and say how each problem is mended
    #[command(after_help = doctor::AFTER_HELP)]
    Doctor,
    /// The daemon's configuration
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Print a script that teaches a shell what can be typed
    Completions(completions::CompletionsArgs),
    /// Print the versions of agentctl and of the running agentd
    Version,
    /// See the whole product in a minute, without a key
    Demo(demo::DemoArgs),
}

/// Runs a command.
pub(crate) async fn dispatch(command: Command, context: &mut Context) -> Result<Exit, CommandError> {
    match command {
        Command::Session(command) => session::dispatch(command, context).await,
        Command::Chat(args) => Box::pin(chat::run(args, context)).await,
        Command::Resume(args) => Box::pin(resume::run(args, context)).await,
        Command::Approvals(args) => approvals::run(args, context).await,
        Command::Events(args) => events::run(args, context).await,
        Command::Attach(args) => Box::pin(attach::run(args, context)).await,
        Command::Stop(args) => stop::run(args, context).await,
        Command::Journal(command) => journal::dispatch(command, context).await,
        Command::Container(command) => container::dispatch(command, context).await,
        Command::Daemon(command) => daemon::dispatch(command, context).await,
        Command::Status => status::run(context).await,
        Command::Doctor => doctor::run(context).await,
        Command::Config(command) => config::dispatch(command, context).await,
        Command::Completions(args) => completions::run(&args, context),
        Command::Version => version::run(context).await,
        Command::Demo(args) => Box::pin(demo::run(args, context)).await,
    }
}
