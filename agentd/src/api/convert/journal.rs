//! What is said of the journal itself.

use proto::reason::{Failure, Reason};
use proto::v1;

use crate::domain::time::WallTime;
use crate::session::verify::{Head, Verdict};
use crate::store::Row;

pub(in crate::api) fn journal_head(head: v1::JournalHead) -> Result<Head, Failure> {
    let hash = head.hash.parse().map_err(|why: &str| Failure::new(Reason::InvalidArgument, why))?;
    Ok(Head { seq: head.seq, hash })
}

pub(in crate::api) fn verified(verdict: Verdict) -> v1::Verified {
    let faults = verdict.faults.into_iter().map(|fault| v1::JournalFault { seq: fault.seq, message: fault.what });
    v1::Verified {
        session: verdict.id.to_string(),
        name: verdict.name.unwrap_or_default(),
        head: Some(v1::JournalHead { seq: verdict.head.seq, hash: verdict.head.hash.to_string() }),
        faults: faults.collect(),
    }
}

pub(in crate::api) fn verified_file(faults: impl Iterator<Item = String>) -> v1::Verified {
    let faults = faults.map(|message| v1::JournalFault { seq: 0, message }).collect();
    v1::Verified { faults, ..v1::Verified::default() }
}

pub(in crate::api) fn journal_row(row: Row) -> v1::JournalRow {
    let Row { session, seq, turn, epoch, wall_time_ms, kind, body, prev_hash, hash } = row;
    v1::JournalRow {
        session: session.to_string(),
        seq,
        turn,
        epoch,
        wall_time_ms,
        kind,
        prev_hash: prev_hash.to_string(),
        hash: hash.to_string(),
        body,
        time: WallTime(wall_time_ms).rfc3339(),
    }
}
