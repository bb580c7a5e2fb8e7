//! Commands with streams.

use bytes::Bytes;
use proto::init::v1::interact_input::Part as In;
use proto::init::v1::interact_output::Part as Out;
use proto::init::v1::{ExecExited, InteractInput, InteractOutput, InteractStart, ProcessesRequest, TerminalSize};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Streaming};

use crate::fixture::{Client, LONG, Supervisor, eventually, processes_with};

struct Session {
    input: mpsc::Sender<InteractInput>,
    output: Streaming<InteractOutput>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Session {
    async fn start(client: &mut Client, command: &str, stdin: bool, terminal: Option<TerminalSize>) -> Self {
        let argv = ["sh", "-c", command].map(str::to_owned).to_vec();
        let start = InteractStart { argv, stdin, terminal, ..InteractStart::default() };
        let (input, messages) = mpsc::channel(8);
        input.send(InteractInput { part: Some(In::Start(start)) }).await.unwrap();
        let output = client.0.interact(ReceiverStream::new(messages)).await.unwrap().into_inner();
        Self { input, output, stdout: Vec::new(), stderr: Vec::new() }
    }

    async fn send(&self, part: In) {
        self.input.send(InteractInput { part: Some(part) }).await.unwrap();
    }

    async fn send_text(&self, text: &'static str) {
        self.send(In::Stdin(Bytes::from_static(text.as_bytes()))).await;
    }

    /// Reads one message; the last gives how it ended.
    async fn next(&mut self) -> Option<ExecExited> {
        let message = tokio::time::timeout(LONG, self.output.message()).await.expect("it hangs").unwrap().unwrap();
        match message.part.unwrap() {
            Out::Stdout(bytes) => self.stdout.extend_from_slice(&bytes),
            Out::Stderr(bytes) => self.stderr.extend_from_slice(&bytes),
            Out::Exited(exited) => return Some(exited),
        }
        None
    }

    async fn until(&mut self, text: &str) {
        while !self.text().contains(text) {
            assert!(self.next().await.is_none(), "it ended without {text:?}: {:?}", self.text());
        }
    }

    async fn end(&mut self) -> ExecExited {
        loop {
            if let Some(exited) = self.next().await {
                assert!(self.output.message().await.unwrap().is_none());
                return exited;
            }
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

#[tokio::test]
async fn streams_are_apart_and_standard_input_ends() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    let mut session = Session::start(&mut client, "echo err >&2; cat; exit 6", true, None).await;
    session.send_text("one ").await;
    session.until("one ").await;
    session.send_text("two").await;
    session.send(In::StdinEnd(true)).await;
    let exited = session.end().await;
    assert_eq!((exited.exit_code, exited.output_bytes), (6, 11));
    assert_eq!((session.text().as_str(), &session.stderr[..]), ("one two", &b"err\n"[..]));
}

#[tokio::test]
async fn a_command_without_standard_input_has_none() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    let mut session = Session::start(&mut client, "cat; [ -t 1 ] || echo no terminal", false, None).await;
    assert_eq!(session.end().await.exit_code, 0);
    assert_eq!(session.text(), "no terminal\n");
}

#[tokio::test]
async fn a_terminal_has_a_size_and_job_control() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    let size = TerminalSize { rows: 11, columns: 22 };
    let command = "stty size; tty >/dev/null && echo is a tty; read line; stty size; trap 'echo int; exit 3' INT; \
                   echo waiting; while :; do sleep 0.05; done";
    let mut session = Session::start(&mut client, command, true, Some(size)).await;
    session.until("11 22\r\nis a tty\r\n").await;
    session.send(In::Resize(TerminalSize { rows: 33, columns: 44 })).await;
    session.send_text("go\n").await;
    session.until("33 44\r\nwaiting\r\n").await;
    session.send_text("\x03").await;
    assert_eq!(session.end().await.exit_code, 3);
    assert!(session.text().ends_with("int\r\n"), "{:?}", session.text());
}

#[tokio::test]
async fn the_end_of_input_reaches_a_terminal() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    let size = TerminalSize { rows: 24, columns: 80 };
    let mut session = Session::start(&mut client, "cat; echo over", true, Some(size)).await;
    session.send_text("text\n").await;
    session.until("text\r\ntext\r\n").await;
    session.send(In::StdinEnd(true)).await;
    assert_eq!(session.end().await.exit_code, 0);
    assert!(session.text().ends_with("over\r\n"));
}

#[tokio::test]
async fn much_goes_through_with_its_true_end() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    let mut session =
        Session::start(&mut client, "head -c 20000000 /dev/zero; echo end >&2; exit 8", false, None).await;
    let exited = session.end().await;
    assert_eq!((exited.exit_code, exited.output_bytes), (8, 20_000_004));
    assert_eq!((session.stdout.len(), &session.stderr[..]), (20_000_000, &b"end\n"[..]));
}

#[tokio::test]
async fn a_command_waits_for_a_client_that_does_not_read() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    let command = "head -c 50000000 /dev/zero; touch through; echo through >&2";
    let mut session = Session::start(&mut client, command, false, None).await;
    while session.stdout.is_empty() {
        session.next().await;
    }
    let before = supervisor.resident_kb();
    // What waits is bounded, so the command cannot be through however long nobody reads.
    assert_eq!(client.sh("other", "sleep 0.3; ls").await.text(), "");
    assert!(supervisor.resident_kb() < before + 4096);
    assert_eq!(session.end().await.exit_code, 0);
    assert!(supervisor.workspace().join("through").exists());
}

#[tokio::test]
async fn the_whole_tree_ends_when_the_client_goes_away() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    let marker = format!("sleep {}", 2_000_000 + std::process::id());
    for terminal in [None, Some(TerminalSize { rows: 24, columns: 80 })] {
        let command = format!("setsid {marker} & nohup {marker} >/dev/null 2>&1 & echo up; {marker}");
        let mut session = Session::start(&mut client, &command, true, terminal).await;
        session.until("up").await;
        eventually("all of them run", || (processes_with(&marker).len() >= 3).then_some(())).await;
        drop(session);
        eventually("all of them ended", || processes_with(&marker).is_empty().then_some(())).await;
    }
}

#[tokio::test]
async fn malformed_beginnings_are_refused() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    for part in [In::StdinEnd(true), In::Start(InteractStart::default())] {
        let messages = futures_util::stream::iter([InteractInput { part: Some(part) }]);
        assert_eq!(client.0.interact(messages).await.unwrap_err().code(), Code::InvalidArgument);
    }
}

#[tokio::test]
async fn a_command_that_is_not_there_says_so() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    let start = InteractStart { argv: vec!["no-such-program".into()], ..InteractStart::default() };
    let messages = futures_util::stream::iter([InteractInput { part: Some(In::Start(start)) }]);
    let output = client.0.interact(messages).await.unwrap().into_inner();
    let (input, _) = mpsc::channel(1);
    let mut session = Session { input, output, stdout: Vec::new(), stderr: Vec::new() };
    assert_eq!(session.end().await.exit_code, 127);
    assert!(String::from_utf8_lossy(&session.stderr).contains("no-such-program"));
}

#[tokio::test]
async fn processes_are_told_with_their_calls() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    client.sh("ended", "true").await;
    let mut other = client.clone();
    let running = tokio::spawn(async move { other.sh("runs", "touch up; sleep 100").await });
    let up = supervisor.workspace().join("up");
    eventually("it runs", || up.exists().then_some(())).await;
    let told = client.0.processes(ProcessesRequest {}).await.unwrap().into_inner();
    assert_eq!((told.running_calls, told.held_calls), (vec!["runs".to_owned()], vec!["ended".to_owned()]));
    let shell = told.processes.iter().find(|process| process.command == "/bin/sh -c touch up; sleep 100").unwrap();
    assert_eq!(shell.call_id, "runs");
    assert!(told.processes.iter().all(|process| process.pid != supervisor.pid()));
    client.kill("runs", 0).await;
    assert!(running.await.unwrap().exited.killed);
}
