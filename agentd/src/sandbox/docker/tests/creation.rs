//! Making what another daemon had begun to make, and what cannot be made.

use super::*;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn what_a_daemon_that_died_had_asked_for_is_waited_for() {
    on_engine(async |fixture| {
        let spec = fixture.spec(1);
        // The engine goes on with a request whose client is gone: to it, these are the old daemon and the new one.
        let other = DockerBackend::new(fixture.install_id.clone(), Arc::new(|name| std::env::var(name).ok()));
        let quiet = |_: &str| ();
        let (old, new) = tokio::join!(fixture.backend.create(&spec, &quiet), other.create(&spec, &quiet));
        assert_eq!(old.unwrap().id, new.unwrap().id);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs an engine: run by tests/run"]
async fn what_cannot_be_made_is_told_apart_and_leaves_nothing() {
    on_engine(async |fixture| {
        let mut spec = fixture.spec(1);
        spec.options.image = "localhost:1/no/such/image:1".to_owned();
        let error = fixture.backend.create(&spec, &|_| ()).await.unwrap_err();
        assert_eq!(error.kind, SandboxErrorKind::ImageNotFound, "{error}");
        assert!(error.hint.contains("agentctl image import") && error.hint.contains("sandbox.image"));

        let gone = SandboxSpec { workspace: Path::new("/nowhere/at/all").to_owned(), ..fixture.spec(2) };
        let error = fixture.backend.create(&gone, &|_| ()).await.unwrap_err();
        assert!(error.hint.contains("same path"), "{error:?}");

        let mut lan = fixture.spec(3);
        lan.options.network = "no-such-network".to_owned();
        let error = fixture.backend.create(&lan, &|_| ()).await.unwrap_err();
        assert_eq!(error.kind, SandboxErrorKind::EngineUnsuitable, "{error}");
        assert!(fixture.backend.list().await.unwrap().is_empty());
        assert!(fixture.backend.stats("agentd-none").await.is_err());
        fixture.backend.remove("agentd-none").await.unwrap();
    })
    .await;
}
