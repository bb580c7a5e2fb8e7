//! A model endpoint that does as little as it can beside telling when: it gives one tool call after the other, and takes
//! the time at the last byte of each answer and at the last byte of each request.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Instant;

/// What the endpoint saw.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exchange {
    /// When the request was there.
    pub(crate) asked: Instant,
    /// When the last byte of its answer was written.
    pub(crate) answered: Instant,
    /// Which connection it came on, from 1.
    pub(crate) connection: usize,
}

/// An endpoint on threads of its own, which end with the process.
pub(crate) struct Endpoint {
    address: SocketAddr,
    /// Every exchange, in order.
    pub(crate) exchanges: Receiver<Exchange>,
}

impl Endpoint {
    /// Gives so many calls of `execute` with the command `true`, then a text.
    pub(crate) fn start(calls: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (sender, exchanges) = channel();
        thread::spawn(move || {
            let requests = Arc::new(AtomicUsize::new(0));
            for (connection, stream) in listener.incoming().enumerate() {
                let (stream, sender, requests) = (stream.expect("a connection"), sender.clone(), Arc::clone(&requests));
                // Where the client hangs up, it comes again.
                thread::spawn(move || serve(stream, connection + 1, calls, &requests, &sender));
            }
        });
        Self { address, exchanges }
    }

    /// What belongs into `base_url`.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }
}

fn serve(
    stream: TcpStream,
    connection: usize,
    calls: usize,
    requests: &AtomicUsize,
    exchanges: &Sender<Exchange>,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    while read(&mut reader)? {
        let asked = Instant::now();
        let number = requests.fetch_add(1, Ordering::Relaxed) + 1;
        for piece in answer(number, calls) {
            writer.write_all(piece.as_bytes())?;
        }
        // Nobody listens any more once everything is measured.
        let _ = exchanges.send(Exchange { asked, answered: Instant::now(), connection });
    }
    Ok(())
}

/// Reads one request whole; whether there was one.
fn read(reader: &mut BufReader<TcpStream>) -> std::io::Result<bool> {
    let mut length = 0;
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(false);
        }
        if line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().expect("a length");
        }
    }
    reader.read_exact(&mut vec![0; length])?;
    Ok(true)
}

/// The pieces of an answer, as servers write them: the end of the body comes after the end of the stream of events.
fn answer(number: usize, calls: usize) -> Vec<String> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let end = r#"{"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":10}}"#;
    let deltas = if number <= calls {
        let call = format!(
            r#"{{"tool_calls":[{{"index":0,"id":"call_{number}","type":"function","function":{{"name":"execute","arguments":"{{\"command\": \"true\"}}"}}}}]}}"#
        );
        vec![r#"{"content":"Next."}"#.to_owned(), call]
    } else {
        vec![r#"{"content":"Done."}"#.to_owned()]
    };
    let reason = if number <= calls { "tool_calls" } else { "stop" };
    let chunk = |data: &str| format!("{:x}\r\ndata: {data}\n\n\r\n", data.len() + 8);
    let mut pieces = vec![head.to_owned()];
    pieces.extend(deltas.iter().map(|delta| chunk(&format!(r#"{{"choices":[{{"index":0,"delta":{delta}}}]}}"#))));
    pieces.push(chunk(&format!(r#"{{"choices":[{{"index":0,"delta":{{}},"finish_reason":"{reason}"}}]}}"#)));
    pieces.push(chunk(end));
    pieces.push(chunk("[DONE]"));
    pieces.push("0\r\n\r\n".to_owned());
    pieces
}
