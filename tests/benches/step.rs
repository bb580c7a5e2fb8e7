//! What agentd adds to a step of a turn: from the end of the model's answer, which calls `execute` with `true`, to the
//! arrival of the next request. Real processes, a real sandbox, somebody who watches the turn, nothing asked.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a benchmark that cannot go on says why
#![allow(clippy::print_stdout)] // and its figures

use endpoint::{Endpoint, Exchange};
use fixtures::daemon::Daemon;
use fixtures::home::Config;
use measure::{Samples, ratio, table};

#[allow(dead_code, unused_imports)] // it is the tests', of which this uses a part
#[path = "../integration/fixtures/mod.rs"]
mod fixtures;

mod endpoint;
mod measure;

const STEPS: usize = 300;
/// The first step makes the sandbox, and is told apart.
const COLD_STEPS: usize = 1;
const PART: usize = 50;

#[tokio::main]
async fn main() {
    let endpoint = Endpoint::start(STEPS);
    let config = Config::with_model(&endpoint.base_url()).set_raw("limits.model_calls_per_turn", "1000");
    let daemon = Daemon::start(&config).await;
    let idle_bytes = daemon.memory_bytes("VmRSS");
    let session = daemon.session(["--approve", "none"]).await;
    daemon.run(["chat", &session, "Go."]).await.success();
    let busy_bytes = daemon.memory_bytes("VmRSS");

    let exchanges: Vec<Exchange> = endpoint.exchanges.try_iter().collect();
    assert_eq!(exchanges.len(), STEPS + 1, "a request for each step, and one for the answer");
    let mut cold = Samples::new("the first, which makes the sandbox");
    let mut steps = Samples::new("a step");
    for (number, pair) in exchanges.windows(2).enumerate() {
        // The request may be there before the thread has come back from its last write.
        let time = pair[1].asked.saturating_duration_since(pair[0].answered);
        if number < COLD_STEPS { &mut cold } else { &mut steps }.push(time);
    }
    let first = steps.part("the first 50 of them", 0..PART);
    let last = steps.part("the last 50 of them", steps.len() - PART..steps.len());
    println!("a step: from the end of the model's answer to the next request, with one execute of true");
    table(&[&steps, &first, &last, &cold]);
    ratio(&last, &first);
    println!("  connections to the model: {}", exchanges.iter().map(|exchange| exchange.connection).max().unwrap());
    let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    println!("  agentd: {:.1} MiB idle, {:.1} MiB after the turn", mebibytes(idle_bytes), mebibytes(busy_bytes));
}
