//! Requests that no client would send, to every method: nothing panics, hangs or leaks.
//!
//! The methods and the shapes of their requests are read from the contract itself, so that a new one is met as well. A plain
//! run sends a few hundred to each; `AGENTD_TEST_REQUESTS=10000` sends so many.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::{Buf as _, BufMut as _, Bytes};
use futures_util::{StreamExt as _, stream};
use prost::Message as _;
use prost::encoding::{WireType, encode_key, encode_varint};
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FileDescriptorSet};
use proto::v1::{CreateRequest, ListRequest, RemoveRequest};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

use crate::fixtures::daemon::Daemon;
use crate::fixtures::home::Config;
use crate::fixtures::model_server::{ModelServer, Reply};
use crate::fixtures::random::Random;
use crate::fixtures::wait::until_true;

const SEED: u64 = 3;
/// Requests of each kind to each method in a plain run.
const REQUESTS: usize = 150;
/// Sessions that requests may name.
const KNOWN: usize = 6;
/// Requests under way at once.
const SIDE_BY_SIDE: usize = 24;
/// How long a method may take to answer anything at all.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a stream is listened to.
const LISTEN: Duration = Duration::from_millis(30);
/// Memory that all of it may leave behind.
const LEFT_BYTES_MAX: u64 = 96 << 20;

fn requests() -> usize {
    std::env::var("AGENTD_TEST_REQUESTS").ok().and_then(|count| count.parse().ok()).unwrap_or(REQUESTS)
}

/// A method of the contract.
struct Method {
    path: String,
    input: String,
}

/// The contract.
struct Contract {
    methods: Vec<Method>,
    messages: BTreeMap<String, DescriptorProto>,
}

impl Contract {
    fn read() -> Self {
        let set = FileDescriptorSet::decode(proto::FILE_DESCRIPTOR_SET).unwrap();
        let (mut methods, mut messages) = (Vec::new(), BTreeMap::new());
        for file in set.file.iter().filter(|file| file.package() == "agent.v1") {
            for message in &file.message_type {
                messages.insert(format!(".agent.v1.{}", message.name()), message.clone());
            }
            for service in &file.service {
                let of = |method: &prost_types::MethodDescriptorProto| Method {
                    path: format!("/agent.v1.{}/{}", service.name(), method.name()),
                    input: method.input_type().to_owned(),
                };
                methods.extend(service.method.iter().map(of));
            }
        }
        Self { methods, messages }
    }

    /// A request of the right shape with anything in it.
    fn message(&self, name: &str, known: &[String], random: &mut Random, depth: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let Some(message) = self.messages.get(name).filter(|_| depth < 4) else { return bytes };
        for field in &message.field {
            let times = match field.label() {
                Label::Repeated => random.below(4),
                _ => u64::from(random.below(4) > 0),
            };
            for _ in 0..times {
                let number = u32::try_from(field.number()).unwrap();
                match field.r#type() {
                    Type::String | Type::Bytes => chunk(number, &words(known, random), &mut bytes),
                    Type::Message => {
                        let inner = self.message(field.type_name(), known, random, depth + 1);
                        chunk(number, &inner, &mut bytes);
                    }
                    Type::Double | Type::Fixed64 | Type::Sfixed64 => {
                        encode_key(number, WireType::SixtyFourBit, &mut bytes);
                        bytes.put_u64_le(odd_number(random));
                    }
                    Type::Float | Type::Fixed32 | Type::Sfixed32 => {
                        encode_key(number, WireType::ThirtyTwoBit, &mut bytes);
                        bytes.put_u32_le(u32::try_from(odd_number(random) & 0xffff_ffff).unwrap());
                    }
                    _ => {
                        encode_key(number, WireType::Varint, &mut bytes);
                        encode_varint(odd_number(random), &mut bytes);
                    }
                }
            }
        }
        bytes
    }
}

fn chunk(number: u32, content: &[u8], into: &mut Vec<u8>) {
    encode_key(number, WireType::LengthDelimited, into);
    encode_varint(content.len() as u64, into);
    into.extend_from_slice(content);
}

fn odd_number(random: &mut Random) -> u64 {
    const ODD: [u64; 10] =
        [0, 1, 2, 3, 7, 1 << 20, 1 << 31, u64::MAX, i64::MAX as u64, 0x7ff8_0000_0000_0000 /* not a number */];
    ODD[usize::try_from(random.below(ODD.len() as u64)).unwrap()]
}

fn words(known: &[String], random: &mut Random) -> Vec<u8> {
    let fixed: [&[u8]; 14] = [
        b"",
        b"\0",
        b"../../etc/passwd",
        b"workspace:/\xff\xfe",
        "\u{202e}\u{1b}[2J\r\n".as_bytes(),
        b"none",
        b"all",
        b"{\"a\":[[[[[[",
        b"-1",
        b"execute,nothing",
        b"ffffffffffffffffffffffffffffffff",
        b"%s%n",
        b"/no/such/place",
        b"a",
    ];
    match random.below(20) {
        0..8 => known[usize::try_from(random.below(known.len() as u64)).unwrap()].clone().into_bytes(),
        8 => vec![b'x'; 70_000],
        _ => fixed[usize::try_from(random.below(fixed.len() as u64)).unwrap()].to_vec(),
    }
}

/// Bytes that are hardly a message.
fn rubbish(random: &mut Random) -> Vec<u8> {
    let length = random.below(200);
    (0..length).map(|_| u8::try_from(random.below(256)).unwrap()).collect()
}

/// Passes bytes on as they are, both ways.
#[derive(Clone, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = usize;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = usize;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<usize>, Status> {
        let length = from.remaining();
        from.advance(length);
        Ok(Some(length))
    }
}

/// Sends messages to a method and listens for a moment. Every method is asked as a stream of both sides: on the wire there is
/// no difference.
async fn send(channel: Channel, path: &str, messages: Vec<Bytes>) -> Code {
    let path = PathAndQuery::try_from(path).unwrap();
    let mut client = tonic::client::Grpc::new(channel).max_decoding_message_size(64 << 20);
    client.ready().await.expect("the daemon is gone");
    let request = Request::new(tokio_stream::iter(messages));
    let answered = tokio::time::timeout(ANSWER_TIMEOUT, client.streaming(request, path.clone(), Raw)).await;
    match answered.unwrap_or_else(|_| panic!("{path} hangs")) {
        Err(status) => status.code(),
        Ok(answers) => {
            let mut answers = answers.into_inner();
            let listened = tokio::time::timeout(LISTEN, async {
                loop {
                    match answers.message().await {
                        Ok(Some(_)) => {}
                        Ok(None) => return Code::Ok,
                        Err(status) => return status.code(),
                    }
                }
            });
            listened.await.unwrap_or(Code::Ok)
        }
    }
}

/// Whether these bytes may end the daemon by asking it to: they are an empty message with fields that nobody knows.
fn would_shut_down(path: &str, bytes: &[u8]) -> bool {
    path.ends_with("/Shutdown") && proto::v1::ShutdownRequest::decode(bytes).is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_sent_to_any_method_disturbs_the_daemon() {
    let model = ModelServer::choosing(|_| Reply::text("Well.")).await;
    let config = Config::with_model(&model.base_url()).set_raw("limits.sessions", "40");
    // No engine: what a sandbox says is tested elsewhere, and here none is to be made.
    let daemon = Daemon::start_with(&config, &[("DOCKER_HOST", "unix:///nonexistent/docker.sock")]).await;
    let first = daemon.session([]).await;
    daemon.run(["chat", &first, "warm up"]).await.success();
    let contract = Contract::read();
    assert!(contract.methods.len() > 20, "{}", contract.methods.len());
    let (descriptors, memory) = (daemon.descriptors(), daemon.memory_bytes("VmRSS"));

    let count = requests();
    let mut codes: BTreeMap<String, usize> = BTreeMap::new();
    for (n, method) in (0_u64..).zip(&contract.methods) {
        let known = fresh_sessions(&daemon).await;
        let mut random = Random::new(SEED, n);
        let mut sent = Vec::new();
        for kind in 0..2 * count {
            let typed = kind % 2 == 0;
            let messages: Vec<Bytes> = (0..=random.below(2))
                .map(|_| {
                    let mut bytes = contract.message(&method.input, &known, &mut random, 0);
                    if !typed && random.below(2) == 0 {
                        let cut = random.below(bytes.len() as u64 + 1);
                        bytes.truncate(usize::try_from(cut).unwrap());
                        bytes.extend(rubbish(&mut random));
                    } else if !typed {
                        bytes = rubbish(&mut random);
                    }
                    Bytes::from(bytes)
                })
                .collect();
            if !messages.iter().any(|bytes| would_shut_down(&method.path, bytes)) {
                sent.push(messages);
            }
        }
        let channel = daemon.channel().await.unwrap();
        let answers = stream::iter(sent).map(|messages| send(channel.clone(), &method.path, messages));
        let answers: Vec<Code> = answers.buffer_unordered(SIDE_BY_SIDE).collect().await;
        for code in answers {
            *codes.entry(format!("{code:?}")).or_default() += 1;
        }
    }
    println!("{} methods were sent {count} random and {count} broken requests each: {codes:?}", contract.methods.len());
    broken_connections(&daemon, count).await;

    assert!(!daemon.log().contains("panicked"), "a request made a panic");
    assert_eq!(daemon.status().await.epoch, 1, "the daemon was started anew");
    let fresh = daemon.session([]).await;
    daemon.run(["chat", &fresh, "are you well?"]).await.success();
    until_true("the descriptors are back", async || daemon.descriptors() <= descriptors + 8).await;
    let left = daemon.memory_bytes("VmRSS").saturating_sub(memory);
    println!("{} KiB are left", left >> 10);
    assert!(left < LEFT_BYTES_MAX, "{left} bytes are left");
    daemon.run(["journal", "verify"]).await.success();
}

/// A few sessions to aim at, whatever became of those before.
async fn fresh_sessions(daemon: &Daemon) -> Vec<String> {
    let mut client = daemon.sessions().await;
    for session in client.list(ListRequest {}).await.unwrap().into_inner().sessions {
        client.remove(RemoveRequest { session: session.id, force: true }).await.unwrap();
    }
    let mut known = Vec::new();
    for _ in 0..KNOWN {
        known.push(client.create(CreateRequest::default()).await.unwrap().into_inner().id);
    }
    known
}

/// Bytes on the socket that are hardly HTTP/2.
async fn broken_connections(daemon: &Daemon, count: usize) {
    let opening = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let one = |n: u64| async move {
        let mut random = Random::new(SEED, 1000 + n);
        let mut socket = tokio::net::UnixStream::connect(daemon.home().socket()).await.unwrap();
        if random.below(4) > 0 {
            let _ = socket.write_all(opening).await;
        }
        for _ in 0..random.below(5) {
            let payload = rubbish(&mut random);
            let length = if random.below(8) == 0 { 0x00ff_ffff } else { u32::try_from(payload.len()).unwrap() };
            let mut frame = length.to_be_bytes()[1..].to_vec();
            frame.extend([u8::try_from(random.below(12)).unwrap(), u8::try_from(random.below(256)).unwrap()]);
            frame.extend(u32::try_from(random.below(8)).unwrap().to_be_bytes());
            frame.extend(payload);
            // A daemon that has had enough closes: no harm.
            if socket.write_all(&frame).await.is_err() {
                break;
            }
        }
        let mut answer = [0; 512];
        let _ = tokio::time::timeout(LISTEN, socket.read(&mut answer)).await;
    };
    stream::iter(0..count as u64).map(one).buffer_unordered(SIDE_BY_SIDE).collect::<Vec<()>>().await;
}
