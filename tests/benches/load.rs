//! Many sessions at once: what agentd adds to the first word of an answer, and what it needs, with a thousand answers
//! streaming side by side, and with commands running in fifty sandboxes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a benchmark that cannot go on says why
#![allow(clippy::print_stdout)] // and its figures

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use proto::v1::event::Data;
use proto::v1::session_service_client::SessionServiceClient;
use proto::v1::{ChatRequest, CreateRequest, Follow, TurnStatus, WatchRequest};
use serde_json::json;
use tokio::task::JoinSet;
use tonic::transport::Channel;

use fixtures::daemon::Daemon;
use fixtures::home::Config;
use fixtures::model_server::{ModelServer, Reply, Request};
use measure::{Samples, table};

#[allow(dead_code, unused_imports)] // it is the tests', of which this uses a part
#[path = "../integration/fixtures/mod.rs"]
mod fixtures;

mod measure;

const TALKING: usize = 1000;
const WORKING: usize = 50;
/// Connections to agentd that the sessions share.
const CHANNELS: usize = 10;
/// Sessions begin one after the other in this time, and each answer takes longer than it: they all stream at once.
const BEGIN_WITHIN: Duration = Duration::from_secs(10);
const WORDS: usize = 30;
const WORD_EVERY: Duration = Duration::from_millis(500);

#[tokio::main]
async fn main() {
    let began = Instant::now();
    let model = ModelServer::choosing(move |request| reply(request, began)).await;
    let config = Config::with_model(&model.base_url()).set_raw("limits.sessions", "2000");
    let daemon = Daemon::start(&config).await;
    let mut channels = Vec::new();
    for _ in 0..CHANNELS {
        channels.push(daemon.channel().await.unwrap());
    }
    let idle_bytes = daemon.memory_bytes("VmRSS");

    let mut asked = Samples::new("chat to the model's request");
    let mut first = Samples::new("the model's first word to the client");
    let talks = side_by_side(TALKING, BEGIN_WITHIN, &channels, began, "talk").await;
    for talk in talks {
        let word = talk.first_word.expect("a first word");
        asked.push(word.written.saturating_sub(talk.sent));
        first.push(word.read.saturating_sub(word.written));
    }
    println!("{TALKING} sessions at once, each with an answer that streams for {:?}", WORD_EVERY * 30);
    table(&[&asked, &first]);
    println!(
        "  p99: {:.3} and {:.3}",
        measure::milliseconds(asked.quantile(99)),
        measure::milliseconds(first.quantile(99))
    );
    let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let most = daemon.memory_bytes("VmHWM");
    println!("  agentd: {:.1} MiB idle, {:.1} MiB at its most", mebibytes(idle_bytes), mebibytes(most));

    let worked = Instant::now();
    side_by_side(WORKING, Duration::ZERO, &channels, began, "work").await;
    println!(
        "{WORKING} sessions at once, each with a command of 2 s in its sandbox: all done after {:.1?}",
        worked.elapsed()
    );
    println!("  agentd: {:.1} MiB at its most", mebibytes(daemon.memory_bytes("VmHWM")));
    model.verify();
}

/// The first word of an answer, in time since the beginning.
struct FirstWord {
    written: Duration,
    read: Duration,
}

/// What a session saw.
struct Talk {
    sent: Duration,
    first_word: Option<FirstWord>,
}

async fn side_by_side(count: usize, within: Duration, channels: &[Channel], began: Instant, what: &str) -> Vec<Talk> {
    let mut talks = JoinSet::new();
    for number in 0..count {
        let client = SessionServiceClient::new(channels[number % channels.len()].clone());
        let wait = within.mul_f64(number as f64 / count as f64);
        let what = what.to_owned();
        talks.spawn(async move {
            tokio::time::sleep(wait).await;
            talk(client, began, &what).await
        });
    }
    talks.join_all().await
}

async fn talk(mut client: SessionServiceClient<Channel>, began: Instant, what: &str) -> Talk {
    let wanted = CreateRequest { approve: "none".to_owned(), ..CreateRequest::default() };
    let session = client.create(wanted).await.unwrap().into_inner().id;
    let sent = began.elapsed();
    let chat = ChatRequest {
        session: session.clone(),
        message: what.to_owned(),
        request_id: "r".to_owned(),
        ..ChatRequest::default()
    };
    let at = client.chat(chat).await.unwrap().into_inner();
    let watch = WatchRequest {
        session,
        from_seq: at.from_seq,
        follow: Follow::Turn.into(),
        live: true,
        ..WatchRequest::default()
    };
    let mut events = client.watch(watch).await.unwrap().into_inner();
    let mut first_word = None;
    while let Some(event) = events.next().await {
        match event.unwrap().data {
            Some(Data::TextDelta(delta)) if first_word.is_none() => {
                let read = began.elapsed();
                let nanos = delta.text.split_whitespace().next().and_then(|word| word.parse().ok());
                first_word = nanos.map(|nanos| FirstWord { written: Duration::from_nanos(nanos), read });
            }
            Some(Data::TurnFinished(end)) => {
                assert_eq!(end.status(), TurnStatus::Completed, "{end:?}");
                return Talk { sent, first_word };
            }
            _ => {}
        }
    }
    panic!("the stream of a session ended before its turn");
}

/// The first word of an answer is the time at which it is written.
fn reply(request: &Request, began: Instant) -> Reply {
    let newest = request.messages().last().map(|message| message["role"] == "user");
    if request.newest("user") == "work" && newest == Some(true) {
        return Reply::call("call_1", "execute", json!({ "command": "sleep 2" }));
    }
    let words = if request.newest("user") == "work" { 1 } else { WORDS };
    let now = format!("{} ", began.elapsed().as_nanos());
    (1..words).fold(Reply::stream().and_text(&now), |reply, _| reply.and_delay(WORD_EVERY).and_text("word "))
}
