//! What lies at a path in a sandbox, told by the first header of its download: no program of the image is needed.

use bytes::{Bytes, BytesMut};
use proto::reason::{Failure, Reason};
use proto::v1::{DownloadChunk, DownloadRequest};
use tonic::Streaming;

use super::place::SandboxPath;
use crate::archive::{ArchiveError, Kind, Members};
use crate::client::Client;
use crate::error::CommandError;

/// A first header and the long name before it are never larger.
const PREFIX_BYTES_MAX: usize = 128 * 1024;

/// A download whose beginning was read, and what it showed.
pub(super) struct Opened {
    /// What lies there.
    pub(super) kind: Kind,
    /// Bytes of content, of a file.
    pub(super) size_bytes: u64,
    /// What was read of the tar stream.
    pub(super) prefix: Bytes,
    /// The rest of it.
    pub(super) rest: Streaming<DownloadChunk>,
}

/// Begins a download.
pub(super) async fn open(client: &Client, path: &SandboxPath) -> Result<Opened, CommandError> {
    let request = DownloadRequest { session: path.session.clone(), path: path.path.clone() };
    let mut rest = client.sandboxes().download(request).await?.into_inner();
    let mut prefix = BytesMut::new();
    while let Some(chunk) = rest.message().await? {
        prefix.extend_from_slice(&chunk.data);
        match first(&prefix) {
            First::Member(kind, size_bytes) => return Ok(Opened { kind, size_bytes, prefix: prefix.freeze(), rest }),
            First::Malformed(error) => return Err(error.into()),
            First::Cut if prefix.len() > PREFIX_BYTES_MAX => break,
            First::Cut => {}
        }
    }
    Err(ArchiveError::Malformed("it has no entry".to_owned()).into())
}

/// Whether a directory lies at the path. A symbolic link is taken for one: where it leads to a file, the upload says so.
pub(super) async fn is_directory(client: &Client, path: &SandboxPath) -> Result<bool, CommandError> {
    match open(client, path).await {
        Ok(opened) => Ok(matches!(opened.kind, Kind::Directory | Kind::Other("a symbolic link"))),
        Err(CommandError::Failed(Failure { reason: Reason::PathNotFound, .. })) => Ok(false),
        Err(error) => Err(error),
    }
}

enum First {
    Member(Kind, u64),
    /// The bytes end before it is known.
    Cut,
    Malformed(ArchiveError),
}

fn first(prefix: &[u8]) -> First {
    match Members::new(prefix).next_member() {
        Ok(Some(member)) => First::Member(member.kind, member.size_bytes),
        Ok(None) => First::Cut,
        Err(ArchiveError::Stream(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => First::Cut,
        Err(error) => First::Malformed(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_member_is_known_as_soon_as_its_header_is() {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Directory);
        header.set_size(0);
        header.set_mode(0o755);
        builder.append_data(&mut header, "n".repeat(150), &b""[..]).unwrap();
        let stream = builder.into_inner().unwrap();
        let known_from = (0..=stream.len()).find(|&cut| matches!(first(&stream[..cut]), First::Member(..))).unwrap();
        // A long name takes a header and a block before the member's own header.
        assert_eq!(known_from, 3 * 512);
        assert!(matches!(first(&stream[..known_from]), First::Member(Kind::Directory, 0)));
        assert!(matches!(first(&[7; 512]), First::Malformed(_)));
    }
}
