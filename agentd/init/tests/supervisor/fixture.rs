//! A supervisor of its own for each test, with a workspace and a client.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use hyper_util::rt::TokioIo;
use proto::init::preamble::{OK_LINE, client_line};
use proto::init::v1::exec_event::Event;
use proto::init::v1::supervisor_client::SupervisorClient;
use proto::init::v1::{AckRequest, ExecEvent, ExecExited, ExecRequest, FollowRequest, KillRequest};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tonic::transport::{Channel, Endpoint};

/// The token that every supervisor here is given the digest of.
pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
/// What nothing here takes longer than.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// A running supervisor; it ends with the test.
pub(crate) struct Supervisor {
    process: Child,
    pub(crate) socket: String,
    directory: tempfile::TempDir,
}

impl Supervisor {
    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        for name in ["workspace", "spool"] {
            std::fs::create_dir(directory.path().join(name)).unwrap();
        }
        let socket = format!("agent-init-test-{}", directory.path().file_name().unwrap().to_str().unwrap());
        let digest: String = Sha256::digest(TOKEN).iter().map(|byte| format!("{byte:02x}")).collect();
        let process = Command::new(binary())
            .args(["serve", "--socket", &socket])
            .arg("--workspace")
            .arg(directory.path().join("workspace"))
            .arg("--spool")
            .arg(directory.path().join("spool"))
            .env("AGENT_INIT_TOKEN_SHA256", digest)
            .env("MARKER", "inherited")
            .env_remove("LD_LIBRARY_PATH")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self { process, socket, directory }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn workspace(&self) -> PathBuf {
        self.directory.path().join("workspace")
    }

    pub(crate) fn spool(&self) -> PathBuf {
        self.directory.path().join("spool")
    }

    /// A connection on which nothing was said.
    pub(crate) async fn connect(&self) -> tokio::net::UnixStream {
        let address = SocketAddr::from_abstract_name(&self.socket).unwrap();
        let stream = eventually("the supervisor listens", || UnixStream::connect_addr(&address).ok()).await;
        stream.set_nonblocking(true).unwrap();
        tokio::net::UnixStream::from_std(stream).unwrap()
    }

    /// A client that presented the token.
    pub(crate) async fn client(&self) -> Client {
        let mut stream = self.connect().await;
        stream.write_all(&client_line(TOKEN).unwrap()).await.unwrap();
        let mut answer = vec![0; OK_LINE.len()];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, OK_LINE);
        let mut once = Some(TokioIo::new(stream));
        let channel = Endpoint::from_static("http://agent-init")
            .connect_with_connector(tower::service_fn(move |_| {
                let stream = once.take().ok_or_else(|| std::io::Error::other("the stream was used"));
                async move { stream }
            }))
            .await
            .unwrap();
        Client(SupervisorClient::new(channel).max_decoding_message_size(32 << 20))
    }

    /// Memory of the process, in kB.
    pub(crate) fn resident_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.process);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.process.wait();
    }
}

/// The binary under test.
pub(crate) fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_agent-init"))
}

/// A client, with what tests ask for most.
#[derive(Clone)]
pub(crate) struct Client(pub(crate) SupervisorClient<Channel>);

/// What a followed command did.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) already: bool,
    pub(crate) output: Vec<u8>,
    /// Where the first piece of output began.
    pub(crate) offset: u64,
    pub(crate) exited: ExecExited,
}

impl Done {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.output.clone()).unwrap()
    }
}

impl Client {
    /// Runs a command line to its end.
    pub(crate) async fn sh(&mut self, id: &str, command: &str) -> Done {
        self.exec(ExecRequest { call_id: id.into(), command: command.into(), ..ExecRequest::default() }).await
    }

    pub(crate) async fn exec(&mut self, request: ExecRequest) -> Done {
        collect(self.0.exec(request).await.unwrap().into_inner()).await
    }

    pub(crate) async fn follow(&mut self, id: &str, offset: u64) -> Done {
        let request = FollowRequest { call_id: id.into(), offset };
        collect(self.0.follow(request).await.unwrap().into_inner()).await
    }

    pub(crate) async fn kill(&mut self, id: &str, grace_ms: u64) -> bool {
        self.0.kill(KillRequest { call_id: id.into(), grace_ms }).await.unwrap().into_inner().known
    }

    pub(crate) async fn ack(&mut self, id: &str) {
        self.0.ack(AckRequest { call_id: id.into() }).await.unwrap();
    }
}

/// Follows events to the last, and checks that they come as they must.
pub(crate) async fn collect(mut events: tonic::Streaming<ExecEvent>) -> Done {
    let mut done = Done { already: false, output: Vec::new(), offset: 0, exited: ExecExited::default() };
    let mut started = false;
    loop {
        let event = tokio::time::timeout(LONG, events.next()).await.expect("it hangs").expect("it ends early").unwrap();
        match event.event.unwrap() {
            Event::Started(event) => {
                assert!(!started);
                started = true;
                done.already = event.already;
            }
            Event::Output(event) => {
                assert!(started && !event.data.is_empty() && event.data.len() <= 64 * 1024);
                if done.output.is_empty() {
                    done.offset = event.offset;
                }
                assert_eq!(event.offset, done.offset + done.output.len() as u64);
                done.output.extend_from_slice(&event.data);
            }
            Event::Exited(event) => {
                assert!(started);
                done.exited = event;
                assert!(events.next().await.is_none());
                return done;
            }
        }
    }
}

/// Waits for a condition.
pub(crate) async fn eventually<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + LONG;
    loop {
        if let Some(done) = condition() {
            return done;
        }
        assert!(Instant::now() < end, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Processes of this machine whose command line holds `marker`.
pub(crate) fn processes_with(marker: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        if let Ok(line) = std::fs::read(entry.path().join("cmdline")) {
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            if line.contains(marker) {
                found.push(line);
            }
        }
    }
    found
}
