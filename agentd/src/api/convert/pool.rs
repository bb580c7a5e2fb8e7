//! Sandboxes made ahead of need, and containers that nobody needs.

use proto::v1;

use crate::sandbox::pool::Pool;
use crate::session::reaping::{Leftover, Why};

/// How a pool stands, and what it has counted.
pub(in crate::api) fn pool(pool: &Pool) -> v1::PoolStatus {
    let standing = pool.standing();
    let counters = pool.counters();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    v1::PoolStatus {
        size: count(standing.size),
        ready: count(standing.ready),
        reserved: count(standing.reserved),
        hits: counters.hits,
        misses: counters.misses,
        cold: counters.cold,
        stages: counters
            .stages()
            .into_iter()
            .map(|time| v1::StageTime {
                stage: time.stage.to_owned(),
                count: time.count,
                p50_ms: time.p50_ms,
                p95_ms: time.p95_ms,
            })
            .collect(),
        trouble: counters.trouble.clone(),
    }
}

/// A container that may go, or that could not go for this reason.
pub(in crate::api) fn leftover(leftover: Leftover, error: String) -> v1::PrunedContainer {
    let reason = match leftover.why {
        Why::NoSession => "no session has it",
        Why::NotWanted => "its session does not want it",
        Why::Stopped => "it is stopped",
    };
    v1::PrunedContainer { name: leftover.name, session: leftover.session, reason: reason.to_owned(), error }
}
