//! File operations.

use bytes::Bytes;
use proto::init::error::from_status;
use proto::init::v1::{
    AckRequest, DownloadRequest, EditRequest, EntryKind, ErrorKind, GlobRequest, GrepRequest, ListRequest, ReadRequest,
    RemoveRequest, StatRequest, UploadRequest, UploadResponse, WriteRequest,
};
use tonic::Code;

use crate::fixture::{Client, Supervisor};

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

#[tokio::test]
async fn an_edit_is_exact_and_done_once() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await.0;
    client.write(write("a", "x x", "")).await.unwrap();
    let mut request = EditRequest {
        path: "a".into(),
        old_string: "x".into(),
        new_string: "xx".into(),
        replace_all: false,
        call_id: "e1".into(),
    };
    for _ in 0..2 {
        let error = from_status(&client.edit(request.clone()).await.unwrap_err()).unwrap();
        assert_eq!((error.kind(), error.count), (ErrorKind::NotUnique, 2));
    }
    (request.replace_all, request.call_id) = (true, "e2".into());
    let first = client.edit(request.clone()).await.unwrap().into_inner();
    let second = client.edit(request.clone()).await.unwrap().into_inner();
    assert_eq!((first.replaced, &first), (2, &second));
    assert_eq!(std::fs::read_to_string(supervisor.workspace().join("a")).unwrap(), "xx xx");
    let other = client.remove(RemoveRequest { path: "a".into(), call_id: "e2".into() }).await.unwrap_err();
    assert_eq!(other.code(), Code::InvalidArgument);
    assert!(supervisor.workspace().join("a").exists());
}

#[tokio::test]
async fn glob_grep_and_stat_find_what_is_there() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await.0;
    client.write(write("src/a.rs", "fn a() {}\n", "")).await.unwrap();
    client.write(write("b.md", "fn b\n", "")).await.unwrap();
    let glob = GlobRequest { pattern: "*.rs".into(), ..GlobRequest::default() };
    let found = client.glob(glob).await.unwrap().into_inner();
    assert_eq!((found.entries.len(), found.entries[0].path.as_str(), found.partial), (1, "src/a.rs", false));
    let grep = GrepRequest { pattern: "fn".into(), ..GrepRequest::default() };
    let found = client.grep(grep).await.unwrap().into_inner();
    let told: Vec<_> =
        found.matches.iter().map(|found| (found.path.as_str(), found.line, found.text.as_str())).collect();
    assert_eq!(told, [("b.md", 1, "fn b"), ("src/a.rs", 1, "fn a() {}")]);
    let stat = client.stat(StatRequest { path: "src".into(), follow: false }).await.unwrap().into_inner();
    let entry = stat.entry.unwrap();
    assert_eq!((entry.path.as_str(), entry.kind()), ("src", EntryKind::Directory));

    for status in [
        client.glob(GlobRequest { pattern: "[".into(), ..GlobRequest::default() }).await.unwrap_err(),
        client.grep(GrepRequest { pattern: "(".into(), regex: true, ..GrepRequest::default() }).await.unwrap_err(),
        client.stat(StatRequest { path: String::new(), follow: false }).await.unwrap_err(),
    ] {
        assert_eq!(from_status(&status).unwrap().kind(), ErrorKind::InvalidPath);
    }
}

#[tokio::test]
async fn the_workspace_itself_is_not_removed() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await.0;
    client.write(write("a/b", "x", "")).await.unwrap();
    let workspace = supervisor.workspace().to_str().unwrap().to_owned();
    for path in [workspace.as_str(), ".", "..", "/", "a/.."] {
        let status = client.remove(RemoveRequest { path: path.into(), call_id: String::new() }).await.unwrap_err();
        assert_eq!(from_status(&status).unwrap().kind(), ErrorKind::InvalidPath, "{path}");
    }
    let removed = client.remove(RemoveRequest { path: "a".into(), call_id: "r".into() }).await.unwrap().into_inner();
    assert_eq!(removed.removed, 2);
    let again = client.remove(RemoveRequest { path: "a".into(), call_id: "r".into() }).await.unwrap().into_inner();
    assert_eq!(again.removed, 2);
}

async fn upload(client: &mut Client, directory: &str, archive: &[u8]) -> Result<UploadResponse, tonic::Status> {
    let mut messages: Vec<UploadRequest> = archive
        .chunks(100_000)
        .map(|piece| UploadRequest { directory: String::new(), data: Bytes::copy_from_slice(piece) })
        .collect();
    messages[0].directory = directory.into();
    Ok(client.0.upload(futures_util::stream::iter(messages)).await?.into_inner())
}

async fn download(client: &mut Client, path: &str) -> Result<Vec<u8>, tonic::Status> {
    let mut pieces = client.0.download(DownloadRequest { path: path.into() }).await?.into_inner();
    let mut archive = Vec::new();
    while let Some(piece) = pieces.message().await? {
        assert!(piece.data.len() <= 1 << 20);
        archive.extend_from_slice(&piece.data);
    }
    Ok(archive)
}

#[tokio::test]
async fn what_is_uploaded_comes_back_whatever_its_names() {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::PermissionsExt as _;
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    let source = tempfile::tempdir().unwrap();
    let tree = source.path().join("tree");
    std::fs::create_dir_all(tree.join("empty dir")).unwrap();
    let names = [&b"new\nline"[..], b" space ", b"-dash", b"\xff\xfe", "gr\u{fc}n".as_bytes(), &[b'x'; 200]];
    for (number, name) in names.iter().enumerate() {
        std::fs::write(tree.join(std::ffi::OsStr::from_bytes(name)), vec![b'a'; number * 99_999]).unwrap();
    }
    let script = tree.join("-dash");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o750)).unwrap();
    std::os::unix::fs::symlink("-dash", tree.join("link")).unwrap();
    let mut builder = tar::Builder::new(Vec::new());
    builder.follow_symlinks(false);
    builder.append_dir_all("tree", &tree).unwrap();
    let archive = builder.into_inner().unwrap();

    let done = upload(&mut client, "up/here", &archive).await.unwrap();
    assert_eq!((done.entries, done.bytes), (9, 15 * 99_999));
    let back = download(&mut client, "up/here/tree").await.unwrap();
    let other = tempfile::tempdir().unwrap();
    tar::Archive::new(&back[..]).unpack(other.path()).unwrap();
    let compared = std::process::Command::new("diff")
        .args(["--recursive", "--no-dereference"])
        .args([&tree, &other.path().join("tree")])
        .output()
        .unwrap();
    assert!(compared.status.success(), "{}", String::from_utf8_lossy(&compared.stdout));
    let mode = other.path().join("tree/-dash").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o750);
}

#[tokio::test]
async fn refused_transfers_say_why() {
    let supervisor = Supervisor::start();
    let mut client = supervisor.client().await;
    let status = download(&mut client, "none").await.unwrap_err();
    assert_eq!(from_status(&status).unwrap().kind(), ErrorKind::NotFound);
    assert!(upload(&mut client, "up", &[7; 4096]).await.is_err());
    let mut header = tar::Header::new_gnu();
    header.as_mut_bytes()[..4].copy_from_slice(b"../x");
    header.set_size(1 << 20);
    header.set_mode(0o644);
    header.set_cksum();
    let mut builder = tar::Builder::new(Vec::new());
    builder.append(&header, &vec![0; 1 << 20][..]).unwrap();
    let status = upload(&mut client, "up", &builder.into_inner().unwrap()).await.unwrap_err();
    assert_eq!(from_status(&status).unwrap().kind(), ErrorKind::InvalidPath);
    assert!(!supervisor.workspace().join("x").exists());
}
