use proto::reason::{Failure, Reason};
use proto::v1::{Decision, Event, TurnStatus};

use crate::testing::*;

fn parked() -> Vec<Event> {
    vec![started(1), finished(3, TurnStatus::Interrupted, 3)]
}

fn done() -> Vec<Event> {
    vec![message(10, "done"), finished(11, TurnStatus::Completed, 0)]
}

/// A turn that parks, and goes on when it is answered.
fn parks() -> Daemon {
    Daemon::start(Script {
        watches: vec![(parked(), None), (done(), None)].into(),
        approvals: vec![vec![approval("call_1")]].into(),
        ..Script::default()
    })
}

const WAITS: &str = "\
approval wanted: execute  call call_1  session 0123456789ab  turn 1
  command:
  $ make test
  sha256 digest of call_1

A call waits. Answer it with:
  agentctl resume 0123456789abcdef0123456789abcdef continue
  agentctl resume 0123456789abcdef0123456789abcdef cancel --message 'why not'
  agentctl resume 0123456789abcdef0123456789abcdef continue --call call_1 --edit '{\"command\":\"make test\"}'
";

#[test]
fn without_a_person_it_parks_and_says_how_to_go_on() {
    let daemon = parks();
    assert_eq!(
        agentctl(&daemon, &["-q", "chat", "fix", "x"]).ran(),
        Ran { code: 3, out: String::new(), err: WAITS.into() }
    );
    assert!(daemon.asked().resumed.is_empty());
}

#[test]
fn as_json_the_end_is_the_last_line_and_the_hints_are_beside_it() {
    let daemon = parks();
    let ran = agentctl(&daemon, &["-o", "json", "chat", "fix", "x"]).person(&["y"]).ran();
    assert_eq!((ran.code, ran.err.as_str()), (3, WAITS));
    assert!(
        ran.out
            .lines()
            .last()
            .unwrap()
            .contains(r#""type":"turn.finished","data":{"status":"interrupted","exit_code":3"#)
    );
}

#[test]
fn the_socket_that_was_named_is_in_the_lines() {
    let daemon = parks();
    let socket = daemon.socket();
    let ran = agentctl(&daemon, &["--socket", socket.to_str().unwrap(), "chat", "fix", "x"]).ran();
    assert!(
        ran.err.contains(&format!("  agentctl --socket {} resume {SESSION} continue\n", socket.display())),
        "{}",
        ran.err
    );
}

#[test]
fn a_choice_made_before_is_followed() {
    for (choice, decision, stop) in
        [("approve", Decision::Approve, false), ("cancel", Decision::Reject, false), ("fail", Decision::Reject, true)]
    {
        let daemon = parks();
        let ran = agentctl(&daemon, &["chat", "fix", "x", "--on-interrupt", choice]).person(&[]).ran();
        assert_eq!((ran.code, ran.screen().as_str()), (0, "done"), "{choice}");
        let asked = daemon.asked();
        assert_eq!((asked.resumed[0].rest(), asked.resumed[0].stop), (decision, stop));
        assert_eq!(asked.watched[1].from_seq, 10);
    }
}

#[test]
fn to_fail_is_exit_code_1() {
    let daemon = parks();
    daemon.asked().watches[1].0 = vec![finished(10, TurnStatus::Cancelled, 130)];
    let ran = agentctl(&daemon, &["-q", "chat", "fix", "x", "--on-interrupt", "fail"]).ran();
    assert_eq!(ran.code, 1);
    assert!(ran.err.starts_with("error: 1 call needed an approval"), "{}", ran.err);
}

#[test]
fn a_person_is_asked() {
    let daemon = parks();
    let ran = agentctl(&daemon, &["-q", "chat", "fix", "x"]).person(&["?", "y"]).ran();
    assert_eq!((ran.code, ran.screen().as_str()), (0, "done"));
    assert!(ran.err.contains("  $ make test\n") && ran.err.contains("  y  run it\n"), "{}", ran.err);
    let asked = daemon.asked();
    let answer = &asked.resumed[0].answers[0];
    assert_eq!(
        (answer.call.as_str(), answer.decision(), answer.digest.as_str()),
        ("call_1", Decision::Approve, "digest of call_1")
    );
}

#[test]
fn a_person_may_reject_or_edit() {
    let daemon = parks();
    agentctl(&daemon, &["chat", "fix", "x"]).person(&["n", " too slow "]).ran();
    let answer = daemon.asked().resumed[0].answers[0].clone();
    assert_eq!((answer.decision(), answer.message.as_str()), (Decision::Reject, "too slow"));

    let daemon = parks();
    let ran = agentctl(&daemon, &["chat", "fix", "x"]).person(&["e", "{broken", "e", r#"{"command":"ls"}"#]).ran();
    assert!(ran.err.contains("the arguments are not JSON"), "{}", ran.err);
    let answer = daemon.asked().resumed[0].answers[0].clone();
    assert_eq!((answer.decision(), answer.arguments.as_str()), (Decision::Edit, r#"{"command":"ls"}"#));
}

#[test]
fn a_person_who_leaves_leaves_it_waiting() {
    let daemon = parks();
    let ran = agentctl(&daemon, &["-q", "chat", "fix", "x"]).person(&[]).ran();
    assert_eq!(ran.code, 3);
    assert!(ran.err.ends_with(WAITS), "{}", ran.err);
    assert!(daemon.asked().resumed.is_empty());
}

#[test]
fn an_answer_from_elsewhere_is_no_error() {
    // Answered before it could be asked what waits.
    let daemon = parks();
    daemon.asked().approvals = vec![Vec::new()].into();
    assert_eq!(agentctl(&daemon, &["chat", "fix", "x"]).ran().code, 0);
    assert_eq!(daemon.asked().watched[1].from_seq, 4);
    // Answered while a person was thinking.
    let daemon = parks();
    daemon.asked().resume_failures.push_back(Failure::new(Reason::AlreadyDecided, "answered before"));
    let ran = agentctl(&daemon, &["chat", "fix", "x"]).person(&["y"]).ran();
    assert_eq!(ran.code, 0);
    assert!(ran.err.contains("answered elsewhere meanwhile\n"), "{}", ran.err);
}

#[test]
fn resume_answers_and_streams_the_rest() {
    let script = || Script {
        watches: vec![(done(), None)].into(),
        approvals: vec![vec![approval("call_1"), approval("call_2")]].into(),
        ..Script::default()
    };
    let daemon = Daemon::start(script());
    let ran = agentctl(&daemon, &["-q", "resume", "fix", "continue"]).ran();
    assert_eq!(ran, Ran { code: 0, out: "done\n".into(), err: String::new() });
    let daemon = Daemon::start(script());
    let ran = agentctl(&daemon, &["resume", "fix", "continue", "--edit", "{}"]).ran();
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (2, "error: several calls wait, and --edit is for one\nhint: name it with --call, one of: call_1, call_2\n")
    );
    daemon.asked().approvals[0].pop();
    assert_eq!(agentctl(&daemon, &["resume", "fix", "continue", "--edit", "{}"]).ran().code, 0);
    assert_eq!(daemon.asked().resumed[0].answers[0].call, "call_1");
}

#[test]
fn a_second_answer_is_refused() {
    let daemon = parks();
    daemon.asked().resume_failures.push_back(Failure::new(Reason::AlreadyDecided, "call_1 was answered before"));
    let ran = agentctl(&daemon, &["resume", "fix", "continue", "--call", "call_1"]).ran();
    assert_eq!((ran.code, ran.err.as_str()), (1, "error: call_1 was answered before\n"));
}

#[test]
fn approvals_show_everything() {
    let daemon = parks();
    let ran = agentctl(&daemon, &["approvals"]).ran();
    assert_eq!(ran.out, format!("{}\n", WAITS.split_once("\n\n").unwrap().0.to_owned() + "\n"));
    assert_eq!(ran.err, "answer with: agentctl resume 0123456789ab continue|cancel\n");
    let ran = agentctl(&daemon, &["-o", "json", "approvals", "fix"]).ran();
    assert_eq!(
        ran.out,
        format!(
            "[{{\"session\":\"{SESSION}\",\"turn\":1,\"call\":\"call_1\",\"tool\":\"execute\",\
             \"arguments\":{{\"command\":\"make test\"}},\"digest\":\"digest of call_1\",\
             \"requested_at\":\"2026-01-02T03:04:05Z\",\"always\":\"\",\"question\":false,\"expires_at\":\"\",\
             \"reason\":\"\",\"subagent\":\"\"}}]\n"
        )
    );
}

fn waits(calls: Vec<proto::v1::Approval>) -> Daemon {
    Daemon::start(Script {
        watches: vec![(parked(), None), (done(), None)].into(),
        approvals: vec![calls].into(),
        ..Script::default()
    })
}

fn question(call: &str) -> proto::v1::Approval {
    let arguments = r#"{"question":"Which colour?"}"#.into();
    proto::v1::Approval { tool: "ask_user".into(), arguments, question: true, ..approval(call) }
}

#[test]
fn a_question_is_answered_by_a_person_or_by_a_message() {
    let daemon = waits(vec![question("q")]);
    let ran = agentctl(&daemon, &["-q", "chat", "fix", "x"]).person(&["", " blue "]).ran();
    assert_eq!(ran.code, 0, "{}", ran.err);
    let answer = daemon.asked().resumed[0].answers[0].clone();
    assert_eq!((answer.decision(), answer.message.as_str()), (Decision::Answer, "blue"));

    let daemon = waits(vec![approval("call_1"), question("q")]);
    let ran = agentctl(&daemon, &["-q", "chat", "fix", "x"]).ran();
    assert!(ran.err.contains("resume 0123456789abcdef0123456789abcdef continue --call q --message 'the answer'"));
    assert!(!ran.err.contains("abcdef continue\n"), "a question cannot be approved: {}", ran.err);
    agentctl(&daemon, &["resume", "fix", "continue", "--message", "red"]).ran();
    let asked = daemon.asked().resumed[0].clone();
    let answers: Vec<_> = asked.answers.iter().map(|a| (a.call.as_str(), a.decision(), a.message.as_str())).collect();
    assert_eq!((answers, asked.rest()), (vec![("q", Decision::Answer, "red")], Decision::Unspecified));
}

#[test]
fn a_message_without_a_question_is_refused() {
    let daemon = parks();
    let ran = agentctl(&daemon, &["resume", "fix", "continue", "--message", "red"]).ran();
    assert_eq!((ran.code, ran.err.as_str()), (1, "error: no question waits in this session\n"));
    let daemon = waits(vec![question("q1"), question("q2")]);
    let ran = agentctl(&daemon, &["resume", "fix", "continue", "--message", "red"]).ran();
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("one of: q1, q2"), "{}", ran.err);
}

#[test]
fn a_script_that_approves_everything_declines_questions() {
    let daemon = waits(vec![approval("call_1"), question("q")]);
    agentctl(&daemon, &["chat", "fix", "x", "--on-interrupt", "approve"]).ran();
    let asked = daemon.asked().resumed[0].clone();
    let decisions: Vec<_> = asked.answers.iter().map(|a| (a.call.as_str(), a.decision())).collect();
    assert_eq!((decisions, asked.rest()), (vec![("q", Decision::Reject)], Decision::Approve));
    assert!(asked.answers[0].message.contains("decide yourself"));
}

#[test]
fn a_person_may_say_always_where_it_is_offered() {
    let mut call = approval("call_1");
    call.always = "commands that begin with `make test`".into();
    let daemon = waits(vec![call]);
    agentctl(&daemon, &["chat", "fix", "x"]).person(&["a"]).ran();
    let answer = daemon.asked().resumed[0].answers[0].clone();
    assert_eq!((answer.decision(), answer.always), (Decision::Approve, true));
    let daemon = parks();
    let ran = agentctl(&daemon, &["chat", "fix", "x"]).person(&["a", "y"]).ran();
    assert!(ran.err.contains("  y  run it\n"), "what is not offered is not taken: {}", ran.err);
    assert!(!daemon.asked().resumed[0].answers[0].always);
}

#[test]
fn guidance_is_sent_once_with_an_id_of_its_own() {
    let daemon = parks();
    let ran = agentctl(&daemon, &["steer", "fix", "-"]).input("use b\n").ran();
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    assert_eq!(ran.err, "turn 1 is told before its next request to the model\n");
    let steered = daemon.asked().steered[0].clone();
    assert_eq!(steered.text, "use b\n");
    assert_eq!(steered.request_id.len(), 32);
    assert_eq!(agentctl(&daemon, &["steer", "fix", " "]).ran().code, 2);
}
