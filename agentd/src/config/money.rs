//! Amounts of money in whatever currency the prices are: 5, 0.25.

use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An amount, in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Money(pub u64);

const EXPECTED: &str = "an amount of money like 5 or 0.25, from 0 to 1000000000";

impl Money {
    fn from_units(units: f64) -> Option<Self> {
        // In range, so the cast drops nothing but what is below a millionth.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        (0.0..=1e9).contains(&units).then(|| Self((units * 1e6).round() as u64))
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // At most 10^15: exact.
        #[allow(clippy::cast_precision_loss)]
        let micros = self.0 as f64;
        serializer.serialize_f64(micros / 1e6)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Written)
    }
}

struct Written;

impl Visitor<'_> for Written {
    type Value = Money;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_f64<E: de::Error>(self, units: f64) -> Result<Money, E> {
        Money::from_units(units).ok_or_else(|| E::custom(format!("{units} is not {EXPECTED}")))
    }

    fn visit_i64<E: de::Error>(self, units: i64) -> Result<Money, E> {
        let whole = u32::try_from(units).ok().and_then(|units| Money::from_units(f64::from(units)));
        whole.ok_or_else(|| E::custom(format!("{units} is not {EXPECTED}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_whole_or_parts() {
        assert_eq!(Money::from_units(0.25), Some(Money(250_000)));
        assert_eq!(Money::from_units(0.000_001), Some(Money(1)));
        for wrong in [-1.0, 2e9, f64::NAN, f64::INFINITY] {
            assert_eq!(Money::from_units(wrong), None, "{wrong}");
        }
    }
}
