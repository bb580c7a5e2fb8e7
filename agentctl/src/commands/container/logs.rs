//! `container logs`: what the session's commands wrote, in order.

use clap::Args;
use proto::v1::{LogChunk, LogsRequest};

use crate::complete;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::escape;
use crate::render::style::Style;

/// Print output of commands.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  agentctl container logs S\n  agentctl container logs -f S\n\nThe output goes to stdout, a line that names each command to stderr."
)]
pub(crate) struct LogsArgs {
    /// The session's id, unique id prefix, or name
    #[arg(add = complete::sessions())]
    session: String,
    /// Go on with what comes, until interrupted
    #[arg(short, long)]
    follow: bool,
}

pub(crate) async fn run(args: LogsArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let request = LogsRequest { session: args.session, follow: args.follow };
    let mut chunks = context.client().await?.sandboxes().logs(request).await?.into_inner();
    let mut line_open = false;
    while let Some(chunk) = chunks.message().await? {
        if context.ui.is_json() {
            context.ui.json(&chunk)?;
            continue;
        }
        if let Some(heading) = heading(&chunk) {
            if line_open && context.ui.out_is_terminal() {
                context.ui.out("\n")?;
            }
            let heading = context.ui.err_colors().paint(Style::Faint, &heading);
            context.ui.note(&heading)?;
        }
        if !chunk.text.is_empty() {
            context.ui.out_foreign(&chunk.text)?;
            line_open = !chunk.text.ends_with('\n');
        }
    }
    Ok(Exit::DONE)
}

/// The line that names a command, before its first output.
fn heading(chunk: &LogChunk) -> Option<String> {
    let title = chunk.title.as_ref()?;
    Some(format!("── {} {}", escape::line(&chunk.tool), escape::line(title)).trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_piece_of_a_call_has_a_heading() {
        let first =
            LogChunk { tool: "execute".to_owned(), title: Some("make\ntest".to_owned()), ..LogChunk::default() };
        assert_eq!(heading(&first).unwrap(), "── execute make\\ntest");
        assert_eq!(heading(&LogChunk { title: None, ..first }), None);
    }
}
