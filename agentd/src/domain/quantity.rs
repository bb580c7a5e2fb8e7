//! Quantities as config.toml and the command line write them: 2g, 1.5, 90m.

/// A size in bytes.
pub fn size(bytes: u64) -> String {
    whole(bytes, &[("g", 1 << 30), ("m", 1 << 20), ("k", 1 << 10), ("b", 1)])
}

/// A span of time in milliseconds.
pub fn span(ms: u64) -> String {
    whole(ms, &[("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)])
}

/// Cores in thousandths.
pub fn cores(millis: u64) -> String {
    let fraction = format!("{}.{:03}", millis / 1000, millis % 1000);
    fraction.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A plain number.
pub fn count(number: u64) -> String {
    number.to_string()
}

/// In the greatest unit that leaves no fraction.
fn whole(number: u64, units: &[(&str, u64)]) -> String {
    match units.iter().find(|(_, factor)| number >= *factor && number.is_multiple_of(*factor)) {
        Some((name, factor)) => format!("{}{name}", number / factor),
        None => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_short_and_exact() {
        assert_eq!([size(0), size(512), size(3 << 19), size(2 << 30)], ["0", "512b", "1536k", "2g"]);
        assert_eq!([span(1), span(90_000), span(5_400_000)], ["1ms", "90s", "90m"]);
        assert_eq!([cores(1000), cores(2250), cores(10), cores(10_000)], ["1", "2.25", "0.01", "10"]);
    }
}
