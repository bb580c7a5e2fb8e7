//! When a failed attempt is followed by another. Pure: the caller brings the random number and keeps the time.

use std::time::Duration;

use crate::domain::time::WallTime;

/// Attempts at one step, the first included.
pub const ATTEMPTS_MAX: u32 = 5;

/// The longest wait that a provider may ask for. Above it the step fails at once: a user would rather know.
pub const RETRY_AFTER_MS_MAX: u64 = 120_000;

/// The longest wait there is.
pub const WAIT_MS_MAX: u64 = RETRY_AFTER_MS_MAX + RETRY_AFTER_MS_MAX / 10;

const BASE_MS: u64 = 500;
const DELAY_MS_MAX: u64 = 20_000;

/// How long to wait after failed attempt number `attempt` (from 1), or `None` to give up. `random` is in `0.0..1.0`.
///
/// A wait that the provider asked for is kept, and passed by up to a tenth so that not all come back at once. Otherwise it is
/// anything up to a bound that doubles: full jitter.
pub fn delay_ms(attempt: u32, retry_after_ms: Option<u64>, random: f64) -> Option<u64> {
    if attempt >= ATTEMPTS_MAX {
        return None;
    }
    match retry_after_ms {
        Some(asked_ms) if asked_ms > RETRY_AFTER_MS_MAX => None,
        Some(asked_ms) if asked_ms > 0 => Some(asked_ms + share_ms(asked_ms / 10, random)),
        _ => Some(share_ms(bound_ms(attempt), random)),
    }
}

/// How long it still is to a time that was written down. The clock may have been set since: set back, nothing waits longer than
/// the longest wait there is; set forward, nothing waits. The wait itself is by the monotonic clock.
pub fn wait(until: WallTime, now: WallTime) -> Duration {
    let wait_ms = u64::try_from(until.0.saturating_sub(now.0)).unwrap_or(0);
    Duration::from_millis(wait_ms.min(WAIT_MS_MAX))
}

fn bound_ms(attempt: u32) -> u64 {
    let doubled = 1_u64.checked_shl(attempt.saturating_sub(1)).unwrap_or(u64::MAX);
    BASE_MS.saturating_mul(doubled).min(DELAY_MS_MAX)
}

/// `random` as a share of `whole_ms`, in whole thousandths: no cast from floating point to a time.
fn share_ms(whole_ms: u64, random: f64) -> u64 {
    let thousandths = (0..1000_u32).rev().find(|&n| random >= f64::from(n) / 1000.0).unwrap_or(0);
    whole_ms.saturating_mul(u64::from(thousandths)) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_doubles_and_the_fifth_failure_is_the_last() {
        let longest = |attempt| delay_ms(attempt, None, 0.9999);
        assert_eq!(longest(1), Some(499));
        assert_eq!(longest(2), Some(999));
        assert_eq!(longest(3), Some(1_998));
        assert_eq!(longest(4), Some(3_996));
        assert_eq!(longest(5), None);
        assert_eq!(longest(u32::MAX), None);
        assert_eq!(bound_ms(40), DELAY_MS_MAX);
        assert_eq!(bound_ms(200), DELAY_MS_MAX);
    }

    #[test]
    fn a_clock_that_is_set_moves_no_wait_beyond_its_bounds() {
        const HOUR_MS: i64 = 3_600_000;
        let until = WallTime(1_800_000_000_000);
        let at = |offset_ms: i64| wait(until, WallTime(until.0 + offset_ms));
        assert_eq!(at(-700), Duration::from_millis(700));
        for step_ms in [HOUR_MS, 365 * 24 * HOUR_MS] {
            assert_eq!(at(step_ms), Duration::ZERO, "set forward");
            assert_eq!(at(-step_ms), Duration::from_millis(WAIT_MS_MAX), "set back");
        }
        assert_eq!(wait(WallTime(i64::MAX), WallTime(i64::MIN)), Duration::from_millis(WAIT_MS_MAX));
    }

    #[test]
    fn the_whole_range_of_the_jitter_is_used() {
        assert_eq!(delay_ms(2, None, 0.0), Some(0));
        assert_eq!(delay_ms(2, None, 0.5), Some(500));
        for random in [-1.0, 2.0, f64::NAN, f64::INFINITY] {
            assert!(delay_ms(2, None, random).is_some_and(|ms| ms < 1_000), "{random}");
        }
    }

    #[test]
    fn a_wait_that_is_asked_for_is_kept_within_a_tenth() {
        for random in [0.0, 0.3, 0.999] {
            let waited = delay_ms(1, Some(7_000), random).unwrap();
            assert!((7_000..=7_700).contains(&waited), "{waited}");
            assert!(delay_ms(1, Some(RETRY_AFTER_MS_MAX), random).is_some_and(|ms| ms <= WAIT_MS_MAX));
        }
        assert_eq!(delay_ms(1, Some(RETRY_AFTER_MS_MAX), 0.0), Some(RETRY_AFTER_MS_MAX));
        assert_eq!(delay_ms(1, Some(RETRY_AFTER_MS_MAX + 1), 0.0), None);
        assert_eq!(delay_ms(5, Some(1_000), 0.0), None);
        assert_eq!(delay_ms(1, Some(0), 0.5), Some(250), "asking for no wait is not asking");
    }
}
