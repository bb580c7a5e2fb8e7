use proto::v1::event::Data;
use proto::v1::{Todo, TodosUpdated, TurnStatus};

use crate::testing::*;

#[test]
fn a_conversation_in_a_new_session() {
    let turn = |seq| vec![started(seq), message(seq + 1, "hello"), finished(seq + 2, TurnStatus::Completed, 0)];
    let daemon = Daemon::start(Script { watches: vec![(turn(1), None), (turn(4), None)].into(), ..Script::default() });
    let ran = agentctl(&daemon, &["chat"]).person(&["", "hi", "/nope", "two \\", "lines", "/exit", "never"]).ran();
    assert_eq!((ran.code, ran.screen().as_str()), (0, "hello\nhello"));
    assert!(
        ran.err.starts_with("session fix, model glm, workspace /work; /help lists what can be typed\n"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("error: there is no /nope; /help lists what there is\n"));
    let asked = daemon.asked();
    assert_eq!(asked.created.len(), 1);
    let messages: Vec<_> = asked.chats.iter().map(|chat| chat.message.as_str()).collect();
    assert_eq!(messages, ["hi", "two \nlines"]);
    assert_ne!(asked.chats[0].request_id, asked.chats[1].request_id);
}

#[test]
fn slash_commands_look_and_answer() {
    let todo = Todo { content: "greet".into(), status: "pending".into() };
    let todos = row(2, Data::TodosUpdated(TodosUpdated { todos: vec![todo] }));
    let daemon = Daemon::start(Script {
        watches: vec![
            (vec![todos], None),
            (vec![started(1)], None),
            (vec![message(10, "went on"), finished(11, TurnStatus::Completed, 0)], None),
        ]
        .into(),
        approvals: vec![vec![approval("call_1")]].into(),
        ..Script::default()
    });
    let lines = ["/todos", "/model", "/usage", "/events", "/approvals", "y", "/switch other", "/switch fix", "/new x"];
    let ran = agentctl(&daemon, &["-q", "chat", "fix"]).person(&lines).ran();
    assert_eq!(ran.code, 0);
    let mut said = ran.err.lines();
    assert_eq!(said.next(), Some("  [ ] greet"));
    assert_eq!(said.next(), Some("glm"));
    assert_eq!(said.next(), Some("0 tokens in, 0 out, 0 model calls"));
    assert!(ran.out.starts_with("{\"v\":1,") && ran.screen().ends_with("went on"), "{}", ran.out);
    assert!(ran.err.contains("error: no session is other\n"));
    let asked = daemon.asked();
    assert_eq!(asked.watched[1].turn, 1);
    assert_eq!(asked.resumed.len(), 1);
    assert_eq!(asked.created[0].name, "x");
}

#[test]
fn options_of_a_message_need_one() {
    let daemon = Daemon::start(Script::default());
    assert_eq!(agentctl(&daemon, &["chat", "fix", "--detach"]).person(&[]).ran().code, 2);
}
