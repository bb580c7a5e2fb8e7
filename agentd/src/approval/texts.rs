//! What the model is told where a call did not simply run: refused, edited, cancelled, cut.

use serde_json::Value;

/// Bytes of a person's or a program's words that are passed on to the model.
const WORDS_BYTES_MAX: usize = 4 * 1024;

/// A person ended the turn.
pub const CANCELLED: &str =
    "The user cancelled this call. If it was running it was ended, and what it had done by then stays done.";

/// The turn's time limit ended it.
pub const TURN_TIMEOUT: &str = "The time limit of the turn ended this call. If it was running it was ended, and what it had done by then stays done.";

/// A person rejected the call.
pub fn rejected(reason: &str) -> String {
    let reason = match reason.trim() {
        "" => String::from("None was given."),
        words => sentence(words),
    };
    format!(
        "The user rejected this call. Reason: {reason} It did not run. Do not make the same call again unless the user \
         asks for it."
    )
}

/// Why a call is put to the user that has come to the same again and again.
pub const LOOP: &str = "the same call has come to the same result again and again: this may be a loop";

/// Nobody answered in time.
pub const EXPIRED: &str = "Nobody answered this call in time, so it is denied. It did not run. Go on without it, or tell the user what you would need.";

/// A rule denied the call.
pub fn denied_by_policy(reason: &str) -> String {
    format!(
        "This call is not allowed here: {} It did not run, and no approval can let it run. Find another way, or tell \
         the user what you would need.",
        sentence(reason)
    )
}

/// A reviewer's arguments ran in place of the model's. Stands before what came of it.
pub fn edited(tool: &str, arguments: &Value) -> String {
    format!(
        "The user changed this call before it ran. It ran with other arguments: {tool} {}\nDo not make the original \
         call again. What follows is the result of the changed call.",
        bounded(&arguments.to_string())
    )
}

/// The sandbox died under the call.
pub fn unknown(reason: &str) -> String {
    format!(
        "This call was interrupted: {} It may have taken effect, wholly or in part, and is not repeated by itself. \
         Look at the state of things before you decide whether to make it again.",
        sentence(reason)
    )
}

/// The model did not write JSON.
pub fn broken_json(tool: &str, why: &str) -> String {
    format!(
        "The arguments of `{}` are not valid JSON: {} The call did not run. Make it again with one JSON object, with \
         every quote, backslash and newline within a string escaped.",
        bounded(tool),
        sentence(why)
    )
}

/// The reply had more calls than are run.
pub fn too_many_calls(calls_max: usize) -> String {
    format!(
        "A reply may have at most {calls_max} calls. This one is beyond that and did not run; make it in a later reply."
    )
}

/// The words as a sentence with an end.
fn sentence(words: &str) -> String {
    let words = bounded(words.trim());
    if words.ends_with(['.', '!', '?', '…']) { words } else { format!("{words}.") }
}

fn bounded(words: &str) -> String {
    if words.len() <= WORDS_BYTES_MAX {
        return words.to_owned();
    }
    format!("{}…", &words[..words.floor_char_boundary(WORDS_BYTES_MAX)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_rejection_says_why_and_that_it_did_not_run() {
        let told = rejected("use the staging server");
        assert!(
            told.starts_with("The user rejected this call. Reason: use the staging server. It did not run."),
            "{told}"
        );
        assert!(rejected(" ").contains("Reason: None was given. It did not run."));
        assert!(rejected("Really?").contains("Reason: Really? It did not run."));
    }

    #[test]
    fn an_edit_shows_what_ran() {
        let told = edited("execute", &json!({"command": "ls"}));
        assert!(told.contains(r#"It ran with other arguments: execute {"command":"ls"}"#), "{told}");
    }

    #[test]
    fn what_is_told_is_bounded() {
        let long = "é".repeat(100_000);
        let texts = [
            rejected(&long),
            denied_by_policy(&long),
            edited("x", &json!(long)),
            unknown(&long),
            broken_json(&long, &long),
        ];
        for text in texts {
            assert!(text.len() < 3 * WORDS_BYTES_MAX, "{}", text.len());
        }
    }

    #[test]
    fn an_unknown_end_warns_before_a_repetition() {
        let told = unknown("the container was removed");
        assert!(
            told.contains("interrupted") && told.contains("may have taken effect") && told.contains("not repeated"),
            "{told}"
        );
    }
}
