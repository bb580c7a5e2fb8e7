//! A sandbox's directory on the host: what it was made from, who its first process is, its socket, and the lock under which
//! it is changed. The directory appears with its record in it and disappears whole, so that nothing half is ever seen.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use prost::Message as _;
use proto::init::v1::{Confined, Confinement, Mount};
use serde::{Deserialize, Serialize};

use super::{failed, not_found, of_file};
use crate::domain::options::ExtraMount;
use crate::sandbox::error::SandboxError;

/// Beginnings of names of directories that are on their way in or out.
const UNFINISHED: &str = ".";
/// How long somebody else may be at the same sandbox.
const LOCK_WITHIN: Duration = Duration::from_secs(30);
const LOCK_PAUSE: Duration = Duration::from_millis(2);
const FILE_BYTES_MAX: u64 = 256 << 10;

/// The directories of all sandboxes of this installation.
#[derive(Clone, Debug)]
pub(super) struct Places {
    pub(super) install_id: String,
    directory: PathBuf,
}

/// The directory of one.
#[derive(Clone, Debug)]
pub(super) struct Place {
    directory: PathBuf,
    name: String,
}

/// What a sandbox was made from. All that is needed to start it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) install_id: String,
    pub(super) session: String,
    pub(super) generation: u64,
    pub(super) spec_hash: String,
    pub(super) created_ms: i64,
    pub(super) workspace: PathBuf,
    pub(super) shared: Option<PathBuf>,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) memory_bytes: u64,
    pub(super) cpu_millis: u64,
    pub(super) pids_max: u32,
    pub(super) swap_bytes: u64,
    pub(super) file_bytes_max: u64,
    pub(super) open_files_max: u64,
    pub(super) mounts: Vec<ExtraMount>,
    pub(super) token_sha256: String,
    pub(super) init_path: PathBuf,
}

/// The right to change a sandbox. Let go of with the last copy of it, also one that another process has.
pub(super) struct Lock(File);

impl Places {
    /// Those under `directory`. What a daemon that died left unfinished there is removed.
    pub(super) fn new(install_id: String, directory: PathBuf) -> Self {
        for entry in std::fs::read_dir(&directory).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED)
                && let Err(error) = std::fs::remove_dir_all(entry.path())
            {
                tracing::warn!(path = %entry.path().display(), %error, "a leftover cannot be removed");
            }
        }
        Self { install_id, directory }
    }

    /// The one of this name, whether it is there or not.
    pub(super) fn of(&self, name: &str) -> Place {
        Place { directory: self.directory.join(name), name: name.to_owned() }
    }

    /// All that are there.
    pub(super) fn all(&self) -> Result<Vec<Place>, SandboxError> {
        let entries = match std::fs::read_dir(&self.directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(of_file(&self.directory, &error)),
        };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        Ok(names.filter(|name| !name.starts_with(UNFINISHED)).map(|name| self.of(&name)).collect())
    }

    /// A directory that nothing is recorded of, for trial.
    pub(super) fn scratch(&self, name: &str) -> Result<Place, SandboxError> {
        let place = self.of(&format!("{UNFINISHED}{name}"));
        make_private(&place.directory).map_err(|error| of_file(&place.directory, &error))?;
        Ok(place)
    }
}

impl Place {
    /// The sandbox's name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The directory.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Makes the directory with this record in it; no error where it is there.
    pub(super) fn make(&self, record: &Record) -> Result<(), SandboxError> {
        let new = self.unfinished("new");
        let made = make_private(&new).and_then(|()| {
            std::fs::write(new.join("record.json"), serde_json::to_vec_pretty(record)?)?;
            File::create(new.join("lock"))?;
            match std::fs::rename(&new, &self.directory) {
                Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => std::fs::remove_dir_all(&new),
                done => done,
            }
        });
        made.map_err(|error| of_file(&new, &error))
    }

    /// Waits for the right to change it; `None` where there is none of this name.
    pub(super) fn lock(&self) -> Result<Option<Lock>, SandboxError> {
        let path = self.directory.join("lock");
        let give_up = Instant::now() + LOCK_WITHIN;
        loop {
            let file = match File::options().append(true).open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(of_file(&path, &error)),
            };
            if file.try_lock().is_ok() {
                // It may have been removed, and made anew, meanwhile.
                let is_there = |of: io::Result<std::fs::Metadata>| of.ok().map(|found| (found.dev(), found.ino()));
                if is_there(file.metadata()) == is_there(path.metadata()) {
                    return Ok(Some(Lock(file)));
                }
            } else if Instant::now() > give_up {
                return Err(failed(format!("somebody else has been at the sandbox {} for long", self.name)));
            } else {
                std::thread::sleep(LOCK_PAUSE);
            }
        }
    }

    /// As [`Place::lock`], where it must be there; with what it was made from.
    pub(super) fn lock_recorded(&self) -> Result<(Lock, Record), SandboxError> {
        let lock = self.lock()?.ok_or_else(|| not_found(&self.name))?;
        let record = self.record().ok_or_else(|| failed(format!("the record of {} cannot be read", self.name)))?;
        Ok((lock, record))
    }

    /// What it was made from.
    pub(super) fn record(&self) -> Option<Record> {
        serde_json::from_slice(&read_bounded(&self.directory.join("record.json"))?).ok()
    }

    /// Its first process, as the launcher wrote it down. It may have ended.
    pub(super) fn confined(&self) -> Option<Confined> {
        Confined::decode(&*read_bounded(&self.directory.join("process"))?).ok()
    }

    /// What its supervisor had to say, if it failed.
    pub(super) fn log(&self) -> String {
        let log = read_bounded(&self.directory.join("log")).unwrap_or_default();
        crate::sandbox::error::plain_text(&String::from_utf8_lossy(&log), 300)
    }

    /// A stream to its supervisor. By way of the descriptor of the directory: paths of sockets are short.
    pub(super) async fn connect(&self) -> io::Result<tokio::net::UnixStream> {
        let directory = File::open(&self.directory)?;
        tokio::net::UnixStream::connect(format!("/proc/self/fd/{}/socket", directory.as_raw_fd())).await
    }

    /// Removes the directory.
    pub(super) fn unmake(&self, _lock: &Lock) -> Result<(), SandboxError> {
        let gone = self.unfinished("gone");
        let removed = std::fs::rename(&self.directory, &gone).and_then(|()| std::fs::remove_dir_all(&gone));
        removed.map_err(|error| of_file(&self.directory, &error))
    }

    fn unfinished(&self, why: &str) -> PathBuf {
        self.directory.with_file_name(format!("{UNFINISHED}{why}-{}", self.name))
    }
}

impl Lock {
    /// The same right, for a process that is started.
    pub(super) fn share(&self) -> io::Result<File> {
        self.0.try_clone()
    }
}

impl Record {
    /// What agent-init is told.
    pub(super) fn confinement(&self, name: &str) -> Confinement {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        Confinement {
            name: name.to_owned(),
            workspace: text(&self.workspace),
            shared: self.shared.as_deref().map(text).unwrap_or_default(),
            uid: self.uid,
            gid: self.gid,
            memory_bytes: self.memory_bytes,
            cpu_millis: self.cpu_millis,
            pids_max: self.pids_max,
            swap_bytes: self.swap_bytes,
            file_bytes_max: self.file_bytes_max,
            open_files_max: self.open_files_max,
            mounts: self.mounts.iter().map(mount).collect(),
            token_sha256: self.token_sha256.clone(),
            init_path: text(&self.init_path),
            rehearsal: false,
        }
    }
}

fn mount(mount: &ExtraMount) -> Mount {
    let source = mount.source.to_string_lossy().into_owned();
    Mount { source, target: mount.target.clone(), writable: mount.writable }
}

fn make_private(directory: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

fn read_bounded(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(File::open(path).ok()?, FILE_BYTES_MAX), &mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            id: "i".to_owned(),
            install_id: "me".to_owned(),
            session: "s".to_owned(),
            generation: 1,
            spec_hash: "h".to_owned(),
            created_ms: 1,
            workspace: "/w".into(),
            shared: None,
            uid: 1000,
            gid: 1000,
            memory_bytes: 1,
            cpu_millis: 1,
            pids_max: 1,
            swap_bytes: 0,
            file_bytes_max: 0,
            open_files_max: 0,
            mounts: Vec::new(),
            token_sha256: "t".to_owned(),
            init_path: "/i".into(),
        }
    }

    #[test]
    fn a_place_is_there_with_its_record_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let places = Places::new("me".to_owned(), dir.path().join("embedded"));
        assert!(places.all().unwrap().is_empty());
        let place = places.of("a");
        assert!(place.lock().unwrap().is_none());
        place.make(&record()).unwrap();
        place.make(&Record { generation: 2, ..record() }).unwrap();
        assert_eq!(place.record(), Some(record()), "one that is there stays as it is");
        let lock = place.lock().unwrap().unwrap();
        assert_eq!(places.all().unwrap().len(), 1);
        place.unmake(&lock).unwrap();
        assert!(place.lock().unwrap().is_none() && places.all().unwrap().is_empty());
    }

    #[test]
    fn what_a_dead_daemon_left_unfinished_goes() {
        let dir = tempfile::tempdir().unwrap();
        let places = Places::new("me".to_owned(), dir.path().to_owned());
        let scratch = places.scratch("trial").unwrap();
        assert!(scratch.directory().exists() && places.all().unwrap().is_empty());
        Places::new("me".to_owned(), dir.path().to_owned());
        assert!(!scratch.directory().exists());
    }
}
