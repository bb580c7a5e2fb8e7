//! Who is let in.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use proto::init::preamble::{OK_LINE, REFUSED_LINE, client_line};
use proto::init::v1::HelloRequest;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::fixture::{LONG, Supervisor, TOKEN, binary};

#[tokio::test]
async fn hello_tells_the_boot() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    let hello = client.0.hello(HelloRequest {}).await.unwrap().into_inner();
    assert_eq!(hello.boot_id.len(), 32);
    assert_eq!(hello.uid, rustix::process::getuid().as_raw());
    let again = supervisor.client().await.0.hello(HelloRequest {}).await.unwrap().into_inner();
    assert_eq!(hello, again);
    let other = Supervisor::start().client().await.0.hello(HelloRequest {}).await.unwrap().into_inner();
    assert_ne!(hello.boot_id, other.boot_id);
}

#[tokio::test]
async fn a_wrong_token_is_refused_and_the_connection_closed() {
    let supervisor = Supervisor::start();
    let mut stream = supervisor.connect().await;
    stream.write_all(&client_line(&"f".repeat(64)).unwrap()).await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(LONG, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    assert_eq!(answer, REFUSED_LINE);
}

#[tokio::test]
async fn garbage_does_not_disturb_those_who_know_the_token() {
    let supervisor = Supervisor::start();
    let mut held = Vec::new();
    for number in 0..20_u8 {
        let mut stream = supervisor.connect().await;
        // Some say nothing, some too little, some the beginning of HTTP/2.
        let garbage = [vec![], vec![number; 30], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()];
        stream.write_all(&garbage[usize::from(number % 3)]).await.unwrap();
        held.push(stream);
    }
    let mut client = tokio::time::timeout(LONG, supervisor.client()).await.unwrap();
    assert_eq!(client.sh("a", "echo in").await.text(), "in\n");
}

#[tokio::test]
async fn pipe_carries_the_stream_both_ways_and_ends_with_it() {
    let supervisor = Supervisor::start();
    let mut pipe = Command::new(binary())
        .args(["pipe", "--socket", &supervisor.socket])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, mut stdout) = (pipe.stdin.take().unwrap(), pipe.stdout.take().unwrap());
    stdin.write_all(&client_line(TOKEN).unwrap()).unwrap();
    let mut answer = vec![0; OK_LINE.len()];
    stdout.read_exact(&mut answer).unwrap();
    assert_eq!(answer, OK_LINE);
    drop(stdin);
    let mut rest = Vec::new();
    stdout.read_to_end(&mut rest).unwrap();
    assert!(pipe.wait().unwrap().success());
}

#[tokio::test]
async fn pipe_waits_for_a_supervisor_that_is_starting() {
    let socket = format!("agent-init-test-late-{}", std::process::id());
    let mut pipe = Command::new(binary())
        .args(["pipe", "--socket", &socket])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(pipe.try_wait().unwrap().is_none());
    let address = <std::os::unix::net::SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(&socket);
    let listener = std::os::unix::net::UnixListener::bind_addr(&address.unwrap()).unwrap();
    drop(listener.accept().unwrap());
    assert!(pipe.wait().unwrap().success());
}

#[test]
fn serve_needs_to_be_told_who_may_speak_to_it() {
    for digest in [None, Some("abc")] {
        let mut command = Command::new(binary());
        command.args(["serve", "--socket", "agent-init-test-none"]).env_remove("AGENT_INIT_TOKEN_SHA256");
        if let Some(digest) = digest {
            command.env("AGENT_INIT_TOKEN_SHA256", digest);
        }
        let output = command.output().unwrap();
        assert!(!output.status.success());
        assert!(String::from_utf8_lossy(&output.stderr).contains("AGENT_INIT_TOKEN_SHA256"), "{output:?}");
    }
}
