//! Calls that are made again and again and come to the same: a loop, which is put to the user.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::Value;

use crate::approval::digest::digest;

use super::state::CallState;

/// How often in a row a call comes to the same before the next one like it asks. It asks again after as many more.
pub const SAME_RESULTS_MAX: u32 = 3;

/// How often each call of the newest reply has come to what it came to, in replies one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Repeats(HashMap<String, Repeat>);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Repeat {
    result: u64,
    times: u32,
}

impl Repeats {
    /// After the calls of one more reply have ended. A call that was not made in it is in no row any more.
    #[must_use]
    pub fn after(&self, calls: &[CallState]) -> Self {
        let ended = calls.iter().filter_map(|call| {
            let (kind, content) = call.ended.as_ref()?;
            let mut hasher = DefaultHasher::new();
            // Where output is kept is named after the call.
            (kind.name(), content.replace(call.id.as_str(), "")).hash(&mut hasher);
            let key = digest(&call.tool, &call.arguments);
            let result = hasher.finish();
            let before = self.0.get(&key).filter(|before| before.result == result);
            Some((key, Repeat { result, times: before.map_or(1, |before| before.times.saturating_add(1)) }))
        });
        Self(ended.collect())
    }

    /// Whether one more call like these should be put to the user.
    pub fn is_loop(&self, tool: &str, arguments: &Value) -> bool {
        // Most replies repeat nothing: then there is nothing to be computed.
        self.0.values().any(Repeat::is_loop) && self.0.get(&digest(tool, arguments)).is_some_and(Repeat::is_loop)
    }
}

impl Repeat {
    fn is_loop(&self) -> bool {
        self.times > 0 && self.times.is_multiple_of(SAME_RESULTS_MAX)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::ids::CallId;
    use crate::domain::outcome::{OutcomeKind, ReplayClass};
    use crate::turn::state::ApprovalState;

    fn call(argument: &str, result: &str) -> CallState {
        CallState {
            id: CallId::try_from("c".to_owned()).unwrap(),
            tool: "t".to_owned(),
            arguments: json!({ "a": argument }),
            replay: ReplayClass::ReadOnly,
            approval: ApprovalState::NotNeeded,
            ended: Some((OutcomeKind::Done, result.to_owned())),
            lost_count: 0,
        }
    }

    fn after(replies: &[&[CallState]]) -> Repeats {
        replies.iter().fold(Repeats::default(), |repeats, calls| repeats.after(calls))
    }

    fn loops(replies: &[&[CallState]]) -> bool {
        after(replies).is_loop("t", &json!({ "a": "x" }))
    }

    #[test]
    fn three_times_the_same_in_a_row_is_a_loop() {
        let same = [call("x", "no")];
        assert!(!loops(&[&same, &same]));
        assert!(loops(&[&same, &same, &same]));
        assert!(!loops(&[&same, &same, &same, &same]), "it was put to the user, who let it run");
        assert!(loops(&[&same, &same, &same, &same, &same, &same]));
    }

    #[test]
    fn another_result_another_call_or_a_reply_without_it_ends_the_row() {
        let (same, other) = ([call("x", "no")], [call("x", "yes")]);
        assert!(!loops(&[&same, &other, &same, &same]));
        assert!(!loops(&[&same, &same, &[call("y", "no")], &same]));
        assert!(!after(&[&same, &same, &same]).is_loop("t", &json!({ "a": "y" })));
        assert!(!after(&[&same, &same, &same]).is_loop("u", &json!({ "a": "x" })));
    }

    #[test]
    fn calls_beside_it_do_not_hide_a_loop() {
        let with = |beside: &str| [call("y", beside), call("x", "no")];
        assert!(loops(&[&with("1"), &with("2"), &with("3")]));
    }
}
