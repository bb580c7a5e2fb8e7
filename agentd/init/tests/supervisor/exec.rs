//! Commands that end by themselves.

use proto::init::v1::{AckRequest, ExecRequest, FollowRequest};
use tonic::Code;

use crate::fixture::{Supervisor, eventually};

#[tokio::test]
async fn exit_codes_are_true() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    for (id, command, code, signal) in [
        ("true", "true", 0, 0),
        ("seven", "exit 7", 7, 0),
        ("term", "kill -TERM $$", 143, 15),
        ("missing", "exec /none/such", 127, 0),
    ] {
        let exited = client.sh(id, command).await.exited;
        assert_eq!((exited.exit_code, exited.signal), (code, signal), "{command}");
        assert!(!exited.timed_out && !exited.killed && !exited.truncated && !exited.oom);
    }
}

#[tokio::test]
async fn what_cannot_be_started_says_why() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    let directory = supervisor.workspace().to_str().unwrap().to_owned();
    for (id, argv, cwd, code, text) in [
        ("a", "no-such-program", "", 127, "no-such-program: No such file"),
        ("b", directory.as_str(), "", 126, "Permission denied"),
        ("c", "true", "no/such", 126, "no/such: No such file"),
    ] {
        let done = client
            .exec(ExecRequest {
                call_id: id.into(),
                argv: vec![argv.into()],
                cwd: cwd.into(),
                ..ExecRequest::default()
            })
            .await;
        assert_eq!(done.exited.exit_code, code, "{argv}");
        assert!(done.text().contains(text), "{}", done.text());
    }
}

#[tokio::test]
async fn both_streams_come_in_true_order() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    let command = "for i in 1 2 3 4 5 6 7 8 9; do echo out $i; echo err $i >&2; done";
    let expected: String = (1..10).map(|i| format!("out {i}\nerr {i}\n")).collect();
    let done = client.sh("order", command).await;
    assert_eq!(done.text(), expected);
    assert_eq!(done.exited.output_bytes, expected.len() as u64);
    assert_eq!(std::fs::read_to_string(done.exited.output_path).unwrap(), expected);
}

#[tokio::test]
async fn a_command_has_its_surroundings() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    std::fs::create_dir(supervisor.workspace().join("sub")).unwrap();
    let command = "pwd; echo $MARKER $ADDED; env | grep -c AGENT_INIT; readlink /proc/self/fd/0; \
                   ps -o pid=,pgid= -p $$ | awk '{ print ($1 == $2) }'";
    let done = client
        .exec(ExecRequest {
            call_id: "surroundings".into(),
            command: command.into(),
            cwd: "sub".into(),
            env: [("ADDED".to_owned(), "here".to_owned())].into(),
            ..ExecRequest::default()
        })
        .await;
    let workspace = supervisor.workspace();
    assert_eq!(done.text(), format!("{}/sub\ninherited here\n0\n/dev/null\n1\n", workspace.display()));
}

#[tokio::test]
async fn a_call_id_never_starts_twice() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    let first = client.sh("once", "echo x >> count; echo first").await;
    assert!(!first.already);
    let second = client.sh("once", "echo x >> count; echo second").await;
    assert!(second.already);
    assert_eq!(second.text(), "first\n");
    assert_eq!(second.exited, first.exited);
    client.ack("once").await;
    let request = ExecRequest { call_id: "once".into(), command: "echo x >> count".into(), ..ExecRequest::default() };
    assert_eq!(client.0.exec(request).await.unwrap_err().code(), Code::AlreadyExists);
    assert_eq!(std::fs::read_to_string(supervisor.workspace().join("count")).unwrap(), "x\n");
}

#[tokio::test]
async fn a_call_goes_on_when_its_connection_breaks() {
    let supervisor = Supervisor::start();
    let command = "echo begin; while ! [ -e go ]; do sleep 0.01; done; echo end; exit 3";
    let request = ExecRequest { call_id: "cut".into(), command: command.into(), ..ExecRequest::default() };
    let mut first = supervisor.client().await;
    let mut events = first.0.exec(request).await.unwrap().into_inner();
    assert!(events.message().await.unwrap().is_some());
    drop((events, first));
    let mut second = supervisor.client().await;
    std::fs::write(supervisor.workspace().join("go"), "").unwrap();
    let done = second.follow("cut", 6).await;
    assert!(done.already);
    assert_eq!((done.text().as_str(), done.offset, done.exited.exit_code), ("end\n", 6, 3));
    assert_eq!(second.follow("cut", 0).await.text(), "begin\nend\n");
    assert_eq!(second.follow("cut", 999).await.text(), "");
}

#[tokio::test]
async fn an_acknowledged_call_is_forgotten_and_its_output_stays() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    let path = client.sh("gone", "echo text").await.exited.output_path;
    client.ack("gone").await;
    client.ack("gone").await;
    client.ack("never-known").await;
    let follow = FollowRequest { call_id: "gone".into(), offset: 0 };
    assert_eq!(client.0.follow(follow).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(std::fs::read_to_string(path).unwrap(), "text\n");
}

#[tokio::test]
async fn a_running_call_cannot_be_acknowledged() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    let request = ExecRequest { call_id: "runs".into(), command: "sleep 100".into(), ..ExecRequest::default() };
    let mut events = client.0.exec(request).await.unwrap().into_inner();
    let refused = client.0.ack(AckRequest { call_id: "runs".into() }).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    client.kill("runs", 0).await;
    while events.message().await.unwrap().is_some() {}
}

#[tokio::test]
async fn malformed_requests_start_nothing() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    for request in [
        ExecRequest { call_id: "a/b".into(), command: "true".into(), ..ExecRequest::default() },
        ExecRequest { call_id: String::new(), command: "true".into(), ..ExecRequest::default() },
        ExecRequest { call_id: "x".repeat(5000), command: "true".into(), ..ExecRequest::default() },
        ExecRequest { call_id: "empty".into(), ..ExecRequest::default() },
        ExecRequest {
            call_id: "env".into(),
            command: "true".into(),
            env: [("A=B".to_owned(), String::new())].into(),
            ..ExecRequest::default()
        },
    ] {
        assert_eq!(client.0.exec(request).await.unwrap_err().code(), Code::InvalidArgument);
    }
    assert_eq!(std::fs::read_dir(supervisor.spool()).unwrap().count(), 0);
}

#[tokio::test]
async fn output_beyond_the_limit_is_dropped_and_its_end_told() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    let request = ExecRequest {
        call_id: "much".into(),
        command: "seq 1 100000; exit 5".into(),
        keep_bytes_max: 1000,
        ..ExecRequest::default()
    };
    let done = client.exec(request).await;
    let all: String = (1..=100_000).map(|number| format!("{number}\n")).collect();
    assert_eq!(done.text(), all[..1000]);
    assert_eq!((done.exited.exit_code, done.exited.truncated), (5, true));
    assert_eq!(done.exited.output_bytes, all.len() as u64);
    assert_eq!(done.exited.tail, all.as_bytes()[all.len() - 64 * 1024..]);
}

#[tokio::test]
async fn three_hundred_megabytes_leave_the_supervisor_small() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    client.sh("warm", "true").await;
    let before = supervisor.resident_kb();
    let done = client.sh("flood", "head -c 300000000 /dev/zero; echo end; exit 9").await;
    assert_eq!((done.exited.exit_code, done.exited.output_bytes), (9, 300_000_004));
    assert_eq!(done.output.len(), 10 << 20);
    assert!(done.exited.tail.ends_with(b"end\n"));
    let grown = supervisor.resident_kb() - before;
    assert!(grown < 4096, "{grown} kB more");
}

#[tokio::test]
async fn a_slow_follower_does_not_hold_the_command_up() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    let command = "head -c 9000000 /dev/zero; touch through";
    let request = ExecRequest { call_id: "slow".into(), command: command.into(), ..ExecRequest::default() };
    let events = client.0.exec(request).await.unwrap().into_inner();
    let through = supervisor.workspace().join("through");
    eventually("the command is through", || through.exists().then_some(())).await;
    assert_eq!(crate::fixture::collect(events).await.output.len(), 9_000_000);
}

#[tokio::test]
async fn many_commands_run_side_by_side() {
    let supervisor = Supervisor::start();
    let client = supervisor.client().await;
    let mut all = tokio::task::JoinSet::new();
    for number in 0..60 {
        let mut client = client.clone();
        all.spawn(async move {
            let done = client.sh(&format!("n{number}"), &format!("echo {number}; exit {number}")).await;
            assert_eq!((done.text(), done.exited.exit_code), (format!("{number}\n"), number));
        });
    }
    while let Some(done) = all.join_next().await {
        done.unwrap();
    }
}
