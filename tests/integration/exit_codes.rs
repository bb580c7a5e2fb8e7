//! Every exit code of the table, from a real process without a terminal.

use rustix::process::Signal;

use serde_json::json;

use crate::fixtures::cli::Agentctl;
use crate::fixtures::home::Home;
use crate::fixtures::model_server::{Gate, Reply};
use crate::fixtures::scene::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn each_code_has_its_case_and_the_last_line_tells_it() {
    let never = Gate::closed();
    let replies = [
        Reply::text("Done."),
        Reply::status(401, "no"),
        Reply::call("w", "write_file", json!({"file_path": "a", "content": "b"})),
        Reply::text("late").held(&never),
        Reply::text("later").held(&never),
    ];
    let scene = Scene::new(replies).await;
    let session = scene.session(["--name", "s"]).await;
    let stream = async |words: &[&str], code: i32| {
        let words: Vec<&str> = ["-o", "json"].iter().chain(words).copied().collect();
        let lines = scene.daemon.agentctl_of(&words).run().await.code(code).json_lines();
        let last = lines.last().expect("a stream has lines");
        assert_eq!((&last["type"], &last["data"]["exit_code"]), (&json!("turn.finished"), &json!(code)), "{last}");
    };
    stream(&["chat", "s", "hello"], 0).await;
    stream(&["chat", "s", "hello"], 1).await;
    scene.run(["chat", "s", ""]).await.code(2);
    stream(&["chat", "s", "write"], 3).await;
    scene.run(["session", "new", "--workspace", "/"]).await.code(4);
    scene.run(["chat", "nobody", "hello"]).await.code(5);
    scene.run(["--socket", "/nowhere/s", "session", "list"]).await.code(6);
    Agentctl::new(&Home::new(), &["session", "list"]).run().await.code(6);
    scene.run(["resume", "s", "cancel", "--stop"]).await.code(130);
    stream(&["chat", "s", "wait", "--timeout", "1s"], 124).await;

    let waiting = scene.daemon.agentctl(["-o", "json", "chat", "s", "wait"]).spawn();
    scene.model.wait_for_requests(5).await;
    waiting.printed("model.intent").await;
    waiting.signal(Signal::INT);
    let interrupted = waiting.finish().await.code(130);
    assert_eq!(interrupted.json_lines().last().unwrap()["data"]["status"], "cancelled");
    scene.journal(&session).await.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn run_does_in_one_command_what_a_job_needs() {
    let write = || Reply::call("w", "write_file", json!({"file_path": "a", "content": "b"}));
    let scene = Scene::new([Reply::text("Done."), write(), write()]).await;
    let done = scene.run(["run", "a task", "--rm"]).await.success();
    assert_eq!(done.stdout(), "Done.\n");
    assert!(done.stderr().lines().any(|line| line.starts_with("session ")), "{done}");
    assert_eq!(scene.run(["-o", "json", "session", "list"]).await.success().json(), json!([]));

    let failed = scene.daemon.agentctl(["run", "-", "--on-interrupt", "fail"]).stdin("write it").run().await.code(1);
    assert_eq!(failed.stdout(), "", "{failed}");
    let parked = scene.run(["run", "write it", "--rm", "--name", "parked"]).await.code(3);
    assert!(parked.stderr().contains("the session stays"), "{parked}");
    scene.run(["resume", "parked", "cancel", "--stop"]).await.code(130);
}
