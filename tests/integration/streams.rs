//! What clients see of a session, whenever they come, however often they are cut, and whoever else is there.

use std::time::Duration;

use futures_util::future::join_all;
use proto::v1::event::Data;
use proto::v1::{ChatRequest, Event, Follow, WatchRequest};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use crate::fixtures::model_server::{Gate, ModelServer, Reply, Request};
use crate::fixtures::random::Random;
use crate::fixtures::scene::Scene;
use crate::fixtures::wait::until_true;

/// Watchers that are cut again and again.
const CUT_WATCHERS: u64 = 8;
/// Turns while they watch.
const TURNS: u64 = 12;
/// Watches of what is over, from anywhere.
const REPLAYS: u64 = 200;

/// Plans first, then answers: a turn of a dozen rows without a sandbox.
fn plan_then_answer(request: &Request) -> Reply {
    let planned = request.messages().last().is_some_and(|message| message["role"] == "tool");
    let todos = json!({"todos": [{"content": "look", "status": "pending"}]});
    let call = format!("call_{}", request.messages().len());
    if planned { Reply::text("Done as planned.") } else { Reply::call(&call, "write_todos", todos) }
}

async fn planning() -> Scene {
    Scene::of(ModelServer::choosing(plan_then_answer).await, |config| config).await
}

fn chat(session: &str, turn: u64) -> ChatRequest {
    let (message, request_id) = (format!("turn {turn}"), format!("request {turn}"));
    ChatRequest { session: session.to_owned(), message, request_id, ..ChatRequest::default() }
}

fn ends_turn(event: &Event, turn: u64) -> bool {
    event.turn == turn && matches!(event.data, Some(Data::TurnFinished(_)))
}

/// Watches from a row on, through cuts at random, until `last` says that it was the last one. Gives the rows alone.
async fn watch_with_cuts(
    scene: &Scene,
    session: &str,
    from_seq: u64,
    random: &mut Random,
    last: impl Fn(&Event) -> bool,
) -> Vec<Event> {
    let mut rows: Vec<Event> = Vec::new();
    let mut client = scene.daemon.sessions().await;
    loop {
        let request = WatchRequest {
            session: session.to_owned(),
            from_seq: rows.last().and_then(|row| row.seq).map_or(from_seq, |seq| seq + 1),
            follow: Follow::Forever.into(),
            turn: 0,
            live: random.below(2) == 0,
        };
        let mut events = client.watch(request).await.unwrap().into_inner();
        for _ in 0..random.below(7) {
            let event = events.message().await.unwrap().expect("the stream ended");
            if event.seq.is_some() {
                rows.push(event);
                if last(&rows[rows.len() - 1]) {
                    return rows;
                }
            }
        }
        if random.below(3) == 0 {
            client = scene.daemon.sessions().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn however_often_a_watcher_is_cut_it_sees_every_row_once() {
    let scene = planning().await;
    let session = scene.session([]).await;
    let talk = async {
        let mut client = scene.daemon.sessions().await;
        for turn in 1..=TURNS {
            let position = client.chat(chat(&session, turn)).await.unwrap().into_inner();
            let request = WatchRequest {
                session: session.clone(),
                from_seq: position.from_seq,
                follow: Follow::Turn.into(),
                ..WatchRequest::default()
            };
            let mut events = client.watch(request).await.unwrap().into_inner();
            while events.message().await.unwrap().is_some() {}
        }
    };
    let (scene_ref, session_ref) = (&scene, session.as_str());
    let watchers = join_all((0..CUT_WATCHERS).map(|n| async move {
        let mut random = Random::new(41, n);
        watch_with_cuts(scene_ref, session_ref, 1, &mut random, |event| ends_turn(event, TURNS)).await
    }));
    let ((), seen) = tokio::join!(talk, watchers);
    let whole = &seen[0];
    let sequence: Vec<u64> = whole.iter().filter_map(|row| row.seq).collect();
    assert_eq!(sequence, (1..=whole.len() as u64).collect::<Vec<_>>());
    assert!(seen.iter().all(|rows| rows == whole), "watchers saw different rows");

    // And of what is over, from anywhere.
    let mut random = Random::new(42, 0);
    for _ in 0..REPLAYS {
        let from = 1 + random.below(whole.len() as u64);
        let rows = watch_with_cuts(&scene, &session, from, &mut random, |event| ends_turn(event, TURNS)).await;
        let skipped = usize::try_from(from - 1).unwrap();
        assert!(rows == whole[skipped..], "from row {from}");
    }
}

/// The text of a stream of JSON lines, put together as a client does: a higher attempt replaces what was shown.
fn text_by_attempt(lines: &[Value]) -> Vec<(u64, String)> {
    let mut attempts: Vec<(u64, String)> = Vec::new();
    for line in lines.iter().filter(|line| line["type"] == "text.delta") {
        let attempt = line["attempt"].as_u64().unwrap();
        if attempts.last().is_none_or(|(last, _)| *last != attempt) {
            attempts.push((attempt, String::new()));
        }
        let (_, text) = attempts.last_mut().unwrap();
        assert_eq!(line["offset"], text.len(), "a gap or a double in attempt {attempt}: {line}");
        text.push_str(line["data"]["text"].as_str().unwrap());
    }
    attempts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_with_its_daemon_is_taken_up_and_shows_each_byte_once() {
    let cut = Reply::text("Half an ").and_wait(&Gate::closed());
    let gate = Gate::closed();
    let whole = Reply::text("A whole ").and_wait(&gate).and_text("answer.");
    let mut scene = Scene::new([cut, whole]).await;
    let session = scene.session([]).await;
    let json = scene.daemon.agentctl(["-o", "json", "chat", &session, "hello", "--request-id", "one"]).spawn();
    json.printed("an ").await;
    let text = scene.daemon.agentctl(["chat", &session, "hello", "--request-id", "one"]).spawn();
    let watching = scene.daemon.agentctl(["events", &session, "--turn", "1", "--follow"]).spawn();
    watching.printed("an ").await;
    scene.daemon.kill9();
    scene.daemon.restart().await;
    // Every client is back before the answer is whole.
    json.printed("whole ").await;
    watching.printed("whole ").await;
    gate.open();

    let json = json.finish().await.success();
    let lines = json.json_lines();
    let rows: Vec<u64> = lines.iter().filter_map(|line| line["seq"].as_u64()).collect();
    assert_eq!(rows, (2..2 + rows.len() as u64).collect::<Vec<_>>(), "{json}");
    assert_eq!(text_by_attempt(&lines), [(1, "Half an ".to_owned()), (2, "A whole answer.".to_owned())]);
    assert_eq!(lines.last().unwrap()["type"], "turn.finished");
    // Not a byte of what became void gets into a file.
    assert_eq!(text.finish().await.success().stdout(), "A whole answer.\n");
    let watched = watching.finish().await.success().json_lines();
    let rows_of = |lines: &[Value]| lines.iter().filter(|line| !line["seq"].is_null()).cloned().collect::<Vec<_>>();
    let watched: Vec<Value> = rows_of(&watched).into_iter().filter(|row| row["turn"] == 1).collect();
    assert_eq!(watched, rows_of(&lines));
    scene.run(["journal", "verify"]).await.success();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_is_one_turn_for_all_who_send_it() {
    let gate = Gate::closed();
    let scene = Scene::new([Reply::text("Said once.").and_wait(&gate)]).await;
    let session = scene.session([]).await;
    let arguments = ["-o", "json", "chat", &session, "hello", "--request-id", "one"];
    let first = scene.daemon.agentctl(arguments).spawn();
    first.printed("once.").await;
    let second = scene.daemon.agentctl(arguments).spawn();
    second.printed("once.").await;
    gate.open();
    let rows = |output: &crate::fixtures::cli::CheckedOutput| -> Vec<Value> {
        output.json_lines().into_iter().filter(|line| !line["seq"].is_null()).collect()
    };
    let first = first.finish().await.success();
    let wanted = rows(&first);
    assert_eq!(wanted[0]["type"], "turn.started", "{first}");
    assert_eq!(rows(&second.finish().await.success()), wanted);
    assert_eq!(rows(&scene.run(arguments).await.success()), wanted, "long after");
    let other = scene.run(["-o", "json", "chat", &session, "something else", "--request-id", "one"]).await.code(1);
    assert_eq!(other.json_error()["code"], "REQUEST_ID_REUSED");
    assert_eq!(scene.model.requests().len(), 1);
}

/// Readers that do not read.
const STALLED: usize = 200;
/// Connections that break in the middle of a frame.
const RESETS: usize = 1000;
/// Bytes of the reply that nobody takes.
const LONG_REPLY_BYTES: usize = 4 << 20;
/// Memory that all of them may cost at most.
const COST_BYTES_MAX: u64 = 150 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn readers_that_stall_and_clients_that_break_off_are_nobody_elses_concern() {
    let model = ModelServer::choosing(|request| match request.newest("user") {
        "at length" => "x"
            .repeat(LONG_REPLY_BYTES)
            .as_bytes()
            .chunks(8 << 10)
            .fold(Reply::stream(), |reply, piece| reply.and_text(std::str::from_utf8(piece).unwrap())),
        _ => Reply::text("Briefly."),
    });
    let scene = Scene::of(model.await, |config| config).await;
    let (loud, calm) = (scene.session([]).await, scene.session([]).await);
    scene.chat(&calm, "warm up").await.success();
    let (descriptors, memory) = (scene.daemon.descriptors(), scene.daemon.memory_bytes("VmRSS"));

    let stalled = join_all((0..STALLED).map(|_| async {
        let follow = Follow::Forever.into();
        let request = WatchRequest { session: loud.clone(), follow, live: true, ..WatchRequest::default() };
        // Held, and never read from.
        (scene.daemon.sessions().await.watch(request).await.unwrap(), ())
    }))
    .await;
    for n in 0..RESETS {
        let mut broken = tokio::net::UnixStream::connect(scene.daemon.home().socket()).await.unwrap();
        // The opening of a connection and half a frame, or less.
        let opening = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64\x00\x00\x20\x01\x04";
        broken.write_all(&opening[..n % opening.len() + 1]).await.unwrap();
    }
    let loud_turn = scene.run(["-o", "json", "chat", &loud, "at length"]);
    let calm_turns = async {
        for _ in 0..5 {
            assert_eq!(scene.chat(&calm, "again").await.success().stdout(), "Briefly.\n");
        }
    };
    let (loud_turn, ()) = tokio::join!(loud_turn, calm_turns);
    let text: usize = text_by_attempt(&loud_turn.success().json_lines()).iter().map(|(_, text)| text.len()).sum();
    assert!(text <= LONG_REPLY_BYTES, "{text} bytes of {LONG_REPLY_BYTES} were shown");
    assert_eq!(scene.turn_end(&loud).await.only("message.done")["text"].as_str().unwrap().len(), LONG_REPLY_BYTES);
    let cost = scene.daemon.memory_bytes("VmRSS").saturating_sub(memory);
    println!("{STALLED} stalled readers cost {} KiB", cost >> 10);
    assert!(cost < COST_BYTES_MAX, "{cost} bytes");
    drop(stalled);
    until_true("the descriptors are back", async || scene.daemon.descriptors() <= descriptors + 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_watch_one_session_and_see_the_same() {
    let gate = Gate::closed();
    let scene = Scene::new([Reply::text("For everyone.").held(&gate)]).await;
    let session = scene.session([]).await;
    scene.run(["chat", &session, "hello", "--detach"]).await.success();
    let channel = scene.daemon.sessions().await;
    let watchers = join_all((0..150).map(|_| async {
        let follow = Follow::Turn.into();
        let request = WatchRequest { session: session.clone(), follow, live: true, ..WatchRequest::default() };
        channel.clone().watch(request).await.unwrap().into_inner()
    }))
    .await;
    gate.open();
    let seen = join_all(watchers.into_iter().map(|mut events| async move {
        let (mut rows, mut text) = (Vec::new(), String::new());
        while let Some(event) = tokio::time::timeout(Duration::from_secs(30), events.message()).await.unwrap().unwrap()
        {
            match &event.data {
                Some(Data::TextDelta(delta)) => text.push_str(&delta.text),
                _ if event.seq.is_some() => rows.push(event),
                _ => {}
            }
        }
        (rows, text)
    }))
    .await;
    for (rows, text) in &seen {
        assert_eq!(text, "For everyone.");
        assert!(*rows == seen[0].0, "other rows");
    }
}
