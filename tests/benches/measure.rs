//! Samples that were taken in turns, and how they are told: medians, spreads, and ratios of one run.
//!
//! On a busy machine a time alone says little; the ratio of two times that were measured in turns says more.

// Each of the benchmarks that include this uses its own part of it.
#![allow(dead_code)]

use std::time::Duration;

/// How long something took, again and again.
pub(crate) struct Samples {
    name: String,
    times: Vec<Duration>,
}

impl Samples {
    /// Nothing is measured yet.
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), times: Vec::new() }
    }

    /// One time more.
    pub(crate) fn push(&mut self, time: Duration) {
        self.times.push(time);
    }

    /// Some of these samples, by their order, under another name.
    pub(crate) fn part(&self, name: &str, which: std::ops::Range<usize>) -> Self {
        Self { name: name.to_owned(), times: self.times[which].to_vec() }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.times.len()
    }

    /// The time that half of them do not exceed.
    pub(crate) fn median(&self) -> Duration {
        self.quantile(50)
    }

    /// The time that so many percent of them do not exceed.
    pub(crate) fn quantile(&self, percent: usize) -> Duration {
        let mut sorted = self.times.clone();
        sorted.sort_unstable();
        let at = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
        sorted.get(at).copied().unwrap_or_default()
    }
}

/// Prints one line for each.
pub(crate) fn table(samples: &[&Samples]) {
    println!("  {:<44}{:>11}{:>11}{:>11}{:>6}", "milliseconds", "median", "p10", "p95", "n");
    for one in samples {
        let [median, low, high] = [50, 10, 95].map(|percent| milliseconds(one.quantile(percent)));
        println!("  {:<44}{median:>11.3}{low:>11.3}{high:>11.3}{:>6}", one.name, one.len());
    }
}

/// Prints how many times as long the median of `slow` is as the median of `quick`.
pub(crate) fn ratio(slow: &Samples, quick: &Samples) {
    let times = slow.median().as_secs_f64() / quick.median().as_secs_f64();
    println!("  {} : {} = {times:.1}", slow.name, quick.name);
}

/// A time in milliseconds.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
