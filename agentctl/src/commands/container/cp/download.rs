//! Out of a sandbox: a tar stream that is unpacked here, or passed on.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use proto::reason::Reason;
use proto::v1::DownloadChunk;
use tokio::sync::mpsc;
use tonic::{Status, Streaming};

use super::place::SandboxPath;
use super::{joined, probe};
use crate::archive::{ArchiveError, ChannelReader, Kind, Members, Summary, Target, unpack};
use crate::context::Context;
use crate::error::CommandError;
use crate::render::escape::Escaper;

/// Copies a file or directory to a path of this host.
pub(super) async fn to_host(from: SandboxPath, to: &Path, context: &mut Context) -> Result<Summary, CommandError> {
    let (directory, name) = target_of(&from, to)?;
    let target = Target::new(&directory, &name)?;
    let opened = probe::open(&context.client().await?, &from).await?;
    let is_file = opened.kind == Kind::File;
    if let Kind::Other(what) = opened.kind {
        return Err(CommandError::new(Reason::FileOperation, format!("{} is {what}, which is not copied", from.path)));
    }
    let progress = context.ui.progress(is_file.then_some(opened.size_bytes));
    let (chunks, reader) = ChannelReader::new();
    let counted = progress.clone();
    let work = tokio::task::spawn_blocking(move || unpack(reader, &target, |bytes| counted.add(bytes)));
    let passed = pass(opened.prefix, opened.rest, chunks).await;
    let unpacked = joined(work).await;
    progress.clear();
    // Where both failed, the daemon's word is the cause.
    passed?;
    Ok(unpacked??)
}

/// The directory and the name that a copy gets on this host.
fn target_of(from: &SandboxPath, to: &Path) -> Result<(PathBuf, OsString), CommandError> {
    let ends_in_slash = to.as_os_str().as_encoded_bytes().ends_with(b"/");
    if to.is_dir() || ends_in_slash {
        let Some((_, name)) = from.split() else {
            return Err(CommandError::usage("the whole root of a sandbox has no name of its own")
                .hinted("give the copy a name that is not there yet"));
        };
        return Ok((to.to_owned(), name.into()));
    }
    let name = to.file_name().ok_or_else(|| CommandError::usage("the destination has no name"))?;
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok((parent.to_owned(), OsStr::to_owned(name)))
}

/// Writes a file's content, or a directory's tar stream, to stdout.
pub(super) async fn to_stdout(from: SandboxPath, context: &mut Context) -> Result<(), CommandError> {
    let opened = probe::open(&context.client().await?, &from).await?;
    match opened.kind {
        Kind::File => {}
        Kind::Directory if context.ui.out_is_terminal() => {
            return Err(CommandError::usage("a directory comes as a tar stream, which is nothing for a terminal")
                .hinted("send it to a file or a program: agentctl container cp SESSION:/dir - | tar t"));
        }
        Kind::Directory => return tar_to_stdout(opened.prefix, opened.rest, context).await,
        Kind::Other(what) => {
            return Err(CommandError::new(
                Reason::FileOperation,
                format!("{} is {what}, which is not copied", from.path),
            ));
        }
    }
    let (chunks, reader) = ChannelReader::new();
    let (contents, mut written) = mpsc::channel::<Bytes>(crate::archive::CHUNKS_MAX);
    let work = tokio::task::spawn_blocking(move || file_content(reader, &contents));
    let mut escaper = context.ui.out_is_terminal().then(Escaper::block);
    let printed = async {
        while let Some(content) = written.recv().await {
            match &mut escaper {
                Some(escaper) => context.ui.out(&escaper.push(&content))?,
                None => context.ui.out_bytes(&content)?,
            }
        }
        // Nobody reads on: dropping the receiver ends the other two.
        drop(written);
        escaper.as_mut().map_or(Ok(()), |escaper| context.ui.out(&escaper.finish()))
    };
    let (passed, printed) = tokio::join!(pass(opened.prefix, opened.rest, chunks), printed);
    printed?;
    passed?;
    Ok(joined(work).await??)
}

async fn tar_to_stdout(
    prefix: Bytes,
    mut rest: Streaming<DownloadChunk>,
    context: &mut Context,
) -> Result<(), CommandError> {
    context.ui.out_bytes(&prefix)?;
    while let Some(chunk) = rest.message().await? {
        context.ui.out_bytes(&chunk.data)?;
    }
    Ok(())
}

/// Sends on the content of the first member, which is a file.
fn file_content(stream: ChannelReader, contents: &mpsc::Sender<Bytes>) -> Result<(), ArchiveError> {
    let mut members = Members::new(stream);
    members.next_member()?;
    let mut content = members.content();
    let mut buffer = vec![0u8; 128 * 1024];
    loop {
        let got = io::Read::read(&mut content, &mut buffer).map_err(ArchiveError::Stream)?;
        if got == 0 || contents.blocking_send(Bytes::copy_from_slice(&buffer[..got])).is_err() {
            return Ok(());
        }
    }
}

/// Passes the tar stream on to the thread that takes it apart, until it ends or that one needs no more.
async fn pass(
    prefix: Bytes,
    mut rest: Streaming<DownloadChunk>,
    chunks: mpsc::Sender<io::Result<Bytes>>,
) -> Result<(), Status> {
    let mut next = Ok(Some(DownloadChunk { data: prefix }));
    loop {
        match next {
            Ok(None) => return Ok(()),
            Ok(Some(chunk)) => {
                if chunks.send(Ok(chunk.data)).await.is_err() {
                    return Ok(());
                }
            }
            Err(status) => {
                // A stream that failed must not look like one that ended.
                let _ = chunks.send(Err(io::Error::other("agentd reported a failure"))).await;
                return Err(status);
            }
        }
        next = rest.message().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(path: &str) -> SandboxPath {
        SandboxPath { session: "s".to_owned(), path: path.to_owned(), is_directory: false }
    }

    #[test]
    fn a_directory_receives_the_name_and_anything_else_gives_it() {
        let root = tempfile::tempdir().unwrap();
        let place = |to: &Path| target_of(&from("/workspace/a"), to).unwrap();
        assert_eq!(place(root.path()), (root.path().to_owned(), "a".into()));
        assert_eq!(place(&root.path().join("new")), (root.path().to_owned(), "new".into()));
        assert_eq!(place(Path::new("nowhere/")), ("nowhere/".into(), "a".into()));
        assert_eq!(place(Path::new("name")), (".".into(), "name".into()));
        assert_eq!(place(Path::new("..")), ("..".into(), "a".into()));
        assert!(target_of(&from("/"), root.path()).is_err());
    }
}
