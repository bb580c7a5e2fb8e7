//! From a byte stream to a channel: the line each way, HTTP/2 on the same stream, and a hello.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use proto::init::preamble;
use proto::init::v1::HelloRequest;
use proto::init::v1::supervisor_client::SupervisorClient;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tonic::transport::Endpoint;

use super::error::InitError;
use super::{InitClient, MESSAGE_BYTES_MAX};
use crate::sandbox::backend::ByteStream;
use crate::sandbox::error::plain_text;
use crate::sandbox::token::Token;

/// How long a connection may take, from the byte stream to the hello. The engine answers an exec before its process
/// runs, so all of the wait for a busy machine is in here.
const READY_WITHIN: Duration = Duration::from_secs(20);
/// What one answer may have under way before it waits for us: output of a command arrives at the speed of its reader,
/// and this much of each stream is held in memory.
const STREAM_WINDOW_BYTES: u32 = 1 << 20;
/// The same for all answers of one sandbox together.
const CONNECTION_WINDOW_BYTES: u32 = 4 << 20;

/// Who answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// The boot: another one means that every earlier call is gone.
    pub boot_id: String,
    /// Version of agent-init.
    pub version: String,
    /// User id that everything in the sandbox runs as.
    pub uid: u32,
    /// Group id that everything in the sandbox runs as.
    pub gid: u32,
    /// Whether kills for want of memory can be told.
    pub reports_oom: bool,
}

/// Makes a client of a byte stream. The stream is used once: when it breaks, the caller opens another.
pub(crate) async fn open(stream: Box<dyn ByteStream>, token: &Token) -> Result<(InitClient, Hello), InitError> {
    let ready = async {
        let stream = present(stream, token).await?;
        let client = InitClient { rpc: channel(stream).await? };
        let hello = client.hello().await?;
        Ok((client, hello))
    };
    match tokio::time::timeout(READY_WITHIN, ready).await {
        Ok(done) => done,
        Err(_) => Err(InitError::broken(format!("agent-init did not answer within {} s", READY_WITHIN.as_secs()))),
    }
}

async fn present(mut stream: Box<dyn ByteStream>, token: &Token) -> Result<Box<dyn ByteStream>, InitError> {
    let failed = |e: std::io::Error| InitError::broken(format!("no answer of agent-init: {e}"));
    let line = preamble::client_line(token.reveal()).ok_or_else(|| InitError::broken("the token is malformed"))?;
    stream.write_all(&line).await.map_err(failed)?;
    stream.flush().await.map_err(failed)?;
    // Byte by byte: what follows the line is HTTP/2 and not ours to read.
    let mut answer = Vec::with_capacity(preamble::REFUSED_LINE.len());
    while answer.last() != Some(&b'\n') && answer.len() < preamble::REFUSED_LINE.len() {
        answer.push(stream.read_u8().await.map_err(failed)?);
    }
    if answer == preamble::OK_LINE {
        Ok(stream)
    } else if answer == preamble::REFUSED_LINE {
        Err(InitError::protocol("it refuses the token that it was started with"))
    } else {
        Err(InitError::protocol(plain_text(&String::from_utf8_lossy(&answer), 64)))
    }
}

async fn channel(stream: Box<dyn ByteStream>) -> Result<SupervisorClient<tonic::transport::Channel>, InitError> {
    // tonic asks for a connection again when the first breaks, and is then told that there is none.
    let once = Arc::new(Mutex::new(Some(stream)));
    let connector = tower::service_fn(move |_| {
        let stream = once.lock().map(|mut stream| stream.take()).unwrap_or_default();
        std::future::ready(
            stream.map(TokioIo::new).ok_or_else(|| std::io::Error::from(std::io::ErrorKind::NotConnected)),
        )
    });
    // No keep-alive: a paused sandbox is silent and well, and an engine that goes away ends the stream.
    let channel = Endpoint::from_static("http://agent-init")
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .connect_with_connector(connector)
        .await
        .map_err(|e| InitError::broken(format!("no HTTP/2 with agent-init: {e}")))?;
    Ok(SupervisorClient::new(channel)
        .max_decoding_message_size(MESSAGE_BYTES_MAX)
        .max_encoding_message_size(MESSAGE_BYTES_MAX))
}

impl InitClient {
    /// Asks who answers.
    pub async fn hello(&self) -> Result<Hello, InitError> {
        let hello = super::within(super::ANSWER_WITHIN, self.rpc.clone().hello(HelloRequest {})).await?;
        let plain = |text: &str| {
            (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.+_".contains(&b))
        };
        if !plain(&hello.boot_id) || !plain(&hello.version) {
            return Err(InitError::protocol("a malformed boot id or version"));
        }
        Ok(Hello {
            boot_id: hello.boot_id,
            version: hello.version,
            uid: hello.uid,
            gid: hello.gid,
            reports_oom: hello.reports_oom,
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::DuplexStream;

    use super::*;
    use crate::sandbox::init_client::error::InitErrorKind;
    use crate::sandbox::token::Secret;

    fn token() -> Token {
        let dir = tempfile::tempdir().unwrap();
        Secret::load_or_make(dir.path()).unwrap().token("a")
    }

    /// What becomes of a client whose other side does this.
    async fn against<F: Future<Output = ()>>(server: impl FnOnce(DuplexStream) -> F) -> InitError {
        let (client, other) = tokio::io::duplex(4096);
        let token = token();
        let (opened, ()) = tokio::join!(open(Box::new(client), &token), server(other));
        opened.unwrap_err()
    }

    async fn answering(answer: &'static [u8]) -> InitError {
        against(|mut other| async move {
            let mut line = [0; preamble::CLIENT_LINE_BYTES];
            other.read_exact(&mut line).await.unwrap();
            assert!(preamble::parse_client_line(&line).is_some());
            other.write_all(answer).await.unwrap();
        })
        .await
    }

    #[tokio::test]
    async fn a_refusal_and_nonsense_are_told_apart_from_a_broken_stream() {
        let refused = answering(preamble::REFUSED_LINE).await;
        assert!(refused.kind == InitErrorKind::Protocol && refused.message.contains("refuses"), "{refused}");
        let nonsense = answering(b"SSH-2.0-\x1b[2Jsomething else").await;
        assert_eq!(nonsense.kind, InitErrorKind::Protocol);
        assert!(!nonsense.message.chars().any(char::is_control), "{nonsense}");
        assert_eq!(answering(b"AGENT-INIT/1 o").await.kind, InitErrorKind::Broken);
        assert_eq!(answering(preamble::OK_LINE).await.kind, InitErrorKind::Broken, "the end where HTTP/2 should begin");
    }

    #[tokio::test(start_paused = true)]
    async fn silence_ends() {
        let silent = against(|other| async move {
            tokio::time::sleep(READY_WITHIN * 2).await;
            drop(other);
        })
        .await;
        assert!(silent.kind == InitErrorKind::Broken && silent.message.contains("20 s"), "{silent}");
    }
}
