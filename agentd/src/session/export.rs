//! A session's rows as they are stored, up to the head that it had when the export began.

use std::collections::VecDeque;

use crate::domain::ids::SessionId;
use crate::store::{ChainHash, Row, Store};

use super::error::SessionError;

/// Rows read from the journal at once.
const PAGE_ROWS_MAX: usize = 256;

/// An export under way.
pub struct Export {
    store: Store,
    session: SessionId,
    head_seq: u64,
    head_hash: ChainHash,
    last: (u64, ChainHash),
    page: VecDeque<Row>,
}

impl Export {
    /// Begins with the first row.
    pub async fn new(store: Store, session: SessionId) -> Result<Self, SessionError> {
        let listed = store.session(&session).await?.ok_or_else(|| SessionError::NotFound(session.to_string()))?;
        let last = (0, ChainHash::START);
        Ok(Self { store, session, head_seq: listed.head_seq, head_hash: listed.head_hash, last, page: VecDeque::new() })
    }

    /// The next row; none after the head. Rows that do not lead there one by one end the export with an error, so that
    /// nobody takes a part for the whole.
    pub async fn next(&mut self) -> Result<Option<Row>, SessionError> {
        if self.last.0 >= self.head_seq {
            let whole = self.last == (self.head_seq, self.head_hash);
            return if whole { Ok(None) } else { Err(self.damaged()) };
        }
        if self.page.is_empty() {
            self.page = self.store.rows(&self.session, self.last.0 + 1, PAGE_ROWS_MAX).await?.into();
        }
        match self.page.pop_front() {
            Some(row) if (row.seq, row.prev_hash) == (self.last.0 + 1, self.last.1) => {
                self.last = (row.seq, row.hash);
                Ok(Some(row))
            }
            Some(_) => Err(self.damaged()),
            None if self.store.session(&self.session).await?.is_none() => {
                Err(SessionError::NotFound(self.session.to_string()))
            }
            None => Err(self.damaged()),
        }
    }

    fn damaged(&self) -> SessionError {
        SessionError::Damaged { session: self.session.to_string(), seq: self.last.0 + 1 }
    }
}
