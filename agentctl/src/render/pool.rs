//! Sandboxes made ahead of need, in words.

use proto::v1::PoolStatus;

use super::{escape, words};

/// One line: what is ready, and how often that helped; none where nothing was ever counted.
pub(crate) fn summary(pool: &PoolStatus) -> Option<String> {
    if pool.size == 0 && pool.cold == 0 {
        return None;
    }
    let mut parts = Vec::new();
    if pool.size > 0 {
        parts.push(format!("{} of {} ready", pool.ready, pool.size));
        if pool.reserved > 0 {
            parts.push(format!("{} reserved", pool.reserved));
        }
        parts.push(format!("{}, {} missed", words::count(pool.hits, "hit"), pool.misses));
    } else {
        parts.push("none".to_owned());
    }
    parts.push(words::count(pool.cold, "cold start"));
    if !pool.trouble.is_empty() {
        parts.push(escape::line(&pool.trouble));
    }
    Some(parts.join(", "))
}

/// One line: the stages with their medians; none where nothing was measured.
pub(crate) fn stages(pool: &PoolStatus) -> Option<String> {
    let told = |ms: f64| if ms < 10.0 { format!("{ms:.1} ms") } else { format!("{ms:.0} ms") };
    let stages: Vec<String> =
        pool.stages.iter().map(|time| format!("{} {}", escape::line(&time.stage), told(time.p50_ms))).collect();
    (!stages.is_empty()).then(|| stages.join(", "))
}

#[cfg(test)]
mod tests {
    use proto::v1::StageTime;

    use super::*;

    #[test]
    fn what_is_there_and_what_it_did_is_told_in_two_lines() {
        let stage = |stage: &str, p50_ms| StageTime { stage: stage.to_owned(), p50_ms, ..StageTime::default() };
        let pool = PoolStatus {
            size: 2,
            ready: 1,
            reserved: 1,
            hits: 1,
            misses: 3,
            cold: 4,
            stages: vec![stage("create", 95.4), stage("claim", 1.26)],
            trouble: String::new(),
        };
        assert_eq!(summary(&pool).unwrap(), "1 of 2 ready, 1 reserved, 1 hit, 3 missed, 4 cold starts");
        assert_eq!(stages(&pool).unwrap(), "create 95 ms, claim 1.3 ms");
        let stuck = PoolStatus { size: 1, trouble: "no engine\n".to_owned(), ..PoolStatus::default() };
        assert_eq!(summary(&stuck).unwrap(), "0 of 1 ready, 0 hits, 0 missed, 0 cold starts, no engine\\n");
        assert_eq!(summary(&PoolStatus { cold: 1, ..PoolStatus::default() }).unwrap(), "none, 1 cold start");
        assert_eq!((summary(&PoolStatus::default()), stages(&PoolStatus::default())), (None, None));
    }
}
