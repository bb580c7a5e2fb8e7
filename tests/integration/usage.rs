//! Budgets hold in the daemon, and what `usage` says is what the model server counted.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::fixtures::model_server::{ModelServer, Reply};
use crate::fixtures::scene::Scene;

fn call(id: &str) -> Reply {
    Reply::call(id, "write_todos", json!({ "todos": [] }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_of_tokens_ends_the_turn_and_can_be_raised() {
    let scene = Scene::new([call("a").tokens(900, 90), call("b").tokens(900, 110), Reply::text("Done.")]).await;
    let session = scene.session(["--approve", "none", "--budget-tokens", "2000"]).await;
    let refused = scene.chat(&session, "go").await.code(4);
    assert!(refused.stderr().contains("the session has used 2000 of its 2000 tokens"), "{refused}");
    assert!(refused.stderr().contains("agentctl session budget"), "{refused}");
    scene.journal(&session).await.assert_sound();
    scene.chat(&session, "please").await.code(4);
    assert_eq!(scene.model.requests().len(), 2, "nothing was asked past the budget");
    let raised = scene.run(["session", "budget", &session, "--tokens", "5000"]).await.success();
    assert!(raised.stderr().contains("may use 5000 tokens (2000 used)"), "{raised}");
    assert_eq!(scene.chat(&session, "again").await.success().stdout(), "Done.\n");
    assert_eq!(scene.journal(&session).await.only("session.budget")["tokens"], 5000);
    assert_eq!(scene.show(&session).await["budget_tokens"], 5000);
    scene.run(["session", "budget", &session]).await.code(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_of_money_holds_where_prices_are_configured() {
    let million = || call("a").tokens(1_000_000, 100_000);
    let scene = Scene::with([million(), Reply::text("Done.")], |config| {
        config.set_raw("models.fake.prices", "{ input = 0.6, output = 2.0 }").set_raw("limits.cost_per_session", "0.75")
    })
    .await;
    let session = scene.session(["--approve", "none"]).await;
    let refused = scene.chat(&session, "go").await.code(4);
    assert!(refused.stderr().contains("the session has cost 0.8000 of the 0.7500 that it may"), "{refused}");
    scene.run(["session", "budget", &session, "--cost", "0"]).await.success();
    scene.chat(&session, "again").await.success();
    let report = scene.run(["-o", "json", "usage"]).await.success().json();
    assert_eq!(report["total"]["cost_micros"], 800_080);
    let text = scene.run(["usage", "--by", "model"]).await.success();
    assert!(text.stdout().contains("COST") && text.stdout().contains("0.8001"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_of_usage_are_what_the_model_server_counted() {
    let asked = AtomicU64::new(0);
    let model = ModelServer::choosing(move |_| match asked.fetch_add(1, Ordering::Relaxed) {
        // What failed was counted by nobody.
        2 | 5 => Reply::status(503, ""),
        number => Reply::text("Yes.").tokens(100 + number, 10 + number),
    });
    let model = model.await;
    let root = model.root_url();
    let scene = Scene::of(model, |config| {
        config
            .set("models.claude.api", "anthropic")
            .set("models.claude.base_url", &root)
            .set("models.claude.model", "m")
    })
    .await;
    let (one, two) = (scene.session(["--name", "one"]).await, scene.session(["--model", "claude"]).await);
    for message in ["a", "b", "c"] {
        let (first, second) = tokio::join!(scene.chat(&one, message), scene.chat(&two, message));
        first.success();
        second.success();
    }
    scene.run(["session", "rm", "--force", &two]).await.success();
    let counted = scene.model.counted();
    assert_eq!(counted.answers, 6, "{counted:?}");
    for by in ["session", "model", "day"] {
        let report = scene.run(["-o", "json", "usage", "--by", by]).await.success().json();
        let sum = |field: &str| -> u64 {
            report["rows"].as_array().unwrap().iter().map(|row| row["usage"][field].as_u64().unwrap()).sum()
        };
        for (field, expected) in
            [("input_tokens", counted.sent), ("output_tokens", counted.written), ("model_calls", counted.answers)]
        {
            assert_eq!((sum(field), report["total"][field].as_u64()), (expected, Some(expected)), "{by} {field}");
        }
    }
    let report = scene.run(["-o", "json", "usage"]).await.success().json();
    let rows = report["rows"].as_array().unwrap();
    let removed: Vec<&Value> = rows.iter().filter(|row| row["removed"] == true).collect();
    assert_eq!((removed.len(), &removed[0]["key"]), (1, &json!(two)));
    assert!(rows.iter().any(|row| row["name"] == "one"));
}
