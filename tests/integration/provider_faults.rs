//! What providers do wrong, over real HTTP: each fault ends in an answer or a clear error, tools of a partial reply never run,
//! attempts are bounded, and the session's next message works. The model server holds every request against the pairing of calls
//! and results.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use proto::v1::event::Data;
use proto::v1::session_service_client::SessionServiceClient;
use proto::v1::{ChatRequest, CreateRequest, Event, Follow, TurnFinished, WatchRequest};
use serde_json::json;
use tonic::transport::Channel;

use crate::fixtures::daemon::Daemon;
use crate::fixtures::home::{Config, MODEL_KEY};
use crate::fixtures::model_server::odd_streams::{Ends, ODD_STREAMS};
use crate::fixtures::model_server::{Gate, ModelServer, Reply, Request};
use crate::fixtures::scene::Scene;

/// Attempts at one step, the first included.
const ATTEMPTS_MAX: usize = 5;

/// A client of its own for each session: a turn takes two requests, and no process.
struct Talk {
    client: SessionServiceClient<Channel>,
    session: String,
}

impl Talk {
    async fn begin(daemon: &Daemon, model: &str) -> Self {
        let mut client = daemon.sessions().await;
        let request = CreateRequest { model: model.to_owned(), approve: "none".to_owned(), ..CreateRequest::default() };
        let session = client.create(request).await.expect("a session").into_inner().id;
        Self { client, session }
    }

    /// One turn: its events and how it ended.
    async fn say(&mut self, message: &str) -> (Vec<Event>, TurnFinished) {
        let (session, message) = (self.session.clone(), message.to_owned());
        let chat = ChatRequest { session, message: message.clone(), request_id: message, ..ChatRequest::default() };
        let at = self.client.chat(chat).await.expect("a turn").into_inner();
        let follow = Follow::Turn.into();
        let watch = WatchRequest { session: at.session, from_seq: at.from_seq, follow, ..WatchRequest::default() };
        let mut stream = self.client.watch(watch).await.expect("events").into_inner();
        let mut events = Vec::new();
        while let Some(event) = stream.message().await.expect("an event") {
            events.push(event);
        }
        match events.last().and_then(|event| event.data.clone()) {
            Some(Data::TurnFinished(finished)) => (events, finished),
            other => panic!("not the end of a turn: {other:?}"),
        }
    }
}

/// The classes of the attempts that failed.
fn failures(events: &[Event]) -> Vec<String> {
    let class = |event: &Event| match &event.data {
        Some(Data::ModelAttemptFailed(failed)) => Some(failed.class.clone()),
        _ => None,
    };
    events.iter().filter_map(class).collect()
}

/// How many calls were accepted.
fn calls(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event.data, Some(Data::ToolIntent(_)))).count()
}

/// Gives the first request whose newest message is `case N` that fault, and every other request a good answer.
fn first_time(faults: Vec<Reply>) -> impl Fn(&Request) -> Reply + Send + Sync + 'static {
    let met: Mutex<HashMap<usize, usize>> = Mutex::default();
    move |request: &Request| {
        let case = request.newest("user").strip_prefix("case ").and_then(|number| number.parse::<usize>().ok());
        let Some(case) = case else { return Reply::text("And on.") };
        let mut met = met.lock().expect("nobody panics here");
        let times = met.entry(case).or_default();
        *times += 1;
        match faults.get(case).filter(|_| *times == 1) {
            Some(fault) => fault.clone(),
            None => Reply::text("Good."),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_odd_stream_ends_and_the_next_message_works() {
    let faults = ODD_STREAMS.iter().map(|odd| Reply::body(odd.bytes())).collect();
    let scene = Scene::of(ModelServer::choosing(first_time(faults)).await, |config| config).await;
    let scene = Arc::new(scene);
    let mut talks = tokio::task::JoinSet::new();
    for (number, odd) in ODD_STREAMS.iter().enumerate() {
        let scene = Arc::clone(&scene);
        talks.spawn(async move {
            let mut talk = Talk::begin(&scene.daemon, "").await;
            let (events, finished) = talk.say(&format!("case {number}")).await;
            let what = odd.what;
            match odd.ends {
                Ends::Says(_) => assert_eq!((finished.exit_code, failures(&events).len()), (0, 0), "{what}"),
                Ends::Calls(written) => {
                    assert_eq!((finished.exit_code, calls(&events)), (0, written.len()), "{what}");
                    assert_eq!(finished.steps, 2, "{what}: the results went back");
                }
                Ends::Fails(class) => {
                    assert_eq!(failures(&events), [class], "{what}");
                    assert_eq!(calls(&events), 0, "{what}: tools of a partial reply never run");
                    // It was tried again, or it is told.
                    let told = !finished.message.is_empty() && finished.exit_code == 1;
                    assert!(finished.exit_code == 0 || told, "{what}: {finished:?}");
                }
            }
            let (_, next) = talk.say("and now?").await;
            assert_eq!(next.exit_code, 0, "{what}: the next message works: {next:?}");
        });
    }
    while let Some(ended) = talks.join_next().await {
        ended.expect("every stream ends as it should");
    }
}

/// Statuses and broken answers that pass: one attempt fails each time.
#[tokio::test(flavor = "multi_thread")]
async fn faults_of_the_connection_pass() {
    let whole = || Reply::text("é€😀 ").and_call("c", "write_todos", json!({ "todos": [] }));
    let (never_begins, never_goes_on) = (Gate::closed(), Gate::closed());
    let mut faults = vec![
        (whole().held(&never_begins), "timeout"),
        (whole().and_wait(&never_goes_on), "timeout"),
        (Reply::status(500, "oops"), "server_error"),
        (Reply::status(502, "<html>Bad Gateway</html>"), "server_error"),
        (Reply::status(503, r#"{"error":"busy"}"#), "server_error"),
        (Reply::status(529, r#"{"error":{"type":"overloaded_error"}}"#), "server_error"),
        (Reply::status(408, ""), "timeout"),
        (Reply::status(409, ""), "server_error"),
        (Reply::status(429, "").header("retry-after", "0"), "rate_limited"),
        (Reply::status(429, "").header("retry-after", "soon"), "rate_limited"),
        (Reply::status(429, "").header("retry-after-ms", "20"), "rate_limited"),
        (Reply::raw(""), "cut"),
        (Reply::raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\ndata: x"), "cut"),
        (Reply::raw("\x16\x03\x01 what is this"), "cut"),
        (whole().unfinished(), "cut"),
    ];
    // Cut at any byte, among them between the bytes of a code point.
    faults.extend((1..480).step_by(23).map(|bytes| (whole().unfinished().cut_after(bytes), "cut")));
    let (replies, classes): (Vec<Reply>, Vec<&str>) = faults.into_iter().unzip();
    let server = ModelServer::choosing(first_time(replies)).await;
    let base_url = server.base_url();
    let impatient = |config: Config| {
        let config = config.set("models.impatient.api", "openai").set("models.impatient.base_url", &base_url);
        config
            .set("models.impatient.model", "m")
            .set("models.impatient.timeouts.connect", "1s")
            .set("models.impatient.timeouts.first_byte", "1s")
            .set("models.impatient.timeouts.idle", "2s")
    };
    let scene = Arc::new(Scene::of(server, impatient).await);
    let mut talks = tokio::task::JoinSet::new();
    for (number, class) in classes.into_iter().enumerate() {
        let scene = Arc::clone(&scene);
        talks.spawn(async move {
            let silent = number < 2;
            let mut talk = Talk::begin(&scene.daemon, if silent { "impatient" } else { "" }).await;
            let (events, finished) = talk.say(&format!("case {number}")).await;
            let mut failures = failures(&events);
            // On a busy machine a good answer may come too late for the impatient as well.
            failures.truncate(1);
            assert_eq!((failures, finished.exit_code), (vec![class.to_owned()], 0), "case {number}: {finished:?}");
            assert_eq!(calls(&events), 0, "case {number}: tools of a partial reply never run");
            if !silent {
                assert_eq!(talk.say("and now?").await.1.exit_code, 0, "case {number}: the next message works");
            }
        });
    }
    while let Some(ended) = talks.join_next().await {
        ended.expect("every fault passes");
    }
}

/// What does not pass is told after bounded attempts, and poisons nothing.
#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_pass_is_told() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let until = Arc::new(Mutex::new(true));
    let broken = Arc::clone(&until);
    let server = ModelServer::choosing(move |request| {
        let wanted = request.newest("user").to_owned();
        if !*broken.lock().expect("nobody panics here") {
            return Reply::text("Good.");
        }
        match wanted.as_str() {
            "down" => Reply::status(503, ""),
            "wait a year" => Reply::status(429, "").header("retry-after", "31536000"),
            "endless" => Reply::body(format!("data: {}", "x".repeat(2 << 20))),
            "no key" => Reply::status(401, r#"{"error":{"message":"no"}}"#),
            _ => Reply::status(400, r#"{"error":{"message":"what?"}}"#),
        }
    });
    let gone = |config: Config| {
        config
            .set("models.gone.api", "openai")
            .set("models.gone.base_url", &format!("http://{unused}/v1"))
            .set("models.gone.model", "m")
    };
    let scene = Arc::new(Scene::of(server.await, gone).await);
    let mut talks = tokio::task::JoinSet::new();
    for (message, model, class, attempts, exit_code) in [
        ("down", "", "server_error", ATTEMPTS_MAX, 1),
        ("anybody?", "gone", "connect", ATTEMPTS_MAX, 6),
        ("wait a year", "", "rate_limited", 1, 1),
        ("endless", "", "too_large", 1, 1),
        ("no key", "", "unauthorized", 1, 1),
        ("nonsense", "", "rejected", 1, 1),
    ] {
        let (scene, until) = (Arc::clone(&scene), Arc::clone(&until));
        talks.spawn(async move {
            let mut talk = Talk::begin(&scene.daemon, model).await;
            let began = Instant::now();
            let (events, finished) = talk.say(message).await;
            assert_eq!(failures(&events), vec![class; attempts], "{message}");
            assert_eq!(finished.exit_code, exit_code, "{message}: {finished:?}");
            assert!(!finished.message.is_empty(), "{message}: {finished:?}");
            assert!(began.elapsed() < Duration::from_secs(60), "{message}");
            (talk, model, until)
        });
    }
    let mut ended = Vec::new();
    while let Some(talk) = talks.join_next().await {
        ended.push(talk.expect("every fault is told"));
    }
    *until.lock().expect("nobody panics here") = false;
    for (mut talk, model, _) in ended {
        if model.is_empty() {
            assert_eq!(talk.say("better?").await.1.exit_code, 0, "the next message works");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_is_asked_for_is_kept() {
    let at: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let asked = Arc::clone(&at);
    let server = ModelServer::choosing(move |_| {
        let mut at = asked.lock().expect("nobody panics here");
        at.push(Instant::now());
        match at.len() {
            1 => Reply::status(429, "").header("retry-after", "1"),
            _ => Reply::text("Good."),
        }
    });
    let scene = Scene::of(server.await, |config| config).await;
    let session = scene.session([]).await;
    scene.chat(&session, "hello").await.success();
    let at = at.lock().expect("nobody panics here").clone();
    let waited = at[1].duration_since(at[0]);
    assert!(waited >= Duration::from_secs(1), "{waited:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_calls_in_one_reply_each_have_one_result() {
    let mut many = Reply::stream();
    for number in 0..300 {
        // Ids that repeat, that are missing, and that are fine.
        let id = ["same".to_owned(), String::new(), format!("call_{number}")][number % 3].clone();
        many = many.and_call(&id, "write_todos", json!({ "todos": [] }));
    }
    let scene = Scene::new([many, Reply::text("Done."), Reply::text("Again.")]).await;
    let session = scene.session(["--approve", "none"]).await;
    scene.chat(&session, "go").await.success();
    let journal = scene.journal(&session).await;
    journal.assert_sound();
    assert_eq!((journal.of("tool.done").len(), journal.of("tool.failed").len()), (256, 44));
    scene.chat(&session, "and now?").await.success();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_the_endpoint_repeats_is_shown_and_kept_nowhere() {
    let said =
        json!({ "error": { "message": format!("Incorrect API key provided: {MODEL_KEY}."), "code": MODEL_KEY } });
    let in_stream = Reply::text("I am").and_event(said.clone());
    let scene = Scene::new([
        Reply::status(401, said.to_string()),
        Reply::status(500, format!("<pre>Authorization: Bearer {MODEL_KEY}</pre>")),
        in_stream,
        Reply::status(302, "").header("location", &format!("http://127.0.0.1:9/?key={MODEL_KEY}")),
        Reply::raw(format!("HTTP/1.1 200 {MODEL_KEY}\r\nno header at all {MODEL_KEY}\r\n\r\n")),
        Reply::text("Good."),
    ])
    .await;
    let session = scene.session([]).await;
    let mut shown = String::new();
    for message in ["one", "two"] {
        let text = scene.chat(&session, message).await;
        shown += &format!("{}{}", text.stdout(), text.stderr());
    }
    let json = scene.run(["-o", "json", "chat", &session, "three"]).await;
    shown += &format!("{}{}", json.stdout(), json.stderr());
    shown += &scene.journal(&session).await.text();
    shown += &scene.run(["config", "show"]).await.stdout();
    shown += &scene.run(["-o", "json", "models"]).await.stdout();
    assert!(shown.contains("[key]"), "the endpoint's words are told, without the key:\n{shown}");
    assert!(!shown.contains(MODEL_KEY), "the key is shown:\n{shown}");
    for file in scene.daemon.home().files() {
        let bytes = std::fs::read(&file).unwrap_or_default();
        let found = bytes.windows(MODEL_KEY.len()).any(|window| window == MODEL_KEY.as_bytes());
        assert!(!found, "the key is in {}", file.display());
    }
}
