//! File operations.

use bytes::Bytes;
use proto::init::error::from_status;
use proto::init::v1::{AckRequest, ErrorKind, ListRequest, ReadRequest, WriteRequest};
use tonic::Code;

use crate::fixture::Supervisor;

fn write(path: &str, data: &'static str, id: &str) -> WriteRequest {
    WriteRequest { path: path.into(), data: Bytes::from(data), mode: 0, call_id: id.into() }
}

#[tokio::test]
async fn what_is_written_is_read_and_listed() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await.0;
    let written = client.write(write("a/b.txt", "text", "")).await.unwrap().into_inner();
    assert!(written.created);
    let read =
        client.read(ReadRequest { path: "a/b.txt".into(), ..ReadRequest::default() }).await.unwrap().into_inner();
    assert_eq!((&read.data[..], read.size_bytes), (&b"text"[..], 4));
    let list = client.list(ListRequest { path: "a".into(), entries_max: 0 }).await.unwrap().into_inner();
    assert_eq!(list.entries.len(), 1);
    assert_eq!((list.entries[0].path.as_str(), list.entries[0].mode), ("b.txt", 0o644));
}

#[tokio::test]
async fn a_repeated_change_gets_the_first_answer_until_it_is_acknowledged() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await.0;
    let first = client.write(write("a", "1", "w1")).await.unwrap().into_inner();
    std::fs::write(supervisor.workspace().join("a"), "changed since").unwrap();
    let second = client.write(write("a", "1", "w1")).await.unwrap().into_inner();
    assert_eq!(first, second);
    assert_eq!(std::fs::read_to_string(supervisor.workspace().join("a")).unwrap(), "changed since");
    client.ack(AckRequest { call_id: "w1".into() }).await.unwrap();
    let refused = client.write(write("a", "1", "w1")).await.unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
}

#[tokio::test]
async fn a_failure_tells_its_kind_and_path() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await.0;
    let status = client.read(ReadRequest { path: "none".into(), ..ReadRequest::default() }).await.unwrap_err();
    let error = from_status(&status).unwrap();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.message.contains("/none: "), "{}", error.message);
    let status = client.write(write("/dev/null/x", "1", "")).await.unwrap_err();
    assert_eq!(from_status(&status).unwrap().kind(), ErrorKind::NotDirectory);
}

#[tokio::test]
async fn sixteen_megabytes_are_written_and_no_more() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await.0;
    let mut request = write("big", "", "");
    request.data = vec![b'x'; 16 << 20].into();
    client.write(request.clone()).await.unwrap();
    assert_eq!(supervisor.workspace().join("big").metadata().unwrap().len(), 16 << 20);
    request.data = vec![b'x'; (16 << 20) + 1].into();
    let status = client.write(request).await.unwrap_err();
    assert_eq!(from_status(&status).unwrap().kind(), ErrorKind::TooLarge);
}
