//! What is counted: claims that found a warm sandbox and claims that did not, and how long each stage of making one took.

use std::collections::VecDeque;
use std::time::Duration;

use crate::sandbox::backend::Stages;

/// Samples of one stage that are kept, the newest.
const SAMPLES_MAX: usize = 256;

/// How a sandbox came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Made ahead of need.
    Ahead,
    /// Made when a session needed it.
    Cold,
}

/// The counters of a daemon, from its start.
#[derive(Default)]
pub struct Counters {
    /// Sandboxes that a session got warm.
    pub hits: u64,
    /// Sandboxes that could have been warm and were made when they were needed.
    pub misses: u64,
    /// Sandboxes that were made when they were needed, for whatever reason.
    pub cold: u64,
    /// Why none could be made ahead of need the last time; empty: one could.
    pub trouble: String,
    create: Samples,
    start: Samples,
    ready: Samples,
    claim: Samples,
}

/// How long one stage took.
#[derive(Clone, Debug, PartialEq)]
pub struct StageTime {
    /// create, start, ready or claim.
    pub stage: &'static str,
    /// Samples behind the figures.
    pub count: u64,
    /// Half of them took no longer, in milliseconds.
    pub p50_ms: f64,
    /// Of a hundred, ninety-five took no longer, in milliseconds.
    pub p95_ms: f64,
}

impl Counters {
    /// A sandbox was made and answers.
    pub fn made(&mut self, way: Way, stages: Stages, ready: Duration) {
        if let Some(create) = stages.create {
            self.create.push(create);
        }
        if let Some(start) = stages.start {
            self.start.push(start);
        }
        self.ready.push(ready);
        match way {
            Way::Ahead => self.trouble.clear(),
            Way::Cold => self.cold += 1,
        }
    }

    /// A session found none that it could have had.
    pub fn missed(&mut self) {
        self.misses += 1;
    }

    /// A session has a warm one in its hands.
    pub(super) fn claimed(&mut self, took: Duration) {
        self.hits += 1;
        self.claim.push(took);
    }

    /// None could be made ahead of need.
    pub(super) fn failed(&mut self, why: &str) {
        why.clone_into(&mut self.trouble);
    }

    /// The stages that were ever gone through, in their order.
    pub fn stages(&self) -> Vec<StageTime> {
        let stages = [("create", &self.create), ("start", &self.start), ("ready", &self.ready), ("claim", &self.claim)];
        stages.into_iter().filter_map(|(stage, samples)| samples.told(stage)).collect()
    }
}

#[derive(Default)]
struct Samples {
    count: u64,
    newest: VecDeque<Duration>,
}

impl Samples {
    fn push(&mut self, time: Duration) {
        self.count += 1;
        if self.newest.len() == SAMPLES_MAX {
            self.newest.pop_front();
        }
        self.newest.push_back(time);
    }

    fn told(&self, stage: &'static str) -> Option<StageTime> {
        let mut sorted: Vec<Duration> = self.newest.iter().copied().collect();
        sorted.sort_unstable();
        let quantile = |percent: usize| {
            let at = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
            sorted.get(at).map(|time| time.as_secs_f64() * 1e3)
        };
        Some(StageTime { stage, count: self.count, p50_ms: quantile(50)?, p95_ms: quantile(95)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_samples_make_the_figures_and_all_are_counted() {
        let mut counters = Counters::default();
        assert!(counters.stages().is_empty());
        for ms in 1..=SAMPLES_MAX as u64 + 100 {
            let time = Duration::from_millis(if ms <= 100 { 100_000 } else { ms - 100 });
            let stages = Stages { create: Some(time), start: None };
            counters.made(Way::Cold, stages, Duration::from_millis(7));
        }
        counters.claimed(Duration::from_micros(1500));
        let told = counters.stages();
        assert_eq!(told.iter().map(|stage| stage.stage).collect::<Vec<_>>(), ["create", "ready", "claim"]);
        assert_eq!((told[0].count, told[0].p50_ms, told[0].p95_ms), (356, 128.0, 244.0));
        assert_eq!((told[1].p50_ms, told[2].p50_ms), (7.0, 1.5));
        assert_eq!((counters.hits, counters.cold, counters.misses), (1, 356, 0));
    }

    #[test]
    fn trouble_is_told_until_it_is_over() {
        let mut counters = Counters::default();
        counters.failed("no engine");
        assert_eq!(counters.trouble, "no engine");
        counters.made(Way::Cold, Stages::default(), Duration::ZERO);
        assert_eq!(counters.trouble, "no engine");
        counters.made(Way::Ahead, Stages::default(), Duration::ZERO);
        assert_eq!(counters.trouble, "");
    }
}
