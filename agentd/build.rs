//! Builds agent-init, the supervisor of every sandbox, as a static binary that runs in any image, for agentd to embed.
//!
//! `AGENT_INIT` names a binary to embed instead: for packagers, and for sandboxes of another architecture.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

type Failure = Box<dyn std::error::Error>;

/// What the nested build must not inherit: flags of the outer build, which would win over its own, and clippy's wrapper.
const NOT_INHERITED: &[&str] =
    &["CARGO_ENCODED_RUSTFLAGS", "RUSTC_WORKSPACE_WRAPPER", "CARGO_TARGET_DIR", "CARGO_BUILD_TARGET"];

fn main() -> Result<(), Failure> {
    println!("cargo:rerun-if-env-changed=AGENT_INIT");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let binary = match env::var_os("AGENT_INIT") {
        Some(path) => {
            println!("cargo:rerun-if-changed={}", Path::new(&path).display());
            PathBuf::from(path)
        }
        None => build(&out)?,
    };
    std::fs::copy(&binary, out.join("agent-init")).map_err(|error| format!("{}: {error}", binary.display()))?;
    Ok(())
}

/// Builds it in a target directory that all profiles of the outer build share.
fn build(out: &Path) -> Result<PathBuf, Failure> {
    for source in
        ["init/src", "init/Cargo.toml", "../proto/agent/init", "../proto/src", "../proto/build.rs", "../Cargo.lock"]
    {
        println!("cargo:rerun-if-changed={source}");
    }
    let target = target_directory(out)?.join("agent-init");
    let triple = env::var("TARGET")?;
    let manifest = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("init/Cargo.toml");
    let mut cargo = Command::new(env::var("CARGO")?);
    cargo.args(["build", "--package", "agent-init", "--profile", "init", "--locked", "--target", &triple]);
    cargo.arg("--manifest-path").arg(manifest).arg("--target-dir").arg(&target);
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if NOT_INHERITED.contains(&&*text) || text.starts_with("CARGO_CFG_") || text.starts_with("CARGO_FEATURE_") {
            cargo.env_remove(&name);
        }
    }
    // With --target these flags are for the binary only, not for build scripts.
    cargo.env("RUSTFLAGS", "-C target-feature=+crt-static");
    let output = cargo.output()?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(format!("building agent-init failed: {}\n{text}", output.status).into());
    }
    Ok(target.join(triple).join("init/agent-init"))
}

/// The target directory of the workspace: OUT_DIR is `<target>/[<triple>/]<profile>/build/<package>-<hash>/out`.
fn target_directory(out: &Path) -> Result<PathBuf, Failure> {
    let build = out.ancestors().find(|path| path.ends_with("build")).ok_or("OUT_DIR is not in a target directory")?;
    let profile = build.parent().and_then(Path::parent).ok_or("OUT_DIR is not in a target directory")?;
    let triple = env::var("TARGET")?;
    let target = if profile.ends_with(&triple) { profile.parent().unwrap_or(profile) } else { profile };
    Ok(target.to_owned())
}
