//! The model of a server on this machine, looked for when nothing is configured, and only when it is needed.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use reqwest::Url;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::chat::{DeltaSink, Model, ModelReply, ModelRequest};
use super::client::{self, Patience};
use super::config::ModelConfig;
use super::error::{Class, ModelError};
use super::hash;
use super::openai::OpenAi;

/// The name it goes by.
pub(super) const NAME: &str = "local";

/// Where Ollama, vLLM and llama.cpp listen unless told otherwise.
pub(super) const BASE_URLS: [&str; 3] =
    ["http://127.0.0.1:11434/v1", "http://127.0.0.1:8000/v1", "http://127.0.0.1:8080/v1"];

const LOOK_TIMEOUT: Duration = Duration::from_millis(500);
const LIST_BYTES_MAX: usize = 1 << 20;

/// Asks the first local server that answers, and its first model.
pub(super) struct Local {
    base_urls: Vec<String>,
    patience: Patience,
    found: Mutex<Option<Arc<OpenAi>>>,
}

impl Local {
    /// Looks at these endpoints, the one to prefer first.
    pub(super) fn new(base_urls: Vec<String>, patience: Patience) -> Self {
        Self { base_urls, patience, found: Mutex::new(None) }
    }

    /// Finds the server, if it is not found yet.
    pub(super) async fn find(&self) -> Result<Arc<OpenAi>, ModelError> {
        let mut found = self.found.lock().await;
        if let Some(model) = found.as_ref() {
            return Ok(Arc::clone(model));
        }
        let answers = join_all(self.base_urls.iter().map(|base_url| first_model(base_url, self.patience))).await;
        let first = self.base_urls.iter().zip(answers).find_map(|(base_url, model)| Some((base_url, model?)));
        let (base_url, model) = first.ok_or(ModelError::NoModel)?;
        let record = ModelConfig { base_url: Some(base_url.clone()), model: Some(model), ..ModelConfig::default() };
        let model = Arc::new(OpenAi::new(NAME, &record, None, self.patience)?);
        *found = Some(Arc::clone(&model));
        Ok(model)
    }

    async fn attempt(&self, request: &ModelRequest<'_>, deltas: &dyn DeltaSink) -> Result<ModelReply, ModelError> {
        let model = self.find().await?;
        let reply = model.ask(request, deltas).await;
        if reply.as_ref().is_err_and(|error| matches!(error.kind(), Class::Connect | Class::NotFound)) {
            // Another server, or another model, may stand there now.
            *self.found.lock().await = None;
        }
        reply
    }
}

/// The first model that an endpoint lists; `None` where none answers like an endpoint.
async fn first_model(base_url: &str, patience: Patience) -> Option<String> {
    let url = Url::parse(&format!("{base_url}/models")).ok()?;
    let client = client::build(&url, patience).ok()?;
    let list = async {
        let mut response = client.get(url).send().await.ok()?.error_for_status().ok()?;
        let mut body = Vec::new();
        while let Some(bytes) = response.chunk().await.ok()? {
            body.extend_from_slice(&bytes);
            if body.len() > LIST_BYTES_MAX {
                return None;
            }
        }
        serde_json::from_slice::<Value>(&body).ok()
    };
    let list = timeout(LOOK_TIMEOUT, list).await.ok()??;
    list.get("data")?.get(0)?.get("id")?.as_str().map(str::to_owned)
}

impl Model for Local {
    fn ask<'a>(
        &'a self,
        request: &'a ModelRequest<'a>,
        deltas: &'a dyn DeltaSink,
    ) -> BoxFuture<'a, Result<ModelReply, ModelError>> {
        Box::pin(self.attempt(request, deltas))
    }

    fn request_hash(&self, request: &ModelRequest<'_>) -> String {
        hash::request_hash(NAME, request)
    }
}
