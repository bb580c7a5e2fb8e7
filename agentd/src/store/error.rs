//! Why the store could not do what it was asked.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rusqlite::{Error as Sqlite, ErrorCode, ffi};
use rustix::fs::StatVfsMountFlags;

/// Why the store could not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The session has gone on since the caller looked.
    #[error("the session's journal is at {actual}, not at {expected}")]
    Conflict {
        /// Where the caller thought it was.
        expected: u64,
        /// Where it is.
        actual: u64,
    },
    /// Another session has this name.
    #[error("another session has the name {0}")]
    NameTaken(String),
    /// The request id has started a turn before.
    #[error("this request id started turn {turn}")]
    RequestIdUsed {
        /// That turn.
        turn: u64,
    },
    /// No such session.
    #[error("no such session")]
    NoSession,
    /// What was given is outside the store's bounds.
    #[error("{0}")]
    Unfit(&'static str),
    /// A later start of agentd owns the journal now.
    #[error("another agentd has taken over this state directory")]
    Superseded,
    /// No space left.
    #[error("the state directory is full: free some space on its file system")]
    Full,
    /// The file system or the file cannot be written.
    #[error("the state directory is read-only")]
    ReadOnly,
    /// Another process holds the journal.
    #[error("another process keeps the journal locked")]
    Busy,
    /// The file is damaged. It was left as it is.
    #[error("the journal {} is damaged and was left as it is: {detail}", file.display())]
    Corrupt {
        /// The file.
        file: PathBuf,
        /// What was found.
        detail: String,
    },
    /// A database, but not ours.
    #[error("{} is not a journal of agentd; it was left as it is", .0.display())]
    Foreign(PathBuf),
    /// A later version of agentd wrote it.
    #[error(
        "the journal {} has schema version {found} and this agentd knows {known}: use the agentd that wrote it, or a later one",
        file.display()
    )]
    Newer {
        /// The file.
        file: PathBuf,
        /// Its schema version.
        found: u32,
        /// The latest that this agentd knows.
        known: u32,
    },
    /// No blob of this hash.
    #[error("no blob {0}")]
    NoBlob(String),
    /// The operating system refused.
    #[error("{0}")]
    Io(String),
    /// A write failed in a way after which nobody can say what the disk holds. Nothing is written any more: only a restart
    /// tells.
    #[error("writing the journal failed, and only a restart tells what the disk holds: {0}")]
    Fatal(String),
    /// The store was closed.
    #[error("the journal is closed")]
    Closed,
}

impl StoreError {
    /// The error of SQLite on a file.
    pub(super) fn of_sqlite(error: &Sqlite, file: &Path) -> Self {
        let corrupt = |detail: String| Self::Corrupt { file: file.to_owned(), detail };
        match error {
            Sqlite::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::DiskFull => Self::Full,
                ErrorCode::ReadOnly => Self::ReadOnly,
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
                // Every constraint is checked before a row goes in, so a violated one shows rows that contradict one another.
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::ConstraintViolation => {
                    corrupt(error.to_string())
                }
                // SQLite keeps the operating system's reason to itself; the file system says whether it is one of the two.
                ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => {
                    no_room(file).unwrap_or_else(|| Self::Io(format!("{}: {error}", file.display())))
                }
                _ => Self::Io(format!("{}: {error}", file.display())),
            },
            // A value that SQLite would hand out but that no version of ours has written.
            Sqlite::FromSqlConversionFailure(..)
            | Sqlite::IntegralValueOutOfRange(..)
            | Sqlite::InvalidColumnType(..)
            | Sqlite::Utf8Error(..)
            | Sqlite::QueryReturnedNoRows => corrupt(error.to_string()),
            _ => Self::Io(format!("{}: {error}", file.display())),
        }
    }

    /// The error of the operating system on a file.
    pub(super) fn of_io(error: &io::Error, file: &Path) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            _ => Self::Io(format!("{}: {error}", file.display())),
        }
    }

    /// Whether nothing can be written after this until the daemon has started anew.
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::Superseded | Self::Fatal(_) | Self::Closed)
    }
}

/// Whether SQLite's error is a failed fsync.
pub(super) fn is_failed_sync(error: &Sqlite) -> bool {
    let Sqlite::SqliteFailure(failure, _) = error else { return false };
    matches!(failure.extended_code, ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC)
}

fn no_room(file: &Path) -> Option<StoreError> {
    let dir = file.parent()?;
    let system = rustix::fs::statvfs(dir).ok()?;
    if system.f_flag.contains(StatVfsMountFlags::RDONLY) || !takes_files(dir) {
        Some(StoreError::ReadOnly)
    } else if system.f_bavail == 0 {
        Some(StoreError::Full)
    } else {
        None
    }
}

/// A file system that made itself read-only after an error says so only to who tries.
fn takes_files(dir: &Path) -> bool {
    let probe = dir.join(".writable");
    match OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&probe) {
        Ok(_) => {
            // One that stays is empty, and used again the next time.
            let _ = fs::remove_file(&probe);
            true
        }
        Err(error) => error.kind() != io::ErrorKind::ReadOnlyFilesystem,
    }
}
