//! Models that speak Anthropic's messages.

mod assembly;
mod request;
mod said_again;

use futures_util::future::BoxFuture;

use self::assembly::MessageStream;
use self::request::Fields;
use super::chat::{DeltaSink, Model, ModelReply, ModelRequest};
use super::config::ModelConfig;
use super::error::ModelError;
use super::key::ApiKey;
use super::wire::{KeyHeader, Paths, Wire};

pub(super) use self::request::{MAX_OUTPUT, OURS};

/// Where they are asked unless the record says otherwise.
pub(super) const BASE_URL: &str = "https://api.anthropic.com";

const PATHS: Paths = Paths { request: "/v1/messages", list: "/v1/models" };

/// The version of the protocol that is spoken here.
const VERSION: (&str, &str) = ("anthropic-version", "2023-06-01");

/// An endpoint and one model of it.
pub(super) struct Anthropic {
    wire: Wire,
    fields: Fields,
}

impl Anthropic {
    /// The model of a record. `key` is what the record's variable holds.
    pub(super) fn new(name: &str, record: &ModelConfig, key: Option<ApiKey>) -> Result<Self, ModelError> {
        let fields = Fields::new(record.sound(name)?, record);
        Ok(Self { wire: Self::wire(name, record, key)?, fields })
    }

    /// The way to the endpoint of a record. Its base URL may end before or after the version, and even after the path.
    pub(super) fn wire(name: &str, record: &ModelConfig, key: Option<ApiKey>) -> Result<Wire, ModelError> {
        let base_url = record.base_url.as_deref().unwrap_or(BASE_URL).trim_end_matches('/');
        let base_url = base_url.trim_end_matches("/messages").trim_end_matches("/v1");
        let wire = Wire::new(name, record, base_url, &PATHS, key.map(|key| (key, KeyHeader::XApiKey)))?;
        Ok(wire.header(VERSION.0, VERSION.1))
    }

    async fn attempt(&self, request: &ModelRequest<'_>, deltas: &dyn DeltaSink) -> Result<ModelReply, ModelError> {
        let fields = self.fields.written(request);
        let body =
            request.transcript.write(&self.head(&fields), &self.fields.dialect(), request.messages, |written| {
                request::body(&fields, &self.fields.dialect(), written)
            })?;
        let mut reply = self.wire.ask::<MessageStream>(body, deltas).await?;
        assembly::sign(&mut reply, self.fields.model());
        Ok(reply)
    }

    /// Whom is asked, and what.
    fn head(&self, fields: &str) -> String {
        format!("{} {fields}", self.wire.url())
    }
}

impl Model for Anthropic {
    fn ask<'a>(
        &'a self,
        request: &'a ModelRequest<'a>,
        deltas: &'a dyn DeltaSink,
    ) -> BoxFuture<'a, Result<ModelReply, ModelError>> {
        Box::pin(self.attempt(request, deltas))
    }

    fn request_hash(&self, request: &ModelRequest<'_>) -> String {
        let fields = self.fields.written(request);
        request.transcript.hash(&self.head(&fields), &self.fields.dialect(), request.messages)
    }
}

#[cfg(test)]
mod tests;
