//! Tests on a real engine: `DOCKER_HOST` or the default socket, and the image `AGENTD_SANDBOX_IMAGE`.

use std::os::unix::fs::MetadataExt as _;
use std::panic::AssertUnwindSafe;
use std::path::Path;

use futures_util::StreamExt as _;

mod fixture;

use fixture::{Fixture, on_engine, sh};

use super::*;
use crate::sandbox::backend::SandboxStatus;
use crate::sandbox::init_client::error::InitErrorKind;
use crate::sandbox::init_client::exec_events::{ExecEnd, ExecEvent};
use crate::sandbox::init_client::interact::{InteractIn, InteractOut};
use crate::sandbox::init_client::wire::{self, ExecRequest};
use crate::sandbox::live::LiveSandbox;

mod creation;

#[tokio::test]
#[ignore = "needs an engine: run by tests/run"]
async fn a_sandbox_is_made_hardened_and_answers() {
    on_engine(async |fixture| {
        let mut spec = fixture.spec(1);
        let shared = fixture.state.path().join("shared");
        std::fs::create_dir(&shared).unwrap();
        std::fs::write(shared.join("given"), "to read").unwrap();
        spec.shared = Some(std::fs::canonicalize(shared).unwrap());
        let made = fixture.create(&spec).await;
        assert!(!made.adopted);
        assert!(made.not_enforced.iter().any(|line| line.starts_with("disk")));

        let live = fixture.live(&spec).await;
        assert_eq!((live.hello.uid, live.hello.gid), (spec.uid, spec.gid));
        let probe = "id -u; pwd; echo $HOME; grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status | tr -s '\\t' ' '; \
                     cat /shared/given; echo; ls /sys/class/net; \
                     for p in /x /usr/x /shared/x /.agentd/x /proc/sys/kernel/x; do touch $p 2>/dev/null && echo wrote $p; done; \
                     for p in /workspace/x /tmp/x $HOME/x /run/x /dev/shm/x; do touch $p || echo could not write $p; done; \
                     cat /proc/1/environ 2>/dev/null && echo read the environment of PID 1; ulimit -c; exit 7";
        let (output, end) = sh(&live, "probe", probe).await;
        let expected = format!(
            "{}\n/workspace\n/home/agent\nCapBnd: 0000000000000000\nCapEff: 0000000000000000\nNoNewPrivs: 1\nSeccomp: 2\nto read\nlo\n0\n",
            spec.uid
        );
        let mut told: Vec<&str> = output.lines().collect();
        let mut wanted: Vec<&str> = expected.lines().collect();
        told.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(told, wanted, "{output}");
        assert_eq!((end.exit_code, end.signal), (7, None));
        assert_eq!(std::fs::metadata(spec.workspace.join("x")).unwrap().uid(), spec.uid);

        let seen = fixture.backend.inspect(&spec.name()).await.unwrap().unwrap();
        assert_eq!((seen.status, seen.spec_hash, seen.memory_bytes), (SandboxStatus::Running, spec.hash(), 256 << 20));
        assert!(seen.hardening.contains(&"capabilities dropped ALL, added none".to_owned()), "{:?}", seen.hardening);
        let listed = fixture.backend.list().await.unwrap();
        assert_eq!(listed.iter().map(|o| o.name.as_str()).collect::<Vec<_>>(), [spec.name()]);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs an engine: run by tests/run"]
async fn what_is_there_as_specified_is_adopted_whatever_it_does() {
    on_engine(async |fixture| {
        let spec = fixture.spec(1);
        let name = spec.name();
        let first = fixture.create(&spec).await;
        let boot = fixture.live(&spec).await.hello.boot_id;
        assert_eq!(fixture.live(&spec).await.hello.boot_id, boot, "a second connection reaches the same boot");

        fixture.backend.pause(&name).await.unwrap();
        fixture.backend.pause(&name).await.unwrap();
        let again = fixture.create(&spec).await;
        assert_eq!((again.id, again.adopted), (first.id.clone(), true));
        assert_eq!(fixture.live(&spec).await.hello.boot_id, boot);

        fixture.backend.stop(&name).await.unwrap();
        fixture.backend.stop(&name).await.unwrap();
        assert_eq!(fixture.backend.inspect(&name).await.unwrap().unwrap().status, SandboxStatus::Stopped);
        let refused = LiveSandbox::connect(&fixture.backend, &name, &fixture.secret.token(&name)).await.unwrap_err();
        assert!(refused.message.contains("not running"), "{refused}");
        assert!(fixture.create(&spec).await.adopted);
        assert_ne!(fixture.live(&spec).await.hello.boot_id, boot, "another boot");

        let mut other = spec.clone();
        other.options.pids_max = 99;
        let anew = fixture.create(&other).await;
        assert!(!anew.adopted && anew.id != first.id);
        assert_eq!(fixture.backend.inspect(&name).await.unwrap().unwrap().pids_max, 99);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs an engine: run by tests/run"]
async fn a_strangers_container_is_left_alone() {
    on_engine(async |fixture| {
        let spec = fixture.spec(1);
        let stranger = Fixture::new();
        // The same name with another label: as if the shortened install ids were the same.
        let mut theirs = SandboxSpec { install_id: fixture.install_id.clone(), ..stranger.spec(1) };
        theirs.install_id.push_str("0123456789");
        let mut ours = spec.clone();
        ours.install_id = format!("{}0123", spec.install_id);
        assert_eq!(theirs.name(), ours.name());
        let owner = DockerBackend::new(theirs.install_id.clone(), Arc::new(|name| std::env::var(name).ok()));
        owner.create(&theirs, &|_| ()).await.unwrap();
        let name = theirs.name();

        let result = async {
            let refused = fixture.backend.create(&ours, &|_| ()).await.unwrap_err();
            assert!(refused.message.contains("not of this daemon"), "{refused}");
            assert!(fixture.backend.remove(&name).await.is_err());
            assert_eq!(fixture.backend.stop(&name).await.unwrap_err().kind, SandboxErrorKind::NotFound);
            assert!(fixture.backend.inspect(&name).await.unwrap().is_none());
            assert!(fixture.backend.list().await.unwrap().is_empty());
            assert_eq!(owner.inspect(&name).await.unwrap().unwrap().status, SandboxStatus::Running);
        };
        let ended = AssertUnwindSafe(result).catch_unwind().await;
        owner.remove(&name).await.unwrap();
        if let Err(panic) = ended {
            std::panic::resume_unwind(panic);
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs an engine: run by tests/run"]
async fn another_token_is_refused() {
    on_engine(async |fixture| {
        let spec = fixture.spec(1);
        fixture.create(&spec).await;
        let wrong = fixture.secret.token("another name");
        let refused = LiveSandbox::connect(&fixture.backend, &spec.name(), &wrong).await.unwrap_err();
        assert!(refused.message.contains("refuses the token"), "{refused}");
        fixture.live(&spec).await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs an engine: run by tests/run"]
async fn a_stream_that_breaks_says_so_and_the_command_runs_on() {
    on_engine(async |fixture| {
        let spec = fixture.spec(1);
        let name = spec.name();
        fixture.create(&spec).await;
        let live = fixture.live(&spec).await;
        let request = ExecRequest {
            call_id: "c1".to_owned(),
            command: "echo begun; while [ ! -e go ]; do sleep 0.05; done; echo done; exit 3".to_owned(),
            ..Default::default()
        };
        let mut events = live.client.exec(request.clone()).await.unwrap();
        assert_eq!(events.next().await.unwrap().unwrap(), ExecEvent::Started { already: false });
        assert!(matches!(events.next().await.unwrap().unwrap(), ExecEvent::Output { offset: 0, .. }));
        drop((events, live));

        let live = fixture.live(&spec).await;
        std::fs::write(spec.workspace.join("go"), "").unwrap();
        let mut events = live.client.follow("c1", 6, 0).await.unwrap();
        assert_eq!(events.next().await.unwrap().unwrap(), ExecEvent::Started { already: true });
        let ExecEvent::Output { offset: 6, data } = events.next().await.unwrap().unwrap() else { panic!("a gap") };
        assert_eq!(&data[..], b"done\n");
        assert!(matches!(events.next().await.unwrap().unwrap(), ExecEvent::Exited(ExecEnd { exit_code: 3, .. })));
        assert!(events.next().await.is_none());
        live.client.ack("c1").await.unwrap();
        let unknown = live.client.follow("c2", 0, 0).await.map(drop).unwrap_err();
        assert_eq!(unknown.kind, InitErrorKind::NotFound, "{unknown}");

        let mut events = live
            .client
            .exec(ExecRequest { call_id: "c3".to_owned(), command: "sleep 60".to_owned(), ..Default::default() })
            .await
            .unwrap();
        events.next().await.unwrap().unwrap();
        fixture.backend.remove(&name).await.unwrap();
        assert_eq!(events.next().await.unwrap().unwrap_err().kind, InitErrorKind::Broken);
        assert_eq!(live.client.hello().await.unwrap_err().kind, InitErrorKind::Broken);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs an engine: run by tests/run"]
async fn measurements_and_findings() {
    on_engine(async |fixture| {
        let spec = fixture.spec(1);
        fixture.create(&spec).await;
        let live = fixture.live(&spec).await;
        let request =
            ExecRequest { call_id: "busy".to_owned(), command: "while :; do :; done".to_owned(), ..Default::default() };
        let _busy = live.client.exec(request).await.unwrap();
        let stats = fixture.backend.stats(&spec.name()).await.unwrap();
        assert!(stats.cpu_percent > 1.0 && stats.memory_bytes > 0 && stats.pids >= 2, "{stats:?}");
        assert_eq!(stats.memory_limit_bytes, 256 << 20);
        assert!(live.client.kill("busy", 0).await.unwrap());

        let findings = fixture.backend.check(&spec.options.image).await;
        assert!(findings.iter().all(|f| f.severity < Severity::Error), "{findings:?}");
        assert!(fixture.backend.detail().contains("API 1."), "{}", fixture.backend.detail());
        let absent = fixture.backend.check("no/such:image").await;
        assert!(absent.iter().any(|f| f.check == "image" && f.severity == Severity::Warning));
    })
    .await;
}

#[tokio::test]
#[ignore = "needs an engine: run by tests/run"]
async fn every_question_is_answered_within_the_rules() {
    on_engine(async |fixture| {
        let spec = fixture.spec(1);
        fixture.create(&spec).await;
        let client = fixture.live(&spec).await.client;
        let path = |name: &str| name.to_owned();

        let write = |name: &str, text: &str| wire::WriteRequest {
            path: path(name),
            data: text.to_owned().into(),
            ..Default::default()
        };
        assert!(client.write(write("a/b.txt", "one\ntwo\nthree\n")).await.unwrap().created);
        let before = client.write(write("a/b.txt", "one\ntwo\nthree\nfour\n")).await.unwrap().before;
        assert_eq!(before.as_deref(), Some(&b"one\ntwo\nthree\n"[..]));
        let lines = wire::LineRange { offset: 1, limit: 2, bytes_max: 1000 };
        let read = wire::ReadRequest { path: path("a/b.txt"), lines: Some(lines), ..Default::default() };
        let read = client.read(read).await.unwrap();
        assert_eq!((&read.data[..], read.lines, read.total_lines), (&b"two\nthree\n"[..], 2, 4));
        let edit = |old: &str| wire::EditRequest {
            path: path("a/b.txt"),
            old_string: old.to_owned(),
            new_string: "2".to_owned(),
            ..Default::default()
        };
        assert_eq!(client.edit(edit("two")).await.unwrap().replaced, 1);
        let error = client.edit(edit("o")).await.unwrap_err();
        assert_eq!((error.kind, error.count), (InitErrorKind::NotUnique, 2), "{error}");

        let list = wire::ListRequest { path: path("a"), entries_max: 10 };
        assert_eq!(client.list(list).await.unwrap().entries[0].path, "b.txt");
        let glob = wire::GlobRequest { pattern: path("**/*.txt"), path: path("."), entries_max: 10, deadline_ms: 1000 };
        assert_eq!(client.glob(glob).await.unwrap().entries[0].path, "a/b.txt");
        let grep = wire::GrepRequest {
            pattern: path("thr"),
            path: path("."),
            matches_max: 10,
            deadline_ms: 1000,
            ..Default::default()
        };
        let found = client.grep(grep).await.unwrap().matches;
        assert_eq!((found[0].path.as_str(), found[0].line, found[0].text.as_str()), ("a/b.txt", 3, "three"));
        assert_eq!(client.stat("a/b.txt", true).await.unwrap().size_bytes, 17);
        assert_eq!(client.stat("/workspace/none", true).await.unwrap_err().kind, InitErrorKind::NotFound);

        let pieces: Vec<_> = client.download("a").await.unwrap().collect().await;
        let tar: Vec<u8> = pieces.into_iter().flat_map(|piece| piece.unwrap()).collect();
        let upload = futures_util::stream::iter([bytes::Bytes::from(tar)]);
        assert_eq!(client.upload("copy", upload).await.unwrap().bytes, 17);
        assert_eq!(std::fs::read(spec.workspace.join("copy/a/b.txt")).unwrap(), b"one\n2\nthree\nfour\n");
        let remove = wire::RemoveRequest { path: path("copy"), ..Default::default() };
        assert_eq!(client.remove(remove).await.unwrap(), 3);

        let start = wire::InteractStart {
            argv: ["sh", "-c", "read x; echo got $x; echo no >&2; exit 5"].map(str::to_owned).to_vec(),
            stdin: true,
            ..Default::default()
        };
        let input = [InteractIn::Stdin("hello\n".into()), InteractIn::StdinEnd];
        let parts: Vec<_> = client.interact(start, futures_util::stream::iter(input)).await.unwrap().collect().await;
        let (mut out, mut err, mut code) = (Vec::new(), Vec::new(), None);
        for part in parts {
            match part.unwrap() {
                InteractOut::Stdout(data) => out.extend_from_slice(&data),
                InteractOut::Stderr(data) => err.extend_from_slice(&data),
                InteractOut::Exited(end) => code = Some(end.exit_code),
            }
        }
        assert_eq!((&out[..], &err[..], code), (&b"got hello\n"[..], &b"no\n"[..], Some(5)));

        let sleeper = ExecRequest { call_id: path("s"), argv: vec![path("sleep"), path("60")], ..Default::default() };
        let mut events = client.exec(sleeper).await.unwrap();
        events.next().await.unwrap().unwrap();
        let there = client.processes().await.unwrap();
        assert_eq!(there.running_calls, ["s"]);
        assert!(there.processes.iter().any(|p| p.call_id == "s" && p.command.contains("sleep")), "{there:?}");
        assert!(client.kill("s", 0).await.unwrap());
        let ended = events.next().await.unwrap().unwrap();
        assert!(matches!(&ended, ExecEvent::Exited(end) if end.killed && end.signal == Some(9)), "{ended:?}");
    })
    .await;
}
