//! How the sandbox of a session is looser than the strictest that this daemon makes, in words. Pure.

use super::spec::NETWORK_NONE;
use crate::domain::options::{Gpus, SandboxOptions};
use crate::domain::quantity::{cores, count, size, span};

/// Runtimes that put a wall of their own between a sandbox and the kernel.
const STRICTER_RUNTIMES: &[&str] =
    &["runsc", "kata", "kata-runtime", "io.containerd.runsc.v1", "io.containerd.kata.v2"];

/// The name of a limit, what was asked for, what is usual, and how it is written.
type Limit = (&'static str, u64, u64, fn(u64) -> String);

/// What options loosen, one line each. `usual` is what the daemon gives to a session that asks for nothing.
pub fn loosened(options: &SandboxOptions, usual: &SandboxOptions) -> Vec<String> {
    let mut words = Vec::new();
    if options.network != NETWORK_NONE {
        words.push(format!("network {}: commands in the sandbox can reach it", options.network));
    }
    let limits: [Limit; 7] = [
        ("memory", options.memory_bytes, usual.memory_bytes, size),
        ("cpus", options.cpu_millis, usual.cpu_millis, cores),
        ("pids", options.pids_max.into(), usual.pids_max.into(), count),
        ("file size", no_limit_is_most(options.file_bytes_max), usual.file_bytes_max, size),
        ("open files", no_limit_is_most(options.open_files_max), usual.open_files_max, count),
        ("output", options.output_bytes_max, usual.output_bytes_max, size),
        ("command timeout", options.command_ms_max, usual.command_ms_max, span),
    ];
    for (name, asked, usual, show) in limits {
        // Where no limit is usual, nothing is looser.
        if usual > 0 && asked > usual {
            let asked = if asked == u64::MAX { "without limit".to_owned() } else { show(asked) };
            words.push(format!("{name} {asked}: {} is usual", show(usual)));
        }
    }
    if options.swap_bytes > 0 {
        words.push(format!("swap {}: beside the memory", size(options.swap_bytes)));
    }
    if options.gpus != Gpus::None {
        words.push(format!("gpus {}: commands reach the driver of the host", options.gpus));
    }
    if !options.runtime.is_empty() && !STRICTER_RUNTIMES.contains(&options.runtime.as_str()) {
        words.push(format!("runtime {}: agentd does not know how well it confines", options.runtime));
    }
    if let Some(user) = options.user {
        words.push(format!("user {user}: not the owner of the workspace"));
    }
    for mount in &options.mounts {
        let access = if mount.writable { "can be changed" } else { "can be read" };
        words.push(format!("mount {}: {} of the host {access}", mount.target, mount.source.display()));
    }
    words
}

fn no_limit_is_most(limit: u64) -> u64 {
    if limit == 0 { u64::MAX } else { limit }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::spec::tests::sample;

    #[test]
    fn what_is_usual_and_what_is_tighter_is_not_named() {
        let usual = sample().options;
        assert!(loosened(&usual, &usual).is_empty());
        let tighter = SandboxOptions { memory_bytes: 1, pids_max: 16, file_bytes_max: 1, ..usual.clone() };
        assert!(loosened(&tighter, &usual).is_empty());
        let stricter = SandboxOptions { runtime: "runsc".to_owned(), ..usual.clone() };
        assert!(loosened(&stricter, &usual).is_empty());
    }

    #[test]
    fn every_loosening_is_named() {
        let usual = SandboxOptions { file_bytes_max: 10, ..sample().options };
        let loose = SandboxOptions {
            network: "bridge".to_owned(),
            memory_bytes: 2 << 30,
            file_bytes_max: 0,
            swap_bytes: 5,
            gpus: Gpus::All,
            runtime: "crun".to_owned(),
            user: "1000".parse().ok(),
            mounts: vec!["/srv/a:/a".parse().unwrap(), "/srv/b:/b:rw".parse().unwrap()],
            ..usual.clone()
        };
        assert_eq!(
            loosened(&loose, &usual),
            [
                "network bridge: commands in the sandbox can reach it",
                "memory 2g: 1g is usual",
                "file size without limit: 10b is usual",
                "swap 5b: beside the memory",
                "gpus all: commands reach the driver of the host",
                "runtime crun: agentd does not know how well it confines",
                "user 1000:1000: not the owner of the workspace",
                "mount /a: /srv/a of the host can be read",
                "mount /b: /srv/b of the host can be changed",
            ]
        );
    }
}
