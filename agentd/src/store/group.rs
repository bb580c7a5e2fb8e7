//! Group commit: what waits becomes durable with one fsync, and a change that is refused leaves the others alone.

use std::path::{Path, PathBuf};
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::domain::ids::SessionId;
use crate::failpoint;

use super::append::{self, Failed};
use super::epoch;
use super::error::{self, StoreError};
use super::file;
use super::row::{Append, Row};

/// Pages of the log after which they are carried over into the file.
const WAL_PAGES_MAX: u32 = 1000;

/// What a caller wants changed.
pub(super) enum Change {
    Append(Box<Append>),
    Remove(SessionId),
}

impl Change {
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Append(append) => append::bytes(append),
            Self::Remove(_) => 0,
        }
    }
}

/// The rows that a change made durable; none for a removal.
pub(super) type Answer = Result<Vec<Row>, StoreError>;

/// The one connection that writes.
pub(super) struct Committer {
    connection: Connection,
    file: PathBuf,
    epoch: u64,
    wal_pages: Arc<AtomicU32>,
    fatal: Option<StoreError>,
}

impl Committer {
    pub(super) fn new(mut connection: Connection, file: PathBuf, epoch: u64) -> Result<Self, StoreError> {
        // In place of SQLite's own checkpoints: those would swallow a failed fsync.
        let wal_pages = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&wal_pages);
        connection
            .wal_hook(Some(move |_: &mut _, pages| {
                counter.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
                Ok(())
            }))
            .map_err(|e| StoreError::of_sqlite(&e, &file))?;
        Ok(Self { connection, file, epoch, wal_pages, fatal: None })
    }

    /// Why nothing is written any more, once it is so.
    pub(super) fn fatal(&self) -> Option<&StoreError> {
        self.fatal.as_ref()
    }

    /// Commits a group. The answers are in the order of the changes.
    pub(super) fn commit(&mut self, changes: &[Change]) -> Vec<Answer> {
        match self.transact(changes) {
            Ok(answers) => answers,
            // What was too much for the disk together may be small enough alone.
            Err(StoreError::Full) if changes.len() > 1 => {
                changes.iter().flat_map(|change| self.commit(slice::from_ref(change))).collect()
            }
            Err(error) => changes.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    fn transact(&mut self, changes: &[Change]) -> Result<Vec<Answer>, StoreError> {
        if let Some(fatal) = &self.fatal {
            return Err(fatal.clone());
        }
        let result = self.try_transact(changes);
        if let Err(error) = &result {
            self.fatal = error.is_fatal().then(|| error.clone());
        }
        result
    }

    fn try_transact(&mut self, changes: &[Change]) -> Result<Vec<Answer>, StoreError> {
        let file = &self.file;
        let sql = |e: rusqlite::Error| of_write(&e, file);
        let mut transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql)?;
        if epoch::current(&transaction).map_err(sql)? != self.epoch {
            return Err(StoreError::Superseded);
        }
        let mut answers = Vec::with_capacity(changes.len());
        for change in changes {
            answers.push(match attempt(&mut transaction, self.epoch, change) {
                Ok(rows) => Ok(rows),
                Err(Failed::Refused(error)) => Err(error),
                // SQLite has given up the whole transaction, as it does when the disk fails it.
                Err(Failed::Sqlite(error)) if transaction.is_autocommit() => return Err(sql(error)),
                Err(Failed::Sqlite(error)) => Err(sql(error)),
            });
        }
        failpoint::reach("store.commit.before");
        transaction.commit().map_err(|error| of_commit(&error, file))?;
        failpoint::reach("store.commit.after");
        Ok(answers)
    }

    /// Carries the log over into the file when it has grown long. Readers are not waited for.
    pub(super) fn checkpoint_when_due(&mut self) {
        if self.fatal.is_some() || self.wal_pages.swap(0, Ordering::Relaxed) < WAL_PAGES_MAX {
            return;
        }
        let result = self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        if let Err(error) = result {
            tracing::warn!(%error, "the journal's log could not be carried over into its file");
            self.fatal = error::is_failed_sync(&error).then(|| StoreError::Fatal(error.to_string()));
        }
    }

    /// Carries everything over and closes. After a fatal error the file is left as it is, for the next start.
    pub(super) fn close(self) -> Result<(), StoreError> {
        if self.fatal.is_some() {
            return Ok(());
        }
        file::checkpoint_whole(&self.connection).map_err(|e| StoreError::of_sqlite(&e, &self.file))
    }

    #[cfg(test)]
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }
}

/// One change under a savepoint, which is rolled back unless the change went in whole.
fn attempt(transaction: &mut Transaction<'_>, epoch: u64, change: &Change) -> Result<Vec<Row>, Failed> {
    let savepoint = transaction.savepoint()?;
    let rows = match change {
        Change::Append(append) => append::apply(&savepoint, epoch, append)?,
        Change::Remove(session) => append::remove(&savepoint, session.as_str()).map(|()| Vec::new())?,
    };
    savepoint.commit()?;
    Ok(rows)
}

/// After a failed fsync the kernel may have dropped what it could not write; trying again would only hide that.
fn of_write(error: &rusqlite::Error, file: &Path) -> StoreError {
    if error::is_failed_sync(error) { StoreError::Fatal(error.to_string()) } else { StoreError::of_sqlite(error, file) }
}

/// A commit that failed for want of space has written nothing that counts. After any other failure of the disk nobody can
/// say what it holds.
fn of_commit(error: &rusqlite::Error, file: &Path) -> StoreError {
    match of_write(error, file) {
        StoreError::Io(detail) => StoreError::Fatal(detail),
        other => other,
    }
}
