//! Options of a session's sandbox beside the common ones.

use std::path::Path;

use clap::Args;
use proto::v1::{ExtraMount, SandboxOptions};

use crate::commands::quantity;
use crate::error::CommandError;

/// What else the sandbox is made of.
#[derive(Debug, Args)]
#[command(next_help_heading = "More of the sandbox")]
pub(super) struct SandboxArgs {
    /// Swap beside the memory, like 1g [default: none]
    #[arg(long, value_name = "SIZE", value_parser = quantity::bytes)]
    swap: Option<u64>,
    /// Size of one file at most, like 1g
    #[arg(long, value_name = "SIZE", value_parser = quantity::bytes)]
    file_size: Option<u64>,
    /// Open files of one process at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    open_files: Option<u64>,
    /// How much of a command's output is kept, like 1m
    #[arg(long, value_name = "SIZE", value_parser = quantity::bytes)]
    output_size: Option<u64>,
    /// How long one command may run at most, like 10m
    #[arg(long, value_name = "D", value_parser = quantity::duration_ms)]
    command_timeout: Option<u64>,
    /// Graphics processors: none, all, or a number
    #[arg(long, value_name = "GPUS")]
    gpus: Option<String>,
    /// The engine's runtime, like runsc
    #[arg(long, value_name = "RUNTIME")]
    runtime: Option<String>,
    /// The user that everything runs as, by number, never root [default: the owner of the workspace]
    #[arg(long, value_name = "UID[:GID]")]
    user: Option<String>,
    /// A file or directory to be seen at TARGET, read-only or with :rw; only under sandbox.mount_roots of the daemon
    #[arg(long = "mount", value_name = "SOURCE:TARGET[:rw]", value_parser = mount)]
    mounts: Vec<ExtraMount>,
}

impl SandboxArgs {
    /// As the daemon is asked; none where nothing of it was given.
    pub(super) fn options(self) -> Result<Option<SandboxOptions>, CommandError> {
        let options = SandboxOptions {
            swap_bytes: self.swap,
            file_bytes_max: self.file_size,
            open_files_max: self.open_files,
            output_bytes_max: self.output_size,
            command_ms_max: self.command_timeout,
            gpus: self.gpus.unwrap_or_default(),
            runtime: self.runtime.unwrap_or_default(),
            user: self.user.unwrap_or_default(),
            mounts: self.mounts.into_iter().map(absolute).collect::<Result<_, _>>()?,
        };
        Ok(Some(options).filter(|options| *options != SandboxOptions::default()))
    }
}

fn mount(text: &str) -> Result<ExtraMount, String> {
    let (rest, writable) = match text.strip_suffix(":rw") {
        Some(rest) => (rest, true),
        None => (text.strip_suffix(":ro").unwrap_or(text), false),
    };
    match rest.split_once(':') {
        Some((source, target)) if !source.is_empty() && target.starts_with('/') && !target.contains(':') => {
            Ok(ExtraMount { source: source.to_owned(), target: target.to_owned(), writable })
        }
        _ => Err("give SOURCE:TARGET, like /srv/data:/data or ./out:/out:rw".to_owned()),
    }
}

/// The source by its absolute path: the daemon has another current directory. Where links lead is for the daemon to judge.
fn absolute(mount: ExtraMount) -> Result<ExtraMount, CommandError> {
    let source = std::path::absolute(Path::new(&mount.source))
        .map_err(|error| CommandError::usage(format!("--mount {}: {error}", mount.source)))?;
    let source = source.into_os_string().into_string();
    let source = source.map_err(|_| CommandError::usage("--mount: the path is not UTF-8"))?;
    Ok(ExtraMount { source, ..mount })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_are_read_as_they_are_written() {
        let read = |text| mount(text).map(|m| (m.source, m.target, m.writable));
        assert_eq!(read("/a:/b"), Ok(("/a".to_owned(), "/b".to_owned(), false)));
        assert_eq!(read("a/b:/b:rw"), Ok(("a/b".to_owned(), "/b".to_owned(), true)));
        assert_eq!(read("/a:/b:ro"), Ok(("/a".to_owned(), "/b".to_owned(), false)));
        for wrong in ["/a", "/a:b", ":/b", "/a:/b:z", ""] {
            assert!(mount(wrong).is_err(), "{wrong}");
        }
        let relative = absolute(mount("out:/out").unwrap()).unwrap().source;
        assert!(relative.starts_with('/') && relative.ends_with("/out"), "{relative}");
    }
}
