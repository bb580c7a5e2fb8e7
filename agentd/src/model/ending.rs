//! Whether a whole reply is one that a turn can go on with. Pure.

use super::chat::ReplyCall;
use super::reader::Problem;
use super::reported::Reported;

/// Reasons that say that the reply met the bound of its length.
const AT_LENGTH: [&str; 4] = ["length", "max_tokens", "max_output_tokens", "model_context_window_exceeded"];

/// Reasons that say that a filter of the endpoint stopped it.
const FILTERED: [&str; 4] = ["content_filter", "sensitive", "safety", "refusal"];

/// Stands for arguments that the bound of the length left nothing of, so that they do not pass for "no arguments".
const CUT_OFF: &str = "(cut off by the limit of the reply's length)";

/// Refuses a reply that says nothing, with why; marks a call that was cut before its arguments.
pub(super) fn check(text: &str, calls: &mut [ReplyCall], finish_reason: &str) -> Result<(), Problem> {
    let reason = finish_reason.to_ascii_lowercase();
    let at_length = AT_LENGTH.contains(&reason.as_str());
    if let Some(last) = calls.last_mut().filter(|_| at_length) {
        if matches!(last.arguments.trim(), "" | "{}") {
            CUT_OFF.clone_into(&mut last.arguments);
        }
        return Ok(());
    }
    if !calls.is_empty() || !text.trim().is_empty() {
        return Ok(());
    }
    if FILTERED.contains(&reason.as_str()) {
        let detail = format!("a filter of the endpoint stopped the reply ({finish_reason})");
        return Err(Problem::Reported(Reported { code: "content_filter".to_owned(), detail }));
    }
    if at_length {
        return Err(Problem::NoRoom);
    }
    Err(Problem::Empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str, arguments: &[&str], reason: &str) -> Result<Vec<String>, Problem> {
        let call = |arguments: &&str| ReplyCall { arguments: (*arguments).to_owned(), ..ReplyCall::default() };
        let mut calls: Vec<ReplyCall> = arguments.iter().map(call).collect();
        check(text, &mut calls, reason)?;
        Ok(calls.into_iter().map(|call| call.arguments).collect())
    }

    #[test]
    fn a_reply_says_something_or_is_refused() {
        assert_eq!(checked("hi", &[], "stop"), Ok(vec![]));
        assert_eq!(checked("hi", &[], "content_filter"), Ok(vec![]), "what was said was said");
        assert_eq!(checked(" \n", &[], "stop"), Err(Problem::Empty));
        assert_eq!(checked("", &[], "MAX_TOKENS"), Err(Problem::NoRoom));
        assert!(matches!(checked("", &[], "sensitive"), Err(Problem::Reported(_))));
        assert_eq!(checked("", &["{}", "{}"], "tool_calls"), Ok(vec!["{}".to_owned(), "{}".to_owned()]));
        assert_eq!(checked("", &["{}", "{}"], "length").unwrap(), ["{}", CUT_OFF]);
        assert_eq!(checked("", &["{}", "{\"a\": "], "length").unwrap(), ["{}", "{\"a\": "]);
    }
}
