//! The tools against a real agent-init, as a process without a container.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::tool::CommandCaps;
use super::{OutputSink, Registry, SandboxGone, ToolRun};
use crate::domain::ids::CallId;
use crate::domain::outcome::{Outcome, OutcomeKind};
use crate::sandbox::init_binary;
use crate::sandbox::init_client::{InitClient, open};
use crate::sandbox::token::Secret;

/// What nothing here takes longer than.
const LONG: Duration = Duration::from_secs(30);

/// A supervisor of its own for each test; it ends with the test.
struct Sandbox {
    process: Child,
    directory: tempfile::TempDir,
    client: InitClient,
    calls: Mutex<u32>,
}

impl Sandbox {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        for name in ["workspace", "spool"] {
            std::fs::create_dir(directory.path().join(name)).unwrap();
        }
        let socket = format!("agentd-tools-{}", directory.path().file_name().unwrap().to_str().unwrap());
        let token = Secret::load_or_make(directory.path()).unwrap().token("tools");
        let process = Command::new(init_binary::unpack(directory.path()).unwrap())
            .args(["serve", "--socket", &socket])
            .arg("--workspace")
            .arg(directory.path().join("workspace"))
            .arg("--spool")
            .arg(directory.path().join("spool"))
            .env("AGENT_INIT_TOKEN_SHA256", token.sha256())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let address = SocketAddr::from_abstract_name(&socket).unwrap();
        let begin = Instant::now();
        let stream = loop {
            match UnixStream::connect_addr(&address) {
                Ok(stream) => break stream,
                Err(error) => assert!(begin.elapsed() < LONG, "agent-init does not listen: {error}"),
            }
            tokio::task::yield_now().await;
        };
        stream.set_nonblocking(true).unwrap();
        let stream = tokio::net::UnixStream::from_std(stream).unwrap();
        let (client, _) = open(Box::new(stream), &token).await.unwrap();
        Self { process, directory, client, calls: Mutex::new(0) }
    }

    /// The absolute path of a file in the workspace.
    fn path(&self, name: &str) -> String {
        self.directory.path().join("workspace").join(name).to_str().unwrap().to_owned()
    }

    /// Runs a tool as a call of its own.
    async fn run(&self, tool: &str, arguments: Value) -> Outcome {
        let number = {
            let mut calls = self.calls.lock().unwrap();
            *calls += 1;
            *calls
        };
        self.run_as(&format!("call_{number}"), tool, &arguments, &Seen::default()).await.unwrap()
    }

    async fn run_as(&self, id: &str, tool: &str, arguments: &Value, output: &Seen) -> Result<Outcome, SandboxGone> {
        let call = CallId::try_from(id.to_owned()).unwrap();
        let registry = Registry::standard();
        let tool = registry.get(tool).unwrap();
        tool.check(arguments).unwrap();
        let caps = CommandCaps::default();
        tool.run(ToolRun { call: &call, arguments, sandbox: Some(&self.client), caps, skills: &Arc::default(), output })
            .await
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = rustix::process::kill_process(
            rustix::process::Pid::from_child(&self.process),
            rustix::process::Signal::TERM,
        );
        let _ = self.process.wait();
    }
}

/// What those who watch have seen.
#[derive(Default)]
struct Seen {
    text: Mutex<String>,
    any: tokio::sync::Notify,
}

impl OutputSink for Seen {
    fn output(&self, _call: &CallId, offset: u64, text: &str) {
        let mut seen = self.text.lock().unwrap();
        assert_eq!(offset, seen.len() as u64, "no gap and no double");
        seen.push_str(text);
        self.any.notify_one();
    }
}

#[tokio::test]
async fn a_file_is_written_read_edited_found_and_deleted() {
    let sandbox = Sandbox::start().await;
    let (path, workspace) = (sandbox.path("src/a.txt"), sandbox.path(""));
    let workspace = workspace.trim_end_matches('/');

    let made = sandbox.run("write_file", json!({"file_path": path, "content": "one\ntwo\n"})).await;
    assert_eq!(made.content, format!("Made {path} with 2 lines, 8 bytes."));
    assert!(made.diff.unwrap().ends_with("+one\n+two\n"));

    let read = sandbox.run("read_file", json!({"file_path": path})).await;
    assert_eq!(read.content, "     1\tone\n     2\ttwo\n[lines 1-2 of 2; end of file]");

    let edited = sandbox.run("edit_file", json!({"file_path": path, "old_string": "two", "new_string": "2"})).await;
    assert_eq!(edited.content, format!("Replaced 1 occurrence in {path}."));
    assert!(edited.diff.unwrap().contains("-two\n+2\n"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\n2\n");

    let found = sandbox.run("grep", json!({"pattern": "2", "path": workspace, "output_mode": "content"})).await;
    assert_eq!(found.content, format!("{path}:2: 2\n[1 matching line in 1 file]"));
    let found = sandbox.run("grep", json!({"pattern": "2", "path": path})).await;
    assert_eq!(found.content, format!("{path}\n[1 matching line in 1 file]"));
    let found = sandbox.run("glob", json!({"pattern": "*.txt", "path": workspace})).await;
    assert_eq!(found.content, format!("{path}\n[1 path in {workspace}]"));
    let found = sandbox.run("glob", json!({"pattern": format!("{workspace}/**/a.*"), "path": workspace})).await;
    assert_eq!(found.content, format!("{path}\n[1 path in {workspace}]"));
    let listed = sandbox.run("ls", json!({"path": workspace})).await;
    assert_eq!(listed.content, format!("src/\n[1 entry in {workspace}]"));

    let deleted = sandbox.run("delete", json!({"file_path": sandbox.path("src")})).await;
    assert!(deleted.content.ends_with("with all in it: 2 files and directories."), "{}", deleted.content);
    assert!(!std::fs::exists(&path).unwrap());
}

#[tokio::test]
async fn what_cannot_be_done_is_told_with_what_to_do() {
    let sandbox = Sandbox::start().await;
    let path = sandbox.path("a.txt");
    std::fs::write(&path, "x = 1\nx = 1\n\tlast").unwrap();
    std::fs::write(sandbox.path("b.bin"), b"\0\x01").unwrap();
    let edit = |old: &str| json!({"file_path": path, "old_string": old, "new_string": "y"});
    let outside = json!({"file_path": "/none/such/file"});
    for (tool, arguments, word) in [
        ("read_file", outside.clone(), "There is no /none/such/file."),
        ("delete", outside, "There is no /none/such/file."),
        ("ls", json!({"path": path}), "not a directory"),
        ("grep", json!({"pattern": "x", "path": "/none"}), "There is no /none."),
        ("grep", json!({"pattern": "(", "path": path, "regex": true}), "It could not be done"),
        ("read_file", json!({"file_path": sandbox.path("")}), "is a directory. Use ls"),
        ("read_file", json!({"file_path": path, "offset": 9}), "has 3 lines"),
        ("read_file", json!({"file_path": sandbox.path("b.bin")}), "is not text"),
        ("edit_file", edit("x = 1"), "2 times"),
        ("edit_file", edit("last\n"), "without the newline at its end"),
        ("edit_file", edit("    last"), "From line 3 on"),
        ("edit_file", edit("nothing like it"), "(0 times)"),
    ] {
        let outcome = sandbox.run(tool, arguments).await;
        assert_eq!(outcome.kind, OutcomeKind::Failed, "{tool}: {}", outcome.content);
        assert!(outcome.content.contains(word), "{tool}: {}", outcome.content);
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "x = 1\nx = 1\n\tlast");
}

#[tokio::test]
async fn a_command_runs_once_however_often_its_call_is_sent() {
    let sandbox = Sandbox::start().await;
    let arguments = json!({"command": "echo x >> effects; printf 'one\\ntwo\\n'; echo three >&2; exit 7"});
    for _ in 0..2 {
        let seen = Seen::default();
        let outcome = sandbox.run_as("same", "execute", &arguments, &seen).await.unwrap();
        assert_eq!((outcome.kind, outcome.content.as_str()), (OutcomeKind::Done, "one\ntwo\nthree\n[exit code 7]"));
        assert_eq!(outcome.exec.unwrap().exit_code, 7);
        assert_eq!(*seen.text.lock().unwrap(), "one\ntwo\nthree\n");
    }
    assert_eq!(std::fs::read_to_string(sandbox.path("effects")).unwrap(), "x\n");
}

#[tokio::test]
async fn a_timeout_is_told_with_what_came_so_far() {
    let sandbox = Sandbox::start().await;
    let outcome = sandbox.run("execute", json!({"command": "echo begun; sleep 60", "timeout": 1})).await;
    assert!(outcome.content.starts_with("begun\n[timed out after 1 s"), "{}", outcome.content);
    let exec = outcome.exec.unwrap();
    assert!(exec.timed_out && exec.exit_code == 124);
}

#[tokio::test]
async fn endless_output_is_bounded_and_keeps_its_real_end() {
    let sandbox = Sandbox::start().await;
    let command = "yes 0123456789 | head -c 20000000; echo; echo the end; exit 3";
    let seen = Seen::default();
    let outcome = sandbox.run_as("big", "execute", &json!({ "command": command }), &seen).await.unwrap();
    assert!(outcome.content.starts_with("0123456789\n"));
    assert!(outcome.content.ends_with("the end\n[exit code 3]"), "{}", &outcome.content[outcome.content.len() - 200..]);
    assert!(outcome.content.len() < 17 * 1024, "{}", outcome.content.len());
    let exec = outcome.exec.unwrap();
    assert!(exec.truncated && exec.output_bytes > 20_000_000);
    assert!(outcome.content.contains(&format!("the first part of the output is in {}", exec.output_path)));
    assert!(std::fs::metadata(&exec.output_path).unwrap().len() <= 10 << 20);
    assert!(seen.text.lock().unwrap().ends_with("the end\n"));
}

#[tokio::test]
async fn a_sandbox_that_dies_under_a_command_is_no_outcome() {
    let sandbox = Sandbox::start().await;
    let seen = Seen::default();
    // It outlives its supervisor here, for want of a container that would end with it: so it is short.
    let arguments = json!({"command": "echo begun; sleep 3"});
    let kill = async {
        seen.any.notified().await;
        let pid = rustix::process::Pid::from_child(&sandbox.process);
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    };
    let (result, ()) = tokio::join!(sandbox.run_as("cut", "execute", &arguments, &seen), kill);
    let gone = result.unwrap_err();
    assert!(!gone.reason.is_empty());
    assert!(sandbox.run_as("next", "ls", &json!({}), &seen).await.is_err());
}
