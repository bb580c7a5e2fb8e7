//! A model that an endpoint is asked for when it is needed: the first that it lists. So a server on this machine is found when
//! nothing is configured, and an endpoint is used whose models nobody named.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::chat::{DeltaSink, Model, ModelReply, ModelRequest};
use super::config::ModelConfig;
use super::error::{Class, ModelError};
use super::key::ApiKey;
use super::openai::OpenAi;

/// The name of a server that was found on this machine.
pub(super) const NAME: &str = "local";

/// Where Ollama, vLLM and llama.cpp listen unless told otherwise.
const BASE_URLS: [&str; 3] = ["http://127.0.0.1:11434/v1", "http://127.0.0.1:8000/v1", "http://127.0.0.1:8080/v1"];

/// How long servers of this machine have to say what models they have.
const LOOK_TIMEOUT: Duration = Duration::from_millis(500);

/// How long an endpoint elsewhere has.
const LIST_TIMEOUT: Duration = Duration::from_secs(10);

/// Asks the first endpoint that answers, and its first model.
pub(super) struct FirstListed {
    name: String,
    records: Vec<ModelConfig>,
    key: Option<ApiKey>,
    within: Duration,
    found: Mutex<Option<Arc<OpenAi>>>,
}

impl FirstListed {
    /// Whatever runs on this machine.
    pub(super) fn local() -> Self {
        let records = BASE_URLS.iter().map(|base_url| at(base_url)).collect();
        Self::new(NAME, records, None, LOOK_TIMEOUT)
    }

    /// The endpoint of a record that names no model.
    pub(super) fn at(name: &str, record: &ModelConfig, key: Option<ApiKey>) -> Self {
        Self::new(name, vec![record.clone()], key, LIST_TIMEOUT)
    }

    /// The one to prefer first.
    pub(super) fn new(name: &str, records: Vec<ModelConfig>, key: Option<ApiKey>, within: Duration) -> Self {
        Self { name: name.to_owned(), records, key, within, found: Mutex::new(None) }
    }

    /// Finds the endpoint and its model, if they are not found yet.
    pub(super) async fn find(&self) -> Result<Arc<OpenAi>, ModelError> {
        let mut found = self.found.lock().await;
        if let Some(model) = found.as_ref() {
            return Ok(Arc::clone(model));
        }
        let answers = join_all(self.records.iter().map(|record| self.first_model(record))).await;
        let mut error = ModelError::NoModel;
        for (record, answer) in self.records.iter().zip(answers) {
            match answer {
                Ok(model) => {
                    let record = ModelConfig { model: Some(model), ..record.clone() };
                    let model = Arc::new(OpenAi::new(&self.name, &record, self.key.clone())?);
                    *found = Some(Arc::clone(&model));
                    return Ok(model);
                }
                // Of several places to look at, none has to be there.
                Err(one) if self.records.len() == 1 => error = one,
                Err(_) => {}
            }
        }
        Err(error)
    }

    async fn first_model(&self, record: &ModelConfig) -> Result<String, ModelError> {
        let wire = OpenAi::wire(&self.name, record, self.key.clone())?;
        let listed = timeout(self.within, wire.list()).await.map_err(|_| wire.too_slow(self.within))??;
        listed.into_iter().next().ok_or_else(|| {
            let problem = "it lists no models: load one there, or name one".to_owned();
            ModelError::BadRecord { name: self.name.clone(), problem }
        })
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

fn at(base_url: &str) -> ModelConfig {
    ModelConfig { base_url: Some(base_url.to_owned()), ..ModelConfig::default() }
}

impl Model for FirstListed {
    fn ask<'a>(
        &'a self,
        request: &'a ModelRequest<'a>,
        deltas: &'a dyn DeltaSink,
    ) -> BoxFuture<'a, Result<ModelReply, ModelError>> {
        Box::pin(self.attempt(request, deltas))
    }

    fn request_hash(&self, request: &ModelRequest<'_>) -> String {
        let found = self.found.try_lock().ok().and_then(|found| found.clone());
        match found {
            Some(model) => model.request_hash(request),
            None => super::scripted::hash(&self.name, request),
        }
    }
}
