//! Whether a session's journal is whole: its rows are those that were appended, their events make sense together, and what
//! is stored beside them says the same.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::domain::approval::PendingApproval;
use crate::domain::event::{Body, Event};
use crate::domain::ids::{CallId, SessionId};
use crate::domain::time::WallTime;
use crate::store::{Beside, ChainHash, Row, Store, StoreError, Visit};

use super::error::SessionError;
use super::pairing::Pairing;
use super::rows::event_of;
use super::state::SessionState;
use super::view::SessionView;

/// Faults of one session told at most; more say nothing new.
const FAULTS_MAX: usize = 16;

/// A head that was kept elsewhere: the session's journal had this row once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The row's sequence number.
    pub seq: u64,
    /// Its hash.
    pub hash: ChainHash,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The session.
    pub id: SessionId,
    /// Its name.
    pub name: Option<String>,
    /// The last row that is as it was appended.
    pub head: Head,
    /// What is wrong, oldest row first; empty: nothing.
    pub faults: Vec<Fault>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The row; 0: not a matter of one row.
    pub seq: u64,
    /// What, in words.
    pub what: String,
}

/// Verifies a session, and that it still has the row that `kept` tells of.
pub async fn verify(store: &Store, id: &SessionId, kept: Option<Head>) -> Result<Verdict, SessionError> {
    let (verified, walk) = match store.verify(id, Walk::new(kept)).await {
        Ok(walked) => walked,
        // The file is damaged where this session is; others may be whole.
        Err(StoreError::Corrupt { detail, .. }) => {
            let head = Head { seq: 0, hash: ChainHash::START };
            let faults = vec![Fault { seq: 0, what: format!("its rows cannot be read: {detail}") }];
            return Ok(Verdict { id: id.clone(), name: None, head, faults });
        }
        Err(StoreError::NoSession) => return Err(SessionError::NotFound(id.to_string())),
        Err(error) => return Err(error.into()),
    };
    let mut faults = walk.faults;
    faults.extend(verified.fault.map(|fault| Fault { seq: fault.seq, what: fault.kind.to_string() }));
    if let Some(state) = walk.state.filter(|_| faults.is_empty()) {
        faults.extend(differences(&state, &walk.requests, &verified.beside).map(|what| Fault { seq: 0, what }));
    }
    if let Some(kept) = kept.filter(|kept| kept.seq > verified.rows) {
        let what = format!("the journal ends before the row {} that was kept as its head", kept.seq);
        faults.push(Fault { seq: verified.rows + 1, what });
    }
    Ok(Verdict {
        id: id.clone(),
        name: verified.beside.session.name,
        head: Head { seq: verified.rows, hash: verified.head },
        faults,
    })
}

/// Follows the rows of a session.
struct Walk {
    kept: Option<Head>,
    pairing: Pairing,
    state: Option<SessionState>,
    requests: BTreeMap<String, u64>,
    /// Once an event cannot be read, what follows makes no sense without it.
    blind: bool,
    faults: Vec<Fault>,
}

impl Walk {
    fn new(kept: Option<Head>) -> Self {
        let (pairing, requests) = (Pairing::default(), BTreeMap::new());
        Self { kept, pairing, state: None, requests, blind: false, faults: Vec::new() }
    }

    fn event(&mut self, event: &Event) -> Result<(), String> {
        if let Body::TurnStarted { request_id, .. } = &event.body {
            self.requests.insert(request_id.clone(), event.turn);
        }
        let fold = match &mut self.state {
            Some(state) => state.apply(event).map_err(|error| error.to_string()),
            None => {
                SessionState::created(event).map(|state| self.state = Some(state)).map_err(|error| error.to_string())
            }
        };
        self.pairing.take(event).and(fold)
    }

    fn fault(&mut self, seq: u64, what: String) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(Fault { seq, what });
        }
    }
}

impl Visit for Walk {
    fn row(&mut self, row: Row) {
        let seq = row.seq;
        if self.kept.is_some_and(|kept| kept.seq == seq && kept.hash != row.hash) {
            self.fault(seq, "the row is not the one that was kept as the journal's head".to_owned());
        }
        if self.blind {
            return;
        }
        let taken = event_of(row).map_err(|error| {
            self.blind = true;
            error.to_string()
        });
        if let Err(what) = taken.and_then(|event| self.event(&event)) {
            self.fault(seq, what);
        }
    }
}

/// What waits, by what every version has stored of it.
fn waiting(view: &SessionView) -> Vec<(u64, &CallId, &str, &Value, &str, WallTime)> {
    let facts = view.approvals.iter().map(|one| {
        let PendingApproval { turn, call, tool, arguments, digest, requested_at, .. } = one;
        (*turn, call, tool.as_str(), arguments, digest.as_str(), *requested_at)
    });
    facts.collect()
}

/// Where what is stored beside the rows says something else than they do. What a later version may add to a listing is not
/// compared: an older one did not store it.
fn differences(
    state: &SessionState,
    requests: &BTreeMap<String, u64>,
    beside: &Beside,
) -> impl Iterator<Item = String> {
    let folded = SessionView::of(state);
    let listed = SessionView::parse(&beside.session.summary);
    let listing = match &listed {
        Err(error) => Some(format!("its listing cannot be read: {error}")),
        Ok(listed) => {
            let same = [
                ("id", folded.id == listed.id && listed.id == beside.session.id),
                ("name", folded.name == listed.name && listed.name == beside.session.name),
                ("time", folded.created == listed.created && listed.created.0 == beside.session.created_ms),
                ("status", folded.status == listed.status),
                ("head", folded.head == listed.head),
                ("turns", folded.turns == listed.turns),
                ("container", folded.container == listed.container),
                ("waiting approvals", waiting(&folded) == waiting(listed)),
            ];
            let wrong = same.into_iter().find(|(_, same)| !same);
            wrong.map(|(what, _)| format!("its listing shows other {what} than its rows"))
        }
    };
    let other = (*requests != beside.requests).then(|| "its request ids are not those of its turns".to_owned());
    listing.into_iter().chain(other)
}
