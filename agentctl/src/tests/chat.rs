use std::collections::VecDeque;

use proto::v1::TurnStatus;
use proto::v1::event::Data;

use crate::testing::*;

fn plays(watches: Vec<(Vec<proto::v1::Event>, Option<Then>)>) -> Daemon {
    Daemon::start(Script { watches: watches.into(), ..Script::default() })
}

fn hello() -> Vec<proto::v1::Event> {
    vec![
        started(1),
        delta(1, 0, "Hello "),
        delta(1, 6, "wor"),
        message(4, "Hello \u{1b}[1mworld"),
        finished(5, TurnStatus::Completed, 0),
    ]
}

#[test]
fn stdout_holds_the_answer_alone_and_as_it_is() {
    let daemon = plays(vec![(hello(), None)]);
    let ran = agentctl(&daemon, &["chat", "fix", "greet"]).ran();
    assert_eq!(ran, Ran { code: 0, out: "Hello \u{1b}[1mworld\n".into(), err: "turn 1 · 1 step\n".into() });
    let asked = daemon.asked();
    assert_eq!((asked.chats[0].message.as_str(), asked.chats[0].request_id.len()), ("greet", 32));
    assert_eq!((asked.watched[0].turn, asked.watched[0].from_seq, asked.watched[0].live), (1, 1, true));
}

#[test]
fn a_terminal_never_gets_a_raw_control_byte() {
    let daemon = plays(vec![(hello(), None)]);
    let ran = agentctl(&daemon, &["chat", "fix", "greet"]).person(&[]).ran();
    // What was shown live does not begin the whole message, so it is void.
    assert_eq!(ran.screen(), "Hello wor\nHello \\x1b[1mworld");
    assert!(ran.err.contains("the answer begins again"));
}

#[test]
fn json_is_every_event_and_the_end_comes_last() {
    let daemon = plays(vec![(hello(), None)]);
    let ran = agentctl(&daemon, &["-o", "json", "chat", "fix", "greet"]).ran();
    let types: Vec<String> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["type"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(types, ["turn.started", "text.delta", "text.delta", "message.done", "turn.finished"]);
    assert!(ran.out.contains(
        r#""seq":4,"time":"2026-01-02T03:04:05Z","type":"message.done","data":{"step":1,"text":"Hello \u001b[1mworld"}"#
    ));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}

#[test]
fn a_broken_stream_goes_on_where_it_broke() {
    let first = vec![started(1), message(2, "one"), delta(1, 0, "tw")];
    let second = vec![delta(1, 0, "two"), message(3, "two"), finished(4, TurnStatus::Completed, 0)];
    // The second try sends a row again that was seen: it is shown once all the same.
    let second = [vec![message(2, "one")], second].concat();
    let daemon = plays(vec![(first, Some(Then::Cut)), (second, None)]);
    let ran = agentctl(&daemon, &["chat", "fix", "count"]).person(&[]).ran();
    assert_eq!(ran.screen(), "one\ntwo");
    assert_eq!(ran.err, "the connection to agentd is lost; connecting again\nturn 1 · 1 step\n");
    assert_eq!(daemon.asked().watched[1].from_seq, 3);
}

#[test]
fn a_daemon_that_dies_and_comes_back_is_waited_for() {
    let daemon = plays(vec![(vec![started(1), message(2, "one")], Some(Then::Hang))]);
    let run = agentctl(&daemon, &["-q", "chat", "fix", "count"]);
    let running = std::thread::spawn(|| run.ran());
    while daemon.asked().watched.is_empty() {
        std::thread::yield_now();
    }
    let rest = vec![message(3, "two"), finished(4, TurnStatus::Completed, 0)];
    let daemon = daemon.replaced(Script { watches: vec![(rest, None)].into(), ..Script::default() });
    assert_eq!(running.join().unwrap().code, 0);
    assert!([1, 3].contains(&daemon.asked().watched[0].from_seq));
}

#[test]
fn a_daemon_that_was_stopped_is_waited_for_and_not_started() {
    let daemon = plays(vec![(vec![started(1)], Some(Then::Stop))]);
    let program = daemon.directory().join("agentd");
    let proof = daemon.directory().join("was-started");
    std::fs::write(&program, format!("#!/bin/sh\ntouch {}\n", proof.display())).unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let run = agentctl(&daemon, &["chat", "fix", "x"]).agentd(&program);
    let running = std::thread::spawn(|| run.ran());
    while daemon.asked().watched.is_empty() {
        std::thread::yield_now();
    }
    let daemon = daemon.replaced(Script {
        watches: vec![(vec![finished(2, TurnStatus::Completed, 0)], None)].into(),
        ..Script::default()
    });
    let ran = running.join().unwrap();
    assert_eq!((ran.code, proof.exists()), (0, false), "{}", ran.err);
    drop(daemon);
}

#[test]
fn a_stream_that_ends_early_is_taken_up_again() {
    let daemon = plays(vec![(vec![started(1)], None), (vec![finished(2, TurnStatus::Completed, 0)], None)]);
    assert_eq!(agentctl(&daemon, &["-q", "chat", "fix", "x"]).ran().code, 0);
    assert_eq!(daemon.asked().watched.len(), 2);
}

#[test]
fn a_message_is_repeated_with_its_request_id() {
    let watches = VecDeque::from([(vec![finished(1, TurnStatus::Completed, 0)], None)]);
    let daemon = Daemon::start(Script { watches, chats_cut: 2, ..Script::default() });
    assert_eq!(agentctl(&daemon, &["chat", "fix", "x", "--request-id", "r1", "--timeout", "90s"]).ran().code, 0);
    let asked = daemon.asked();
    let ids: Vec<_> = asked.chats.iter().map(|chat| (chat.request_id.as_str(), chat.timeout_ms)).collect();
    assert_eq!(ids, [("r1", Some(90_000)); 3]);
}

#[test]
fn the_exit_code_is_that_of_the_turn() {
    for (status, code) in
        [(TurnStatus::Failed, 6), (TurnStatus::Failed, 124), (TurnStatus::Cancelled, 130), (TurnStatus::Failed, 4)]
    {
        let daemon = plays(vec![(vec![finished(1, status, code)], None)]);
        assert_eq!(u32::from(agentctl(&daemon, &["chat", "fix", "x"]).ran().code), code);
    }
}

#[test]
fn messages_come_from_standard_input_too() {
    let daemon = plays(vec![(vec![finished(1, TurnStatus::Completed, 0)], None)]);
    assert_eq!(agentctl(&daemon, &["chat", "fix", "-"]).input("from\nstdin\n").ran().code, 0);
    assert_eq!(daemon.asked().chats[0].message, "from\nstdin\n");
}

#[test]
fn bad_usage_never_reaches_the_daemon() {
    let daemon = plays(Vec::new());
    let ran = agentctl(&daemon, &["chat", "fix"]).ran();
    assert_eq!(
        ran,
        Ran {
            code: 2,
            out: String::new(),
            err: "error: there is no message, and no terminal to type one\nhint: give it as an argument, or read it \
                  from standard input: agentctl chat S - < FILE\n"
                .into()
        }
    );
    for words in [
        &["chat", "fix", ""][..],
        &["chat", "fix", " \n"],
        &["chat", "fix", "-"],
        &["chat", "fix", "x", "--timeout", "5"],
    ] {
        assert_eq!(agentctl(&daemon, words).ran().code, 2, "{words:?}");
    }
    let ran = agentctl(&daemon, &["chat", "fix", "x", "--nonsense", "-o", "json"]).ran();
    let error: serde_json::Value = serde_json::from_str(&ran.err).unwrap();
    assert_eq!((ran.code, &error["error"]["code"]), (2, &"INVALID_ARGUMENT".into()));
    assert_eq!(error["error"]["message"], "unexpected argument '--nonsense' found");
    assert!(daemon.asked().chats.is_empty());
}

#[test]
fn an_unknown_session_is_said_with_a_remedy() {
    let daemon = plays(Vec::new());
    let ran = agentctl(&daemon, &["chat", &"x".repeat(5000), "hello"]).ran();
    assert_eq!((ran.code, ran.out.as_str()), (5, ""));
    assert_eq!(ran.err, "error: no session is xxxxxxxxxxxxxxxxxxxx\nhint: agentctl session list\n");
}

#[test]
fn detached_it_returns_at_once() {
    let daemon = plays(Vec::new());
    let ran = agentctl(&daemon, &["-o", "json", "chat", "fix", "x", "--detach"]).ran();
    assert_eq!(ran.out, format!("{{\"session\":\"{SESSION}\",\"turn\":1,\"from_seq\":1,\"structured\":false}}\n"));
    let ran = agentctl(&daemon, &["chat", "fix", "x", "--detach"]).ran();
    assert_eq!(ran.err, "turn 1 runs; watch it with: agentctl attach 0123456789ab\n");
}

#[test]
fn an_event_of_a_later_version_is_no_obstacle() {
    let unknown = proto::v1::Event { data: None, ..row(2, Data::Usage(proto::v1::Usage::default())) };
    let daemon = plays(vec![(vec![started(1), unknown, finished(3, TurnStatus::Completed, 0)], None)]);
    assert_eq!(agentctl(&daemon, &["chat", "fix", "x"]).ran().code, 0);
}
