//! `journal verify`: whether the journal is as it was written.

use clap::Args;
use proto::reason::Reason;
use proto::v1::{JournalFault, JournalHead, Verified, VerifyRequest};

use crate::complete;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::{escape, words};

const AFTER_HELP: &str = "\
Examples:
  agentctl journal verify                           every session, and the file
  agentctl journal verify S
  agentctl journal verify S --head 42:9f86d0…       and that row 42 is still the one it was
  agentctl -o json journal verify | jq -r '.[] | select(.faults != []).session'

Of every session it checks that the rows are dense, that each has the hash of its content and of the row before it, that
every request to the model, tool call and approval has its one end, and that what is listed is what the rows say. Without S
also the database file and the blobs. Reads only; a running daemon and its turns go on.

SEQ:HASH is the head: the newest row and its hash. Hashes alone cannot show that rows were cut off at the end, nor that
all of them were written anew. Keep the head somewhere else and give it with --head later: it shows both.

The exit code is 1 where anything is wrong.";

/// Check that the journal is as it was written.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct VerifyArgs {
    /// Id, unique id prefix, or name of the session; left out: all of them
    #[arg(value_name = "S", add = complete::sessions())]
    session: Option<String>,
    /// A head that was printed before, which the journal must still have
    #[arg(long, value_name = "SEQ:HASH", value_parser = head, requires = "session")]
    head: Option<JournalHead>,
}

pub(crate) async fn run(args: VerifyArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let request = VerifyRequest { session: args.session.unwrap_or_default(), kept: args.head };
    let mut answers = context.client().await?.journal().verify(request).await?.into_inner();
    let mut all = Vec::new();
    while let Some(verified) = answers.message().await? {
        if !context.ui.is_json() {
            context.ui.out_line(&line(&verified))?;
        }
        all.push(verified);
    }
    if context.ui.is_json() {
        context.ui.json(&all)?;
    }
    // The first is the error's own message.
    let faults = all.iter().flat_map(|verified| verified.faults.iter().map(|fault| told(verified, fault)));
    for fault in faults.skip(1) {
        context.ui.note(&fault)?;
    }
    match all.iter().find(|verified| !verified.faults.is_empty()) {
        None => Ok(Exit::DONE),
        Some(damaged) => Err(failure(damaged)),
    }
}

/// A head as it is printed.
fn head(text: &str) -> Result<JournalHead, String> {
    let wrong = || "a head is SEQ:HASH as `journal verify` prints it, like 42:9f86d081…".to_owned();
    let (seq, hash) = text.split_once(':').ok_or_else(wrong)?;
    let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    match seq.parse() {
        Ok(seq @ 1..) if is_hash => Ok(JournalHead { seq, hash: hash.to_ascii_lowercase() }),
        _ => Err(wrong()),
    }
}

/// One line about a session, or about the file.
fn line(verified: &Verified) -> String {
    let state = if verified.faults.is_empty() { "ok" } else { "DAMAGED" };
    match &verified.head {
        None => format!("{state:<8} the journal's file and its blobs"),
        Some(JournalHead { seq, hash }) => {
            let name =
                if verified.name.is_empty() { String::new() } else { format!("  {}", escape::line(&verified.name)) };
            format!("{state:<8} {}  {seq}:{}{name}", words::short_id(&verified.session), escape::line(hash))
        }
    }
}

fn told(verified: &Verified, fault: &JournalFault) -> String {
    let place = match (verified.session.as_str(), fault.seq) {
        ("", _) => "the file".to_owned(),
        (session, 0) => format!("session {}", words::short_id(session)),
        (session, seq) => format!("session {}, row {seq}", words::short_id(session)),
    };
    format!("{place}: {}", escape::line(&fault.message))
}

/// The first fault, as the error of the whole.
fn failure(damaged: &Verified) -> CommandError {
    let first = damaged.faults.first().map(|fault| told(damaged, fault)).unwrap_or_default();
    CommandError::new(Reason::JournalDamaged, format!("the journal is damaged: {first}"))
        .hinted("nothing was changed: keep a copy of the state directory, and save what can be read with `agentctl session export S`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_taken_back_as_it_was_printed() {
        let hash = "0f".repeat(32);
        let verified = Verified {
            session: "ab".repeat(16),
            name: "fix\u{1b}[2J".to_owned(),
            head: Some(JournalHead { seq: 42, hash: hash.clone() }),
            faults: Vec::new(),
        };
        assert_eq!(line(&verified), format!("ok       abababababab  42:{hash}  fix\\x1b[2J"));
        assert_eq!(head(&format!("42:{hash}")).ok(), verified.head);
        assert_eq!(head(&format!("42:{}", hash.to_uppercase())).ok(), verified.head);
        for wrong in ["", "42", "42:abc", &format!("0:{hash}"), &format!("-1:{hash}"), &format!("x:{hash}")] {
            assert!(head(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_fault_names_session_and_row() {
        let fault = JournalFault { seq: 5, message: "the row is missing".to_owned() };
        let damaged = Verified { session: "ab".repeat(16), faults: vec![fault], ..Verified::default() };
        let CommandError::Failed(failure) = failure(&damaged) else { panic!() };
        assert_eq!(failure.message, "the journal is damaged: session abababababab, row 5: the row is missing");
        assert_eq!(failure.reason.exit_code(), 1);
    }
}
