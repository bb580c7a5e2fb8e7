//! HTTP for servers that are no models: the same trust, the same proxies, the same patience with connections.

use reqwest::{Client, Url};

pub(crate) use super::client::cause;
use super::client::{self, Patience};
use super::config::Timeouts;
pub(crate) use super::sse::SseReader;

/// A client for this URL, or why there can be no trusted one.
pub(crate) fn client(url: &Url) -> Result<Client, String> {
    client::build(url, Patience::of(&Timeouts::default()), None)
}
