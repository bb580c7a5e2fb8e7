//! The wait that an answer asks for: seconds or a date. Pure.

use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::domain::time::WallTime;

/// Milliseconds from now. What cannot be read is no wish at all; a date of the past is none either.
pub(super) fn retry_after_ms(headers: &HeaderMap, now: WallTime) -> Option<u64> {
    let exact = headers.get("retry-after-ms").and_then(|value| value.to_str().ok()?.trim().parse::<u64>().ok());
    if exact.is_some() {
        return exact;
    }
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(seconds.saturating_mul(1000));
    }
    let date = jiff::fmt::rfc2822::parse(value).ok()?.timestamp().as_millisecond();
    u64::try_from(date.saturating_sub(now.0)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read_and_nonsense_is_not() {
        let now = WallTime(784_111_777_000); // Sun, 06 Nov 1994 08:49:37 GMT
        for (name, value, read) in [
            ("retry-after", "7", Some(7_000)),
            ("retry-after", " 0 ", Some(0)),
            ("retry-after", "99999999999999999999", None),
            ("retry-after", "18446744073709551615", Some(u64::MAX)),
            ("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT", Some(10_000)),
            ("retry-after", "Sun, 06 Nov 1994 08:49:27 GMT", None),
            ("retry-after", "-3", None),
            ("retry-after", "1.5", None),
            ("retry-after", "soon", None),
            ("retry-after-ms", "250", Some(250)),
            ("x-other", "7", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            assert_eq!(retry_after_ms(&headers, now), read, "{name}: {value}");
        }
    }
}
