//! `container cp`: files and directories between the host and a sandbox.

mod place;

mod upload;

mod download;

mod probe;

use std::ffi::OsString;

use clap::Args;
use proto::reason::Reason;
use serde_json::json;

use crate::archive::{ArchiveError, Summary};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::words;

use place::Place;

/// Copy files.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  agentctl container cp notes.txt fix:/workspace/
  agentctl container cp fix:out/report.pdf .
  echo hello | agentctl container cp - fix:/workspace/hello.txt
  agentctl container cp fix:/workspace/src - | tar t
  tar c src | agentctl container cp - fix:/workspace/

One side is SESSION:/path in the sandbox (a relative path is taken from /workspace), the other a path of this host, or - for
standard input or output. A host path with a colon is written ./like:this.

As with cp -r, a DST that is a directory, or ends in /, receives SRC under its own name; any other DST becomes the copy's
name. A directory is copied into one that is there already. Permissions are kept, owners are not. Symbolic links below SRC,
sockets and devices are left out, which is said.

A stream is one file's content; with a directory in the sandbox it is a tar stream.")]
pub(crate) struct CpArgs {
    /// What is copied
    src: OsString,
    /// Where to
    dst: OsString,
}

pub(crate) async fn run(args: CpArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let summary = match (place::parse(&args.src)?, place::parse(&args.dst)?) {
        (Place::Sandbox(from), Place::Host(to)) => Some(download::to_host(from, &to, context).await?),
        (Place::Sandbox(from), Place::Stream) => {
            download::to_stdout(from, context).await?;
            None
        }
        (Place::Host(from), Place::Sandbox(to)) => Some(upload::from_host(&from, to, context).await?),
        (Place::Stream, Place::Sandbox(to)) => upload::from_stdin(to, context).await?,
        (Place::Sandbox(_), Place::Sandbox(_)) => {
            return Err(CommandError::usage("both sides are in a sandbox")
                .hinted("copy through this host: agentctl container cp A:/path - | agentctl container cp - B:/path"));
        }
        (Place::Host(_) | Place::Stream, Place::Host(_) | Place::Stream) => {
            return Err(CommandError::usage("neither side is in a sandbox").hinted(
                "name the sandbox's side SESSION:/path, for example: agentctl container cp a.txt fix:/workspace/",
            ));
        }
    };
    if let Some(summary) = summary {
        tell(context, &summary)?;
    }
    Ok(Exit::DONE)
}

fn tell(context: &mut Context, summary: &Summary) -> Result<(), CommandError> {
    if context.ui.is_json() {
        let skipped: Vec<_> =
            summary.skipped.iter().map(|(name, what)| json!({ "name": name, "kind": what })).collect();
        return context.ui.json(&json!({
            "files": summary.files,
            "directories": summary.directories,
            "bytes": summary.bytes,
            "skipped": skipped,
            "skipped_count": summary.skipped_count,
        }));
    }
    for (name, what) in &summary.skipped {
        context.ui.note(&format!("left out {name}: {what}"))?;
    }
    let unnamed = summary.skipped_count - summary.skipped.len() as u64;
    if unnamed > 0 {
        context.ui.note(&format!("left out {unnamed} more"))?;
    }
    context.ui.note(&format!("copied {}, {}", words::count(summary.files, "file"), words::bytes(summary.bytes)))
}

impl From<ArchiveError> for CommandError {
    fn from(error: ArchiveError) -> Self {
        let reason = match &error {
            ArchiveError::Host { source, .. } if source.kind() == std::io::ErrorKind::NotFound => Reason::PathNotFound,
            ArchiveError::NoRoom { .. } => Reason::StorageFull,
            _ => Reason::FileOperation,
        };
        Self::new(reason, error.to_string())
    }
}

/// Waits for a thread of blocking work.
async fn joined<T>(
    work: tokio::task::JoinHandle<Result<T, ArchiveError>>,
) -> Result<Result<T, ArchiveError>, CommandError> {
    work.await.map_err(|error| CommandError::internal("the copy was cut off", &error))
}
