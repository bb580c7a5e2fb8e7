//! Medians of one run, and how they are shown.

use std::time::Duration;

/// The middle one.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Prints a median in milliseconds, and how many times were measured.
pub(crate) fn show(what: &str, times: Vec<Duration>) -> Duration {
    let count = times.len();
    let median = median(times);
    println!("{what:<56} {:>9.3} ms   (median of {count})", median.as_secs_f64() * 1e3);
    median
}

/// Prints how often one time is in another.
pub(crate) fn ratio(what: &str, of: Duration, to: Duration) {
    println!("{what:<56} {:>9.2} x", of.as_secs_f64() / to.as_secs_f64());
}
