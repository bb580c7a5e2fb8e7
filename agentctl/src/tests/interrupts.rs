use proto::v1::TurnStatus;

use crate::testing::*;

fn plays(events: Vec<proto::v1::Event>, then: Then) -> Daemon {
    // A watch that Ctrl-C cuts in its making is made again.
    let watches = vec![(events.clone(), Some(then)), (events, Some(then))].into();
    Daemon::start(Script { watches, ..Script::default() })
}

#[test]
fn the_first_ctrl_c_cancels_and_waits_for_the_end() {
    // One daemon has said something, the other one nothing at all.
    for events in [vec![started(1)], Vec::new()] {
        let daemon = plays(events, Then::Cancelled);
        let ran = agentctl(&daemon, &["chat", "fix", "x"]).interrupted(1).ran();
        assert_eq!(
            ran,
            Ran {
                code: 130,
                out: String::new(),
                err: "cancelling the turn; Ctrl-C again leaves it\nthe turn was cancelled\n".into()
            }
        );
        assert_eq!(daemon.asked().stopped, 1);
    }
}

#[test]
fn the_second_ctrl_c_leaves() {
    let daemon = plays(vec![started(1)], Then::Hang);
    let ran = agentctl(&daemon, &["chat", "fix", "x"]).interrupted(2).ran();
    assert_eq!((ran.code, ran.err.as_str()), (130, "cancelling the turn; Ctrl-C again leaves it\n"));
}

#[test]
fn stop_returns_when_the_turn_has_ended() {
    let watches = vec![(vec![started(1), finished(2, TurnStatus::Cancelled, 130)], None)];
    let daemon = Daemon::start(Script { watches: watches.into(), ..Script::default() });
    let ran = agentctl(&daemon, &["stop", "fix"]).ran();
    assert_eq!(ran, Ran { code: 0, out: String::new(), err: "turn 1 has ended\n".into() });
    assert_eq!(daemon.asked().stopped, 1);
}
