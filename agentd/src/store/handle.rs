//! The store as the rest of the daemon sees it.

use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use tokio::task;

use crate::domain::ids::SessionId;

use super::append;
use super::blobs::{BlobHash, Blobs};
use super::epoch;
use super::error::StoreError;
use super::file;
use super::group::{Change, Committer};
use super::query;
use super::readers::Readers;
use super::row::{Append, Lookup, Row, SessionRow, UsageRow};
use super::usage;
use super::verify::{self, Verified, Visit};
use super::verify_file::{self, FileVerified};
use super::writer::Writer;

/// The journal of one state directory. Clones are the same journal.
#[derive(Clone)]
pub struct Store {
    writer: Writer,
    readers: Arc<Readers>,
    blobs: Arc<Blobs>,
    install_id: Arc<str>,
    epoch: u64,
}

impl Store {
    /// Opens the journal, makes it when there is none, and takes it over from every earlier start. Blocks; the state
    /// directory is there and locked.
    pub fn open(state_dir: &Path) -> Result<Self, StoreError> {
        let file = file::path(state_dir);
        let mut connection = file::open_writer(&file)?;
        let (install_id, epoch) = epoch::raise(&mut connection).map_err(|e| StoreError::of_sqlite(&e, &file))?;
        let readers = Arc::new(Readers::open(&file)?);
        let blobs = Arc::new(Blobs::open(state_dir)?);
        let writer = Writer::start(Committer::new(connection, file, epoch)?)?;
        Ok(Self { writer, readers, blobs, install_id: install_id.into(), epoch })
    }

    /// 16 hexadecimal digits that tell what belongs to this state directory, the same for its whole life.
    pub fn install_id(&self) -> &str {
        &self.install_id
    }

    /// How often the journal has been opened; the number of this start.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Appends rows to a session: durable when this returns. Dropping the future does not take the append back.
    pub async fn append(&self, append: Append) -> Result<Vec<Row>, StoreError> {
        append::check(&append)?;
        self.writer.change(Change::Append(Box::new(append))).await
    }

    /// Removes a session with all its rows.
    pub async fn remove_session(&self, id: &SessionId) -> Result<(), StoreError> {
        self.writer.change(Change::Remove(id.clone())).await.map(drop)
    }

    /// A page of a session's rows from a sequence number on: at most `rows_max`, and fewer where they are big. Only an
    /// empty page says that there are no more.
    pub async fn rows(&self, id: &SessionId, from_seq: u64, rows_max: usize) -> Result<Vec<Row>, StoreError> {
        let id = id.clone();
        self.readers.read(move |connection| query::rows(connection, &id, from_seq, rows_max)).await
    }

    /// The session of that id.
    pub async fn session(&self, id: &SessionId) -> Result<Option<SessionRow>, StoreError> {
        let id = id.clone();
        self.readers.read(move |connection| query::session(connection, &id)).await
    }

    /// Every session, oldest first.
    pub async fn sessions(&self) -> Result<Vec<SessionRow>, StoreError> {
        self.readers.read(|connection| query::sessions(connection)).await
    }

    /// How many sessions there are. Reads none of their summaries.
    pub async fn session_count(&self) -> Result<u64, StoreError> {
        self.readers.read(|connection| query::session_count(connection)).await
    }

    /// What every session used of every model on every day, removed sessions too.
    pub async fn usage(&self) -> Result<Vec<UsageRow>, StoreError> {
        self.readers.read(|connection| usage::all(connection)).await
    }

    /// The session that a person means: by whole id, else by name, else by the beginning of its id.
    pub async fn find(&self, text: &str) -> Result<Lookup, StoreError> {
        let text = text.to_owned();
        self.readers.read(move |connection| query::find(connection, &text)).await
    }

    /// Walks over a session's rows, checks that they are the ones that were appended, and shows each that is to `visit`,
    /// where blocking is no harm. The visitor comes back with what it saw.
    pub async fn verify<V: Visit>(&self, id: &SessionId, mut visitor: V) -> Result<(Verified, V), StoreError> {
        let id = id.clone();
        let walk = move |connection: &mut Connection| {
            Ok(verify::verify(connection, &id, |row| visitor.row(row))?.map(|verified| (verified, visitor)))
        };
        self.readers.read(walk).await?.ok_or(StoreError::NoSession)
    }

    /// Checks the file as a whole, and what is in it beside the sessions that can be named.
    pub async fn verify_file(&self) -> Result<FileVerified, StoreError> {
        self.readers.read(|connection| Ok(verify_file::verify_file(connection))).await
    }

    /// Reads every blob and names those that are not what their names say.
    pub async fn verify_blobs(&self) -> Result<Vec<String>, StoreError> {
        let blobs = Arc::clone(&self.blobs);
        blocking(move || {
            let all = blobs.all()?;
            Ok(all.iter().filter_map(|hash| blobs.get(hash).err().map(|error| error.to_string())).collect())
        })
        .await
    }

    /// Stores what is too big for a row. Durable when this returns, so that a row may name it.
    pub async fn put_blob(&self, content: Vec<u8>) -> Result<BlobHash, StoreError> {
        let blobs = Arc::clone(&self.blobs);
        blocking(move || blobs.put(&content)).await
    }

    /// A blob, checked against its name.
    pub async fn blob(&self, hash: &BlobHash) -> Result<Vec<u8>, StoreError> {
        let (blobs, hash) = (Arc::clone(&self.blobs), hash.clone());
        blocking(move || blobs.get(&hash)).await
    }

    /// Waits until nothing can be written any more, and says why. The daemon then ends itself: only a restart tells what
    /// the disk holds.
    pub async fn fatal(&self) -> StoreError {
        self.writer.fatal().await
    }

    /// Finishes what waits, leaves one clean file, and ends the store for all its clones.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.readers.close();
        self.writer.close().await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    task::spawn_blocking(work)
        .await
        .unwrap_or_else(|e| Err(StoreError::Io(format!("a blob's thread ended early: {e}"))))
}
