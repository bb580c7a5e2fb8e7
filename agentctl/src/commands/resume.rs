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
  agentctl resume S continue --always                  and do not ask again for calls like these in this session
  agentctl resume S continue --message 'the blue one'  answer a question
  agentctl resume S cancel --message 'use make instead'
  agentctl resume S cancel --stop                      reject, and end the turn

`agentctl approvals S` shows what --always would allow; it holds for this session alone, and `agentctl session show S`
lists it. A command line that is not certain to be one simple command is asked for each time.
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
    /// With cancel: why not, for the model. With continue: the answer to the question that waits
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
    /// With continue: calls of the same tool that begin with the same words, or are on the same path, run without asking
    /// from now on in this session
    #[arg(long)]
    always: bool,
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
    if args.call.is_empty() && args.edit.is_some() {
        args.call.push(only(context, &args.session, Wanted::Call).await?);
    } else if args.call.is_empty() && args.verdict == Verdict::Continue && args.message.is_some() {
        args.call.push(only(context, &args.session, Wanted::Question).await?);
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
        Verdict::Continue if args.message.as_ref().is_some_and(|message| message.trim().is_empty()) => {
            Some("the answer is empty")
        }
        Verdict::Continue if args.message.is_some() && args.edit.is_some() => {
            Some("--edit is for a call, --message answers a question")
        }
        Verdict::Continue if args.message.is_some() && args.always => Some("a question has no --always"),
        Verdict::Cancel if args.always => Some("--always goes with continue"),
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

/// What an option is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Call,
    Question,
}

/// The one that waits, where there is exactly one.
async fn only(context: &mut Context, session: &str, wanted: Wanted) -> Result<String, CommandError> {
    let (none, several) = match wanted {
        Wanted::Call => ("nothing waits in this session", "several calls wait, and --edit is for one"),
        Wanted::Question => ("no question waits in this session", "several questions wait, and --message answers one"),
    };
    let mut waiting = waiting::all(context, session).await?;
    waiting.retain(|call| wanted == Wanted::Call || call.question);
    match (waiting.pop(), waiting.is_empty()) {
        (Some(one), true) => Ok(one.call),
        (None, _) => Err(CommandError::new(Reason::NothingWaits, none)),
        (Some(last), false) => {
            let ids: Vec<String> = waiting.iter().chain([&last]).map(|call| escape::line(&call.call)).collect();
            Err(CommandError::usage(several).hinted(format!("name it with --call, one of: {}", ids.join(", "))))
        }
    }
}

fn request(args: ResumeArgs) -> ResumeRequest {
    let decision = match (args.verdict, &args.edit) {
        (Verdict::Continue, None) if args.message.is_some() => Decision::Answer,
        (Verdict::Continue, None) => Decision::Approve,
        (Verdict::Continue, Some(_)) => Decision::Edit,
        (Verdict::Cancel, _) => Decision::Reject,
    };
    let message = args.message.unwrap_or_default();
    let mut request = ResumeRequest { session: args.session, stop: args.stop, ..ResumeRequest::default() };
    if args.call.is_empty() {
        request.rest = decision.into();
        request.rest_message = message;
        request.rest_always = args.always;
    } else {
        let arguments = args.edit.unwrap_or_default();
        let always = args.always;
        let answer = Answer { decision: decision.into(), arguments, message, always, ..Answer::default() };
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
    fn an_answer_may_hold_for_the_session_and_a_question_is_answered_in_words() {
        assert!(read(&["S", "continue", "--always"]).unwrap().rest_always);
        let request = read(&["S", "continue", "--always", "--call", "a"]).unwrap();
        assert!(request.answers[0].always && !request.rest_always);
        let request = read(&["S", "continue", "--call", "q", "--message", "blue"]).unwrap();
        let answer = &request.answers[0];
        assert_eq!((answer.decision(), answer.message.as_str(), answer.always), (Decision::Answer, "blue", false));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for words in [
            &["S", "continue", "--stop"][..],
            &["S", "continue", "--message", " "],
            &["S", "continue", "--message", "x", "--edit", "{}", "--call", "a"],
            &["S", "continue", "--message", "x", "--always"],
            &["S", "cancel", "--always"],
            &["S", "cancel", "--edit", "{}"],
            &["S", "continue", "--edit", "{}", "--call", "a", "--call", "b"],
            &["S", "continue", "--call", "a", "--edit", "[1]"],
            &["S", "continue", "--call", "a", "--edit", "{"],
        ] {
            assert_eq!(read(words).unwrap_err().exit_code(), 2, "{words:?}");
        }
    }
}
