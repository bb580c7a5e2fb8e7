//! What the command writes goes to the client, as fast as the client takes it.

use bytes::Bytes;
use proto::init::v1::InteractOutput;
use proto::init::v1::interact_output::Part;
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe::Receiver;
use tokio::sync::{mpsc, watch};
use tonic::Status;

/// Size of one message.
const PIECE_BYTES: usize = 32 * 1024;
/// What is read at most when every process of the command has ended: what a pipe can hold. A process of another call may
/// have been handed the pipe and go on writing.
const DRAIN_BYTES_MAX: u64 = 1 << 20;

/// Sends what is read from `source`, each piece packed, until it ends or the command does; how many bytes that were.
pub(super) async fn send(
    mut source: Receiver,
    pack: fn(Bytes) -> Part,
    output: mpsc::Sender<Result<InteractOutput, Status>>,
    mut ended: watch::Receiver<bool>,
) -> u64 {
    let mut buffer = vec![0; PIECE_BYTES];
    let (mut sent, mut drained) = (0, 0);
    while drained < DRAIN_BYTES_MAX {
        let over = *ended.borrow_and_update();
        let read = if over {
            source.try_read(&mut buffer)
        } else {
            tokio::select! {
                read = source.read(&mut buffer) => read,
                _ = ended.changed() => continue,
            }
        };
        let length = match read {
            // Also how a terminal says that nobody has its other end any more.
            Ok(0) | Err(_) => break,
            Ok(length) => length,
        };
        sent += length as u64;
        if over {
            drained += length as u64;
        }
        let piece = pack(Bytes::copy_from_slice(&buffer[..length]));
        if output.send(Ok(InteractOutput { part: Some(piece) })).await.is_err() {
            break;
        }
    }
    sent
}
