//! `session budget`: lets a session use more, or less.

use clap::Args;
use proto::v1::{Session, SetBudgetRequest};

use crate::client::timed;
use crate::commands::quantity;
use crate::complete;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::words;

const AFTER_HELP: &str = "\
Examples:
  agentctl session budget demo --tokens 500000
  agentctl session budget demo --cost 2.50      # in the currency of the prices in config.toml
  agentctl session budget demo --tokens 0       # no limit

What the session has used already counts. A turn that a budget ended goes on with the next message.";

/// Let a session use more, or less, than before.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct BudgetArgs {
    /// Id, unique id prefix, or name of the session
    #[arg(value_name = "S", add = complete::sessions())]
    session: String,
    /// Tokens in all; 0: no limit
    #[arg(long, value_name = "N", required_unless_present = "cost")]
    tokens: Option<u64>,
    /// Cost in all; 0: no limit
    #[arg(long, value_name = "N", value_parser = quantity::money_micros)]
    cost: Option<u64>,
}

pub(crate) async fn run(args: BudgetArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let request = SetBudgetRequest { session: args.session, tokens: args.tokens, cost_micros: args.cost };
    let session = context.client().await?.sessions().set_budget(timed(request)).await?.into_inner();
    if context.ui.is_json() {
        context.ui.json(&session)?;
    } else {
        context.ui.note(&text(&session))?;
    }
    Ok(Exit::DONE)
}

fn text(session: &Session) -> String {
    let used = session.usage.unwrap_or_default();
    let tokens = match session.budget_tokens {
        0 => "any number of tokens".to_owned(),
        most => format!("{most} tokens ({} used)", used.input_tokens.saturating_add(used.output_tokens)),
    };
    let cost = match session.budget_cost_micros {
        0 => String::new(),
        most => format!(" and cost {} ({} so far)", words::money(most), words::money(used.cost_micros)),
    };
    format!("session {} may use {tokens}{cost}", words::short_id(&session.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_said_with_what_is_used() {
        let usage = Some(proto::v1::Usage { input_tokens: 90, output_tokens: 10, ..Default::default() });
        let session = Session { id: "abc".to_owned(), budget_tokens: 500, usage, ..Session::default() };
        assert_eq!(text(&session), "session abc may use 500 tokens (100 used)");
        let session = Session { budget_tokens: 0, budget_cost_micros: 2_500_000, ..session };
        assert_eq!(text(&session), "session abc may use any number of tokens and cost 2.5000 (0.0000 so far)");
    }
}
