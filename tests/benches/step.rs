//! How long one step of a turn takes in the daemon: from the arrival of a request at the model to that of the next one,
//! with one `execute` in between. Everything is real but the model, which answers at once.
//!
//! `tests/with-engine cargo bench -p tests --bench step`

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)] // see above
#![allow(missing_docs)] // it is a program

#[allow(dead_code, unused_imports)] // the tests use all of it
#[path = "../integration/fixtures/mod.rs"]
mod fixtures;

mod measured;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fixtures::model_server::{ModelServer, Reply};
use fixtures::scene::Scene;
use serde_json::json;

const STEPS: usize = 200;
/// The first steps make the container and warm what can be warmed.
const WARM_UP_STEPS: usize = 10;

fn main() {
    // Cargo also runs it, without this argument, as part of the tests.
    if std::env::args().any(|argument| argument == "--bench") {
        tokio::runtime::Runtime::new().unwrap().block_on(measure());
    }
}

async fn measure() {
    let mut medians = Vec::new();
    for (what, command) in
        [("a step with `execute true`", Some("true")), ("a step with a tool that only journals", None)]
    {
        let arrivals = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&arrivals);
        let model = ModelServer::choosing(move |_| {
            let mut seen = seen.lock().unwrap();
            seen.push(Instant::now());
            let call = format!("call_{}", seen.len());
            match command {
                _ if seen.len() > STEPS => Reply::text("Done."),
                Some(command) => Reply::call(&call, "execute", json!({ "command": command })),
                None => Reply::call(&call, "write_todos", json!({"todos": [{"content": call, "status": "pending"}]})),
            }
        })
        .await;
        let scene = Scene::of(model, |config| config.set_raw("limits.model_calls_per_turn", "1000")).await;
        let session = scene.session(["--approve", "none"]).await;
        scene.run(["-q", "chat", &session, "step after step"]).await.success();
        let arrivals = arrivals.lock().unwrap();
        let steps: Vec<Duration> = arrivals.windows(2).map(|pair| pair[1] - pair[0]).skip(WARM_UP_STEPS).collect();
        assert_eq!(steps.len(), STEPS - WARM_UP_STEPS);
        medians.push(measured::show(what, steps));
    }
    measured::ratio("with a command / without", medians[0], medians[1]);
}
