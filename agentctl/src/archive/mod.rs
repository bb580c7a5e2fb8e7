//! Tar streams to and from a sandbox, for `agentctl container cp`.
//!
//! Reading order: [`members`] (a tar stream as a row of members), [`names`] (what a member may be called), [mod@unpack]
//! (members into a directory of the host), [mod@pack] (a file or directory of the host into a stream), [`pipe`] (a tar
//! stream between this blocking code and gRPC).
//!
//! What comes out of a sandbox is hostile: nothing here follows a symbolic link below the directory that the user named,
//! makes anything but regular files and directories, or lets a name lead outside.

mod members;

mod names;

mod unpack;

mod pack;

mod pipe;

pub(crate) use members::{Kind, Members};
pub(crate) use pack::{Source, pack, pack_bytes};
pub(crate) use pipe::{CHUNKS_MAX, ChannelReader, ChannelWriter};
pub(crate) use unpack::{Target, unpack};

use std::io;

/// How many skipped members are told by name; the rest is counted.
const SKIPPED_NAMED_MAX: usize = 20;

/// Why a tar stream could not be made or taken apart. Names of a sandbox are shown quoted, with what is not printable
/// escaped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveError {
    /// The stream itself broke.
    #[error("the stream broke off: {0}")]
    Stream(#[source] io::Error),
    /// A header or its fields are not tar.
    #[error("the stream is not a usable tar stream: {0}")]
    Malformed(String),
    /// A member's name leads elsewhere or cannot be a name.
    #[error("refused the entry {name}: {why}")]
    Refused { name: String, why: &'static str },
    /// More members than any honest copy has.
    #[error("more than {max} entries in one copy: copy smaller directories")]
    TooMany { max: u64 },
    /// The file system has no room for the file.
    #[error("no room for {name}: it has {needed_bytes} bytes, and {free_bytes} are free")]
    NoRoom { name: String, needed_bytes: u64, free_bytes: u64 },
    /// Something on this host failed.
    #[error("cannot {action} {name}: {source}")]
    Host { action: &'static str, name: String, source: io::Error },
    /// A file changed its size while it was read.
    #[error("{name} became shorter while it was read: copy it again")]
    Shrunk { name: String },
}

impl ArchiveError {
    fn host(action: &'static str, name: &[u8]) -> impl FnOnce(rustix::io::Errno) -> Self {
        let name = shown(name);
        move |errno| Self::Host { action, name, source: errno.into() }
    }
}

/// What a copy did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Files written.
    pub(crate) files: u64,
    /// Directories met.
    pub(crate) directories: u64,
    /// Bytes of file content.
    pub(crate) bytes: u64,
    /// Members left out: the first ones, each with what it is.
    pub(crate) skipped: Vec<(String, &'static str)>,
    /// How many were left out in all.
    pub(crate) skipped_count: u64,
}

impl Summary {
    fn skip(&mut self, name: &[u8], what: &'static str) {
        self.skipped_count += 1;
        if self.skipped.len() < SKIPPED_NAMED_MAX {
            self.skipped.push((shown(name), what));
        }
    }
}

/// A name for messages: quoted, what is not printable escaped.
pub(crate) fn shown(name: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(name))
}
