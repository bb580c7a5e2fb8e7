//! Errors that an endpoint puts into words: found in whatever shape it gives them, and put into a class. Pure.

use serde_json::Value;

use super::error::Class;

/// An error as an endpoint reported it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reported {
    /// Its code or type, as text; empty where there is none.
    pub(super) code: String,
    /// What it says; may be long, and may quote the key.
    pub(super) detail: String,
}

impl Reported {
    /// The error in an answer, if it is one: `{"error": {…}}`, `{"error": "…"}`, `{"object": "error", …}`, `{"code": …, "msg": …}`,
    /// `{"detail": …}`, or an array of these.
    pub(super) fn find(answer: &Value) -> Option<Self> {
        if let Value::Array(items) = answer {
            return items.first().and_then(Self::find);
        }
        match answer.get("error") {
            Some(Value::Object(error)) if !error.is_empty() => return answer.get("error").map(Self::of),
            Some(Value::String(detail)) if !detail.is_empty() => {
                return Some(Self { code: word(answer, &["code", "type"]), detail: detail.clone() });
            }
            _ => {}
        }
        let speaks = ["message", "msg", "detail"].iter().any(|field| answer.get(field).is_some());
        (speaks && answer.get("choices").is_none()).then(|| Self::of(answer))
    }

    fn of(error: &Value) -> Self {
        Self { code: word(error, &["code", "type", "status"]), detail: word(error, &["message", "msg", "detail"]) }
    }

    /// The class of an error in the middle of a reply, where no status tells it.
    pub(super) fn class(&self) -> Class {
        self.named_class().unwrap_or_else(|| match self.code.parse::<u16>() {
            Ok(status @ 400..=599) => class_of_status(status),
            _ => Class::ServerError,
        })
    }

    /// The class of an answer with an error status: a well-known code knows better than the status.
    pub(super) fn class_with_status(&self, status: u16) -> Class {
        match self.named_class() {
            // A status that says "later" stays so, unless the account has to be topped up first.
            Some(class) if class_of_status(status).retryable() && class != Class::Quota => class_of_status(status),
            Some(class) => class,
            None => class_of_status(status),
        }
    }

    /// Codes in words are OpenAI's, Anthropic's and those of their kin; the four-digit ones are those of open.bigmodel.cn. That a
    /// conversation is too long has no code with most.
    fn named_class(&self) -> Option<Class> {
        let words = self.detail.to_ascii_lowercase();
        if TOO_LONG.iter().any(|said| words.contains(said)) {
            return Some(Class::TooLarge);
        }
        let class = match self.code.as_str() {
            "insufficient_quota"
            | "billing_hard_limit_reached"
            | "billing_error"
            | "1113"
            | "1304"
            | "1308"
            | "1309"
            | "1310" => Class::Quota,
            "rate_limit_exceeded" | "rate_limit_error" | "RESOURCE_EXHAUSTED" | "1302" | "1303" | "1305" => {
                Class::RateLimited
            }
            "invalid_api_key"
            | "authentication_error"
            | "permission_error"
            | "1000"
            | "1001"
            | "1002"
            | "1003"
            | "1004" => Class::Unauthorized,
            "model_not_found" | "not_found_error" | "1211" => Class::NotFound,
            "overloaded_error" | "api_error" | "overloaded" | "1234" => Class::ServerError,
            "timeout_error" => Class::Timeout,
            "context_length_exceeded" | "request_too_large" | "exceed_context_size_error" | "1261" => Class::TooLarge,
            "invalid_request_error" | "content_filter" | "1210" | "1212" | "1213" | "1214" | "1301" => Class::Rejected,
            _ => return None,
        };
        Some(class)
    }
}

/// How endpoints say that a conversation is too long for their model: OpenAI and vLLM, Anthropic, llama.cpp, Gemini, TGI.
const TOO_LONG: [&str; 5] = [
    "maximum context length",
    "prompt is too long",
    "exceeds the available context size",
    "exceeds the maximum number of tokens",
    "must be <= max_input_tokens",
];

/// The class of a status alone.
fn class_of_status(status: u16) -> Class {
    match status {
        401 | 403 => Class::Unauthorized,
        402 => Class::Quota,
        404 => Class::NotFound,
        408 | 504 => Class::Timeout,
        413 => Class::TooLarge,
        429 => Class::RateLimited,
        409 | 500.. => Class::ServerError,
        _ => Class::Rejected,
    }
}

/// The first of these fields that holds a text, a number, or something that can at least be shown.
fn word(object: &Value, fields: &[&str]) -> String {
    let found = fields.iter().filter_map(|field| object.get(field)).find(|value| match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        _ => true,
    });
    match found {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn errors_are_found_in_every_shape() {
        for (answer, code, detail) in [
            (json!({ "error": { "code": "1302", "message": "slow down" } }), "1302", "slow down"),
            (json!({ "error": { "code": null, "type": "server_error", "message": "x" } }), "server_error", "x"),
            (json!({ "error": { "code": 503, "message": "x" } }), "503", "x"),
            (json!({ "error": "model is loading" }), "", "model is loading"),
            (json!({ "object": "error", "message": "bad", "code": 400 }), "400", "bad"),
            (json!({ "code": 500, "msg": "404 NOT_FOUND", "success": false }), "500", "404 NOT_FOUND"),
            (json!({ "detail": [{ "loc": ["body"] }] }), "", r#"[{"loc":["body"]}]"#),
            (json!([{ "error": { "code": 429, "message": "x", "status": "RESOURCE_EXHAUSTED" } }]), "429", "x"),
        ] {
            let found = Reported::find(&answer);
            assert_eq!(found, Some(Reported { code: code.to_owned(), detail: detail.to_owned() }), "{answer}");
        }
        for answer in [
            json!({ "choices": [], "error": null }),
            json!({}),
            json!([]),
            json!("x"),
            json!({ "error": "" }),
            json!({ "choices": [], "error": {} }),
        ] {
            assert_eq!(Reported::find(&answer), None, "{answer}");
        }
    }

    #[test]
    fn classes_follow_codes_and_statuses() {
        let of = |code: &str| Reported { code: code.to_owned(), detail: String::new() };
        assert_eq!(of("").class(), Class::ServerError);
        assert_eq!(of("429").class(), Class::RateLimited);
        assert_eq!(of("1302").class(), Class::RateLimited);
        assert_eq!(of("400").class(), Class::Rejected);
        assert_eq!(of("context_length_exceeded").class(), Class::TooLarge);
        assert_eq!(of("overloaded_error").class(), Class::ServerError);
        assert_eq!(of("billing_error").class_with_status(400), Class::Quota);
        let detail = "This model's maximum context length is 8192 tokens.".to_owned();
        assert_eq!(Reported { code: "400".to_owned(), detail }.class_with_status(400), Class::TooLarge);
        for (status, class) in [
            (400, Class::Rejected),
            (401, Class::Unauthorized),
            (403, Class::Unauthorized),
            (404, Class::NotFound),
            (408, Class::Timeout),
            (409, Class::ServerError),
            (413, Class::TooLarge),
            (422, Class::Rejected),
            (429, Class::RateLimited),
            (500, Class::ServerError),
            (529, Class::ServerError),
            (302, Class::Rejected),
        ] {
            assert_eq!(of("").class_with_status(status), class, "{status}");
        }
        assert_eq!(of("insufficient_quota").class_with_status(429), Class::Quota);
        assert_eq!(of("1113").class_with_status(429), Class::Quota);
        assert_eq!(of("1211").class_with_status(400), Class::NotFound);
        assert_eq!(of("invalid_request_error").class_with_status(503), Class::ServerError);
    }
}
