//! `demo`: the whole product in a minute, on real parts, without a key. Only the model is scripted.

mod home;

mod story;

mod crash;

mod cleanup;

use std::time::Instant;

use clap::Args;
use proto::reason::exit;
use tokio::signal::unix::{SignalKind, signal};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::style::Style;
use crate::render::words;
use home::Home;

/// What the user does next.
const NEXT: &str = "\
To talk with a real model, set a key in agentd's environment and begin:
  export ZHIPUAI_API_KEY=…        or OPENAI_API_KEY; another endpoint: OPENAI_BASE_URL and OPENAI_MODEL too
  agentctl chat
A model server on this machine needs no key. Every setting is explained by: agentctl config init";

/// See the whole product.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  agentctl demo
  agentctl demo --image debian:12

Starts an agentd of its own in a private directory, plays one story, and takes everything away again; your own agentd,
sessions and configuration are not touched. What the story shows: a streamed reply, a file that is written only after an
approval, a command in a hardened container, and a daemon that is killed with -9 in the middle of a command and goes on.")]
pub(crate) struct DemoArgs {
    /// The sandbox's image; it needs no more than sh [default: AGENTD_SANDBOX_IMAGE, else agentd's own default]
    #[arg(long)]
    image: Option<String>,
}

pub(crate) async fn run(args: DemoArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let began = Instant::now();
    context.agentd()?;
    let home = Home::make(args.image.as_deref())?;
    // From here on "the daemon" is the demo's.
    context.paths = home.paths.clone();
    context.global.socket = Some(home.paths.socket.clone());
    context.global.no_autostart = false;

    let mut progress = story::Progress::default();
    let told = tokio::select! {
        biased;
        ended = told_to_end() => ended,
        told = story::tell(args.image.unwrap_or_default(), &home, &mut progress, context) => told,
    };
    context.ui.spin(None);
    if code_of(&told) == exit::NOT_FOUND {
        context.ui.note("any image with sh will do for the demo: agentctl demo --image NAME")?;
    }
    let cleaned = cleanup::clean_up(context, home, progress.daemon_started).await;
    let ended = told?;
    cleaned?;
    let seconds = words::duration_ms(u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX));
    if ended == Exit::DONE {
        let done = context.ui.err_colors().paint(Style::Good, "done");
        context
            .ui
            .note(&format!("\n{done} in {seconds}; the demo's daemon, container and files are gone\n\n{NEXT}"))?;
    } else {
        context.ui.note(&format!("the demo ended early, after {seconds}; what it made is gone"))?;
    }
    Ok(ended)
}

fn code_of(told: &Result<Exit, CommandError>) -> u8 {
    match told {
        Ok(exit) => exit.code(),
        Err(error) => error.exit_code(),
    }
}

/// Waits for Ctrl-C, or for another signal that ends a program.
async fn told_to_end() -> Result<Exit, CommandError> {
    let listen = |kind| signal(kind).map_err(|error| CommandError::internal("signals cannot be watched", &error));
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    let mut hangup = listen(SignalKind::hangup())?;
    Ok(tokio::select! {
        _ = interrupt.recv() => Exit::INTERRUPTED,
        _ = terminate.recv() => Exit::with(128 + 15),
        _ = hangup.recv() => Exit::with(128 + 1),
    })
}
