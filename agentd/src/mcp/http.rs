//! A server at a URL: each message is a POST, each answer a JSON body or a stream of events (streamable HTTP).

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response, StatusCode, Url};
use serde_json::{Value, json};

use crate::model::http::{self, SseReader};

use super::connection::Trouble;
use super::message::{self, Incoming, MESSAGE_BYTES_MAX, PROTOCOL_VERSION};

/// The header that names what the server keeps for a client.
const SESSION_HEADER: &str = "mcp-session-id";

/// A server and what it keeps for us.
pub(super) struct Http {
    client: Client,
    url: Url,
    headers: HeaderMap,
    session: Mutex<Option<HeaderValue>>,
    is_gone: AtomicBool,
    next_id: AtomicU64,
}

impl Http {
    /// The server at this URL. Nothing is sent yet.
    pub(super) fn new(url: &str, headers: &[(String, String)]) -> Result<Self, Trouble> {
        let cannot = |why: String| Trouble::NotSent(why);
        let url = Url::parse(url).map_err(|error| cannot(format!("its url cannot be read: {error}")))?;
        let client = http::client(&url).map_err(cannot)?;
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::try_from(name).map_err(|_| cannot(format!("{name:?} is no header")))?;
            let mut value = HeaderValue::try_from(value)
                .map_err(|_| cannot(format!("what the variable for header {name} holds cannot be sent")))?;
            value.set_sensitive(true);
            map.insert(name, value);
        }
        Ok(Self {
            client,
            url,
            headers: map,
            session: Mutex::default(),
            is_gone: AtomicBool::new(false),
            next_id: AtomicU64::new(1),
        })
    }

    pub(super) fn is_alive(&self) -> bool {
        !self.is_gone.load(Ordering::Acquire)
    }

    pub(super) async fn request(&self, method: &str, params: &Value) -> Result<Value, Trouble> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let response = self.post(message::request(id, method, params)).await?;
        if let Some(session) = response.headers().get(SESSION_HEADER) {
            *self.session.lock().unwrap_or_else(PoisonError::into_inner) = Some(session.clone());
        }
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("text/event-stream") {
            self.streamed(response, id).await
        } else {
            whole(response, id).await
        }
    }

    pub(super) async fn notify(&self, method: &str) -> Result<(), Trouble> {
        self.post(message::notification(method, &json!({}))).await.map(drop)
    }

    async fn post(&self, body: String) -> Result<Response, Trouble> {
        let mut post = self.client.post(self.url.clone()).headers(self.headers.clone()).body(body);
        post = post.header(CONTENT_TYPE, "application/json").header(ACCEPT, "application/json, text/event-stream");
        post = post.header("mcp-protocol-version", PROTOCOL_VERSION);
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let has_session = session.is_some();
        if let Some(session) = session {
            post = post.header(SESSION_HEADER, session);
        }
        let response = post.send().await.map_err(|error| match error.is_connect() {
            true => Trouble::NotSent(format!("no connection: {}", http::cause(&error))),
            false => Trouble::Lost(http::cause(&error)),
        })?;
        let status = response.status();
        if status == StatusCode::NOT_FOUND && has_session {
            // It has forgotten us: the next call begins anew.
            self.is_gone.store(true, Ordering::Release);
            return Err(Trouble::NotSent("it has ended the session".to_owned()));
        }
        if status.is_success() {
            return Ok(response);
        }
        let words = format!("it answers with HTTP {}", status.as_u16());
        // An error of the client's kind was not carried out; one of the server's may have been.
        Err(if status.is_server_error() { Trouble::Lost(words) } else { Trouble::NotSent(words) })
    }

    /// The answer out of a stream of events. What the server asks of us in between is answered.
    async fn streamed(&self, mut response: Response, id: u64) -> Result<Value, Trouble> {
        let mut reader = SseReader::default();
        let mut events = Vec::new();
        let too_long = |_| Trouble::Lost("it sent an event that is too long".to_owned());
        loop {
            let chunk = response.chunk().await.map_err(|error| Trouble::Lost(http::cause(&error)))?;
            let is_end = chunk.is_none();
            match chunk {
                Some(bytes) => reader.push(&bytes, &mut events).map_err(too_long)?,
                None => events.extend(std::mem::take(&mut reader).finish().map_err(too_long)?),
            }
            for event in events.drain(..) {
                match message::read(&event.data) {
                    Ok(Incoming::Answer(answered, result)) if answered == id => {
                        return result.map_err(Trouble::Refused);
                    }
                    Ok(Incoming::Request(reply)) => drop(self.post(reply).await?),
                    Ok(_) => {}
                    Err(why) => return Err(Trouble::Lost(why)),
                }
            }
            if is_end {
                return Err(Trouble::Lost("its stream ended without the answer".to_owned()));
            }
        }
    }
}

async fn whole(mut response: Response, id: u64) -> Result<Value, Trouble> {
    let mut body = Vec::new();
    while let Some(bytes) = response.chunk().await.map_err(|error| Trouble::Lost(http::cause(&error)))? {
        body.extend_from_slice(&bytes);
        if body.len() > MESSAGE_BYTES_MAX {
            return Err(Trouble::Lost(format!("its answer has more than {MESSAGE_BYTES_MAX} bytes")));
        }
    }
    match message::read(&String::from_utf8_lossy(&body)) {
        Ok(Incoming::Answer(answered, result)) if answered == id => result.map_err(Trouble::Refused),
        Ok(_) => Err(Trouble::Lost("its answer is to another request".to_owned())),
        Err(why) => Err(Trouble::Lost(why)),
    }
}
