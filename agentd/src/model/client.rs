//! The HTTP client of one endpoint: what it trusts, whom it passes by, and for how long it waits.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Url, redirect};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use super::config::Timeouts;
use crate::domain::time_span::TimeSpan;

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

impl Patience {
    /// As configured, or as is usual.
    pub(super) fn of(timeouts: &Timeouts) -> Self {
        let or = |span: Option<TimeSpan>, usual_s: u64| {
            span.and_then(TimeSpan::unless_never).unwrap_or(Duration::from_secs(usual_s))
        };
        Self { connect: or(timeouts.connect, 10), first_byte: or(timeouts.first_byte, 60), idle: or(timeouts.idle, 90) }
    }
}

/// The client for one endpoint, or why there can be no trusted one. `ca_file` is trusted beside the system's certificates.
/// Proxies are those of the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY).
pub(super) fn build(base_url: &Url, patience: Patience, ca_file: Option<&Path>) -> Result<Client, String> {
    let loopback = is_loopback(base_url);
    let client = Client::builder()
        .tls_backend_preconfigured(tls(base_url, ca_file)?)
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

/// Certificates checked by ring. Plain HTTP does without when there are none, and to this machine it never needs them.
fn tls(base_url: &Url, ca_file: Option<&Path>) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let plain = base_url.scheme() == "http";
    let verifier = if plain && is_loopback(base_url) { None } else { Some(verifier(ca_file, provider)) };
    let builder = match verifier {
        Some(Ok(verifier)) => builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)),
        Some(Err(problem)) if !plain => return Err(problem),
        _ => builder.with_root_certificates(RootCertStore::empty()),
    };
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Trusts the system's certificates, and those of the file.
fn verifier(ca_file: Option<&Path>, provider: Arc<CryptoProvider>) -> Result<Verifier, String> {
    let extra = match ca_file {
        Some(file) => certificates(file).map_err(|problem| format!("ca_file {}: {problem}", file.display()))?,
        None => Vec::new(),
    };
    Verifier::new_with_extra_roots(extra, provider).map_err(|error| error.to_string())
}

/// The certificates of a PEM file; there is one at least.
fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(file).map_err(|error| error.to_string())?.collect();
    match found {
        Ok(found) if found.is_empty() => Err("it holds no certificate in PEM form".to_owned()),
        Ok(found) => Ok(found),
        Err(error) => Err(error.to_string()),
    }
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
mod tests;
