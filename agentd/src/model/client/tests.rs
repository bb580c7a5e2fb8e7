//! Whom a client trusts, against a TLS server on this machine. Its certificate and that of its authority are in `tls_of_tests`; they
//! are worth nothing anywhere else.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/model/client/tls_of_tests").join(name)
}

/// Answers every request of a client that trusts it.
fn serve() -> SocketAddr {
    let chain = certificates(&file("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(file("server.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream.unwrap());
            // A client that does not trust it goes away here.
            if stream.read(&mut [0; 4096]).is_ok() {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    address
}

fn built(url: &str, ca_file: Option<PathBuf>) -> Result<Client, String> {
    build(&Url::parse(url).unwrap(), Patience::of(&Timeouts::default()), ca_file.as_deref())
}

#[tokio::test]
async fn a_certificate_of_ones_own_authority_is_trusted_when_it_is_named() {
    let address = serve();
    for host in ["127.0.0.1", "localhost"] {
        let url = format!("https://{host}:{}/v1", address.port());
        let client = built(&url, Some(file("ca.pem"))).unwrap();
        let answer = client.get(&url).send().await.unwrap();
        assert_eq!(answer.text().await.unwrap(), "ok", "{host}");
    }
    let url = format!("https://{address}/v1");
    // A machine without certificates says so before it connects.
    if let Ok(client) = built(&url, None) {
        let error = client.get(&url).send().await.unwrap_err();
        assert!(is_tls(&error), "{error:?}");
    }
}

#[test]
fn a_file_that_holds_no_certificate_is_said_to_hold_none() {
    for (path, why) in [(file("server.key"), "no certificate"), (file("none.pem"), "ca_file")] {
        let problem = built("https://127.0.0.1:1/v1", Some(path)).err().unwrap();
        assert!(problem.contains(why), "{problem}");
    }
    let ignored = built("http://127.0.0.1:1/v1", Some(file("none.pem")));
    assert!(ignored.is_ok(), "plain HTTP needs none");
}

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
        assert!(built(url, None).is_ok(), "{url}");
    }
}
