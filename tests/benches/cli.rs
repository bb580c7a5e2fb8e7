//! What a person waits for: the first words of an answer, a list, and the first request of a command that has to start
//! agentd. Real processes; the first words are timed from the model's first chunk to the first byte on stdout.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a benchmark that cannot go on says why
#![allow(clippy::print_stdout)] // and its figures

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use endpoint::Endpoint;
use fixtures::daemon::Daemon;
use fixtures::home::{Config, Home};
use measure::{Samples, table};

#[allow(dead_code, unused_imports)] // it is the tests', of which this uses a part
#[path = "../integration/fixtures/mod.rs"]
mod fixtures;

#[allow(dead_code)] // the other benchmark takes more of an exchange
mod endpoint;
mod measure;

const ROUNDS: usize = 100;
const COLD_ROUNDS: usize = 15;
/// How long a daemon may take to end between two cold rounds.
const END_TIMEOUT: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() {
    let endpoint = Endpoint::start(0);
    let daemon = Daemon::start(&Config::with_model(&endpoint.base_url())).await;
    let session = daemon.session([]).await;
    for _ in 0..20 {
        daemon.session([]).await;
    }
    let mut list = Samples::new("session list, 21 sessions, as a process");
    let mut first = Samples::new("the model's first chunk to the first byte on stdout");
    for _ in 0..ROUNDS {
        let began = Instant::now();
        assert!(agentctl(daemon.home(), &["session", "list"]).stdout(Stdio::null()).status().unwrap().success());
        list.push(began.elapsed());

        let mut chat =
            agentctl(daemon.home(), &["-o", "json", "chat", &session, "Go."]).stdout(Stdio::piped()).spawn().unwrap();
        let shown = first_delta(chat.stdout.take().unwrap());
        assert!(chat.wait().unwrap().success());
        first.push(shown.saturating_duration_since(endpoint.exchanges.recv().unwrap().asked));
    }
    drop(daemon);

    let mut cold = Samples::new("chat that starts agentd to the model's first request");
    let home = Home::new();
    home.write_config(&Config::with_model(&endpoint.base_url()));
    let made = agentctl(&home, &["session", "new"]).output().unwrap();
    let session = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    for _ in 0..COLD_ROUNDS {
        assert!(agentctl(&home, &["daemon", "stop"]).stderr(Stdio::null()).status().unwrap().success());
        let began = Instant::now();
        assert!(agentctl(&home, &["chat", &session, "Go."]).output().unwrap().status.success());
        cold.push(endpoint.exchanges.recv_timeout(END_TIMEOUT).unwrap().asked.saturating_duration_since(began));
    }
    assert!(agentctl(&home, &["daemon", "stop"]).stderr(Stdio::null()).status().unwrap().success());
    println!("what a person waits for");
    table(&[&first, &list, &cold]);
}

fn agentctl(home: &Home, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agentctl-under-test"));
    command.args(arguments).env_clear().envs(home.environment()).env_remove("AGENTCTL_NO_AUTOSTART");
    command.stdin(Stdio::null());
    command
}

/// Reads until the first piece of the answer is there, and then to the end.
fn first_delta(mut stdout: impl std::io::Read) -> Instant {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    let mut shown = None;
    while let Ok(length @ 1..) = stdout.read(&mut chunk) {
        bytes.extend_from_slice(&chunk[..length]);
        if shown.is_none() && bytes.windows(10).any(|window| window == b"text.delta") {
            shown = Some(Instant::now());
        }
    }
    shown.expect("an answer has a first piece")
}
