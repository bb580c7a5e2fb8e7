//! A conversation that outgrows its model's window is shortened, goes on, and is the same after a restart.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::fixtures::home::Config;
use crate::fixtures::model_server::{Gate, ModelServer, Reply, Request};
use crate::fixtures::scene::Scene;

const WINDOW_TOKENS: usize = 32_000;

/// As this model counts: four bytes a token.
fn tokens(request: &Request) -> usize {
    request.body.to_string().len() / 4
}

/// A reply that ends as a provider ends it which counts tokens.
fn counted(reply: Reply, request: &Request, reason: &str) -> Reply {
    reply
        .unfinished()
        .and_event(json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] }))
        .and_event(json!({ "choices": [], "usage": { "prompt_tokens": tokens(request), "completion_tokens": 10 } }))
}

fn is_for_a_summary(request: &Request) -> bool {
    request.messages()[0]["content"].as_str().is_some_and(|system| system.starts_with("You make notes for an agent"))
}

/// A model that calls a tool so many times, with a lot of words each time, and then answers.
pub(crate) async fn wordy(steps: usize, summary: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> ModelServer {
    let step = Arc::new(AtomicUsize::new(0));
    ModelServer::choosing(move |request| {
        if is_for_a_summary(request) {
            return counted(summary(request), request, "stop");
        }
        let step = step.fetch_add(1, Ordering::SeqCst);
        if step >= steps {
            return counted(Reply::text("All done."), request, "stop");
        }
        let todos = json!({ "todos": [{ "content": format!("step {step}"), "status": "in_progress" }] });
        let words = format!("{step} {}", "words ".repeat(300));
        counted(Reply::text(&words).and_call(&format!("call_{step}"), "write_todos", todos), request, "tool_calls")
    })
    .await
}

pub(crate) fn small(config: Config) -> Config {
    let window = WINDOW_TOKENS.to_string();
    config.set_raw("models.fake.context_window", &window).set_raw("limits.model_calls_per_turn", "500")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_200_steps_on_a_window_of_32k_finishes() {
    let model = wordy(200, |_| Reply::text("Notes: the user wants 200 steps.")).await;
    let mut scene = Scene::of(model, small).await;
    let session = scene.session(["--approve", "none"]).await;
    let done = scene.chat(&session, "take 200 steps").await.success();
    assert!(done.stdout().ends_with("All done.\n"));

    let requests = scene.model.requests();
    let largest = requests.iter().map(tokens).max().unwrap();
    let summaries = requests.iter().filter(|request| is_for_a_summary(request)).count();
    println!("{} requests, {summaries} for summaries, the largest of {largest} tokens", requests.len());
    assert!(largest <= WINDOW_TOKENS * 85 / 100, "{largest}");
    assert!((2..=30).contains(&summaries), "{summaries}");
    assert_eq!(requests.len(), 201 + summaries);
    let newest = scene.model.newest_request();
    let first = newest.messages()[1]["content"].as_str().unwrap();
    assert!(first.contains("Notes: the user wants 200 steps.") && first.contains("- [in_progress] step"), "{first}");
    assert!(first.ends_with("take 200 steps"), "the user's own words stay: {first}");
    let journal = scene.journal(&session).await;
    journal.assert_sound();
    assert_eq!(journal.of("context.compacted").len(), summaries);

    // A new daemon makes the same conversation of the journal.
    scene.daemon.kill9();
    scene.daemon.restart().await;
    scene.chat(&session, "and now?").await.success();
    let after = scene.model.newest_request();
    let before = newest.messages();
    assert_eq!(before, &after.messages()[..before.len()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_of_a_summary_it_is_asked_for_again() {
    let gate = Gate::closed();
    let held = gate.clone();
    let model = wordy(80, move |_| Reply::text("Notes: it went on.").held(&held)).await;
    let mut scene = Scene::of(model, small).await;
    let session = scene.session(["--approve", "none"]).await;
    scene.run(["chat", &session, "take 80 steps", "--detach"]).await.success();
    crate::fixtures::wait::until_true("a summary is asked for", async || {
        scene.model.requests().iter().any(is_for_a_summary)
    })
    .await;

    scene.daemon.kill9();
    gate.open();
    scene.daemon.restart().await;

    let journal = scene.turn_end(&session).await;
    journal.assert_sound();
    assert_eq!(journal.finished()["status"], "completed", "{}", journal.text());
    assert_eq!(journal.only("model.attempt_failed")["class"], "daemon_restart");
    let asked: Vec<&Value> =
        journal.of("model.intent").into_iter().filter(|intent| intent["purpose"] == "summary").collect();
    assert_eq!(asked.len(), journal.of("context.compacted").len() + 1);
    assert_eq!(asked[0]["request_hash"], asked[1]["request_hash"], "the same is asked for");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_is_smaller_than_the_record_says_is_met_once() {
    let step = AtomicUsize::new(0);
    let model = ModelServer::choosing(move |request| {
        if is_for_a_summary(request) {
            return Reply::text("Notes: it is long.");
        }
        if tokens(request) > 9_000 {
            return Reply::status(400, r#"{"error":{"code":"context_length_exceeded","message":"too long"}}"#);
        }
        let step = step.fetch_add(1, Ordering::SeqCst);
        let words = "words ".repeat(600);
        let todos = json!({ "todos": [{ "content": format!("step {step}"), "status": "pending" }] });
        if step < 20 {
            Reply::text(&words).and_call(&format!("c{step}"), "write_todos", todos)
        } else {
            Reply::text("Done.")
        }
    })
    .await;
    let scene = Scene::of(model, |config| config.set_raw("models.fake.context_window", "200000")).await;
    let session = scene.session(["--approve", "none"]).await;
    scene.chat(&session, "go on").await.success();
    let journal = scene.journal(&session).await;
    journal.assert_sound();
    let refused = journal.of("model.attempt_failed").len();
    assert!(refused >= 1 && journal.of("context.compacted").len() >= refused, "{}", journal.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_shrink_ends_clearly_and_the_session_can_be_used_on() {
    let tiny = |config: Config| config.set_raw("models.fake.context_window", "12000");
    let scene = Scene::with([Reply::text("Hello."), Reply::text("Hello again.")], tiny).await;
    let session = scene.session(["--approve", "none"]).await;
    let long = scene.daemon.agentctl(["chat", &session, "-"]).stdin("much ".repeat(50_000)).run().await.code(1);
    assert!(long.stderr().contains("the window of model fake has 12000, and nothing more can be left out"), "{long}");
    assert!(scene.model.requests().is_empty(), "what does not fit is not sent");
    scene.journal(&session).await.assert_sound();
    // The message that was too long is not in the way of the next: a summary of it takes its place.
    scene.chat(&session, "hello").await.success();
    assert!(is_for_a_summary(&scene.model.requests()[0]));
    assert_eq!(scene.model.requests().len(), 2);
}
