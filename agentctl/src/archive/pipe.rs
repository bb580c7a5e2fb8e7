//! A tar stream between blocking code and gRPC: bounded channels of byte chunks with a reader and a writer on them.

use std::io::{self, Read, Write};

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::sync::mpsc;

/// How much one message carries.
const CHUNK_BYTES_MAX: usize = 256 * 1024;
/// How many messages wait between the two sides.
pub(crate) const CHUNKS_MAX: usize = 8;

/// Reads what arrives on a channel. Blocks, so it belongs on a thread for blocking work.
pub(crate) struct ChannelReader {
    chunks: mpsc::Receiver<io::Result<Bytes>>,
    current: Bytes,
}

impl ChannelReader {
    /// The channel's two ends.
    pub(crate) fn new() -> (mpsc::Sender<io::Result<Bytes>>, Self) {
        let (sender, chunks) = mpsc::channel(CHUNKS_MAX);
        (sender, Self { chunks, current: Bytes::new() })
    }
}

impl Read for ChannelReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.chunks.blocking_recv() {
                None => return Ok(0),
                Some(chunk) => self.current = chunk?,
            }
        }
        let taken = self.current.len().min(buffer.len());
        self.current.copy_to_slice(&mut buffer[..taken]);
        Ok(taken)
    }
}

/// Writes into a channel in chunks. What is not flushed is lost, so that a failed stream does not look whole.
pub(crate) struct ChannelWriter {
    chunks: mpsc::Sender<Bytes>,
    gathered: BytesMut,
}

impl ChannelWriter {
    /// The channel's two ends.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Bytes>) {
        let (chunks, receiver) = mpsc::channel(CHUNKS_MAX);
        (Self { chunks, gathered: BytesMut::with_capacity(CHUNK_BYTES_MAX) }, receiver)
    }

    fn send(&mut self) -> io::Result<()> {
        let chunk = self.gathered.split().freeze();
        self.chunks.blocking_send(chunk).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for ChannelWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(CHUNK_BYTES_MAX - self.gathered.len());
        self.gathered.extend_from_slice(&bytes[..taken]);
        if self.gathered.len() == CHUNK_BYTES_MAX {
            self.send()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.gathered.is_empty() { Ok(()) } else { self.send() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_arrives_in_bounded_chunks() {
        let (mut writer, mut chunks) = ChannelWriter::new();
        let sent = vec![9u8; CHUNK_BYTES_MAX * 2 + 1];
        let expected = sent.clone();
        let thread = std::thread::spawn(move || writer.write_all(&sent).and_then(|()| writer.flush()));
        let mut got = Vec::new();
        while let Some(chunk) = chunks.blocking_recv() {
            assert!(chunk.len() <= CHUNK_BYTES_MAX);
            got.extend_from_slice(&chunk);
        }
        thread.join().unwrap().unwrap();
        assert_eq!(got, expected);
    }

    #[test]
    fn a_reader_gives_all_bytes_then_the_error() {
        let (sender, mut reader) = ChannelReader::new();
        sender.blocking_send(Ok(Bytes::from_static(b"abc"))).unwrap();
        sender.blocking_send(Ok(Bytes::new())).unwrap();
        sender.blocking_send(Err(io::Error::other("gone"))).unwrap();
        let mut got = [0u8; 3];
        reader.read_exact(&mut got).unwrap();
        assert_eq!(&got, b"abc");
        assert_eq!(reader.read(&mut got).unwrap_err().to_string(), "gone");
    }

    #[test]
    fn a_writer_whose_reader_left_stops() {
        let (mut writer, chunks) = ChannelWriter::new();
        drop(chunks);
        writer.write_all(b"x").unwrap();
        assert_eq!(writer.flush().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
