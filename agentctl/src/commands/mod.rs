//! One verb, one file. Each holds the verb's arguments, whose comments are its help, and what it does.

mod session;

pub(crate) mod chat;

mod run;

mod resume;

mod approvals;

mod events;

mod attach;

mod stop;

mod journal;
mod steer;

mod container;

mod image;

mod daemon;

mod status;

mod doctor;

mod models;

mod usage;

mod config;

mod completions;

mod man;

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
    #[command(
        subcommand,
        after_help = "Examples:\n  S=$(agentctl session new --workspace .)\n  agentctl session list\n  agentctl session rm $S"
    )]
    Session(session::SessionCommand),
    /// Send a message and stream what the agent does; without a message, talk with it
    Chat(chat::ChatArgs),
    /// Make a session, give it one task, and stream what the agent does
    Run(Box<run::RunArgs>),
    /// Answer calls that wait for an approval, and stream the rest of the turn
    Resume(resume::ResumeArgs),
    /// Show every call that waits for an approval
    Approvals(approvals::ApprovalsArgs),
    /// Print the journal, one JSON object a line
    Events(events::EventsArgs),
    /// Tell the model something while its turn is running
    Steer(steer::SteerArgs),
    /// Watch a running turn live from where it is
    Attach(attach::AttachArgs),
    /// Cancel the running turn
    Stop(stop::StopArgs),
    /// The journal as it lies on disk: whether it is whole
    #[command(subcommand, after_help = "Examples:\n  agentctl journal verify\n  agentctl -o json journal verify S")]
    Journal(journal::JournalCommand),
    /// Containers: the sandboxes of sessions
    #[command(
        subcommand,
        after_help = "Examples:\n  agentctl container list\n  agentctl container exec S -- ls -la\n  agentctl container cp S:/workspace/report.pdf .\n\nA container is named by its session."
    )]
    Container(container::ContainerCommand),
    /// Images: what sandboxes are made of
    #[command(
        subcommand,
        after_help = "Examples:\n  agentctl image list\n  agentctl image pull python:3.13-slim\n  agentctl image import rootfs.tar my-image"
    )]
    Image(image::ImageCommand),
    /// The daemon as a process: start, stop, status, logs
    #[command(
        subcommand,
        after_help = "Examples:\n  agentctl daemon status\n  agentctl daemon restart          after a change of config.toml or of a key\n  agentctl daemon logs -f\n\nCommands that need agentd start it by themselves, unless --no-autostart is given."
    )]
    Daemon(daemon::DaemonCommand),
    /// Show how the daemon, the engine and the model stand
    #[command(after_help = "Examples:\n  agentctl status\n  agentctl -o json status | jq .running")]
    Status,
    /// Check everything that a session needs, and say how each problem is mended
    #[command(after_help = doctor::AFTER_HELP)]
    Doctor,
    /// List the configured models, and whether they answer
    #[command(after_help = models::AFTER_HELP)]
    Models,
    /// Show what was used of models: tokens, requests, cost
    Usage(usage::UsageArgs),
    /// The daemon's configuration
    #[command(
        subcommand,
        after_help = "Examples:\n  agentctl config init               writes a commented file\n  $EDITOR \"$(agentctl config path)\"\n  agentctl config show"
    )]
    Config(config::ConfigCommand),
    /// Print a script that teaches a shell what can be typed
    Completions(completions::CompletionsArgs),
    /// Print the manual
    Man(man::ManArgs),
    /// Print the versions of agentctl and of the running agentd
    #[command(after_help = "Examples:\n  agentctl version\n  agentctl -o json version | jq -r .agentd")]
    Version,
    /// See the whole product in a minute, without a key
    Demo(demo::DemoArgs),
}

/// Runs a command.
pub(crate) async fn dispatch(command: Command, context: &mut Context) -> Result<Exit, CommandError> {
    match command {
        Command::Session(command) => session::dispatch(command, context).await,
        Command::Chat(args) => Box::pin(chat::run(args, context)).await,
        Command::Run(args) => Box::pin(run::run(*args, context)).await,
        Command::Resume(args) => Box::pin(resume::run(args, context)).await,
        Command::Approvals(args) => approvals::run(args, context).await,
        Command::Events(args) => events::run(args, context).await,
        Command::Steer(args) => steer::run(args, context).await,
        Command::Attach(args) => Box::pin(attach::run(args, context)).await,
        Command::Stop(args) => stop::run(args, context).await,
        Command::Journal(command) => journal::dispatch(command, context).await,
        Command::Container(command) => container::dispatch(command, context).await,
        Command::Image(command) => image::dispatch(command, context).await,
        Command::Daemon(command) => daemon::dispatch(command, context).await,
        Command::Status => status::run(context).await,
        Command::Doctor => doctor::run(context).await,
        Command::Models => models::run(context).await,
        Command::Usage(args) => usage::run(args, context).await,
        Command::Config(command) => config::dispatch(command, context).await,
        Command::Completions(args) => completions::run(&args, context),
        Command::Man(args) => man::run(&args, context),
        Command::Version => version::run(context).await,
        Command::Demo(args) => Box::pin(demo::run(args, context)).await,
    }
}
