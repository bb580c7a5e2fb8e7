//! Sub-agents: several side by side, their approvals, their end with their parent, and what is left of them after a crash.

use serde_json::{Value, json};

use crate::fixtures::model_server::{Gate, ModelServer, Reply, Request};
use crate::fixtures::scene::{Journal, Scene, tool_result};
use crate::fixtures::wait::until;

/// Tokens that the fake model counts for each request.
const TOKENS: u64 = 110;

/// The first message of the user in a request.
fn begun_with(request: &Request) -> String {
    let first = request.messages().iter().find(|message| message["role"] == "user");
    first.and_then(|message| message["content"].as_str()).unwrap_or_default().to_owned()
}

/// What a request of a sub-agent is about; none: it is the parent's.
fn part(request: &Request) -> Option<String> {
    let begun = begun_with(request);
    begun.starts_with("part ").then(|| begun.lines().next().unwrap_or_default().to_owned())
}

fn tasks(parts: &[&str]) -> Reply {
    parts.iter().enumerate().fold(Reply::stream(), |reply, (at, part)| {
        reply.and_call(&format!("t{}", at + 1), "task", json!({ "description": part, "subagent_type": "general" }))
    })
}

/// A parent that hands out these parts and then says "All done."; `of_part` answers for the sub-agents.
async fn scene(
    parts: &'static [&'static str],
    of_part: impl Fn(&str, &Request) -> Reply + Send + Sync + 'static,
) -> Scene {
    let choose = move |request: &Request| match part(request) {
        Some(part) => of_part(&part, request),
        None if tool_result(request, "t1").is_some() => Reply::text("All done."),
        None => tasks(parts),
    };
    Scene::of(ModelServer::choosing(choose).await, |config| config).await
}

/// The sub-agents of a session, in the order of its calls.
async fn subagents(scene: &Scene, session: &str) -> Vec<String> {
    let journal = scene.journal(session).await;
    journal.of("subagent.started").iter().map(|row| row["subagent"].as_str().unwrap().to_owned()).collect()
}

/// Waits until the session's newest turn stands so.
async fn stands(scene: &Scene, session: &str, status: &str) -> Journal {
    until(&format!("the turn is {status}"), async || {
        let journal = scene.journal(session).await;
        let last = journal.rows.last()?;
        (last["type"] == "turn.finished" && last["data"]["status"] == status).then_some(journal)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn several_work_side_by_side_and_each_gives_one_message() {
    let gate = Gate::closed();
    let held = gate.clone();
    let scene = scene(&["part one", "part two", "part three"], move |part, _| {
        Reply::text(&format!("Result of {part}.")).held(&held)
    })
    .await;
    let session = scene.session([]).await;
    let turn = tokio::spawn(scene.daemon.agentctl(["chat", &session, "do it"]).run());
    // All three are asked before one of them is answered.
    scene.model.wait_for_requests(4).await;
    gate.open();
    let ended = turn.await.unwrap().success();
    assert_eq!(ended.stdout(), "All done.\n");
    for (call, part) in [("t1", "part one"), ("t2", "part two"), ("t3", "part three")] {
        assert_eq!(scene.told(call), format!("Result of {part}."));
    }
    let journal = scene.journal(&session).await;
    journal.assert_sound();
    assert_eq!(journal.of("subagent.finished").len(), 3);
    // Their tokens are their parent's.
    let usage = &scene.show(&session).await["usage"];
    assert_eq!((&usage["model_calls"], &usage["input_tokens"]), (&json!(5), &json!(500)), "{usage}");
    assert_eq!(journal.finished()["usage"], *usage);

    let listed = |list: Value| list.as_array().unwrap().len();
    assert_eq!(listed(scene.run(["-o", "json", "session", "list"]).await.success().json()), 1);
    assert_eq!(listed(scene.run(["-o", "json", "session", "list", "--all"]).await.success().json()), 4);
    let children = subagents(&scene, &session).await;
    for child in &children {
        scene.journal(child).await.assert_sound();
        assert_eq!(scene.show(child).await["parent"], json!(session));
        let refused = scene.run(["-o", "json", "chat", child, "hello"]).await.code(2);
        assert!(refused.json_error()["message"].as_str().unwrap().contains("sub-agent of session"), "{refused:?}");
        scene.run(["session", "rm", child]).await.code(2);
    }
    scene.run(["session", "rm", &session]).await.success();
    assert_eq!(listed(scene.run(["-o", "json", "session", "list", "--all"]).await.success().json()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sub_agent_has_no_sub_agents_and_a_share_of_the_budget() {
    let scene = scene(&["part one", "part two"], |part, request| {
        let tried = request.messages().iter().any(|message| message["role"] == "tool");
        match (part, tried) {
            ("part one", false) => Reply::call("deeper", "task", json!({ "description": "part of a part" })),
            _ => Reply::text("Done."),
        }
    })
    .await;
    let session = scene.session(["--budget-tokens", "2110"]).await;
    scene.chat(&session, "do it").await.success();
    let offered = |request: &Request| request.body["tools"].to_string().contains("\"task\"");
    for request in scene.model.requests() {
        assert_eq!(offered(&request), part(&request).is_none(), "{}", begun_with(&request));
    }
    let told_first = |request: &Request| request.messages()[0].clone();
    let prompts = scene.model.requests().iter().map(told_first).collect::<Vec<_>>();
    assert!(prompts.iter().all(|prompt| *prompt == prompts[0] && prompt["role"] == "system"), "{prompts:?}");
    let children = subagents(&scene, &session).await;
    let told = scene.journal(&children[0]).await;
    assert!(told.only("tool.failed")["content"].as_str().unwrap().contains("no tool `task`"), "{}", told.text());
    // 2110 - 110 of the first request, for two.
    let created = scene.journal(&session).await;
    assert_eq!(created.of("subagent.started").len(), 2);
    assert_eq!(scene.show(&session).await["usage"]["model_calls"], 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sub_agent_that_uses_up_its_share_fails_and_its_parent_is_told() {
    let scene = scene(&["part one", "part two"], |part, request| {
        let steps = request.messages().iter().filter(|message| message["role"] == "tool").count();
        match part {
            "part one" => Reply::call(&format!("c{steps}"), "write_todos", todo(&format!("step {steps}"))),
            _ => Reply::text("Done."),
        }
    })
    .await;
    let limit = (1 + 2 * 3) * TOKENS;
    let session = scene.session(["--budget-tokens", &limit.to_string()]).await;
    scene.chat(&session, "do it").await.success();
    let told = scene.told("t1");
    assert!(told.starts_with("The sub-agent failed: the session has used"), "{told}");
    assert_eq!(scene.told("t2"), "Done.");
}

fn todo(content: &str) -> Value {
    json!({ "todos": [{ "content": content, "status": "pending" }] })
}

/// Sub-agents that each ask a question and answer with what they were told.
async fn asking(parts: &'static [&'static str]) -> Scene {
    scene(parts, |part, request| {
        let answer = request.messages().iter().find(|message| message["role"] == "tool");
        match answer {
            None => Reply::call("q", "ask_user", json!({ "question": format!("Which colour for {part}?") })),
            Some(answer) => Reply::text(&format!("{part}: {}", answer["content"].as_str().unwrap_or_default())),
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_sub_agents_ask_is_answered_in_their_parents_session() {
    let mut scene = asking(&["part one", "part two"]).await;
    let session = scene.session([]).await;
    let parked = scene.chat(&session, "paint").await.code(3);
    assert!(parked.stderr().contains("asked by sub-agent"), "{}", parked.stderr());
    let waiting = until("both wait", async || {
        let waiting = scene.run(["-o", "json", "approvals", &session]).await.success().json();
        (waiting.as_array()?.len() == 2).then_some(waiting)
    })
    .await;
    let all = scene.run(["-o", "json", "approvals"]).await.success().json();
    assert_eq!(all, waiting, "each is shown once, as its parent's");
    assert!(waiting.as_array().unwrap().iter().all(|call| call["session"] == json!(session) && call["turn"] == 1));
    let of = |part: &str| {
        let asked = |call: &&Value| call["arguments"]["question"].as_str().unwrap().contains(part);
        waiting.as_array().unwrap().iter().find(asked).unwrap()["call"].as_str().unwrap().to_owned()
    };
    scene.run(["resume", &session, "continue", "--call", &of("part one"), "--message", "red"]).await.code(3);
    // The other still waits after a crash, and its parent with it.
    scene.daemon.kill9();
    scene.daemon.restart().await;
    let twice =
        scene.run(["-o", "json", "resume", &session, "continue", "--call", &of("part one"), "--message", "x"]).await;
    assert_eq!(twice.code(1).json_error()["code"], "ALREADY_DECIDED");
    let answered = scene.run(["resume", &session, "continue", "--message", "blue"]).await.success();
    assert_eq!(answered.stdout(), "All done.\n");
    assert_eq!((scene.told("t1"), scene.told("t2")), ("part one: red".to_owned(), "part two: blue".to_owned()));
    let journal = scene.journal(&session).await;
    journal.assert_sound();
    for child in subagents(&scene, &session).await {
        scene.journal(&child).await.assert_sound();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sub_agent_that_is_answered_in_its_own_session_wakes_its_parent() {
    let mut scene = asking(&["part one"]).await;
    let session = scene.session([]).await;
    scene.chat(&session, "paint").await.code(3);
    scene.daemon.kill9();
    scene.daemon.restart().await;
    let child = subagents(&scene, &session).await.remove(0);
    scene.run(["resume", &child, "continue", "--message", "green"]).await.success();
    stands(&scene, &session, "completed").await.assert_sound();
    assert_eq!(scene.told("t1"), "part one: green");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_sub_agents_work_each_is_there_once_and_goes_on() {
    let gate = Gate::closed();
    let held = gate.clone();
    let mut scene = scene(&["part one", "part two"], move |part, _| Reply::text(part).held(&held)).await;
    let session = scene.session([]).await;
    scene.run(["chat", &session, "do it", "--detach"]).await.success();
    scene.model.wait_for_requests(3).await;
    scene.daemon.kill9();
    scene.daemon.restart().await;
    scene.model.wait_for_requests(5).await;
    gate.open();
    let journal = stands(&scene, &session, "completed").await;
    journal.assert_sound();
    assert_eq!(journal.of("subagent.started").len(), 2);
    assert_eq!((scene.told("t1"), scene.told("t2")), ("part one".to_owned(), "part two".to_owned()));
    let all = scene.run(["-o", "json", "session", "list", "--all"]).await.success().json();
    assert_eq!(all.as_array().unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_with_its_parent() {
    let gate = Gate::closed();
    let held = gate.clone();
    let scene = scene(&["part one", "part two"], move |part, _| Reply::text(part).held(&held)).await;
    let session = scene.session([]).await;
    scene.run(["chat", &session, "do it", "--detach"]).await.success();
    scene.model.wait_for_requests(3).await;
    scene.run(["stop", &session]).await.success();
    let journal = scene.journal(&session).await;
    journal.assert_sound();
    assert_eq!(journal.finished()["status"], "cancelled");
    for child in subagents(&scene, &session).await {
        let journal = scene.journal(&child).await;
        journal.assert_sound();
        assert_eq!(journal.finished()["status"], "cancelled");
    }
    gate.open();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn they_work_in_the_sandbox_of_their_parent_over_a_crash() {
    let mut scene = scene(&["part one", "part two"], |part, request| {
        let done = request.messages().iter().filter(|message| message["role"] == "tool").count();
        let command = format!("sleep 3; echo {part} >> effects; hostname");
        match done {
            0 => Reply::call("same_id", "execute", json!({ "command": command })),
            _ => Reply::text("Written."),
        }
    })
    .await;
    let session = scene.session(["--approve", "none"]).await;
    let workspace = scene.workspace(&session).await;
    scene.run(["chat", &session, "do it", "--detach"]).await.success();
    until("both commands run", async || {
        let mut running = 0;
        for child in subagents(&scene, &session).await {
            // Its start is told before its session is made.
            let events = scene.run(["events", &child]).await;
            if !events.succeeded() {
                continue;
            }
            let journal = Journal { rows: events.json_lines() };
            running += usize::from(!journal.of("sandbox.ready").is_empty() && !journal.of("tool.intent").is_empty());
        }
        (running == 2).then_some(())
    })
    .await;
    scene.daemon.kill9();
    scene.daemon.restart().await;
    stands(&scene, &session, "completed").await.assert_sound();
    let effects = std::fs::read_to_string(workspace.join("effects")).unwrap();
    let mut lines: Vec<&str> = effects.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["part one", "part two"], "each command ran once");
    let mut hosts = Vec::new();
    for child in subagents(&scene, &session).await {
        let journal = scene.journal(&child).await;
        journal.assert_sound();
        hosts.push(journal.only("tool.done")["content"].as_str().unwrap().lines().next().unwrap().to_owned());
        assert_eq!(scene.show(&child).await["container"], "", "the container is its parent's");
    }
    hosts.dedup();
    assert_eq!(hosts.len(), 1, "they share one container: {hosts:?}");
}
