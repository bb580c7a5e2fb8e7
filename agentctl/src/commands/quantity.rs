//! Sizes and durations as people type them.

/// A size in bytes: `512m`, `2g`, `1.5G`, `2GiB`. Units are powers of 1024.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let (number, unit) = split(text);
    let shift = match unit.to_ascii_lowercase().trim_end_matches("ib").trim_end_matches('b') {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return Err("give a size like 512m or 2g (k, m, g, t)".to_owned()),
    };
    let exact = number.parse::<u64>().ok().map(|whole| whole.checked_mul(1 << shift));
    match exact {
        Some(Some(bytes)) if bytes > 0 => Ok(bytes),
        Some(Some(_)) => Err("it must be more than 0".to_owned()),
        Some(None) => Err("it is too large".to_owned()),
        None => fraction(number, shift).ok_or_else(|| "give a size like 512m or 2g (k, m, g, t)".to_owned()),
    }
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // bounded just before
fn fraction(number: &str, shift: u32) -> Option<u64> {
    let bytes = number.parse::<f64>().ok()? * (1u64 << shift) as f64;
    (1.0..9.0e15).contains(&bytes).then_some(bytes as u64)
}

/// A duration in milliseconds: `90s`, `30m`, `1h30m`, `500ms`.
pub(crate) fn duration_ms(text: &str) -> Result<u64, String> {
    let wrong = || "give a duration like 90s, 30m or 1h30m (ms, s, m, h, d)".to_owned();
    let mut rest = text;
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (number, after) = split(rest);
        let unit_end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let factor = match &after[..unit_end] {
            "ms" => 1,
            "s" => 1_000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(wrong()),
        };
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let part = number.checked_mul(factor).and_then(|part| total.checked_add(part));
        total = part.ok_or_else(|| "it is too long".to_owned())?;
        rest = &after[unit_end..];
    }
    if text.is_empty() {
        Err(wrong())
    } else if total == 0 {
        Err("it must be more than 0".to_owned())
    } else {
        Ok(total)
    }
}

/// An amount of money in millionths: `5`, `0.25`.
pub(crate) fn money_micros(text: &str) -> Result<u64, String> {
    let wrong = || "give an amount like 5 or 0.25".to_owned();
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > 6 || text.ends_with('.') {
        return Err(wrong());
    }
    let part: u64 = format!("{part:0<6}").parse().map_err(|_| wrong())?;
    let whole: u64 = whole.parse().map_err(|_| wrong())?;
    whole.checked_mul(1_000_000).and_then(|micros| micros.checked_add(part)).ok_or_else(|| "it is too large".to_owned())
}

/// A number of cores: `1`, `0.5`.
pub(crate) fn cpus(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(cores) if cores > 0.0 && cores <= 4096.0 => Ok(cores),
        _ => Err("give a number of cores like 1 or 0.5".to_owned()),
    }
}

fn split(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(
            ["2g", "512m", "1.5G", "64KiB", "7b", "4096"].map(|text| bytes(text).unwrap()),
            [2 << 30, 512 << 20, 3 << 29, 64 << 10, 7, 4096]
        );
        for wrong in ["", "g", "2x", "-1g", "0", "0m", "1e3", "99999999999t", "2 g", "1.2.3g", "nan", "0.1", "ü"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations() {
        assert_eq!(
            ["90s", "30m", "1h30m", "500ms", "1d", "1m5s"].map(|text| duration_ms(text).unwrap()),
            [90_000, 1_800_000, 5_400_000, 500, 86_400_000, 65_000]
        );
        for wrong in
            ["", "90", "s", "1.5h", "-3s", "0s", "3 s", "99999999999999999999d", "18446744073709551615d", "5µs"]
        {
            assert!(duration_ms(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn amounts_of_money() {
        assert_eq!(
            ["5", "0.25", "0", "1.000001"].map(|text| money_micros(text).unwrap()),
            [5_000_000, 250_000, 0, 1_000_001]
        );
        for wrong in ["", ".5", "5.", "-1", "1,5", "0.0000001", "1e3", "99999999999999999999"] {
            assert!(money_micros(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn cores() {
        assert!((cpus("0.5").unwrap() - 0.5).abs() < f64::EPSILON);
        for wrong in ["0", "-1", "inf", "nan", "two", "1e9"] {
            assert!(cpus(wrong).is_err(), "{wrong}");
        }
    }
}
