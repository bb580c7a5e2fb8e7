//! Models that speak chat completions.

mod assembly;
mod fragments;
mod request;
mod think_tags;

use futures_util::future::BoxFuture;

use self::assembly::Completion;
use self::request::Fields;
use super::chat::{DeltaSink, Model, ModelReply, ModelRequest};
use super::config::ModelConfig;
use super::error::{Endpoint, ModelError};
use super::key::ApiKey;
use super::wire::{KeyHeader, Paths, Wire};

pub(super) use self::request::{Chat, OURS};

const PATHS: Paths = Paths { request: "/chat/completions", list: "/models" };

/// An endpoint and one model of it.
pub(super) struct OpenAi {
    wire: Wire,
    fields: Fields,
}

impl OpenAi {
    /// The model of a record. `key` is what the record's variable holds.
    pub(super) fn new(name: &str, record: &ModelConfig, key: Option<ApiKey>) -> Result<Self, ModelError> {
        let model = record.sound(name)?;
        Ok(Self { wire: Self::wire(name, record, key)?, fields: Fields::new(model, record) })
    }

    /// The way to the endpoint of a record, whose model need not be named.
    pub(super) fn wire(name: &str, record: &ModelConfig, key: Option<ApiKey>) -> Result<Wire, ModelError> {
        let base_url = record.given_base_url(name)?.trim_end_matches('/').trim_end_matches(PATHS.request);
        Wire::new(name, record, base_url, &PATHS, key.map(|key| (key, KeyHeader::Bearer)))
    }

    /// Who is asked.
    pub(super) fn endpoint(&self) -> &Endpoint {
        self.wire.endpoint()
    }

    async fn attempt(&self, request: &ModelRequest<'_>, deltas: &dyn DeltaSink) -> Result<ModelReply, ModelError> {
        let fields = self.fields.written(request);
        let body = request.transcript.write(
            &self.head(&fields, request.system),
            &self.fields.chat(),
            request.messages,
            |written| request::body(&fields, request.system, written.json),
        )?;
        self.wire.ask::<Completion>(body, deltas).await
    }

    /// Whom is asked, and what.
    fn head(&self, fields: &str, system: &str) -> String {
        format!("{} {fields} {system}", self.wire.url())
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
        let fields = self.fields.written(request);
        request.transcript.hash(&self.head(&fields, request.system), &self.fields.chat(), request.messages)
    }
}

#[cfg(test)]
mod odd_streams_tests;
#[cfg(test)]
mod stream_tests;
#[cfg(test)]
mod tests;
