//! Models that speak chat completions over HTTP.

mod assembly;
mod fragments;
mod pairing;
mod reader;
mod reported;
mod request;
mod retry_after;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION};
use reqwest::{Client, Response, Url};
use serde_json::Value;
use tokio::time::timeout;

use self::assembly::{Delta, Problem};
use self::reader::Reader;
use self::reported::Reported;
use self::request::Settings;
use super::chat::{DeltaSink, Model, ModelReply, ModelRequest};
use super::client::{self, Patience};
use super::config::ModelConfig;
use super::error::{Endpoint, ModelError, Silence};
use super::hash;
use super::key::ApiKey;
use super::quote::quote;
use crate::domain::time::WallTime;

/// Bytes of an error's body that are read.
const ERROR_BYTES_MAX: usize = 64 << 10;

/// Bytes that may follow the last event, and how long they may take; past that the connection is given up.
const REST_BYTES_MAX: usize = 64 << 10;
const REST_WITHIN: Duration = Duration::from_secs(1);

/// An endpoint and one model of it.
pub(super) struct OpenAi {
    endpoint: Arc<Endpoint>,
    url: Url,
    key: Option<ApiKey>,
    authorization: Option<HeaderValue>,
    client: Client,
    patience: Patience,
    settings: Settings,
    asked: String,
}

impl OpenAi {
    /// The model of a record. `key` is what the record's variable holds.
    pub(super) fn new(
        name: &str,
        record: &ModelConfig,
        key: Option<ApiKey>,
        patience: Patience,
    ) -> Result<Self, ModelError> {
        let bad = |problem: &str| ModelError::BadRecord { name: name.to_owned(), problem: problem.to_owned() };
        let base_url = record.base_url.as_deref().ok_or_else(|| bad("base_url is missing"))?;
        let model = record.model.clone().filter(|model| !model.is_empty()).ok_or_else(|| bad("model is missing"))?;
        let base_url = base_url.trim_end_matches('/').trim_end_matches("/chat/completions");
        let url = Url::parse(&format!("{base_url}/chat/completions"))
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| bad("base_url is not an http or https URL"))?;
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            return Err(bad("base_url holds a user, a password or a query: a key belongs into api_key_env's variable"));
        }
        if let Some(field) = request::OURS.iter().find(|field| record.extra_body.contains_key(**field)) {
            return Err(bad(&format!("extra_body must not set {field}")));
        }
        let authorization = key
            .as_ref()
            .map(|key| key.bearer().ok_or_else(|| bad("its key has characters that a header cannot carry")))
            .transpose()?;
        let endpoint = Arc::new(Endpoint {
            name: name.to_owned(),
            base_url: base_url.to_owned(),
            model: model.clone(),
            api_key_env: record.api_key_env.clone(),
        });
        let client = client::build(&url, patience)
            .map_err(|problem| ModelError::Tls { endpoint: Arc::clone(&endpoint), problem })?;
        let settings = Settings {
            model,
            max_output: record.max_output,
            vision: record.vision,
            extra_body: record.extra_body.clone(),
        };
        let extra = Value::Object(settings.extra_body.clone());
        let asked = format!("openai {url} {} {:?} {extra}", settings.model, settings.max_output);
        Ok(Self { endpoint, url, key, authorization, client, patience, settings, asked })
    }

    async fn attempt(&self, request: &ModelRequest<'_>, deltas: &dyn DeltaSink) -> Result<ModelReply, ModelError> {
        if let Some(call) = pairing::unpaired(request.messages) {
            return Err(ModelError::Unpaired { call: call.to_string() });
        }
        let mut response = self.send(request).await?;
        if !response.status().is_success() {
            return Err(self.refusal(response).await);
        }
        let mut reader = Reader::default();
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

    async fn send(&self, request: &ModelRequest<'_>) -> Result<Response, ModelError> {
        let body = request::body(&self.settings, request).to_string();
        let mut post = self.client.post(self.url.clone()).body(body);
        post = post.header(CONTENT_TYPE, "application/json").header(ACCEPT, "text/event-stream");
        if let Some(authorization) = &self.authorization {
            post = post.header(AUTHORIZATION, authorization.clone());
        }
        match timeout(self.patience.connect + self.patience.first_byte, post.send()).await {
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

impl Model for OpenAi {
    fn ask<'a>(
        &'a self,
        request: &'a ModelRequest<'a>,
        deltas: &'a dyn DeltaSink,
    ) -> BoxFuture<'a, Result<ModelReply, ModelError>> {
        Box::pin(self.attempt(request, deltas))
    }

    fn request_hash(&self, request: &ModelRequest<'_>) -> String {
        hash::request_hash(&self.asked, request)
    }
}

#[cfg(test)]
mod tests;
