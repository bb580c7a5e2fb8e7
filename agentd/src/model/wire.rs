//! The way to one endpoint: requests out, answers in, every fault under its name. What is said over it is the protocols' matter.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Client, RequestBuilder, Response, Url};
use serde_json::Value;
use tokio::time::timeout;

use super::chat::{DeltaSink, ModelReply};
use super::client::{self, Patience};
use super::config::ModelConfig;
use super::error::{Endpoint, ModelError, Silence};
use super::key::ApiKey;
use super::quote::quote;
use super::reader::{Assembly, Delta, Problem, Reader};
use super::reported::Reported;
use super::retry_after;
use crate::domain::time::WallTime;

/// Bytes of an error's body that are read.
const ERROR_BYTES_MAX: usize = 64 << 10;

/// Bytes of a list of models that are read.
const LIST_BYTES_MAX: usize = 1 << 20;

/// Bytes that may follow the last event, and how long they may take; past that the connection is given up.
const REST_BYTES_MAX: usize = 64 << 10;
const REST_WITHIN: Duration = Duration::from_secs(1);

/// The way to one endpoint, for one model of it.
pub(super) struct Wire {
    endpoint: Arc<Endpoint>,
    url: Url,
    list_url: Url,
    key: Option<ApiKey>,
    headers: HeaderMap,
    client: Client,
    patience: Patience,
}

/// How a key is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyHeader {
    /// `Authorization: Bearer …`
    Bearer,
    /// `x-api-key: …`
    XApiKey,
}

/// Where a protocol's paths are.
pub(super) struct Paths {
    /// Of its requests, after the base URL.
    pub(super) request: &'static str,
    /// Of its list of models.
    pub(super) list: &'static str,
}

impl Wire {
    /// The way that a record describes. `key` is what the record's variable holds.
    pub(super) fn new(
        name: &str,
        record: &ModelConfig,
        base_url: &str,
        paths: &Paths,
        key: Option<(ApiKey, KeyHeader)>,
    ) -> Result<Self, ModelError> {
        let bad = |problem: &str| ModelError::BadRecord { name: name.to_owned(), problem: problem.to_owned() };
        let parse = |path: &str| {
            let url = Url::parse(&format!("{base_url}{path}")).ok();
            let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
            url.ok_or_else(|| bad("base_url is not an http or https URL"))
        };
        let (url, list_url) = (parse(paths.request)?, parse(paths.list)?);
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            return Err(bad("base_url holds a user, a password or a query: a key belongs into api_key_env's variable"));
        }
        let mut headers = HeaderMap::new();
        if let Some((key, header)) = &key {
            let (header, value) = match header {
                KeyHeader::Bearer => (AUTHORIZATION, key.bearer()),
                KeyHeader::XApiKey => (HeaderName::from_static("x-api-key"), key.bare()),
            };
            let value = value.ok_or_else(|| bad("its key has characters that a header cannot carry"))?;
            headers.insert(header, value);
        }
        let endpoint = Arc::new(Endpoint {
            name: name.to_owned(),
            base_url: base_url.to_owned(),
            model: record.model.clone().unwrap_or_default(),
            api_key_env: record.api_key_env.clone(),
        });
        let patience = Patience::of(&record.timeouts);
        let client = client::build(&url, patience, record.ca_file.as_deref())
            .map_err(|problem| ModelError::Tls { endpoint: Arc::clone(&endpoint), problem })?;
        Ok(Self { endpoint, url, list_url, key: key.map(|(key, _)| key), headers, client, patience })
    }

    /// Sends this header with every request.
    pub(super) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        self
    }

    /// Who is asked.
    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Where requests go.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Sends a request and reads the reply that it asks for.
    pub(super) async fn ask<A: Assembly>(
        &self,
        body: String,
        deltas: &dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        let post = self.client.post(self.url.clone()).body(body);
        let post = post.header(CONTENT_TYPE, "application/json").header(ACCEPT, "text/event-stream");
        let mut response = self.send(post).await?;
        if !response.status().is_success() {
            return Err(self.refusal(response).await);
        }
        let mut reader = Reader::<A>::default();
        while !reader.is_done() {
            let Some(bytes) = self.next(&mut response, self.patience.idle).await? else { break };
            let shown = reader.push(&bytes).map_err(|problem| self.failed(problem))?;
            show(deltas, &shown);
        }
        let (shown, reply) = reader.finish().map_err(|problem| self.failed(problem))?;
        show(deltas, &shown);
        drop(tokio::spawn(timeout(REST_WITHIN, take_rest(response))));
        Ok(reply)
    }

    /// The names of the models that the endpoint lists.
    pub(super) async fn list(&self) -> Result<Vec<String>, ModelError> {
        let mut response = self.send(self.client.get(self.list_url.clone())).await?;
        if !response.status().is_success() {
            return Err(self.refusal(response).await);
        }
        let malformed = |problem: &str| self.failed(Problem::Malformed(problem.to_owned()));
        let mut body = Vec::new();
        while let Some(bytes) = self.next(&mut response, self.patience.connect).await? {
            body.extend_from_slice(&bytes);
            if body.len() > LIST_BYTES_MAX {
                return Err(malformed("a list of models without end"));
            }
        }
        let list: Value = serde_json::from_slice(&body).map_err(|_| malformed("its list of models is not JSON"))?;
        let models =
            list.get("data").and_then(Value::as_array).ok_or_else(|| malformed("its list of models has no data"))?;
        Ok(models.iter().filter_map(|model| model.get("id")?.as_str().map(str::to_owned)).collect())
    }

    /// It did not begin to answer within this time.
    pub(super) fn too_slow(&self, waited: Duration) -> ModelError {
        self.silence(Silence::Beginning, waited)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, ModelError> {
        let request = request.headers(self.headers.clone());
        match timeout(self.patience.connect + self.patience.first_byte, request.send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(self.no_answer(&error)),
            Err(_) => Err(self.silence(Silence::Beginning, self.patience.first_byte)),
        }
    }

    /// The next bytes; `None` at the end.
    async fn next(&self, response: &mut Response, patience: Duration) -> Result<Option<bytes::Bytes>, ModelError> {
        match timeout(patience, response.chunk()).await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(error)) => Err(self.cut(client::cause(&error))),
            Err(_) => Err(self.silence(Silence::Middle, patience)),
        }
    }

    /// What an error status means. A body that does not come is an error without words, not another error.
    async fn refusal(&self, mut response: Response) -> ModelError {
        let status = response.status();
        let retry_after_ms = retry_after::retry_after_ms(response.headers(), WallTime::now());
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok().map(str::to_owned));
        let mut body = Vec::new();
        while body.len() < ERROR_BYTES_MAX {
            match self.next(&mut response, self.patience.connect).await {
                Ok(Some(bytes)) => body.extend_from_slice(&bytes),
                Ok(None) | Err(_) => break,
            }
        }
        body.truncate(ERROR_BYTES_MAX);
        let text = String::from_utf8_lossy(&body);
        let answer: Option<Value> = serde_json::from_str(&text).ok();
        let reported = answer.as_ref().and_then(Reported::find).unwrap_or_default();
        let said = match location {
            Some(location) if status.is_redirection() => format!("redirects are not followed; it points to {location}"),
            _ if !reported.detail.is_empty() => reported.detail.clone(),
            _ if text.trim_start().starts_with('<') => "a web page".to_owned(),
            _ => text.into_owned(),
        };
        ModelError::Status {
            endpoint: Arc::clone(&self.endpoint),
            status: status.as_u16(),
            class: reported.class_with_status(status.as_u16()),
            detail: self.quoted(&said),
            retry_after_ms,
        }
    }

    fn failed(&self, problem: Problem) -> ModelError {
        let endpoint = Arc::clone(&self.endpoint);
        match problem {
            Problem::Reported(reported) => {
                ModelError::InStream { endpoint, class: reported.class(), detail: self.quoted(&reported.detail) }
            }
            Problem::Cut(problem) => ModelError::Cut { endpoint, problem },
            Problem::Malformed(problem) => ModelError::Malformed { endpoint, problem },
            Problem::TooLarge(problem) => ModelError::TooLarge { endpoint, problem },
            Problem::Empty => ModelError::Empty { endpoint },
            Problem::NoRoom => ModelError::NoRoom { endpoint },
        }
    }

    fn no_answer(&self, error: &reqwest::Error) -> ModelError {
        let endpoint = Arc::clone(&self.endpoint);
        let problem = self.quoted(&client::cause(error));
        if client::is_tls(error) {
            ModelError::Tls { endpoint, problem }
        } else if error.is_connect() || error.is_timeout() {
            ModelError::Connect { endpoint, problem }
        } else {
            ModelError::Cut { endpoint, problem }
        }
    }

    fn cut(&self, problem: String) -> ModelError {
        ModelError::Cut { endpoint: Arc::clone(&self.endpoint), problem: self.quoted(&problem) }
    }

    fn silence(&self, silence: Silence, waited: Duration) -> ModelError {
        let waited_ms = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
        ModelError::Timeout { endpoint: Arc::clone(&self.endpoint), silence, waited_ms }
    }

    fn quoted(&self, text: &str) -> String {
        quote(text, self.key.as_ref())
    }
}

/// Reads what follows the last event, which nobody waits for: a connection whose answer was not read to its end cannot
/// carry the next request.
async fn take_rest(mut response: Response) {
    let mut bytes = 0;
    while let Ok(Some(more)) = response.chunk().await {
        bytes += more.len();
        if bytes > REST_BYTES_MAX {
            return;
        }
    }
}

fn show(sink: &dyn DeltaSink, deltas: &[Delta]) {
    for delta in deltas {
        match delta {
            Delta::Text(text) => sink.text(text),
            Delta::Reasoning(reasoning) => sink.reasoning(reasoning),
        }
    }
}
