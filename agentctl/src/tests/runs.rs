use proto::v1::TurnStatus;

use crate::testing::*;

fn turn(status: TurnStatus, code: u32) -> Daemon {
    let rows = vec![started(1), message(2, "done"), finished(3, status, code)];
    let approvals = vec![vec![approval("call_1")]].into();
    Daemon::start(Script { watches: vec![(rows, None)].into(), approvals, ..Script::default() })
}

#[test]
fn a_task_has_a_session_of_its_own() {
    let daemon = turn(TurnStatus::Completed, 0);
    let words = ["run", "do it", "--name", "ci", "--approve", "none", "--timeout", "90s", "--request-id", "r1"];
    let ran = agentctl(&daemon, &words).ran();
    assert_eq!((ran.code, ran.out.as_str()), (0, "done\n"));
    assert!(ran.err.contains(&format!("\nsession {SESSION}\n")), "{}", ran.err);
    let asked = daemon.asked();
    let made = &asked.created[0];
    assert_eq!((made.name.as_str(), made.approve.as_str(), made.turn_timeout_ms), ("ci", "none", Some(90_000)));
    let sent = &asked.chats[0];
    assert_eq!((sent.session.as_str(), sent.message.as_str(), sent.request_id.as_str()), (SESSION, "do it", "r1"));
    assert!(asked.removed.is_empty());
}

#[test]
fn the_session_goes_with_its_task_where_that_is_wanted() {
    for (status, code) in [(TurnStatus::Completed, 0), (TurnStatus::Failed, 6), (TurnStatus::Cancelled, 130)] {
        let daemon = turn(status, code);
        let ran = agentctl(&daemon, &["run", "-", "--rm"]).input("do it").ran();
        assert_eq!(u32::from(ran.code), code);
        assert_eq!(daemon.asked().removed[0].session, SESSION);
    }
}

#[test]
fn what_waits_for_an_answer_is_never_removed() {
    let daemon = turn(TurnStatus::Interrupted, 3);
    let ran = agentctl(&daemon, &["run", "do it", "--rm"]).ran();
    assert_eq!(ran.code, 3);
    assert!(ran.err.ends_with("the session stays, because a call waits in it\n"), "{}", ran.err);
    assert!(ran.err.contains(&format!("agentctl resume {SESSION} continue\n")), "{}", ran.err);
    assert!(daemon.asked().removed.is_empty());
}

#[test]
fn an_empty_task_makes_no_session() {
    let daemon = turn(TurnStatus::Completed, 0);
    assert_eq!(agentctl(&daemon, &["run", "-"]).ran().code, 2);
    assert_eq!(agentctl(&daemon, &["run"]).ran().code, 2);
    assert!(daemon.asked().created.is_empty());
}
