//! A byte stream in pieces, between a request and a thread that reads or writes it.

use std::io::{self, Read, Write};

use bytes::{Buf as _, Bytes};
use tokio::sync::mpsc;

/// Pieces that wait, at most.
pub(crate) const PIECES_MAX: usize = 4;
/// Size of a piece that is sent.
const PIECE_BYTES: usize = 256 * 1024;

/// Reads pieces that arrive.
pub(super) struct PieceReader {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    piece: Bytes,
}

impl PieceReader {
    /// Reads `pieces`, to their end.
    pub(super) fn new(pieces: mpsc::Receiver<io::Result<Bytes>>) -> Self {
        Self { pieces, piece: Bytes::new() }
    }
}

impl Read for PieceReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.pieces.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let length = self.piece.len().min(buffer.len());
        self.piece.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}

/// Sends what is written, and waits when nobody takes it.
pub(super) struct PieceWriter<T> {
    pieces: mpsc::Sender<T>,
    piece: Vec<u8>,
    pack: fn(Bytes) -> T,
}

impl<T> PieceWriter<T> {
    /// Sends to `pieces`, each packed.
    pub(super) fn new(pieces: mpsc::Sender<T>, pack: fn(Bytes) -> T) -> Self {
        Self { pieces, piece: Vec::with_capacity(PIECE_BYTES), pack }
    }
}

impl<T> Write for PieceWriter<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = bytes.len().min(PIECE_BYTES - self.piece.len());
        self.piece.extend_from_slice(&bytes[..length]);
        if self.piece.len() == PIECE_BYTES {
            self.flush()?;
        }
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE_BYTES));
        let piece = (self.pack)(piece.into());
        self.pieces.blocking_send(piece).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let (sender, receiver) = mpsc::channel(1);
        let text: Vec<u8> = (0..PIECE_BYTES * 3 + 7).map(|at| u8::try_from(at % 251).unwrap()).collect();
        let sent = text.clone();
        let writing = std::thread::spawn(move || {
            let mut writer = PieceWriter::new(sender, Ok);
            writer.write_all(&sent).and_then(|()| writer.flush())
        });
        let mut read = Vec::new();
        PieceReader::new(receiver).read_to_end(&mut read).unwrap();
        writing.join().unwrap().unwrap();
        assert!(read == text);
    }

    #[test]
    fn a_reader_that_has_gone_ends_the_writer() {
        let (sender, receiver) = mpsc::channel::<io::Result<Bytes>>(1);
        drop(receiver);
        let mut writer = PieceWriter::new(sender, Ok);
        writer.write_all(b"x").unwrap();
        assert_eq!(writer.flush().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
