//! The database file: made whole or not at all, and looked at before SQLite may touch it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::epoch;
use super::error::StoreError;
use super::migrate;

/// Marks a database file as a journal of agentd ("agjn").
const APPLICATION_ID: u32 = 0x6167_6a6e;

const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const HEADER_BYTES: usize = 100;
const PAGE_BYTES: u32 = 4096;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The journal's file in a state directory.
pub(super) fn path(state_dir: &Path) -> PathBuf {
    state_dir.join("journal.db")
}

/// The writer's connection. Makes the journal when there is none.
pub(super) fn open_writer(file: &Path) -> Result<Connection, StoreError> {
    match fs::symlink_metadata(file) {
        Ok(meta) if meta.is_file() => check_header(file)?,
        Ok(_) => return Err(StoreError::Io(format!("{} is not a regular file", file.display()))),
        Err(e) if e.kind() == io::ErrorKind::NotFound => create(file)?,
        Err(e) => return Err(StoreError::of_io(&e, file)),
    }
    let mut connection = connect(file)?;
    migrate::migrate(&mut connection, file)?;
    Ok(connection)
}

/// A connection that cannot write.
pub(super) fn open_reader(file: &Path) -> Result<Connection, StoreError> {
    let sql = |e: rusqlite::Error| StoreError::of_sqlite(&e, file);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(sql)?;
    settle(&connection).map_err(sql)?;
    Ok(connection)
}

/// Refuses what is not a journal of ours before anything is written beside it: opening a database may already change it.
fn check_header(file: &Path) -> Result<(), StoreError> {
    let io = |e: io::Error| StoreError::of_io(&e, file);
    let corrupt = |detail: &str| StoreError::Corrupt { file: file.to_owned(), detail: detail.to_owned() };
    let opened = File::open(file).map_err(io)?;
    let length = opened.metadata().map_err(io)?.len();
    let mut header = Vec::with_capacity(HEADER_BYTES);
    opened.take(HEADER_BYTES as u64).read_to_end(&mut header).map_err(io)?;
    if header.len() < HEADER_BYTES {
        return Err(corrupt("it is shorter than its header"));
    }
    if !header.starts_with(MAGIC) {
        return Err(corrupt("it does not begin like a database"));
    }
    let number = |at: usize| header[at..at + 4].iter().fold(0, |n: u32, byte| n << 8 | u32::from(*byte));
    if number(68) != APPLICATION_ID {
        return Err(StoreError::Foreign(file.to_owned()));
    }
    if number(60) > migrate::VERSION {
        return Err(StoreError::Newer { file: file.to_owned(), found: number(60), known: migrate::VERSION });
    }
    // A checkpoint that was cut short may leave half a page; then the log still has the whole one.
    let log_bytes = fs::metadata(sibling(file, "-wal")).map_or(0, |log| log.len());
    if log_bytes == 0 && !length.is_multiple_of(u64::from(PAGE_BYTES)) {
        return Err(corrupt("it ends in the middle of a page"));
    }
    Ok(())
}

/// Makes a journal under another name and puts it in its place when it is whole: a file that is there and empty is then
/// always a damaged one, never a fresh one.
fn create(file: &Path) -> Result<(), StoreError> {
    let sql = |e: rusqlite::Error| StoreError::of_sqlite(&e, file);
    let io = |e: io::Error| StoreError::of_io(&e, file);
    if sibling(file, "-wal").exists() {
        let detail = "it is missing, yet its write-ahead log is there".to_owned();
        return Err(StoreError::Corrupt { file: file.to_owned(), detail });
    }
    let fresh = file.with_extension("new");
    for leftover in ["", "-wal", "-shm", "-journal"].map(|suffix| sibling(&fresh, suffix)) {
        match fs::remove_file(&leftover) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(io(e)),
            _ => {}
        }
    }
    // SQLite gives its other files the mode of this one.
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh).map_err(io)?;
    let mut connection = connect(&fresh)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(sql)?;
    migrate::migrate(&mut connection, file)?;
    epoch::found(&connection).map_err(sql)?;
    checkpoint_whole(&connection).map_err(sql)?;
    connection.close().map_err(|(_, e)| sql(e))?;
    made.sync_all().map_err(io)?;
    fs::rename(&fresh, file).map_err(io)?;
    for leftover in ["-wal", "-shm"].map(|suffix| sibling(&fresh, suffix)) {
        // Empty after the checkpoint; the next journal made here would remove them as well.
        let _ = fs::remove_file(leftover);
    }
    sync_dir(file.parent().unwrap_or(Path::new("/")))
}

fn connect(file: &Path) -> Result<Connection, StoreError> {
    let sql = |e: rusqlite::Error| StoreError::of_sqlite(&e, file);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(sql)?;
    // A connection that found damage must not carry the log over into the file when it is dropped.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(sql)?;
    settle(&connection).map_err(sql)?;
    // Counts only where the file is still empty.
    connection.pragma_update(None, "page_size", PAGE_BYTES).map_err(sql)?;
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).map_err(sql)?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(StoreError::Io(format!("{}: the file system cannot hold a write-ahead log", file.display())));
    }
    connection.pragma_update(None, "synchronous", "FULL").map_err(sql)?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20).map_err(sql)?;
    Ok(connection)
}

/// What holds for every connection.
fn settle(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "cache_size", -4096)?;
    // A mapped file turns a read error into a signal.
    connection.pragma_update(None, "mmap_size", 0)
}

/// Carries the whole log over into the file and empties it.
pub(super) fn checkpoint_whole(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

/// Makes what was created, renamed or removed in a directory durable.
pub(super) fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(|e| StoreError::of_io(&e, dir))
}

fn sibling(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
