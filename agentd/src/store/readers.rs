//! Connections that only read. Readers see the last commit and never wait for the writer.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;
use tokio::task;

use super::error::StoreError;
use super::file;

const CONNECTIONS: usize = 4;

/// A few connections, lent one at a time.
pub(super) struct Readers {
    file: PathBuf,
    free: Mutex<Vec<Connection>>,
    lent: Semaphore,
}

impl Readers {
    pub(super) fn open(file: &Path) -> Result<Self, StoreError> {
        let free = (0..CONNECTIONS).map(|_| file::open_reader(file)).collect::<Result<_, _>>()?;
        Ok(Self { file: file.to_owned(), free: Mutex::new(free), lent: Semaphore::new(CONNECTIONS) })
    }

    /// Runs a query where it may block.
    pub(super) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        query: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let _permit = self.lent.acquire().await.map_err(|_| StoreError::Closed)?;
        let readers = Arc::clone(self);
        let run = move || {
            let mut loan = Loan::take(&readers)?;
            query(loan.connection()?).map_err(|e| StoreError::of_sqlite(&e, &readers.file))
        };
        task::spawn_blocking(run).await.unwrap_or_else(|e| Err(StoreError::Io(format!("a query ended early: {e}"))))
    }

    /// Ends all reading; queries that run come to their end.
    pub(super) fn close(&self) {
        self.lent.close();
        self.free.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// A connection out of the pool, put back when dropped, also by a query that panics.
struct Loan<'a> {
    readers: &'a Readers,
    connection: Option<Connection>,
}

impl<'a> Loan<'a> {
    fn take(readers: &'a Readers) -> Result<Self, StoreError> {
        let connection = readers.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Ok(Self { readers, connection })
    }

    fn connection(&mut self) -> Result<&mut Connection, StoreError> {
        self.connection.as_mut().ok_or(StoreError::Closed)
    }
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take().filter(|_| !self.readers.lent.is_closed()) {
            self.readers.free.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}
