//! Reading what a model wrote as arguments. Lenient where models err and nothing can be mistaken: a number or a truth
//! value in quotes, `path` for `file_path`, null for a field that is left out. Strict in everything else, with an error
//! that names the field, what it takes, and an example.

use serde_json::{Map, Value};

use crate::approval::paths::absolute;

/// Bytes of a path at most, as Linux has it.
const PATH_BYTES_MAX: usize = 4096;

/// Bytes of a wrong value that are told back.
const SHOWN_BYTES_MAX: usize = 60;

/// What a tool takes.
pub(crate) struct Shape {
    /// The tool.
    pub(crate) tool: &'static str,
    /// Its fields.
    pub(crate) fields: &'static [&'static str],
    /// Arguments that are right.
    pub(crate) example: &'static str,
}

/// The arguments of one call, found to be an object with known fields.
pub(crate) struct Arguments<'a> {
    shape: &'static Shape,
    map: &'a Map<String, Value>,
}

impl<'a> Arguments<'a> {
    /// The arguments, where they are an object with no field that the tool does not have.
    pub(crate) fn of(value: &'a Value, shape: &'static Shape) -> Result<Self, String> {
        let wrong = |what: String| Err(with_example(what, shape));
        let map = match value {
            Value::Object(map) => map,
            Value::String(text) => {
                return wrong(match serde_json::from_str::<Value>(text) {
                    Ok(_) => format!("the arguments of {} must be a JSON object, and are a JSON string", shape.tool),
                    Err(error) => format!("the arguments of {} are not valid JSON ({error})", shape.tool),
                });
            }
            other => {
                let found = shown(other);
                return wrong(format!("the arguments of {} must be a JSON object, and are {found}", shape.tool));
            }
        };
        let arguments = Self { shape, map };
        for field in map.keys() {
            if !shape.fields.contains(&field.as_str()) && arguments.alias(field).is_none() {
                let name = &field[..field.floor_char_boundary(SHOWN_BYTES_MAX)];
                let fields = shape.fields.join(", ");
                return wrong(format!("{} has no field `{}`; it has: {fields}", shape.tool, name.escape_debug()));
            }
        }
        Ok(arguments)
    }

    /// The field that is meant by another tool's name for it.
    fn alias(&self, written: &str) -> Option<&'static str> {
        let meant = match written {
            "path" => "file_path",
            "file_path" => "path",
            _ => return None,
        };
        self.shape.fields.iter().find(|field| **field == meant).copied()
    }

    /// The field's value; null is none.
    fn value(&self, field: &str) -> Option<&'a Value> {
        self.map.get(field).filter(|value| !value.is_null())
    }

    /// A text that must be there; it may be empty.
    pub(crate) fn text(&self, field: &str) -> Result<&'a str, String> {
        self.text_if(field)?.ok_or_else(|| self.error(field, "is missing"))
    }

    /// A text that must be there and not be empty.
    pub(crate) fn words(&self, field: &str) -> Result<&'a str, String> {
        match self.text(field)? {
            "" => Err(self.error(field, "is empty")),
            text => Ok(text),
        }
    }

    /// A text that may be left out.
    pub(crate) fn text_if(&self, field: &str) -> Result<Option<&'a str>, String> {
        match self.value(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.error(field, &format!("must be a string, and is {}", shown(other)))),
        }
    }

    /// The path in this field, absolute and plain.
    pub(crate) fn path(&self, field: &str) -> Result<String, String> {
        match self.path_if(field)? {
            Some("") => Err(self.error(field, "is empty: give a path, absolute or relative to /workspace")),
            Some(path) => Ok(absolute(path)),
            None => Err(self.error(field, "is missing")),
        }
    }

    /// The path in this field, or the workspace.
    pub(crate) fn path_or_workspace(&self, field: &str) -> Result<String, String> {
        Ok(absolute(self.path_if(field)?.unwrap_or_default()))
    }

    fn path_if(&self, field: &str) -> Result<Option<&'a str>, String> {
        let other = if field == "path" { "file_path" } else { "path" };
        let written = match (self.value(field), self.value(other)) {
            (Some(_), Some(_)) => return Err(self.error(field, &format!("and `{other}` are both given: give one"))),
            (None, Some(_)) => other,
            _ => field,
        };
        let Some(path) = self.text_if(written)? else { return Ok(None) };
        if path.len() > PATH_BYTES_MAX {
            return Err(self.error(field, &format!("has {} bytes, at most {PATH_BYTES_MAX} can be used", path.len())));
        }
        if path.contains('\0') {
            return Err(self.error(field, "holds a zero byte"));
        }
        Ok(Some(path))
    }

    /// A whole number in a range, in quotes or not.
    pub(crate) fn number(
        &self,
        field: &str,
        default: u64,
        range: std::ops::RangeInclusive<u64>,
    ) -> Result<u64, String> {
        let Some(value) = self.value(field) else { return Ok(default) };
        let number = match value {
            Value::Number(number) => whole(number),
            Value::String(text) => text.trim().parse::<serde_json::Number>().ok().as_ref().and_then(whole),
            _ => None,
        };
        number.filter(|number| range.contains(number)).ok_or_else(|| {
            let range = match *range.end() {
                u64::MAX => format!("of {} or more", range.start()),
                max => format!("from {} to {max}", range.start()),
            };
            self.error(field, &format!("must be a whole number {range}, and is {}", shown(value)))
        })
    }

    /// A truth value, in quotes or not.
    pub(crate) fn flag(&self, field: &str) -> Result<bool, String> {
        match self.value(field) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(other) => Err(self.error(field, &format!("must be true or false, and is {}", shown(other)))),
        }
    }

    /// A list that must be there.
    pub(crate) fn list(&self, field: &str) -> Result<&'a [Value], String> {
        self.list_if(field)?.ok_or_else(|| self.error(field, "is missing"))
    }

    /// A list that may be left out.
    pub(crate) fn list_if(&self, field: &str) -> Result<Option<&'a [Value]>, String> {
        match self.value(field) {
            None => Ok(None),
            Some(Value::Array(items)) => Ok(Some(items)),
            Some(other) => Err(self.error(field, &format!("must be a list, and is {}", shown(other)))),
        }
    }

    /// What is wrong with a field.
    pub(crate) fn error(&self, field: &str, what: &str) -> String {
        with_example(format!("`{field}` of {} {what}", self.shape.tool), self.shape)
    }
}

fn with_example(what: String, shape: &Shape) -> String {
    format!("Wrong arguments: {what}. Example: {}", shape.example)
}

/// The number, where it is whole and not negative; 10.0 is 10.
fn whole(number: &serde_json::Number) -> Option<u64> {
    number.as_u64().or_else(|| {
        let float = number.as_f64()?;
        let fits = float >= 0.0 && float.fract() == 0.0 && float < 9e15;
        // Lossless: whole and under 2^53.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        fits.then_some(float as u64)
    })
}

/// A wrong value, short enough to be told back.
pub(crate) fn shown(value: &Value) -> String {
    let text = match value {
        Value::Object(_) => return "an object".to_owned(),
        Value::Array(_) => return "a list".to_owned(),
        scalar => scalar.to_string(),
    };
    let end = text.floor_char_boundary(SHOWN_BYTES_MAX);
    if end < text.len() { format!("{}…", &text[..end]) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    static SHAPE: Shape = Shape {
        tool: "read_file",
        fields: &["file_path", "offset", "all"],
        example: r#"{"file_path": "src/main.rs"}"#,
    };

    fn number(value: Value) -> Result<u64, String> {
        Arguments::of(&json!({ "offset": value }), &SHAPE)?.number("offset", 7, 0..=100)
    }

    fn path(value: &Value) -> Result<String, String> {
        Arguments::of(value, &SHAPE)?.path("file_path")
    }

    #[test]
    fn numbers_are_read_as_models_write_them() {
        for (written, read) in
            [(json!(5), 5), (json!("5"), 5), (json!(" 5 "), 5), (json!(5.0), 5), (json!("5.0"), 5), (json!(null), 7)]
        {
            assert_eq!(number(written.clone()), Ok(read), "{written}");
        }
        for wrong in
            [json!(-1), json!(1.5), json!("five"), json!(101), json!(true), json!([5]), json!(1e300), json!("")]
        {
            let why = number(wrong.clone()).unwrap_err();
            assert!(
                why.starts_with("Wrong arguments: `offset` of read_file must be a whole number from 0 to 100, and is "),
                "{why}"
            );
            assert!(why.ends_with(r#"Example: {"file_path": "src/main.rs"}"#), "{why}");
        }
    }

    #[test]
    fn a_path_is_read_by_either_name_but_not_by_both() {
        assert_eq!(path(&json!({"file_path": "a"})).unwrap(), "/workspace/a");
        assert_eq!(path(&json!({"path": "/a/../b"})).unwrap(), "/b");
        assert_eq!(path(&json!({"file_path": null, "path": "b"})).unwrap(), "/workspace/b");
        for (wrong, word) in [
            (json!({"file_path": "a", "path": "b"}), "both given"),
            (json!({"file_path": ""}), "is empty"),
            (json!({}), "is missing"),
            (json!({"file_path": "a\0"}), "zero byte"),
            (json!({"file_path": "x".repeat(5000)}), "5000 bytes"),
            (json!({"file_path": 5}), "must be a string, and is 5"),
        ] {
            let why = path(&wrong).unwrap_err();
            assert!(why.contains(word) && why.contains("`file_path`"), "{why}");
        }
    }

    #[test]
    fn flags_are_read_in_quotes_too() {
        let flag = |value: Value| Arguments::of(&json!({ "all": value }), &SHAPE).unwrap().flag("all");
        assert_eq!((flag(json!(true)), flag(json!("True")), flag(json!("false"))), (Ok(true), Ok(true), Ok(false)));
        assert_eq!(flag(json!(null)), Ok(false));
        assert!(flag(json!(1)).is_err());
    }

    #[test]
    fn what_is_no_object_or_has_unknown_fields_is_told() {
        let why = |value: Value| Arguments::of(&value, &SHAPE).err().unwrap();
        assert!(why(json!({"lines": 5})).contains("read_file has no field `lines`; it has: file_path, offset, all"));
        assert!(why(json!("{\"file_path\": ")).contains("not valid JSON (EOF"));
        assert!(why(json!("{}")).contains("are a JSON string"));
        assert!(why(json!([])).contains("are a list"));
        assert!(why(json!({"é".repeat(500): 1})).len() < 300);
    }
}
