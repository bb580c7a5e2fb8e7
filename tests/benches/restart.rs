//! How soon agentd is ready again over a long history, and how much memory that takes: many sessions with many events, some
//! of them with a turn that was open when the daemon died.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a benchmark that cannot go on says why
#![allow(clippy::print_stdout)] // and its figures

use std::net::TcpListener;
use std::time::Instant;

use agentd::domain::approval::Principal;
use agentd::domain::event::{Body, Event, Purpose, TurnStatus};
use agentd::domain::ids::{CallId, SessionId};
use agentd::domain::message::{AssistantMessage, ToolCall, Usage};
use agentd::domain::outcome::{Outcome, OutcomeKind, ReplayClass};
use agentd::domain::time::WallTime;
use agentd::session::state::SessionState;
use agentd::session::view::SessionView;
use agentd::store::{Append, NewRow, Store};
use fixtures::daemon::Daemon;
use fixtures::home::Config;
use measure::{Samples, table};
use serde_json::json;

#[allow(dead_code, unused_imports)] // it is the tests', of which this uses a part
#[path = "../integration/fixtures/mod.rs"]
mod fixtures;

mod measure;

const SESSIONS: u64 = 1000;
const EVENTS: u64 = 200_000;
/// Sessions whose turn was open.
const OPEN: u64 = 20;
const STARTS: usize = 7;
/// About what a command says.
const OUTPUT_BYTES: usize = 400;

#[tokio::main]
async fn main() {
    // An endpoint that takes connections and never answers: open turns stay open.
    let endpoint = TcpListener::bind("127.0.0.1:0").unwrap();
    let config = Config::with_model(&format!("http://{}/v1", endpoint.local_addr().unwrap()));
    let mut daemon = Daemon::start_with(&config, &[("DOCKER_HOST", "unix:///nonexistent/docker.sock")]).await;
    // The options of a session, as this daemon settles them.
    let pattern = daemon.session([]).await;
    assert!(daemon.sigterm().await.success());
    let store = Store::open(&daemon.home().state()).unwrap();
    let pattern = store.rows(&SessionId::try_from(pattern).unwrap(), 1, 1).await.unwrap().remove(0);
    let created = Body::decode(&pattern.kind, &pattern.body).unwrap();
    let mut events = 0;
    for number in 0..SESSIONS {
        events += write_session(&store, &created, number).await;
    }
    store.close().await.unwrap();

    let mut ready = Samples::new("from its start to its first answer");
    let mut memory_bytes = 0;
    for _ in 0..STARTS {
        let began = Instant::now();
        daemon.restart().await;
        ready.push(began.elapsed());
        memory_bytes = memory_bytes.max(daemon.memory_bytes("VmHWM"));
        let status = daemon.status().await;
        assert_eq!((status.sessions, status.running), (SESSIONS + 1, OPEN));
        daemon.kill9();
    }
    println!("a restart: {} sessions, {OPEN} of them with an open turn, {events} events", SESSIONS + 1);
    table(&[&ready]);
    println!("  memory at most: {:.1} MiB", memory_bytes as f64 / f64::from(1 << 20));
}

/// A session of turns that each run one command.
async fn write_session(store: &Store, created: &Body, number: u64) -> u64 {
    let session = SessionId::from_random((u128::from(number) + (1 << 100)).to_le_bytes());
    let wall_time = WallTime::now();
    let mut bodies = vec![(0, created.clone())];
    let mut turn = 0;
    while (bodies.len() as u64) < EVENTS / SESSIONS {
        turn += 1;
        bodies.extend(whole_turn(turn).into_iter().map(|body| (turn, body)));
    }
    if number < OPEN {
        bodies.push((turn + 1, started(turn + 1)));
    }
    let events: Vec<Event> = (1..)
        .zip(&bodies)
        .map(|(seq, (turn, body))| Event {
            session: session.clone(),
            seq,
            turn: *turn,
            time: wall_time,
            body: body.clone(),
        })
        .collect();
    let state = SessionState::fold(&events).unwrap();
    let rows = bodies.iter().map(|(turn, body)| {
        let (kind, body) = body.encode().unwrap();
        NewRow { turn: *turn, kind, body }
    });
    let append = Append {
        session,
        expected_head: 0,
        wall_time,
        rows: rows.collect(),
        summary: serde_json::to_string(&SessionView::of(&state)).unwrap(),
        name: None,
        request: None,
        usage: None,
    };
    store.append(append).await.unwrap().len() as u64
}

fn started(turn: u64) -> Body {
    Body::TurnStarted {
        request_id: format!("request {turn}"),
        message: "Run the tests, and say what fails.".to_owned(),
        model: "fake".to_owned(),
        timeout_ms: 1_800_000,
        who: Principal::default(),
        answer_schema: None,
        attachments: Vec::new(),
        system: None,
        agents_file: None,
    }
}

fn whole_turn(turn: u64) -> Vec<Body> {
    let id = CallId::try_from(format!("call_{turn}")).unwrap();
    let usage = Usage { input_tokens: 1000, output_tokens: 100, model_calls: 1, ..Usage::default() };
    let asked = |step| Body::ModelIntent {
        step,
        attempt: 1,
        model: "fake".to_owned(),
        request_hash: "0".repeat(64),
        purpose: Purpose::Reply,
        request_bytes: 0,
    };
    let done = |step, text: &str, tool_calls| Body::ModelDone {
        step,
        attempt: 1,
        message: AssistantMessage { text: text.to_owned(), tool_calls, ..AssistantMessage::default() },
        finish_reason: "stop".to_owned(),
        usage,
    };
    let arguments = json!({"command": "make test"});
    let call = ToolCall { id: id.clone(), tool: "execute".to_owned(), arguments: arguments.to_string() };
    let answer = "Two tests fail. ".repeat(10);
    vec![
        started(turn),
        asked(1),
        done(1, "", vec![call]),
        Body::ToolIntent {
            call: id.clone(),
            tool: "execute".to_owned(),
            arguments,
            replay: ReplayClass::Effect,
            needs_approval: false,
        },
        Body::ToolEnded {
            call: id,
            tool: "execute".to_owned(),
            outcome: Outcome::plain(OutcomeKind::Done, "x".repeat(OUTPUT_BYTES)),
        },
        asked(2),
        done(2, &answer, Vec::new()),
        Body::MessageDone { step: 2, text: answer },
        Body::TurnFinished {
            status: TurnStatus::Completed,
            exit_code: 0,
            message: String::new(),
            hint: String::new(),
            waiting: Vec::new(),
            steps: 2,
            usage,
            answer: None,
        },
    ]
}
