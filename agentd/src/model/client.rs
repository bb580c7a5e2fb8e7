//! The HTTP client of one endpoint: what it trusts, whom it passes by, and for how long it waits.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Url, redirect};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;

/// How long each stage may take. There is no limit on the whole: a long answer is not a fault, and turns have one of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Patience {
    /// For a connection.
    pub(super) connect: Duration,
    /// For the beginning of the answer.
    pub(super) first_byte: Duration,
    /// For the next piece of it.
    pub(super) idle: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), first_byte: Duration::from_secs(60), idle: Duration::from_secs(90) }
    }
}

/// The client for one endpoint, or why there can be no trusted one.
pub(super) fn build(base_url: &Url, patience: Patience) -> Result<Client, String> {
    let loopback = is_loopback(base_url);
    let client = Client::builder()
        .tls_backend_preconfigured(tls(base_url)?)
        .user_agent(concat!("agentd/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(patience.connect)
        // The key goes to the endpoint of its record and nowhere else.
        .redirect(redirect::Policy::none())
        // A connection that died unseen must not swallow the next attempt too.
        .pool_idle_timeout(Duration::from_secs(30))
        .tcp_keepalive(Duration::from_secs(30))
        .http2_keep_alive_interval(Duration::from_secs(20))
        .http2_keep_alive_timeout(Duration::from_secs(10));
    let client = if loopback { client.no_proxy() } else { client };
    client.build().map_err(|error| cause(&error))
}

/// The system's certificates, checked by ring. Plain HTTP does without when there are none, and this machine never needs them.
fn tls(base_url: &Url) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = || {
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
        builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())
    };
    let plain = base_url.scheme() == "http";
    let system = if plain && is_loopback(base_url) { None } else { Some(versions()?.with_platform_verifier()) };
    let builder = match system {
        Some(Ok(builder)) => builder,
        Some(Err(error)) if !plain => return Err(error.to_string()),
        _ => versions()?.with_root_certificates(RootCertStore::empty()),
    };
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Whether the URL names this very machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// What an error comes down to, in one line and without its URL.
pub(crate) fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let text = cause.to_string();
    let url = error.url().map(Url::as_str).unwrap_or_default();
    let text = if url.is_empty() { text } else { text.replace(url, "the endpoint") };
    text.lines().next().unwrap_or_default().to_owned()
}

/// Whether it was TLS that failed: that does not pass by itself.
pub(super) fn is_tls(error: &reqwest::Error) -> bool {
    holds_tls(error)
}

fn holds_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    // An I/O error passes over what it wraps when it is asked for its source.
    let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    let wraps_tls = wrapped.is_some_and(|inner| holds_tls(inner));
    error.is::<rustls::Error>() || wraps_tls || error.source().is_some_and(holds_tls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_by_its_names() {
        for (url, loopback) in [
            ("http://localhost:11434/v1", true),
            ("http://LOCALHOST/v1", true),
            ("http://127.0.0.1:8000", true),
            ("http://127.9.9.9", true),
            ("https://[::1]:1/v1", true),
            ("http://localhost.example.test", false),
            ("http://10.0.0.1", false),
            ("http://127.0.0.1.example.test", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), loopback, "{url}");
        }
    }

    #[test]
    fn plain_http_needs_no_certificates() {
        for url in ["http://127.0.0.1:9/v1", "http://llm.example.test/v1"] {
            assert!(build(&Url::parse(url).unwrap(), Patience::default()).is_ok(), "{url}");
        }
    }
}
