//! `container logs`: what the session's commands wrote, in order.

use clap::Args;
use jiff::Timestamp;
use proto::v1::{LogChunk, LogsRequest};

use crate::commands::quantity;
use crate::complete;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::escape;
use crate::render::style::Style;

/// Print output of commands.
#[derive(Debug, Args)]
#[command(after_help = "\
The output goes to stdout, a line that names each command to stderr. A command's output is there when it has ended.

Examples:
  agentctl container logs fix --tail 20
  agentctl container logs -f --since 10m fix
  agentctl container logs --since 2026-03-01T12:00:00Z fix")]
pub(crate) struct LogsArgs {
    /// The session's id, unique id prefix, or name
    #[arg(add = complete::sessions())]
    session: String,
    /// Go on with what comes, until interrupted
    #[arg(short, long)]
    follow: bool,
    /// Only what was written since then: a time (RFC 3339), or how long ago (90s, 10m, 2h)
    #[arg(long, value_name = "TIME", value_parser = since_ms)]
    since: Option<i64>,
    /// Only the newest lines of what is there
    #[arg(long, value_name = "LINES")]
    tail: Option<u32>,
}

/// Milliseconds since 1970.
fn since_ms(text: &str) -> Result<i64, String> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.as_millisecond());
    }
    match quantity::duration_ms(text) {
        Ok(ago) => Ok(Timestamp::now().as_millisecond().saturating_sub_unsigned(ago)),
        Err(_) => Err("give a time like 2026-03-01T12:00:00Z, or how long ago, like 90s, 10m or 2h".to_owned()),
    }
}

pub(crate) async fn run(args: LogsArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let request =
        LogsRequest { session: args.session, follow: args.follow, since_ms: args.since.unwrap_or(0), tail: args.tail };
    let mut chunks = context.client().await?.sandboxes().logs(request).await?.into_inner();
    let mut line_open = false;
    while let Some(chunk) = chunks.message().await? {
        if context.ui.is_json() {
            context.ui.json(&chunk)?;
            continue;
        }
        if let Some(heading) = heading(&chunk) {
            if line_open {
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
    fn a_time_is_given_or_how_long_ago() {
        assert_eq!(since_ms("1970-01-01T00:00:01Z"), Ok(1000));
        let ago = Timestamp::now().as_millisecond() - since_ms("10m").unwrap();
        assert!((600_000..660_000).contains(&ago), "{ago}");
        assert!(since_ms("yesterday").unwrap_err().contains("10m"));
    }

    #[test]
    fn only_the_first_piece_of_a_call_has_a_heading() {
        let first =
            LogChunk { tool: "execute".to_owned(), title: Some("make\ntest".to_owned()), ..LogChunk::default() };
        assert_eq!(heading(&first).unwrap(), "── execute make\\ntest");
        assert_eq!(heading(&LogChunk { title: None, ..first }), None);
    }
}
