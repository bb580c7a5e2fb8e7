//! Tar streams into and out of a sandbox. Nothing of them is unpacked here.

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt as _};
use proto::init::v1::{DownloadRequest, UploadRequest, UploadResponse};

use super::checks::{CHUNK_BYTES_MAX, length_at_most};
use super::error::InitError;
use super::{ANSWER_WITHIN, InitClient, within};

/// Bytes of a tar stream in one message that we send.
const SEND_BYTES_MAX: usize = 256 << 10;

impl InitClient {
    /// Unpacks a tar stream in a directory of the sandbox. Ends when `tar` does: the caller bounds the time.
    pub async fn upload(
        &self,
        directory: &str,
        tar: impl Stream<Item = Bytes> + Send + 'static,
    ) -> Result<UploadResponse, InitError> {
        let first = UploadRequest { directory: directory.to_owned(), data: Bytes::new() };
        let rest = tar
            .flat_map(|data| futures_util::stream::iter(pieces(data)))
            .map(|data| UploadRequest { directory: String::new(), data });
        let messages = futures_util::stream::iter([first]).chain(rest);
        let answer = self.rpc.clone().upload(messages).await.map_err(|status| InitError::of_status(&status))?;
        Ok(answer.into_inner())
    }

    /// A file or directory of the sandbox as a tar stream, in pieces of at most 1 MiB.
    pub async fn download(&self, path: &str) -> Result<BoxStream<'static, Result<Bytes, InitError>>, InitError> {
        let request = DownloadRequest { path: path.to_owned() };
        let pieces = within(ANSWER_WITHIN, self.rpc.clone().download(request)).await?;
        let checked = pieces.map(|piece| {
            let data = piece.map_err(|status| InitError::of_status(&status))?.data;
            length_at_most("bytes of a download's piece", data.len(), CHUNK_BYTES_MAX)?;
            Ok(data)
        });
        Ok(checked.boxed())
    }
}

fn pieces(mut data: Bytes) -> Vec<Bytes> {
    let mut pieces = Vec::with_capacity(data.len().div_ceil(SEND_BYTES_MAX));
    while !data.is_empty() {
        pieces.push(data.split_to(data.len().min(SEND_BYTES_MAX)));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_in_pieces() {
        let data = Bytes::from((0..SEND_BYTES_MAX * 2 + 5).map(|i| u8::try_from(i % 251).unwrap()).collect::<Vec<_>>());
        let pieces = pieces(data.clone());
        assert_eq!(pieces.iter().map(Bytes::len).collect::<Vec<_>>(), [SEND_BYTES_MAX, SEND_BYTES_MAX, 5]);
        assert_eq!(pieces.concat(), data);
        assert!(super::pieces(Bytes::new()).is_empty());
    }
}
