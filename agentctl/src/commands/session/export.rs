//! `session export`: a session to take away, row by row for machines or as a document for people.

use clap::{Args, ValueEnum};
use proto::v1::{ExportRequest, Follow, JournalRow, ShowRequest, Verified, VerifyRequest, WatchRequest};
use serde::de::IgnoredAny;
use serde_json::json;

use crate::client::timed;
use crate::complete;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::document::Document;
use crate::render::escape;
use crate::turn::events::EventStream;

const AFTER_HELP: &str = "\
Examples:
  agentctl session export S > S.ndjson
  agentctl session export S --format markdown > S.md
  tail -n 1 S.ndjson | jq -r '.head | \"\\(.seq):\\(.hash)\"'      for journal verify S --head

json: one row a line, exactly as it is stored: {\"v\",\"session\",\"seq\",\"turn\",\"epoch\",\"time\",\"wall_time_ms\",\"kind\",
\"prev_hash\",\"hash\",\"body\"}. The last line is {\"v\",\"session\",\"head\":{\"seq\",\"hash\"}}; an export without it is not whole.
Each hash is SHA-256 over prev_hash (32 bytes), session, seq, turn, epoch, wall_time_ms, kind and body in this order, each
preceded by its length; numbers and lengths have 8 bytes, big-endian. So an export can be checked without agentd.

markdown: the conversation, every tool call with what it came to, and who answered its approval, and when. What the model,
tools and people wrote is quoted so that none of it can pass for a part of the document.";

/// What an export looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shape {
    /// Every row of the journal, one JSON object a line
    Json,
    /// A document for people
    Markdown,
}

/// Write a whole session to stdout.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ExportArgs {
    /// Id, unique id prefix, or name of the session
    #[arg(value_name = "S", add = complete::sessions())]
    session: String,
    /// What to write
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Shape::Json)]
    format: Shape,
}

pub(crate) async fn run(args: ExportArgs, context: &mut Context) -> Result<Exit, CommandError> {
    match args.format {
        Shape::Json => rows(args.session, context).await,
        Shape::Markdown => document(args.session, context).await,
    }
}

async fn rows(session: String, context: &mut Context) -> Result<Exit, CommandError> {
    let request = ExportRequest { session };
    let mut rows = context.client().await?.journal().export(request).await?.into_inner();
    let mut head = None;
    while let Some(row) = rows.message().await? {
        context.ui.out_line(&escape::json(&line(&row)))?;
        head = Some(row);
    }
    if let Some(JournalRow { session, seq, hash, .. }) = head {
        let end = json!({ "v": 1, "session": session, "head": { "seq": seq, "hash": hash } });
        context.ui.out_line(&end.to_string())?;
    }
    Ok(Exit::DONE)
}

/// A row as JSON. The body is the stored text as it is: the hash is over that very text.
fn line(row: &JournalRow) -> String {
    let text = |text: &str| json!(text).to_string();
    let is_json = serde_json::from_str::<IgnoredAny>(&row.body).is_ok() && !row.body.contains('\n');
    let body = if is_json { row.body.clone() } else { text(&row.body) };
    format!(
        r#"{{"v":1,"session":{},"seq":{},"turn":{},"epoch":{},"time":{},"wall_time_ms":{},"kind":{},"prev_hash":{},"hash":{},"body":{body}}}"#,
        text(&row.session),
        row.seq,
        row.turn,
        row.epoch,
        text(&row.time),
        row.wall_time_ms,
        text(&row.kind),
        text(&row.prev_hash),
        text(&row.hash),
    )
}

async fn document(session: String, context: &mut Context) -> Result<Exit, CommandError> {
    let client = context.client().await?;
    let session = client.sessions().show(timed(ShowRequest { session })).await?.into_inner();
    let request = VerifyRequest { session: session.id.clone(), kept: None };
    let verified = client.journal().verify(request).await?.into_inner().message().await?.unwrap_or_default();
    let mut document = Document::default();
    context.ui.out(&Document::heading(&session))?;
    let Verified { head, faults, .. } = verified;
    let head = head.unwrap_or_default();
    let request = WatchRequest { session: session.id.clone(), follow: Follow::None.into(), ..WatchRequest::default() };
    let mut events = EventStream::new(request);
    while let Some(event) = events.next(context).await? {
        // Rows that came since are of the next export.
        if event.seq.is_some_and(|seq| seq > head.seq && faults.is_empty()) {
            break;
        }
        context.ui.out(&document.event(&event))?;
    }
    context.ui.out(&Document::end(&head, &faults))?;
    Ok(Exit::DONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_passed_on_byte_for_byte_and_never_breaks_its_line() {
        let row = |body: &str| JournalRow {
            session: "s".into(),
            kind: "k\"".into(),
            body: body.into(),
            ..JournalRow::default()
        };
        let stored = r#"{"v":1,"data":{"b":1.50,"a":"ü\u0007"}}"#;
        let shown = line(&row(stored));
        assert!(shown.ends_with(&format!(r#""body":{stored}}}"#)), "{shown}");
        for damaged in ["{", "{}\n{}", "{}}, \"x\":1"] {
            let shown: serde_json::Value = serde_json::from_str(&line(&row(damaged))).unwrap();
            assert_eq!(shown["body"], damaged);
        }
    }
}
