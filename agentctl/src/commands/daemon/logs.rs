//! `daemon logs`: what an agentd in the background wrote. Needs no daemon.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use proto::reason::Reason;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::escape::Escaper;

/// How often the file is looked at for more.
const POLL: Duration = Duration::from_millis(200);
const BUFFER_BYTES: usize = 64 * 1024;

/// Print the daemon's log.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  agentctl daemon logs -n 50\n  agentctl daemon logs -f")]
pub(crate) struct LogsArgs {
    /// Go on with what comes, until interrupted
    #[arg(short, long)]
    follow: bool,
    /// Only the last lines
    #[arg(short = 'n', long, value_name = "N")]
    lines: Option<usize>,
}

pub(crate) async fn run(args: LogsArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let path = context.paths.log();
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => {
            CommandError::new(Reason::PathNotFound, format!("there is no log {} yet", path.display())).hinted(
                "an agentd started with `agentctl daemon start` writes one; in the foreground it logs to stderr",
            )
        }
        _ => CommandError::internal(&path.display().to_string(), &error),
    };
    let mut tail = Tail::open(&path, args.lines).await.map_err(failed)?;
    let mut escaper = context.ui.out_is_terminal().then(Escaper::block);
    let mut buffer = vec![0u8; BUFFER_BYTES];
    loop {
        match tail.read(&mut buffer).await.map_err(failed)? {
            0 if !args.follow => break,
            0 => tokio::time::sleep(POLL).await,
            got => match &mut escaper {
                Some(escaper) => context.ui.out(&escaper.push(&buffer[..got]))?,
                None => context.ui.out_bytes(&buffer[..got])?,
            },
        }
    }
    if let Some(escaper) = &mut escaper {
        context.ui.out(&escaper.finish())?;
    }
    Ok(Exit::DONE)
}

/// A file that grows, and may be truncated or replaced.
struct Tail<'a> {
    path: &'a Path,
    file: File,
    read_bytes: u64,
}

impl<'a> Tail<'a> {
    /// From the beginning, or from so many lines before the end.
    async fn open(path: &'a Path, lines: Option<usize>) -> io::Result<Self> {
        let mut tail = Self { path, file: File::open(path).await?, read_bytes: 0 };
        if let Some(lines) = lines {
            tail.read_bytes = start_of_last(&mut tail.file, lines).await?;
            tail.file.seek(io::SeekFrom::Start(tail.read_bytes)).await?;
        }
        Ok(tail)
    }

    /// The next bytes; 0: there are none now.
    async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut got = self.file.read(buffer).await?;
        if got == 0 && self.begins_anew().await? {
            got = self.file.read(buffer).await?;
        }
        self.read_bytes += got as u64;
        Ok(got)
    }

    /// Whether the file was truncated, or another one stands in its place; then this one reads from its beginning.
    async fn begins_anew(&mut self) -> io::Result<bool> {
        let here = self.file.metadata().await?;
        let there = match tokio::fs::metadata(self.path).await {
            Ok(there) => there,
            // Taken away, and not yet made again.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        if (there.dev(), there.ino()) != (here.dev(), here.ino()) {
            self.file = File::open(self.path).await?;
        } else if here.len() < self.read_bytes {
            self.file.rewind().await?;
        } else {
            return Ok(false);
        }
        self.read_bytes = 0;
        Ok(true)
    }
}

/// Where the last lines of a file begin, searched from its end.
async fn start_of_last(file: &mut File, lines: usize) -> io::Result<u64> {
    let length_bytes = file.metadata().await?.len();
    if lines == 0 {
        return Ok(length_bytes);
    }
    let mut end_bytes = length_bytes;
    let mut breaks_left = lines;
    let mut buffer = Vec::new();
    while end_bytes > 0 {
        let start_bytes = end_bytes.saturating_sub(BUFFER_BYTES as u64);
        file.seek(io::SeekFrom::Start(start_bytes)).await?;
        buffer.clear();
        (&mut *file).take(end_bytes - start_bytes).read_to_end(&mut buffer).await?;
        for (at, _) in buffer.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n') {
            let next_bytes = start_bytes + at as u64 + 1;
            // The break that closes the last line begins no other one.
            if next_bytes == length_bytes {
                continue;
            }
            if breaks_left == 1 {
                return Ok(next_bytes);
            }
            breaks_left -= 1;
        }
        end_bytes = start_bytes;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn rest(tail: &mut Tail<'_>) -> String {
        let mut buffer = [0u8; 7];
        let mut text = Vec::new();
        loop {
            match tail.read(&mut buffer).await.unwrap() {
                0 => return String::from_utf8(text).unwrap(),
                got => text.extend_from_slice(&buffer[..got]),
            }
        }
    }

    #[tokio::test]
    async fn growth_truncation_and_replacement_are_followed() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("log");
        std::fs::write(&path, "one\ntwo\n").unwrap();
        let mut tail = Tail::open(&path, None).await.unwrap();
        assert_eq!(rest(&mut tail).await, "one\ntwo\n");
        std::fs::write(&path, "one\ntwo\nthree\n").unwrap();
        assert_eq!(rest(&mut tail).await, "three\n");
        std::fs::write(&path, "anew\n").unwrap();
        assert_eq!(rest(&mut tail).await, "anew\n");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(rest(&mut tail).await, "");
        std::fs::write(root.path().join("other"), "another file\n").unwrap();
        std::fs::rename(root.path().join("other"), &path).unwrap();
        assert_eq!(rest(&mut tail).await, "another file\n");
    }

    #[tokio::test]
    async fn the_last_lines_are_found_in_long_and_short_files() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("log");
        let long: String = (0..20_000).map(|line| format!("line {line}\n")).collect();
        let cases = [
            ("", 3, ""),
            ("a\nb\nc\n", 2, "b\nc\n"),
            ("a\nb\nc", 2, "b\nc"),
            ("a\nb\n", 9, "a\nb\n"),
            ("a\n\n\n", 2, "\n\n"),
            ("a\nb\n", 0, ""),
            (&long, 2, "line 19998\nline 19999\n"),
            (&long, 20_000, &long),
        ];
        for (content, lines, expected) in cases {
            std::fs::write(&path, content).unwrap();
            let mut tail = Tail::open(&path, Some(lines)).await.unwrap();
            assert!(rest(&mut tail).await == expected, "{lines} lines of {} bytes", content.len());
        }
    }
}
