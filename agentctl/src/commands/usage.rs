//! `usage`: what was used of models, added up.

use clap::{Args, ValueEnum};
use proto::v1::{Usage, UsageBy, UsageReportRequest, UsageReportResponse, UsageRow};

use crate::client::timed;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::{escape, words};

const AFTER_HELP: &str = "\
Examples:
  agentctl usage
  agentctl usage --by day
  agentctl -o json usage --by model | jq '.total.input_tokens'

Counts are the providers' own. Sessions that were removed count, days are UTC. COST is in the currency of the prices in
config.toml, and is left out where none are configured.";

/// Show what was used of models.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct UsageArgs {
    /// By what it is added up
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = By::Session)]
    by: By,
}

/// By what usage is added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    /// One line a session.
    Session,
    /// One line a model.
    Model,
    /// One line a day.
    Day,
}

pub(crate) async fn run(args: UsageArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let by = match args.by {
        By::Session => UsageBy::Session,
        By::Model => UsageBy::Model,
        By::Day => UsageBy::Day,
    };
    let request = UsageReportRequest { by: by.into() };
    let report = context.client().await?.models().usage_report(timed(request)).await?.into_inner();
    if context.ui.is_json() {
        context.ui.json(&report)?;
    } else if report.rows.is_empty() {
        context.ui.note("no model has been asked yet")?;
    } else {
        context.ui.out(&text(&report, args.by))?;
    }
    Ok(Exit::DONE)
}

fn text(report: &UsageReportResponse, by: By) -> String {
    let total = report.total.unwrap_or_default();
    let with_cost = total.cost_micros > 0;
    let head = match by {
        By::Session => "SESSION",
        By::Model => "MODEL",
        By::Day => "DAY",
    };
    let cost = if with_cost { "COST" } else { "" };
    let mut rows = vec![[head, "CALLS", "TOKENS IN", "CACHED", "TOKENS OUT", cost].map(str::to_owned)];
    rows.extend(report.rows.iter().map(|row| line(called(row, by), &row.usage.unwrap_or_default(), with_cost)));
    rows.push(line("total".to_owned(), &total, with_cost));
    words::table(&rows)
}

fn called(row: &UsageRow, by: By) -> String {
    match by {
        By::Session if row.removed => format!("{} (removed)", words::short_id(&row.key)),
        By::Session if !row.name.is_empty() => escape::line(&row.name),
        By::Session => words::short_id(&row.key),
        By::Model | By::Day => escape::line(&row.key),
    }
}

fn line(name: String, usage: &Usage, with_cost: bool) -> [String; 6] {
    let counts = [usage.model_calls, usage.input_tokens, usage.cached_tokens, usage.output_tokens];
    let [calls, sent, cached, written] = counts.map(|count| count.to_string());
    let cost = if with_cost { words::money(usage.cost_micros) } else { String::new() };
    [name, calls, sent, cached, written, cost]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_line_up_and_cost_is_shown_where_it_is_known() {
        let usage = |cost_micros| {
            Some(Usage { model_calls: 2, input_tokens: 1200, output_tokens: 34, cost_micros, ..Usage::default() })
        };
        let row = |key: &str, name: &str, removed| UsageRow {
            key: key.to_owned(),
            name: name.to_owned(),
            removed,
            usage: usage(0),
        };
        let rows = vec![row("0123456789abcdef", "", true), row("fedcba", "fix", false)];
        let report = UsageReportResponse { rows, total: usage(0) };
        assert_eq!(
            text(&report, By::Session),
            "\
SESSION                 CALLS  TOKENS IN  CACHED  TOKENS OUT
0123456789ab (removed)  2      1200       0       34
fix                     2      1200       0       34
total                   2      1200       0       34
"
        );
        let priced = UsageReportResponse {
            rows: vec![UsageRow { key: "glm".to_owned(), usage: usage(1_234_567), ..UsageRow::default() }],
            total: usage(1_234_567),
        };
        assert!(text(&priced, By::Model).ends_with("total  2      1200       0       34          1.2346\n"));
    }
}
