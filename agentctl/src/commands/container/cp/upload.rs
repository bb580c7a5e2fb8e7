//! Into a sandbox: a tar stream that is made here, or passed on from standard input.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use proto::reason::Reason;
use proto::v1::UploadChunk;
use tokio::sync::{mpsc, oneshot};

use super::place::{self, SandboxPath};
use super::{joined, probe};
use crate::archive::{ArchiveError, ChannelWriter, Source, Summary, pack, pack_bytes};
use crate::client::Client;
use crate::context::Context;
use crate::error::CommandError;

/// Copies a file or directory of this host.
pub(super) async fn from_host(from: &Path, to: SandboxPath, context: &mut Context) -> Result<Summary, CommandError> {
    let source = Source::open(from)?;
    let client = context.client().await?;
    let (directory, name) = if to.is_directory || probe::is_directory(&client, &to).await? {
        let name = place::name_of(from).ok_or_else(|| {
            CommandError::usage("the whole root of this host has no name of its own")
                .hinted("name the directories in it")
        })?;
        (to.path.clone(), name)
    } else {
        split(&to)?
    };
    let progress = context.ui.progress(source.size_bytes());
    let counted = progress.clone();
    let sent =
        send(&client, to.session, directory, move |out| pack(source, &name, out, |bytes| counted.add(bytes))).await;
    progress.clear();
    sent
}

/// Copies standard input: as one file, or, into a directory that is named with a slash at its end, as a tar stream. What
/// a tar stream held is known to the daemon alone, so there is no summary of it.
pub(super) async fn from_stdin(to: SandboxPath, context: &mut Context) -> Result<Option<Summary>, CommandError> {
    let client = context.client().await?;
    let progress = context.ui.progress(None);
    let stdin = context.ui.take_input();
    if to.is_directory {
        let counted = progress.clone();
        let sent = send(&client, to.session, to.path, move |mut out| {
            let mut stdin = Counted { stream: stdin, count: |bytes| counted.add(bytes) };
            io::copy(&mut stdin, &mut out).and_then(|_| out.flush()).map_err(ArchiveError::Stream)
        })
        .await;
        progress.clear();
        return sent.map(|()| None);
    }
    if probe::is_directory(&client, &to).await? {
        return Err(CommandError::usage(format!("{} is a directory", to.path)).hinted(
            "name the file in it; with a slash at its end a directory takes a tar stream from standard input",
        ));
    }
    let (directory, name) = split(&to)?;
    let counted = progress.clone();
    let sent = send(&client, to.session, directory, move |out| {
        // A tar header tells the size before the content, so the content is kept until it has ended.
        let (mut kept, size_bytes) = spool(stdin).map_err(ArchiveError::Stream)?;
        kept.rewind().map_err(ArchiveError::Stream)?;
        pack_bytes(kept, size_bytes, &name, out, |bytes| counted.add(bytes))
    })
    .await;
    progress.clear();
    sent.map(Some)
}

fn split(to: &SandboxPath) -> Result<(String, OsString), CommandError> {
    match to.split() {
        Some((directory, name)) => Ok((directory.to_owned(), OsStr::new(name).to_owned())),
        None => Err(CommandError::usage("the destination has no name")),
    }
}

/// Sends what `make` writes as one upload. Only a stream that was made whole is ended; otherwise the request is dropped.
async fn send<T: Send + 'static>(
    client: &Client,
    session: String,
    directory: String,
    make: impl FnOnce(ChannelWriter) -> Result<T, ArchiveError> + Send + 'static,
) -> Result<T, CommandError> {
    let (writer, chunks) = ChannelWriter::new();
    let (whole, ended) = oneshot::channel();
    let work = tokio::task::spawn_blocking(move || make(writer));
    let first = UploadChunk { session, directory, data: Bytes::new() };
    let mut client = client.sandboxes();
    let upload = client.upload(messages(first, chunks, ended));
    let made = async {
        let made = joined(work).await;
        if matches!(made, Ok(Ok(_))) {
            // The request may be over already, with an error of its own.
            let _ = whole.send(());
        }
        made
    };
    tokio::pin!(upload, made);
    tokio::select! {
        // The thread is left to itself: it ends at its next write, or with this process.
        answer = &mut upload => match answer {
            Err(status) => Err(status.into()),
            Ok(_) => Err(CommandError::new(Reason::FileOperation, "agentd ended the copy before it was whole")),
        },
        made = &mut made => {
            let made = made??;
            upload.await?;
            Ok(made)
        }
    }
}

/// The messages of one upload: the first one, then the chunks; it ends only when the stream is said to be whole.
fn messages(
    first: UploadChunk,
    chunks: mpsc::Receiver<Bytes>,
    ended: oneshot::Receiver<()>,
) -> impl Stream<Item = UploadChunk> {
    stream::unfold((Some(first), chunks, Some(ended)), |(first, mut chunks, mut ended)| async move {
        if let Some(first) = first {
            return Some((first, (None, chunks, ended)));
        }
        if let Some(data) = chunks.recv().await {
            let chunk = UploadChunk { data, ..UploadChunk::default() };
            return Some((chunk, (None, chunks, ended)));
        }
        match ended.take()?.await {
            Ok(()) => None,
            // Not whole: the request is about to be dropped, and must not end in good order before that.
            Err(_) => std::future::pending().await,
        }
    })
}

/// Keeps a stream in a file without a name.
fn spool(mut from: impl io::Read) -> io::Result<(File, u64)> {
    let mut random = [0u8; 16];
    getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
    let path = std::env::temp_dir().join(format!("agentctl-{:032x}", u128::from_ne_bytes(random)));
    let mut file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    std::fs::remove_file(&path)?;
    let size_bytes = io::copy(&mut from, &mut file)?;
    Ok((file, size_bytes))
}

struct Counted<R, C> {
    stream: R,
    count: C,
}

impl<R: io::Read, C: FnMut(u64)> io::Read for Counted<R, C> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.stream.read(buffer)?;
        (self.count)(got as u64);
        Ok(got)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{FutureExt as _, StreamExt as _};

    fn first() -> UploadChunk {
        UploadChunk { session: "s".to_owned(), directory: "/d".to_owned(), data: Bytes::new() }
    }

    #[tokio::test]
    async fn a_whole_stream_ends_and_a_broken_one_never_does() {
        for whole in [true, false] {
            let (chunks, receiver) = mpsc::channel(4);
            let (tell, ended) = oneshot::channel();
            let mut messages = Box::pin(messages(first(), receiver, ended));
            chunks.send(Bytes::from_static(b"x")).await.unwrap();
            drop(chunks);
            assert_eq!(messages.next().await, Some(first()));
            assert_eq!(messages.next().await.unwrap().data, "x");
            if whole {
                tell.send(()).unwrap();
                assert_eq!(messages.next().await, None);
            } else {
                drop(tell);
                assert_eq!(messages.next().now_or_never(), None);
            }
        }
    }

    #[test]
    fn a_stream_is_kept_whole_and_leaves_no_file() {
        let (mut file, size_bytes) = spool(&b"content"[..]).unwrap();
        file.rewind().unwrap();
        assert_eq!((io::read_to_string(&file).unwrap().as_str(), size_bytes), ("content", 7));
        assert_eq!(rustix::fs::fstat(&file).unwrap().st_nlink, 0);
    }
}
