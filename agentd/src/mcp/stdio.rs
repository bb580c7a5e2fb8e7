//! A server that is a program of this machine: one message a line on its standard input and output. It runs on the host with
//! the daemon's rights, in a process group that ends with the connection, and it is given no variable but those named.

use std::collections::HashMap;
use std::process::Stdio as Pipe;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::oneshot;

use super::connection::Trouble;
use super::message::{self, Incoming, MESSAGE_BYTES_MAX};

/// Bytes of the program's last words that are kept.
const LAST_WORDS_BYTES_MAX: usize = 500;

/// Lines that are no messages and are passed over; some programs greet on standard output.
const STRAY_LINES_MAX: usize = 100;

type Answer = Result<Value, Trouble>;

/// A running program.
pub(super) struct Stdio {
    shared: Arc<Shared>,
    group: Option<Pid>,
    next_id: AtomicU64,
}

struct Shared {
    input: tokio::sync::Mutex<ChildStdin>,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Answer>>>,
    has_ended: AtomicBool,
    last_words: Mutex<String>,
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, HashMap<u64, oneshot::Sender<Answer>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn last_words(&self) -> MutexGuard<'_, String> {
        self.last_words.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn send(&self, message: &str) -> std::io::Result<()> {
        let mut input = self.input.lock().await;
        input.write_all(format!("{message}\n").as_bytes()).await?;
        input.flush().await
    }

    /// Nothing comes any more: whoever waits is told.
    fn end(&self, why: &str) {
        self.has_ended.store(true, Ordering::Release);
        let said = self.last_words().trim().to_owned();
        let why = if said.is_empty() { why.to_owned() } else { format!("{why}; it said: {said}") };
        for (_, waiting) in self.waiting().drain() {
            // One that does not wait any more needs no answer.
            let _ = waiting.send(Err(Trouble::Lost(why.clone())));
        }
    }
}

impl Stdio {
    /// Starts the program.
    pub(super) fn start(program: &str, args: &[String], variables: Vec<(String, String)>) -> Result<Self, Trouble> {
        let mut command = Command::new(program);
        command.args(args).env_clear().envs(variables).current_dir("/").process_group(0).kill_on_drop(true);
        command.stdin(Pipe::piped()).stdout(Pipe::piped()).stderr(Pipe::piped());
        let cannot = |why: String| Trouble::NotSent(format!("{program} cannot be started: {why}"));
        let mut child = command.spawn().map_err(|error| cannot(error.to_string()))?;
        let (Some(input), Some(output), Some(errors)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(cannot("it has no pipes".to_owned()));
        };
        let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let shared = Arc::new(Shared {
            input: tokio::sync::Mutex::new(input),
            waiting: Mutex::default(),
            has_ended: AtomicBool::new(false),
            last_words: Mutex::default(),
        });
        tokio::spawn(keep_last_words(BufReader::new(errors), Arc::clone(&shared)));
        tokio::spawn(read_answers(child, BufReader::new(output), Arc::clone(&shared)));
        Ok(Self { shared, group, next_id: AtomicU64::new(1) })
    }

    pub(super) fn is_alive(&self) -> bool {
        !self.shared.has_ended.load(Ordering::Acquire)
    }

    pub(super) async fn request(&self, method: &str, params: &Value) -> Answer {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        self.shared.waiting().insert(id, sender);
        let mut asked = Asked { shared: &self.shared, id, is_answered: false };
        if !self.is_alive() {
            return Err(Trouble::NotSent("it has ended".to_owned()));
        }
        if let Err(error) = self.shared.send(&message::request(id, method, params)).await {
            // A line of which a part was written cannot be a request that was carried out.
            self.shared.end(&format!("it takes no input: {error}"));
            return Err(Trouble::NotSent(format!("it takes no input: {error}")));
        }
        let answer = answer.await.unwrap_or_else(|_| Err(Trouble::Lost("it has ended".to_owned())));
        asked.is_answered = true;
        answer
    }

    pub(super) async fn notify(&self, method: &str) -> Result<(), Trouble> {
        let sent = self.shared.send(&message::notification(method, &json!({}))).await;
        sent.map_err(|error| Trouble::NotSent(format!("it takes no input: {error}")))
    }
}

impl Drop for Stdio {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            // It may have ended by itself.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// A request that waits. Where nobody waits for its answer any more, the server is told, if it takes it at once.
struct Asked<'a> {
    shared: &'a Arc<Shared>,
    id: u64,
    is_answered: bool,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.shared.waiting().remove(&self.id);
        if !self.is_answered && !self.shared.has_ended.load(Ordering::Acquire) {
            let shared = Arc::clone(self.shared);
            let cancelled = message::notification("notifications/cancelled", &json!({ "requestId": self.id }));
            tokio::spawn(async move {
                let told = tokio::time::timeout(std::time::Duration::from_secs(1), shared.send(&cancelled)).await;
                tracing::debug!(?told, "a server was told that nobody waits any more");
            });
        }
    }
}

async fn read_answers(mut child: Child, mut output: impl AsyncBufRead + Unpin, shared: Arc<Shared>) {
    let mut line = Vec::new();
    let mut stray_lines = 0;
    let why = loop {
        line.clear();
        match read_line(&mut output, &mut line, MESSAGE_BYTES_MAX).await {
            Ok(true) => {}
            Ok(false) => break "it has ended".to_owned(),
            Err(error) => break format!("its output cannot be read: {error}"),
        }
        match message::read(&String::from_utf8_lossy(&line)) {
            Ok(Incoming::Answer(id, result)) => {
                if let Some(waiting) = shared.waiting().remove(&id) {
                    let _ = waiting.send(result.map_err(Trouble::Refused));
                }
            }
            Ok(Incoming::Request(reply)) => {
                if shared.send(&reply).await.is_err() {
                    break "it takes no input".to_owned();
                }
            }
            Ok(Incoming::Other) => {}
            Err(why) => {
                stray_lines += 1;
                if stray_lines > STRAY_LINES_MAX {
                    break why;
                }
            }
        }
    };
    // Its last words may still be on their way.
    drop(child.start_kill());
    let ended = tokio::time::timeout(std::time::Duration::from_secs(1), child.wait()).await;
    tracing::debug!(?ended, %why, "an MCP server is let go of");
    shared.end(&why);
}

async fn keep_last_words(mut errors: impl AsyncBufRead + Unpin, shared: Arc<Shared>) {
    let mut line = Vec::new();
    while matches!(read_line(&mut errors, &mut line, LAST_WORDS_BYTES_MAX).await, Ok(true)) {
        let text = String::from_utf8_lossy(&line).trim().to_owned();
        if !text.is_empty() {
            *shared.last_words() = text.chars().filter(|c| !c.is_control()).collect();
        }
        line.clear();
    }
}

/// Reads a line without its end; `false` at the end of the stream. What a line has over its bound is an error on standard
/// output, where it would be a message.
async fn read_line(
    input: &mut (impl AsyncBufRead + Unpin),
    line: &mut Vec<u8>,
    bytes_max: usize,
) -> std::io::Result<bool> {
    loop {
        let bytes = input.fill_buf().await?;
        if bytes.is_empty() {
            return Ok(!line.is_empty());
        }
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let taken = end.unwrap_or(bytes.len());
        if line.len() + taken > bytes_max {
            return Err(std::io::Error::other(format!("a line has more than {bytes_max} bytes")));
        }
        line.extend_from_slice(&bytes[..taken]);
        input.consume(end.map_or(taken, |end| end + 1));
        if end.is_some() {
            return Ok(true);
        }
    }
}
