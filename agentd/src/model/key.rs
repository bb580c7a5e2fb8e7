//! The key of an endpoint. It leaves this file as a header and in no other form.

use reqwest::header::HeaderValue;

/// Below this length redaction would eat words rather than hide a secret (`EMPTY`, `none`).
const SECRET_CHARS_MIN: usize = 8;

/// A key. Its `Debug` form does not show it.
#[derive(Clone)]
pub(super) struct ApiKey(String);

impl ApiKey {
    /// The key as the environment holds it; `None` where that is blank.
    pub(super) fn new(value: &str) -> Option<Self> {
        let value = value.trim();
        (!value.is_empty()).then(|| Self(value.to_owned()))
    }

    /// The authorization header; `None` where the key has characters that no header can carry.
    pub(super) fn bearer(&self) -> Option<HeaderValue> {
        sensitive(&format!("Bearer {}", self.0))
    }

    /// The key alone as a header's value; `None` as above.
    pub(super) fn bare(&self) -> Option<HeaderValue> {
        sensitive(&self.0)
    }

    /// The text with the key taken out of it.
    pub(super) fn redact(&self, text: &str) -> String {
        if self.0.len() < SECRET_CHARS_MIN { text.to_owned() } else { text.replace(&self.0, "[key]") }
    }
}

fn sensitive(value: &str) -> Option<HeaderValue> {
    let mut header = HeaderValue::from_str(value).ok()?;
    header.set_sensitive(true);
    Some(header)
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiKey([key])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_shown() {
        let key = ApiKey::new(" sk-canary-123456\n").unwrap();
        assert!(!format!("{key:?}").contains("canary"));
        assert!(!format!("{:?}", key.bearer().unwrap()).contains("canary"));
        assert_eq!(key.bearer().unwrap().to_str().unwrap(), "Bearer sk-canary-123456");
        assert_eq!(key.redact("wrong key sk-canary-123456!"), "wrong key [key]!");
        assert_eq!(ApiKey::new("none").unwrap().redact("none such"), "none such");
        assert!(ApiKey::new("  ").is_none());
        assert!(ApiKey::new("a\u{1}b").unwrap().bearer().is_none());
    }
}
