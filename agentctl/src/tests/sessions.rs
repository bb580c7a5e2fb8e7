use proto::v1::TurnStatus;

use crate::testing::*;

#[test]
fn a_new_session_prints_its_id_alone() {
    let daemon = Daemon::start(Script::default());
    let directory = daemon.directory().to_str().unwrap().to_owned();
    let words = [
        "session",
        "new",
        "--name",
        "fix",
        "--workspace",
        &directory,
        "--memory",
        "2g",
        "--cpus",
        "0.5",
        "--pids",
        "64",
        "--approve",
        "none",
        "--budget-tokens",
        "1000",
        "--timeout",
        "30m",
        "--backend",
        "docker",
        "--network",
        "bridge",
    ];
    let ran = agentctl(&daemon, &words).ran();
    assert_eq!((ran.code, ran.out), (0, format!("{SESSION}\n")));
    assert_eq!(
        ran.err,
        "model glm, approvals: execute\nworkspace /work\nsandbox docker, image debian, network none\nnot enforced: disk quota\n"
    );
    let asked = daemon.asked();
    let made = &asked.created[0];
    assert_eq!(
        (made.memory_bytes, made.pids, made.budget_tokens, made.turn_timeout_ms),
        (Some(2 << 30), Some(64), Some(1000), Some(1_800_000))
    );
    assert_eq!((made.approve.as_str(), made.backend.as_str(), made.network.as_str()), ("none", "docker", "bridge"));
    assert!(std::path::Path::new(&made.workspace).is_absolute());
}

#[test]
fn what_cannot_be_meant_is_refused_before_asking() {
    let daemon = Daemon::start(Script::default());
    for (option, value) in [
        ("--memory", "lots"),
        ("--cpus", "0"),
        ("--pids", "0"),
        ("--timeout", "soon"),
        ("--workspace", "/no/such/directory"),
        ("--backend", "vm"),
    ] {
        let ran = agentctl(&daemon, &["session", "new", option, value]).ran();
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{option}");
        assert!(ran.err.contains(value), "{}", ran.err);
    }
    assert!(daemon.asked().created.is_empty());
}

#[test]
fn each_removal_is_tried() {
    let daemon = Daemon::start(Script::default());
    let ran = agentctl(&daemon, &["session", "rm", "none", "fix", "--force"]).ran();
    assert_eq!(ran.code, 5);
    assert_eq!(ran.err, "error: no session is none\nhint: agentctl session list\nremoved session 0123456789ab\n");
}

#[test]
fn sessions_are_listed_shown_and_renamed() {
    let daemon = Daemon::start(Script::default());
    let json = |words: &[&str]| -> serde_json::Value {
        let ran = agentctl(&daemon, &[&["-o", "json"], words].concat()).ran();
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        serde_json::from_str(&ran.out).unwrap()
    };
    assert_eq!(json(&["session", "list"])[0]["status"], "idle");
    assert_eq!(json(&["session", "show", "fix"])["id"], SESSION);
    assert_eq!(json(&["session", "rename", "fix", "other"])["name"], "other");
    assert_eq!(json(&["session", "new"])["not_enforced"][0], "disk quota");
    assert_eq!(json(&["session", "rm", "fix"])[0]["session"], SESSION);
}

#[test]
fn the_journal_is_printed_line_by_line() {
    let rows = vec![started(1), message(2, "\u{9b}31m"), finished(3, TurnStatus::Completed, 0)];
    let daemon = Daemon::start(Script {
        watches: vec![(rows.clone(), None), (rows, Some(Then::Hang))].into(),
        ..Script::default()
    });
    let ran = agentctl(&daemon, &["events", "fix", "--from", "1"]).ran();
    assert_eq!((ran.code, ran.out.lines().count()), (0, 3));
    assert!(ran.out.contains("\\u009b31m") && !ran.out.contains('\u{9b}'));
    assert_eq!(agentctl(&daemon, &["events", "fix", "--turn", "1", "--follow"]).ran().out, ran.out);
    let asked = daemon.asked();
    assert_eq!((asked.watched[0].live, asked.watched[1].live, asked.watched[1].turn), (false, true, 1));
}

#[test]
fn without_a_daemon_the_remedy_is_named() {
    let daemon = Daemon::start(Script::default());
    let socket = daemon.directory().join("none.sock");
    let ran = agentctl(&daemon, &["--socket", socket.to_str().unwrap(), "session", "list", "-o", "json"]).ran();
    assert_eq!((ran.code, ran.out.as_str()), (6, ""));
    let error: serde_json::Value = serde_json::from_str(&ran.err).unwrap();
    assert_eq!(error["error"]["code"], "DAEMON_UNREACHABLE");
    assert_eq!(error["error"]["hint"], "start it with: agentctl daemon start");
    let long = format!("/{}", "x".repeat(200));
    assert_eq!(agentctl(&daemon, &["--socket", &long, "session", "list"]).ran().code, 2);
}
