//! Files in and out, as tar streams that pass through unopened.

use futures_util::{StreamExt as _, stream};
use proto::reason::{Failure, Reason};
use proto::v1;
use tonic::{Response, Status, Streaming};

use crate::session::uses::Borrowed;

use super::super::failure;
use super::{Answer, Answers};

/// The message that names the target.
pub(super) async fn first(chunks: &mut Streaming<v1::UploadChunk>) -> Result<v1::UploadChunk, Status> {
    let invalid = |why: &str| Status::from(Failure::new(Reason::InvalidArgument, why));
    match chunks.message().await? {
        Some(first) if first.directory.is_empty() => Err(invalid("the first message must name a directory")),
        Some(first) => Ok(first),
        None => Err(invalid("nothing was sent")),
    }
}

/// Unpacks a tar stream in the sandbox. Where the client's stream breaks, so does the one into the sandbox: a cut upload is
/// an error there, never a short file that looks whole.
pub(super) async fn upload(
    sandbox: Borrowed,
    first: v1::UploadChunk,
    chunks: Streaming<v1::UploadChunk>,
) -> Answer<v1::UploadResponse> {
    let data = stream::iter([first.data])
        .chain(
            chunks
                .take_while(|chunk| std::future::ready(chunk.is_ok()))
                .filter_map(|chunk| async { chunk.ok().map(|chunk| chunk.data) }),
        )
        .filter(|data| std::future::ready(!data.is_empty()));
    let done = sandbox.live.client.upload(&first.directory, data).await.map_err(|error| failure::of_init(&error))?;
    Ok(Response::new(v1::UploadResponse { entries: done.entries, bytes: done.bytes }))
}

/// Takes a path out of the sandbox.
pub(super) async fn download(sandbox: Borrowed, path: &str) -> Answer<Answers<v1::DownloadChunk>> {
    if path.is_empty() {
        return Err(Failure::new(Reason::InvalidArgument, "no path was given").into());
    }
    let pieces = sandbox.live.client.download(path).await.map_err(|error| failure::of_init(&error))?;
    let chunks = stream::unfold((pieces, sandbox), |(mut pieces, sandbox)| async move {
        let piece = pieces.next().await?;
        let chunk = match piece {
            Ok(data) => Ok(v1::DownloadChunk { data }),
            Err(error) => Err(Status::from(failure::of_init(&error))),
        };
        Some((chunk, (pieces, sandbox)))
    });
    Ok(Response::new(Box::pin(chunks)))
}
