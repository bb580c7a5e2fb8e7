//! The demo tells its whole story on real parts and leaves nothing behind.

use crate::fixtures::backend::{self, on_each_backend};
use crate::fixtures::cli::Agentctl;
use crate::fixtures::home::Home;

on_each_backend!(the_demo_comes_to_its_end_without_a_terminal);
async fn the_demo_comes_to_its_end_without_a_terminal() {
    let home = Home::new();
    let temporary = home.path("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let image = std::env::var("AGENTD_SANDBOX_IMAGE").unwrap_or_default();
    // Without an engine it finds none at an address where there is nothing.
    let nowhere = format!("unix://{}", home.path("no-engine").display());
    let engine = std::env::var("DOCKER_HOST").unwrap_or_default();
    let engine = if backend::chosen() == "docker" { engine } else { nowhere };
    let demo = Agentctl::new(&home, &["demo"])
        .env("DOCKER_HOST", &engine)
        .env("TMPDIR", temporary.to_str().unwrap())
        .env("AGENTCTL_NO_AUTOSTART", "")
        .env("AGENTD_SANDBOX_IMAGE", &image);
    let output = demo.run().await.success();
    let said = format!("{}{}", output.stdout(), output.stderr());
    for part in ["Hello World", "kill -9", "ZHIPUAI_API_KEY"] {
        assert!(said.contains(part), "the demo does not tell of {part:?}:\n{output}");
    }
    let left: Vec<_> = std::fs::read_dir(&temporary).unwrap().flatten().map(|entry| entry.path()).collect();
    assert!(left.is_empty(), "the demo left {left:?}");
    assert!(!home.state().exists() && !home.socket().exists(), "the demo touched the user's own daemon");
}
