//! `container prune`: removes containers that nobody needs.

use clap::Args;
use proto::v1::PruneRequest;

use crate::client::timed;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::{escape, words};

/// Remove containers that nobody needs.
#[derive(Debug, Args)]
#[command(after_help = "\
Those of this daemon alone: what no session wants (agentd removes them by itself every half minute), and what is stopped.
Workspaces stay, and the next use makes a new container. Containers of others are never touched.

Examples:
  agentctl container prune --dry-run
  agentctl -o json container prune | jq -r '.containers[].name'")]
pub(crate) struct PruneArgs {
    /// Only tell what would be removed
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(args: PruneArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let request = timed(PruneRequest { dry_run: args.dry_run });
    let answer = context.client().await?.sandboxes().prune(request).await?.into_inner();
    let failed = answer.containers.iter().any(|container| !container.error.is_empty());
    if context.ui.is_json() {
        context.ui.json(&answer)?;
    } else if answer.containers.is_empty() {
        context.ui.note("nothing to remove")?;
    } else {
        let verb = if answer.dry_run { "would remove" } else { "removed" };
        for container in &answer.containers {
            let name = escape::line(&container.name);
            if container.error.is_empty() {
                context.ui.out_line(&format!("{name}  {}", escape::line(&container.reason)))?;
            } else {
                context.ui.note(&format!("{name} stays: {}", escape::line(&container.error)))?;
            }
        }
        let gone = answer.containers.iter().filter(|container| container.error.is_empty()).count() as u64;
        context.ui.note(&format!("{verb} {}", words::count(gone, "container")))?;
    }
    Ok(if failed { Exit::with(1) } else { Exit::DONE })
}
