//! `resume`: answers what waits, and streams the rest.

use clap::{Args, ValueEnum};
use proto::reason::Reason;
use proto::v1::{Answer, Decision, ResumeRequest};

use super::chat;
use crate::client::timed;
use crate::complete;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::escape;
use crate::repl::ask;
use crate::turn::conduct::conduct;
use crate::turn::waiting;

const AFTER_HELP: &str = "\
Examples:
  agentctl resume S continue                           approve all that waits; `agentctl approvals S` shows it
  agentctl resume S continue --call call_1             approve one call, the others go on waiting
  agentctl resume S continue --call call_1 --edit '{\"command\":\"ls -l\"}'
  agentctl resume S cancel --message 'use make instead'
  agentctl resume S cancel --stop                      reject, and end the turn

The first answer to a call stands. The exit code is that of the turn, as with chat.";

/// What to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Verdict {
    /// Approve: the calls run
    Continue,
    /// Reject: the calls do not run; the model is told why and goes on
    Cancel,
}

/// Answer calls that wait for an approval, and stream the rest of the turn.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ResumeArgs {
    /// Id, unique id prefix, or name of the session
    #[arg(value_name = "S", add = complete::sessions())]
    session: String,
    /// What to answer
    #[arg(value_enum)]
    verdict: Verdict,
    /// The call that is answered; may be given several times; left out: every call that waits
    #[arg(long, value_name = "ID")]
    call: Vec<String>,
    /// With continue: run the call with these arguments, a JSON object, in place of the model's
    #[arg(long, value_name = "JSON")]
    edit: Option<String>,
    /// With cancel: why not, for the model
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
    /// With cancel: the turn ends, and the model is not asked again
    #[arg(long)]
    stop: bool,
    /// Return as soon as the answers are accepted
    #[arg(long)]
    detach: bool,
}

pub(crate) async fn run(args: ResumeArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let detach = args.detach;
    let mut args = checked(args)?;
    if args.edit.is_some() && args.call.is_empty() {
        args.call.push(only_call(context, &args.session).await?);
    }
    let client = context.client().await?;
    context.interrupts.listen();
    let position = client.sessions().resume(timed(request(args))).await?.into_inner();
    if detach { chat::detached(context, &position) } else { conduct(context, position, None).await }
}

/// The arguments, if they make sense together.
fn checked(args: ResumeArgs) -> Result<ResumeArgs, CommandError> {
    let wrong = match args.verdict {
        Verdict::Continue if args.stop => Some("--stop goes with cancel"),
        Verdict::Continue if args.message.is_some() => Some("--message goes with cancel"),
        Verdict::Cancel if args.edit.is_some() => Some("--edit goes with continue"),
        _ if args.edit.is_some() && args.call.len() > 1 => Some("--edit is for exactly one --call"),
        _ => None,
    };
    if let Some(wrong) = wrong {
        return Err(CommandError::usage(wrong));
    }
    if let Some(edit) = &args.edit {
        ask::json_object(edit).map_err(CommandError::usage)?;
    }
    Ok(args)
}

/// The call that waits, where there is exactly one.
async fn only_call(context: &mut Context, session: &str) -> Result<String, CommandError> {
    let mut waiting = waiting::all(context, session).await?;
    match (waiting.pop(), waiting.is_empty()) {
        (Some(one), true) => Ok(one.call),
        (None, _) => Err(CommandError::new(Reason::NothingWaits, "nothing waits in this session")),
        (Some(last), false) => {
            let ids: Vec<String> = waiting.iter().chain([&last]).map(|call| escape::line(&call.call)).collect();
            Err(CommandError::usage("several calls wait, and --edit is for one")
                .hinted(format!("name it with --call, one of: {}", ids.join(", "))))
        }
    }
}

fn request(args: ResumeArgs) -> ResumeRequest {
    let message = args.message.unwrap_or_default();
    let decision = match (args.verdict, &args.edit) {
        (Verdict::Continue, None) => Decision::Approve,
        (Verdict::Continue, Some(_)) => Decision::Edit,
        (Verdict::Cancel, _) => Decision::Reject,
    };
    let mut request = ResumeRequest { session: args.session, stop: args.stop, ..ResumeRequest::default() };
    if args.call.is_empty() {
        request.rest = decision.into();
        request.rest_message = message;
    } else {
        let arguments = args.edit.unwrap_or_default();
        let answer = Answer { decision: decision.into(), arguments, message, ..Answer::default() };
        request.answers = args.call.into_iter().map(|call| Answer { call, ..answer.clone() }).collect();
    }
    request
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: ResumeArgs,
    }

    fn read(words: &[&str]) -> Result<ResumeRequest, CommandError> {
        let line = Line::try_parse_from([&["resume"], words].concat()).unwrap();
        checked(line.args).map(request)
    }

    #[test]
    fn without_calls_the_answer_is_for_all() {
        let request = read(&["S", "continue"]).unwrap();
        assert_eq!((request.rest(), request.answers.len()), (Decision::Approve, 0));
        let request = read(&["S", "cancel", "--message", "no", "--stop"]).unwrap();
        assert_eq!((request.rest(), request.rest_message.as_str(), request.stop), (Decision::Reject, "no", true));
    }

    #[test]
    fn with_calls_it_is_for_each_of_them_alone() {
        let request = read(&["S", "cancel", "--call", "a", "--call", "b", "--message", "no"]).unwrap();
        assert_eq!(request.rest(), Decision::Unspecified);
        let answers: Vec<_> =
            request.answers.iter().map(|a| (a.call.as_str(), a.decision(), a.message.as_str())).collect();
        assert_eq!(answers, [("a", Decision::Reject, "no"), ("b", Decision::Reject, "no")]);
        let request = read(&["S", "continue", "--call", "a", "--edit", r#"{"path":"b"}"#]).unwrap();
        assert_eq!(
            (request.answers[0].decision(), request.answers[0].arguments.as_str()),
            (Decision::Edit, r#"{"path":"b"}"#)
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for words in [
            &["S", "continue", "--stop"][..],
            &["S", "continue", "--message", "x"],
            &["S", "cancel", "--edit", "{}"],
            &["S", "continue", "--edit", "{}", "--call", "a", "--call", "b"],
            &["S", "continue", "--call", "a", "--edit", "[1]"],
            &["S", "continue", "--call", "a", "--edit", "{"],
        ] {
            assert_eq!(read(words).unwrap_err().exit_code(), 2, "{words:?}");
        }
    }
}
