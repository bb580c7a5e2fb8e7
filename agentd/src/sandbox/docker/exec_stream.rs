//! `agent-init pipe` as a byte stream: one exec, whose standard input and output are the stream.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bollard::container::LogOutput;
use bollard::exec::{StartExecOptions, StartExecResults};
use bollard::models::ExecConfig;
use bollard::query_parameters::LogsOptionsBuilder;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::engine::{Engine, within};
use super::errors::{of_engine, status};
use crate::sandbox::backend::ByteStream;
use crate::sandbox::error::{SandboxError, SandboxErrorKind, plain_text};
use crate::sandbox::spec::INIT_PATH;

/// Bytes read from the engine at a time.
const READ_BYTES: usize = 64 << 10;
/// Bytes of what the pipe says on its standard error that are kept.
const COMPLAINT_BYTES_MAX: usize = 1024;

impl Engine {
    /// A new byte stream to agent-init.
    pub(super) async fn pipe(&self, name: &str) -> Result<Box<dyn ByteStream>, SandboxError> {
        let config = ExecConfig {
            cmd: Some(vec![INIT_PATH.to_owned(), "pipe".to_owned()]),
            attach_stdin: Some(true),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            tty: Some(false),
            ..Default::default()
        };
        let what = "reach the sandbox";
        let exec = match within(20, self.docker.create_exec(name, config)).await {
            Ok(exec) => exec.id,
            Err(error) if status(&error) == Some(409) => return Err(self.not_running(name, &error).await),
            Err(error) => return Err(of_engine(what, &error)),
        };
        let options = StartExecOptions { output_capacity: Some(READ_BYTES), ..Default::default() };
        match self.within(20, what, self.docker.start_exec(&exec, Some(options))).await? {
            StartExecResults::Attached { output, input } => {
                Ok(Box::new(ExecPipe { output, unread: Bytes::new(), input, complaint: Vec::new() }))
            }
            StartExecResults::Detached => {
                Err(SandboxError::new(SandboxErrorKind::EngineUnsuitable, "the engine gave no stream of the exec"))
            }
        }
    }

    /// Why a container takes no exec: it is paused, or agent-init has ended and its last words say why.
    async fn not_running(&self, name: &str, error: &bollard::errors::Error) -> SandboxError {
        let told = of_engine("reach the sandbox", error);
        let options = LogsOptionsBuilder::default().stdout(true).stderr(true).tail("5").build();
        let mut logs = self.docker.logs(name, Some(options));
        let mut words = Vec::new();
        let collect = async {
            while let Some(Ok(line)) = logs.next().await {
                words.extend_from_slice(&line.into_bytes());
                if words.len() > COMPLAINT_BYTES_MAX {
                    break;
                }
            }
        };
        // Only the reason is missing where the log is late.
        let _ = tokio::time::timeout(std::time::Duration::from_secs(5), collect).await;
        let words = plain_text(&String::from_utf8_lossy(&words), COMPLAINT_BYTES_MAX);
        if words.is_empty() { told } else { SandboxError { message: format!("{}: {words}", told.message), ..told } }
    }
}

struct ExecPipe {
    output: Pin<Box<dyn Stream<Item = Result<LogOutput, bollard::errors::Error>> + Send>>,
    unread: Bytes,
    input: Pin<Box<dyn AsyncWrite + Send>>,
    complaint: Vec<u8>,
}

impl AsyncRead for ExecPipe {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        while self.unread.is_empty() {
            match std::task::ready!(self.output.poll_next_unpin(cx)) {
                Some(Ok(LogOutput::StdErr { message })) => {
                    let room = COMPLAINT_BYTES_MAX.saturating_sub(self.complaint.len());
                    self.complaint.extend_from_slice(&message[..message.len().min(room)]);
                }
                Some(Ok(LogOutput::StdOut { message })) => self.unread = message,
                // Neither a stream nor a frame of ours: the engine speaks of a failure, such as a missing program.
                Some(Ok(LogOutput::Console { message } | LogOutput::StdIn { message })) => {
                    return Poll::Ready(Err(io::Error::other(plain_text(
                        &String::from_utf8_lossy(&message),
                        COMPLAINT_BYTES_MAX,
                    ))));
                }
                Some(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
                None if self.complaint.is_empty() => return Poll::Ready(Ok(())),
                None => {
                    let said = plain_text(&String::from_utf8_lossy(&self.complaint), COMPLAINT_BYTES_MAX);
                    return Poll::Ready(Err(io::Error::new(io::ErrorKind::BrokenPipe, said)));
                }
            }
        }
        let length = self.unread.len().min(buffer.remaining());
        buffer.put_slice(&self.unread.split_to(length));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ExecPipe {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.input.as_mut().poll_write(cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.input.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.input.as_mut().poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    fn pipe(output: Vec<Result<LogOutput, bollard::errors::Error>>) -> ExecPipe {
        ExecPipe {
            output: futures_util::stream::iter(output).boxed(),
            unread: Bytes::new(),
            input: Box::pin(tokio::io::sink()),
            complaint: Vec::new(),
        }
    }

    fn out(text: &'static str) -> Result<LogOutput, bollard::errors::Error> {
        Ok(LogOutput::StdOut { message: Bytes::from_static(text.as_bytes()) })
    }

    fn err(text: &'static str) -> Result<LogOutput, bollard::errors::Error> {
        Ok(LogOutput::StdErr { message: Bytes::from_static(text.as_bytes()) })
    }

    #[tokio::test]
    async fn frames_become_one_stream() {
        let mut read = Vec::new();
        pipe(vec![out("ab"), out(""), out("cde")]).read_to_end(&mut read).await.unwrap();
        assert_eq!(read, b"abcde");
        let mut pipe = pipe(vec![out("abc")]);
        assert_eq!([pipe.read_u8().await.unwrap(), pipe.read_u8().await.unwrap()], *b"ab");
    }

    #[tokio::test]
    async fn a_complaint_comes_as_the_end() {
        let mut read = Vec::new();
        let error = pipe(vec![out("ab"), err("no "), err("socket\n")]).read_to_end(&mut read).await.unwrap_err();
        assert_eq!((read.as_slice(), error.to_string().as_str()), (b"ab".as_slice(), "no socket"));
    }

    #[tokio::test]
    async fn what_is_no_frame_is_a_failure() {
        let console = Ok(LogOutput::Console { message: Bytes::from_static(b"OCI runtime exec failed\r\n") });
        let error = pipe(vec![console]).read_u8().await.unwrap_err();
        assert!(error.to_string().contains("OCI runtime exec failed"));
    }
}
