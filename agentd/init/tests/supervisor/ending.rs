//! Commands that are ended, with everything they started.

use std::time::{Duration, Instant};

use proto::init::v1::ExecRequest;

use crate::fixture::{Supervisor, eventually, processes_with};

/// Leaves children behind in every way there is; each sleeps a number of seconds that names it.
fn leaves_behind(marker: u32) -> String {
    format!(
        "setsid sleep {marker} & nohup sleep {marker} >/dev/null 2>&1 & \
         (trap '' TERM; setsid sh -c 'sleep {marker} & wait' & exit) & \
         sh -c 'trap \"\" TERM; (sleep {marker} & sleep {marker} &) ; exec sleep {marker}' &"
    )
}

fn unique(number: u32) -> u32 {
    1_000_000 + std::process::id() * 100 + number
}

fn request(id: &str, command: String, timeout_ms: u64) -> ExecRequest {
    ExecRequest { call_id: id.into(), command, timeout_ms, ..ExecRequest::default() }
}

#[tokio::test]
async fn a_timeout_ends_the_whole_tree() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    let marker = unique(1);
    let command = format!("{} echo before; trap '' TERM; sleep {marker}; sleep {marker}", leaves_behind(marker));
    let begin = Instant::now();
    let done = client.exec(request("timeout", command, 300)).await;
    assert_eq!((done.exited.exit_code, done.exited.timed_out, done.exited.killed), (124, true, false));
    assert_eq!(done.text(), "before\n");
    assert!(begin.elapsed() >= Duration::from_millis(2300), "no grace: {:?}", begin.elapsed());
    assert_eq!(processes_with(&format!("sleep {marker}")), Vec::<String>::new());
}

#[tokio::test]
async fn a_timeout_does_not_wait_for_what_ends_when_asked() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    let begin = Instant::now();
    let done = client.exec(request("polite", "trap 'echo bye; exit 0' TERM; sleep 100 & wait".into(), 200)).await;
    assert_eq!((done.exited.exit_code, done.exited.timed_out), (124, true));
    assert_eq!(done.text(), "bye\n");
    assert!(begin.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn what_a_command_leaves_behind_ends_with_it() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    let marker = unique(2);
    let done = client.sh("leaves", &format!("{} echo over; exit 4", leaves_behind(marker))).await;
    assert_eq!(processes_with(&format!("sleep {marker}")), Vec::<String>::new());
    assert_eq!((done.exited.exit_code, done.text().as_str()), (4, "over\n"));
    assert!(!done.exited.killed && !done.exited.timed_out);
}

#[tokio::test]
async fn kill_ends_the_whole_tree_at_once() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    let marker = unique(3);
    let command = format!("{} echo up; sleep {marker}", leaves_behind(marker));
    let mut other = client.clone();
    let running = tokio::spawn(async move { other.exec(request("kill", command, 0)).await });
    let sleep = format!("sleep {marker}");
    eventually("all of them run", || (processes_with(&sleep).len() >= 6).then_some(())).await;
    assert!(client.kill("kill", 0).await);
    let done = running.await.unwrap();
    assert_eq!((done.exited.exit_code, done.exited.signal, done.exited.killed), (137, 9, true));
    assert_eq!(processes_with(&sleep), Vec::<String>::new());
    assert!(!client.kill("unknown", 0).await);
}

#[tokio::test]
async fn a_command_that_kills_its_reaper_does_not_escape() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    let marker = unique(4);
    let command = format!("{} echo up; kill -KILL $PPID; sleep {marker}", leaves_behind(marker));
    let done = client.sh("coup", &command).await;
    assert_eq!(processes_with(&format!("sleep {marker}")), Vec::<String>::new());
    assert_eq!((done.exited.exit_code, done.exited.signal, done.exited.killed), (137, 9, false));
    assert!(done.text().starts_with("up\n") && done.text().contains("was killed"), "{}", done.text());
    assert_eq!(client.sh("after", "echo fine").await.text(), "fine\n");
}

#[tokio::test]
async fn a_command_that_stops_its_reaper_is_ended_at_its_timeout() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    let marker = unique(5);
    let command = format!("kill -STOP $PPID; sleep {marker}");
    let done = client.exec(request("freeze", command, 200)).await;
    assert_eq!((done.exited.exit_code, done.exited.timed_out), (124, true));
    assert_eq!(processes_with(&format!("sleep {marker}")), Vec::<String>::new());
}

#[tokio::test]
async fn a_process_that_got_the_output_from_another_call_does_not_hold_it_up() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    let mut other = client.clone();
    let command = "while ! [ -e pid ]; do sleep 0.01; done; exec 3>/proc/$(cat pid)/fd/1; touch held; sleep 100";
    let holder = tokio::spawn(async move { other.exec(request("holder", command.into(), 0)).await });
    let done = client.sh("held", "echo $$ > pid; while ! [ -e held ]; do sleep 0.01; done; echo out").await;
    assert_eq!(done.text(), "out\n");
    client.kill("holder", 0).await;
    assert!(holder.await.unwrap().exited.killed);
}

#[tokio::test]
async fn the_end_of_the_supervisor_is_the_end_of_all() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    let marker = unique(6);
    let command = format!("{} sleep {marker}", leaves_behind(marker));
    let _events = client.0.exec(request("last", command, 0)).await.unwrap();
    let sleep = format!("sleep {marker}");
    eventually("all of them run", || (processes_with(&sleep).len() >= 6).then_some(())).await;
    drop(supervisor);
    eventually("all of them ended", || processes_with(&sleep).is_empty().then_some(())).await;
}

#[tokio::test]
async fn the_supervisor_cannot_be_looked_into() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    client.sh("ready", "true").await;
    let environment = std::fs::metadata(format!("/proc/{}/environ", supervisor.pid())).unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&environment), 0);
    let done = client.sh("zombies", "sleep 0 & sleep 0 & wait; ps --ppid $PPID -o stat= | grep -c Z").await;
    assert_eq!(done.text(), "0\n");
}
