//! Spans of time: "30s", "5m", "1h", or "0" for never.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A span of time in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeSpan(u64);

const EXPECTED: &str = "a time like \"30s\", \"5m\" or \"1h\" (ms, s, m, h, d; \"0\" for never)";

const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// Longer than any clock of ours is asked to wait.
const MS_MAX: u64 = 3650 * 86_400_000;

impl TimeSpan {
    /// No end.
    pub const NEVER: Self = Self(0);

    /// So many minutes.
    pub const fn from_minutes(minutes: u64) -> Self {
        Self(minutes * 60_000)
    }

    /// In milliseconds.
    pub fn as_ms(self) -> u64 {
        self.0
    }

    /// How long, or `None` where it was set to 0: never.
    pub fn unless_never(self) -> Option<Duration> {
        (self.0 > 0).then(|| Duration::from_millis(self.0))
    }
}

impl FromStr for TimeSpan {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not {EXPECTED}");
        let trimmed = text.trim();
        let (digits, unit) = trimmed.split_at(trimmed.bytes().take_while(u8::is_ascii_digit).count());
        let number: u64 = digits.parse().map_err(|_| wrong())?;
        if number == 0 && unit.is_empty() {
            return Ok(Self(0));
        }
        let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
        number.checked_mul(*factor).filter(|ms| *ms <= MS_MAX).map(Self).ok_or_else(|| format!("{text:?} is too long"))
    }
}

impl fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match UNITS.iter().find(|(_, factor)| self.0 > 0 && self.0.is_multiple_of(*factor)) {
            Some((unit, factor)) => write!(f, "{}{unit}", self.0 / factor),
            None => f.write_str("0"),
        }
    }
}

impl Serialize for TimeSpan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeSpan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Written)
    }
}

struct Written;

impl Visitor<'_> for Written {
    type Value = TimeSpan;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<TimeSpan, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<TimeSpan, E> {
        match number {
            0 => Ok(TimeSpan(0)),
            _ => Err(E::custom(format!("{number} is not {EXPECTED}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spans_are_read_with_their_unit() {
        let read = |text: &str| text.parse::<TimeSpan>().map(TimeSpan::as_ms);
        assert_eq!(read("30s"), Ok(30_000));
        assert_eq!(read("5m"), Ok(300_000));
        assert_eq!(read("1h"), Ok(3_600_000));
        assert_eq!(read("250ms"), Ok(250));
        assert_eq!(read("2d"), Ok(172_800_000));
        assert_eq!(read("0"), Ok(0));
        for wrong in ["", "s", "30", "-5m", "5 m", "5M", "5min", "1h30m", "99999999999999999999s", "4000d", "٣s"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn zero_is_never() {
        assert_eq!(TimeSpan(0).unless_never(), None);
        assert_eq!(TimeSpan(1500).unless_never(), Some(Duration::from_millis(1500)));
        assert_eq!(TimeSpan(0).to_string(), "0");
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_again(ms in 0..=MS_MAX) {
            prop_assert_eq!(TimeSpan(ms).to_string().parse(), Ok(TimeSpan(ms)));
        }

        #[test]
        fn no_text_is_too_odd(text: String) {
            let _ = text.parse::<TimeSpan>();
        }
    }
}
