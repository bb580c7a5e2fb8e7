//! Reads bytes or lines of a file, as a stream: a huge file is never in memory.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

use proto::init::v1::{ErrorKind, LineRange, ReadRequest, ReadResponse};
use rustix::fs::OFlags;

use super::error::{AtPath as _, FileError};
use super::lines::{LineReader, Range};

/// Bytes that are told at most.
const DATA_BYTES_MAX: usize = 1 << 20;
/// Bytes at the beginning in which a zero byte makes a file binary.
const BINARY_BYTES: usize = 8 * 1024;
const BUFFER_BYTES: usize = 64 * 1024;
/// How long lines are looked for.
const LOOK_MAX: Duration = Duration::from_secs(10);
/// How long lines are counted beyond those that were asked for.
const COUNT_MAX: Duration = Duration::from_millis(200);

/// Reads a regular file.
pub(crate) fn read(path: &Path, request: &ReadRequest) -> Result<ReadResponse, FileError> {
    let mut file = open_regular(path)?;
    let size_bytes = file.metadata().at(path)?.len();
    let binary = looks_binary(&file).at(path)?;
    match &request.lines {
        None => {
            let length = super::limit(request.length_bytes_max, DATA_BYTES_MAX);
            let data = read_at(&file, request.offset_bytes, length).at(path)?;
            Ok(ReadResponse { data: data.into(), size_bytes, binary, ..ReadResponse::default() })
        }
        // Lines of a file that is no text are of no use.
        Some(_) if binary => Ok(ReadResponse { size_bytes, binary, ..ReadResponse::default() }),
        Some(range) => read_lines(path, &mut file, range, size_bytes),
    }
}

/// Opens a file that is regular. Opening anything else might wait for ever, or act on a device.
pub(super) fn open_regular(path: &Path) -> Result<File, FileError> {
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).at(path)?;
    let meta = file.metadata().at(path)?;
    if meta.is_dir() {
        return Err(FileError::new(ErrorKind::IsDirectory, format!("{}: is a directory", path.display())));
    }
    if !meta.is_file() {
        return Err(FileError::new(ErrorKind::Other, format!("{}: not a regular file", path.display())));
    }
    Ok(file)
}

/// Whether there is a zero byte in the beginning of a file.
pub(super) fn looks_binary(file: &File) -> std::io::Result<bool> {
    Ok(read_at(file, 0, BINARY_BYTES)?.contains(&0))
}

fn read_at(file: &File, offset: u64, length: usize) -> std::io::Result<Vec<u8>> {
    let mut data = vec![0; length];
    let mut filled = 0;
    while filled < length {
        match file.read_at(&mut data[filled..], offset.saturating_add(filled as u64)) {
            Ok(0) => break,
            Ok(more) => filled += more,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    data.truncate(filled);
    Ok(data)
}

fn read_lines(path: &Path, file: &mut File, range: &LineRange, size_bytes: u64) -> Result<ReadResponse, FileError> {
    let mut reader = LineReader::new(Range {
        offset: range.offset,
        limit: if range.limit == 0 { u64::MAX } else { range.limit },
        bytes_max: super::limit(range.bytes_max, DATA_BYTES_MAX),
    });
    let mut buffer = vec![0; BUFFER_BYTES];
    let begin = Instant::now();
    let mut full_since = None;
    let total_known = loop {
        match file.read(&mut buffer) {
            Ok(0) => break true,
            Ok(length) => reader.push(&buffer[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(FileError::io(path, &error)),
        }
        if reader.is_full() {
            if full_since.get_or_insert_with(Instant::now).elapsed() > COUNT_MAX {
                break false;
            }
        } else if begin.elapsed() > LOOK_MAX {
            let message = format!("{}: line {} is too far into the file", path.display(), range.offset);
            return Err(FileError::new(ErrorKind::TooLarge, message));
        }
    };
    let lines = reader.finish();
    Ok(ReadResponse {
        data: lines.data.into(),
        size_bytes,
        total_lines: if total_known { lines.total_lines } else { 0 },
        lines: lines.lines,
        binary: false,
        line_cut: lines.line_cut,
        total_known,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(path: &Path, offset: u64, limit: u64) -> ReadResponse {
        let lines = Some(LineRange { offset, limit, bytes_max: 0 });
        read(path, &ReadRequest { lines, ..ReadRequest::default() }).unwrap()
    }

    #[test]
    fn bytes_and_lines_of_a_text() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        std::fs::write(&path, "one\ntwo\nthree\n").unwrap();
        let request = ReadRequest { offset_bytes: 4, length_bytes_max: 3, ..ReadRequest::default() };
        let bytes = read(&path, &request).unwrap();
        assert_eq!((&bytes.data[..], bytes.size_bytes), (&b"two"[..], 14));
        let lines = asked(&path, 1, 1);
        assert_eq!((&lines.data[..], lines.total_lines, lines.total_known), (&b"two\n"[..], 3, true));
        assert_eq!(asked(&path, 9, 1).lines, 0);
    }

    #[test]
    fn a_binary_file_says_so_and_has_no_lines() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        std::fs::write(&path, b"ELF\0\n").unwrap();
        let lines = asked(&path, 0, 1);
        assert!(lines.binary && lines.data.is_empty());
        assert_eq!(read(&path, &ReadRequest::default()).unwrap().data.len(), 5);
    }

    #[test]
    fn what_is_no_regular_file_is_not_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("fifo");
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        for (path, kind) in [
            (path.as_path(), ErrorKind::Other),
            (Path::new("/dev/zero"), ErrorKind::Other),
            (directory.path(), ErrorKind::IsDirectory),
            (Path::new("/none"), ErrorKind::NotFound),
        ] {
            assert_eq!(read(path, &ReadRequest::default()).unwrap_err().kind(), kind, "{path:?}");
        }
    }
}
