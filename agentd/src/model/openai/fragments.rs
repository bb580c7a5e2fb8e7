//! Tool calls, put together from the fragments in which they arrive. Pure.
//!
//! The rule is that a fragment names its call by `index`. Servers break it in every way: no index, the same index for every call,
//! the id or the name repeated in every fragment, arguments as an object, whole calls in one piece. Each of these has one reading.

use serde_json::Value;

use crate::model::chat::ReplyCall;

/// Calls of one reply, at most.
const CALLS_MAX: usize = 1024;

/// The calls so far.
#[derive(Debug, Default)]
pub(super) struct Fragments(Vec<Partial>);

#[derive(Debug, Default)]
struct Partial {
    index: Option<u64>,
    id: Option<String>,
    tool: String,
    arguments: String,
}

/// More calls than [`CALLS_MAX`].
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooMany;

impl Fragments {
    /// Takes what stands at `tool_calls`: an array of fragments, one of them alone, or nothing.
    pub(super) fn take(&mut self, tool_calls: &Value) -> Result<(), TooMany> {
        match tool_calls {
            Value::Array(items) => items.iter().try_for_each(|item| self.add(item)),
            item => self.add(item),
        }
    }

    /// Takes a fragment of the one call that a reply could have before there were several: `{name, arguments}`.
    pub(super) fn take_only(&mut self, function: &Value) -> Result<(), TooMany> {
        self.add(&serde_json::json!({ "index": 0, "function": function }))
    }

    fn add(&mut self, fragment: &Value) -> Result<(), TooMany> {
        if !fragment.is_object() {
            return Ok(());
        }
        let function = fragment.get("function").unwrap_or(fragment);
        let id = id(fragment);
        let tool = function.get("name").and_then(Value::as_str).unwrap_or_default();
        let call = match self.find(index(fragment), id.as_deref(), tool) {
            Some(at) => &mut self.0[at],
            None if self.0.len() == CALLS_MAX => return Err(TooMany),
            None => {
                self.0.push(Partial { index: index(fragment), ..Partial::default() });
                let last = self.0.len() - 1;
                &mut self.0[last]
            }
        };
        call.id = call.id.take().or(id);
        if call.tool != tool {
            call.tool.push_str(tool);
        }
        match function.get("arguments") {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => call.arguments.push_str(text),
            Some(value) => call.arguments.push_str(&value.to_string()),
        }
        Ok(())
    }

    /// Which call a fragment goes on with; `None`: it begins one.
    fn find(&self, index: Option<u64>, id: Option<&str>, tool: &str) -> Option<usize> {
        let begins = |call: &Partial| !tool.is_empty() && id.is_some() && call.id.is_some() && call.id.as_deref() != id;
        if index.is_some() {
            let same = self.0.iter().rposition(|call| call.index == index);
            return same.filter(|&at| !begins(&self.0[at]));
        }
        match id {
            Some(id) => self.0.iter().rposition(|call| call.id.as_deref() == Some(id)),
            None if tool.is_empty() => self.0.len().checked_sub(1),
            None => None,
        }
    }

    /// Whether no call has begun.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The calls, whole. An empty shell is none; no arguments at all are the empty object.
    pub(super) fn finish(self) -> Vec<ReplyCall> {
        let written = self.0.into_iter().filter(|call| !(call.tool.is_empty() && call.arguments.trim().is_empty()));
        written
            .map(|call| {
                let arguments = if call.arguments.trim().is_empty() { "{}".to_owned() } else { call.arguments };
                ReplyCall { id: call.id, tool: call.tool, arguments }
            })
            .collect()
    }
}

fn index(fragment: &Value) -> Option<u64> {
    let index = fragment.get("index")?;
    index.as_u64().or_else(|| index.as_str()?.parse().ok())
}

fn id(fragment: &Value) -> Option<String> {
    match fragment.get("id")? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The calls as `id tool arguments`, `-` for no id.
    fn read(fragments: &[Value]) -> Vec<String> {
        let mut calls = Fragments::default();
        fragments.iter().for_each(|fragment| calls.take(fragment).unwrap());
        let line = |call: ReplyCall| format!("{} {} {}", call.id.as_deref().unwrap_or("-"), call.tool, call.arguments);
        calls.finish().into_iter().map(line).collect()
    }

    fn fragment(index: Value, id: Value, name: Value, arguments: Value) -> Value {
        json!([{ "index": index, "id": id, "function": { "name": name, "arguments": arguments } }])
    }

    const NONE: Value = Value::Null;

    #[test]
    fn fragments_by_index_may_interleave() {
        let read = read(&[
            fragment(json!(0), json!("a"), json!("ls"), json!("")),
            fragment(json!(1), json!("b"), json!("grep"), json!("{\"pat")),
            fragment(json!(0), NONE, NONE, json!("{}")),
            fragment(json!(1), json!(""), json!(""), json!("tern\":1}")),
        ]);
        assert_eq!(read, ["a ls {}", "b grep {\"pattern\":1}"]);
    }

    #[test]
    fn without_an_index_the_id_or_the_last_call_counts() {
        let read = read(&[
            fragment(NONE, json!("a"), json!("ls"), json!("{")),
            fragment(NONE, json!("b"), json!("glob"), json!("{")),
            fragment(NONE, json!("a"), NONE, json!("}")),
            fragment(NONE, NONE, NONE, json!("}")),
        ]);
        assert_eq!(read, ["a ls {}", "b glob {}"]);
    }

    #[test]
    fn whole_calls_without_index_and_id_stay_apart() {
        let read = read(&[
            fragment(NONE, NONE, json!("ls"), json!({ "path": "a" })),
            fragment(NONE, NONE, json!("ls"), json!({ "path": "b" })),
        ]);
        assert_eq!(read, ["- ls {\"path\":\"a\"}", "- ls {\"path\":\"b\"}"]);
    }

    #[test]
    fn the_same_index_for_every_call_is_told_by_the_id() {
        let read = read(&[
            fragment(json!(0), json!("a"), json!("ls"), json!("{\"x\":")),
            fragment(json!(0), NONE, NONE, json!("1}")),
            fragment(json!(0), json!("b"), json!("ls"), json!("{\"x\":")),
            fragment(json!(0), NONE, NONE, json!("2}")),
        ]);
        assert_eq!(read, ["a ls {\"x\":1}", "b ls {\"x\":2}"]);
    }

    #[test]
    fn names_come_in_pieces_or_repeated_and_ids_repeated() {
        let pieces = read(&[
            fragment(json!(0), json!("a"), json!("write_"), NONE),
            fragment(json!(0), NONE, json!("file"), json!("{")),
            fragment(json!(0), json!("a"), json!("write_file"), json!("}")),
        ]);
        assert_eq!(pieces, ["a write_file {}"]);
        let same_id = read(&[
            fragment(json!(0), json!("a"), json!("ls"), json!("{}")),
            fragment(json!(1), json!("a"), json!("ls"), json!("{}")),
        ]);
        assert_eq!(same_id, ["a ls {}", "a ls {}"], "repeated ids are the turn's to mend");
    }

    #[test]
    fn odd_shapes() {
        assert_eq!(read(&[json!({ "id": 7, "name": "ls", "index": "0" })]), ["7 ls {}"]);
        assert_eq!(read(&[NONE, json!([]), json!([null, 3]), json!("x")]), Vec::<String>::new());
        assert_eq!(read(&[fragment(json!(0), json!("a"), json!(""), json!(" "))]), Vec::<String>::new());
        assert_eq!(read(&[fragment(json!(0), NONE, NONE, json!("{}"))]), ["-  {}"], "a nameless call is kept");
        assert_eq!(read(&[fragment(json!(5), json!("a"), json!("ls"), json!("{\"broken"))]), ["a ls {\"broken"]);
    }

    #[test]
    fn calls_are_bounded() {
        let mut calls = Fragments::default();
        let refused = (0..2000).position(|n| calls.take(&fragment(json!(n), NONE, json!("ls"), NONE)).is_err());
        assert_eq!(refused, Some(CALLS_MAX));
    }
}
