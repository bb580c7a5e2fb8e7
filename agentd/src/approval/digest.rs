//! The digest of a call: an answer names it, so that it can only be an answer to exactly what was asked.

use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// SHA-256 of tool and arguments in one canonical spelling, in hexadecimal.
pub fn digest(tool: &str, arguments: &Value) -> String {
    let mut canonical = String::from("{\"arguments\":");
    write_sorted(arguments, &mut canonical);
    canonical.push_str(",\"tool\":");
    write_sorted(&Value::from(tool), &mut canonical);
    canonical.push('}');
    Sha256::digest(canonical.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Writes JSON with the keys of every object in order, whatever order the map of the build keeps.
fn write_sorted(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            out.push('{');
            for (index, (key, value)) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                let _ = write!(out, "{}:", Value::from(key.as_str()));
                write_sorted(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_sorted(item, out);
            }
            out.push(']');
        }
        scalar => {
            let _ = write!(out, "{scalar}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_keys_does_not_matter_and_everything_else_does() {
        let one: Value = serde_json::from_str(r#"{"a":1,"b":{"x":[1,2],"y":"z"}}"#).unwrap();
        let two: Value = serde_json::from_str(r#"{ "b": {"y":"z", "x":[1,2]}, "a": 1 }"#).unwrap();
        assert_eq!(digest("execute", &one), digest("execute", &two));
        for other in
            [json!({"a": 1}), json!({"a": "1", "b": {"x": [1, 2], "y": "z"}}), json!([1]), json!("a"), json!(null)]
        {
            assert_ne!(digest("execute", &one), digest("execute", &other), "{other}");
        }
        assert_ne!(digest("execute", &one), digest("execut", &one));
    }

    #[test]
    fn the_canonical_spelling_is_fixed() {
        // Journals on disk hold such digests.
        assert_eq!(
            digest("execute", &json!({"timeout": 5, "command": "ls"})),
            "1a7cf07503c449b03f4fb1564527fd527ad6d85f11bd284b8066886539b24ae3"
        );
    }
}
