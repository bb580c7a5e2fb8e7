//! Sizes: "2g", "512m", or bytes.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

const EXPECTED: &str = "a size like \"512m\" or \"2g\" (b, k, m, g, t; powers of 1024)";

const UNITS: [(char, u64); 5] = [('t', 1 << 40), ('g', 1 << 30), ('m', 1 << 20), ('k', 1 << 10), ('b', 1)];

impl FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not {EXPECTED}");
        let lower = text.trim().to_ascii_lowercase();
        let unit = UNITS.iter().find(|(letter, _)| lower.ends_with(*letter));
        let (digits, factor) =
            unit.map_or((lower.as_str(), 1), |(letter, factor)| (lower.trim_end_matches(*letter), *factor));
        // A number alone, without a sign, and one unit only.
        if digits.is_empty() || digits.len() + 1 < lower.len() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong());
        }
        digits.parse::<u64>().ok().and_then(|n| n.checked_mul(factor)).map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match UNITS.iter().find(|(_, factor)| self.0 >= *factor && self.0.is_multiple_of(*factor)) {
            Some((letter, factor)) => write!(f, "{}{letter}", self.0 / factor),
            None => write!(f, "{}b", self.0),
        }
    }
}

impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Written)
    }
}

struct Written;

impl Visitor<'_> for Written {
    type Value = ByteSize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ByteSize, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<ByteSize, E> {
        u64::try_from(number).map(ByteSize).map_err(|_| E::custom(format!("{number} is not {EXPECTED}")))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes_are_read_as_engines_read_them() {
        let read = |text: &str| text.parse::<ByteSize>().map(|size| size.0);
        assert_eq!(read("2g"), Ok(2 << 30));
        assert_eq!(read(" 512M "), Ok(512 << 20));
        assert_eq!(read("1048576"), Ok(1 << 20));
        assert_eq!(read("7b"), Ok(7));
        for wrong in ["", "g", "2q", "-1g", "+1g", "1.5g", "2gg", "2 g", "18446744073709551615k", "٣g", "2gb"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert!(read("2q").unwrap_err().starts_with("\"2q\" is not a size like"));
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_again(bytes: u64) {
            prop_assert_eq!(ByteSize(bytes).to_string().parse(), Ok(ByteSize(bytes)));
        }

        #[test]
        fn no_text_is_too_odd(text: String) {
            let _ = text.parse::<ByteSize>();
        }
    }
}
