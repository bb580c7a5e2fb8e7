//! Shares of processor cores: 1, 0.5, 2.25.

use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Processor cores, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cpus(u64);

const EXPECTED: &str = "a number of cores like 1 or 0.5, from 0.01 to 1024";

impl Cpus {
    /// So many thousandths of a core.
    pub(super) const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// In thousandths of a core.
    pub fn as_millis(self) -> u64 {
        self.0
    }

    fn from_cores(cores: f64) -> Option<Self> {
        // In range, so the cast drops nothing but what is below a thousandth.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        (0.01..=1024.0).contains(&cores).then(|| Self((cores * 1000.0).round() as u64))
    }

    fn as_cores(self) -> f64 {
        // At most 1024 cores: exact.
        #[allow(clippy::cast_precision_loss)]
        let millis = self.0 as f64;
        millis / 1000.0
    }
}

impl Serialize for Cpus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.as_cores())
    }
}

impl<'de> Deserialize<'de> for Cpus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Written)
    }
}

struct Written;

impl Visitor<'_> for Written {
    type Value = Cpus;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_f64<E: de::Error>(self, cores: f64) -> Result<Cpus, E> {
        Cpus::from_cores(cores).ok_or_else(|| E::custom(format!("{cores} is not {EXPECTED}")))
    }

    fn visit_i64<E: de::Error>(self, cores: i64) -> Result<Cpus, E> {
        let whole = u16::try_from(cores).ok().and_then(|cores| Cpus::from_cores(f64::from(cores)));
        whole.ok_or_else(|| E::custom(format!("{cores} is not {EXPECTED}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_are_whole_or_parts() {
        assert_eq!(Cpus::from_cores(0.5), Some(Cpus(500)));
        assert_eq!(Cpus::from_cores(1024.0), Some(Cpus(1_024_000)));
        for wrong in [0.0, -1.0, 0.001, 1025.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Cpus::from_cores(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_thousandth_is_shown_as_it_was_written() {
        for millis in 10..=20_000 {
            assert_eq!(Cpus::from_cores(Cpus(millis).as_cores()), Some(Cpus(millis)));
        }
    }
}
