//! What the supervisor and a reaper say to each other over the reaper's standard input: a job, then a report.

use std::io::{self, IoSlice, IoSliceMut, Read as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use prost::Message as _;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
};

/// Largest job, in bytes: what a request may hold at most.
const JOB_BYTES_MAX: usize = 32 << 20;
/// Standard input, output and error.
const STREAMS_MAX: usize = 3;
/// Length of a report on the wire.
pub(crate) const REPORT_BYTES: usize = 8;

/// What to run.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Job {
    /// Program and arguments.
    #[prost(string, repeated, tag = "1")]
    pub(crate) argv: Vec<String>,
    /// Working directory.
    #[prost(string, tag = "2")]
    pub(crate) cwd: String,
    /// Added to the environment: name, value, name, value.
    #[prost(string, repeated, tag = "3")]
    pub(crate) env: Vec<String>,
    /// Whether its standard output is its terminal.
    #[prost(enumeration = "TerminalUse", tag = "4")]
    pub(crate) terminal: i32,
}

/// Whether a command has a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum TerminalUse {
    /// It has none.
    None = 0,
    /// Standard output is one, to become its controlling terminal.
    Controlling = 1,
}

/// The streams a command starts with.
pub(crate) struct Streams {
    /// Standard input; none: /dev/null, or the terminal.
    pub(crate) stdin: Option<OwnedFd>,
    /// Standard output, or the terminal.
    pub(crate) stdout: OwnedFd,
    /// Standard error.
    pub(crate) stderr: OwnedFd,
}

/// How a command ended, with all it started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// Exit code; 128 + signal after a signal.
    pub(crate) exit_code: i32,
    /// The signal that ended it; 0: none.
    pub(crate) signal: u32,
}

impl Job {
    /// The job as bytes, for [`send_start`].
    pub(crate) fn encode_bounded(&self) -> io::Result<Vec<u8>> {
        let bytes = self.encode_to_vec();
        if bytes.len() > JOB_BYTES_MAX { Err(io::Error::from_raw_os_error(E2BIG)) } else { Ok(bytes) }
    }
}

/// `Argument list too long`.
const E2BIG: i32 = rustix::io::Errno::TOOBIG.raw_os_error();

impl Report {
    /// The report as bytes.
    pub(crate) fn to_bytes(self) -> [u8; REPORT_BYTES] {
        let mut bytes = [0; REPORT_BYTES];
        bytes[..4].copy_from_slice(&self.exit_code.to_le_bytes());
        bytes[4..].copy_from_slice(&self.signal.to_le_bytes());
        bytes
    }

    /// The report that `bytes` are.
    pub(crate) fn from_bytes(bytes: [u8; REPORT_BYTES]) -> Self {
        let [a, b, c, d, e, f, g, h] = bytes;
        Self { exit_code: i32::from_le_bytes([a, b, c, d]), signal: u32::from_le_bytes([e, f, g, h]) }
    }
}

/// Sends the job's length and, with it, the streams it starts with, and as much of the job as goes along; how much did.
pub(crate) fn send_start(socket: BorrowedFd<'_>, job: &[u8], streams: &Streams) -> io::Result<usize> {
    let length = u32::try_from(job.len()).map_err(|_| io::Error::from_raw_os_error(E2BIG))?.to_le_bytes();
    let descriptors: Vec<BorrowedFd<'_>> =
        [&streams.stdout, &streams.stderr].into_iter().chain(&streams.stdin).map(|stream| stream.as_fd()).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(STREAMS_MAX))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    control.push(SendAncillaryMessage::ScmRights(&descriptors));
    let parts = [IoSlice::new(&length), IoSlice::new(job)];
    let sent = rustix::net::sendmsg(socket, &parts, &mut control, SendFlags::NOSIGNAL)?;
    sent.checked_sub(length.len()).ok_or_else(|| io::ErrorKind::WriteZero.into())
}

/// Receives a job and the streams it starts with; `None` where the supervisor is gone.
pub(crate) fn receive(socket: &mut UnixStream) -> io::Result<Option<(Job, Streams)>> {
    let mut length = [0; 4];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(STREAMS_MAX))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received = rustix::net::recvmsg(
        socket.as_fd(),
        &mut [IoSliceMut::new(&mut length)],
        &mut control,
        RecvFlags::CMSG_CLOEXEC | RecvFlags::WAITALL,
    )?;
    if received.bytes == 0 {
        return Ok(None);
    }
    let mut descriptors: Vec<OwnedFd> = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(more) = message {
            descriptors.extend(more);
        }
    }
    let mut descriptors = descriptors.into_iter();
    let (Some(stdout), Some(stderr)) = (descriptors.next(), descriptors.next()) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let length = u32::from_le_bytes(length) as usize;
    if received.bytes != 4 || length > JOB_BYTES_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = vec![0; length];
    socket.read_exact(&mut bytes)?;
    let job = Job::decode(bytes.as_slice()).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok(Some((job, Streams { stdin: descriptors.next(), stdout, stderr })))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_job_arrives_with_its_streams() {
        let (mut near, mut far) = UnixStream::pair().unwrap();
        let (input, mut writer) = std::io::pipe().unwrap();
        let (mut reader, output) = std::io::pipe().unwrap();
        let streams =
            Streams { stdin: Some(input.into()), stdout: output.try_clone().unwrap().into(), stderr: output.into() };
        let job = Job {
            argv: vec!["cat".into(), "-".into()],
            cwd: "/".into(),
            env: vec!["A".into(), "1".into()],
            terminal: TerminalUse::None.into(),
        };
        let bytes = job.encode_bounded().unwrap();
        let sent = send_start(near.as_fd(), &bytes, &streams).unwrap();
        drop(streams);
        near.write_all(&bytes[sent..]).unwrap();
        let (received, streams) = receive(&mut far).unwrap().unwrap();
        assert_eq!(received, job);
        writer.write_all(b"in").unwrap();
        drop(writer);
        let mut text = String::new();
        std::fs::File::from(streams.stdin.unwrap()).read_to_string(&mut text).unwrap();
        std::fs::File::from(streams.stderr).write_all(b"out").unwrap();
        drop(streams.stdout);
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "inout");
    }

    #[test]
    fn a_report_gives_itself_back() {
        let report = Report { exit_code: -7, signal: 9 };
        assert_eq!(Report::from_bytes(report.to_bytes()), report);
    }

    #[test]
    fn a_supervisor_that_is_gone_has_no_job() {
        let (near, mut far) = UnixStream::pair().unwrap();
        drop(near);
        assert!(receive(&mut far).unwrap().is_none());
    }

    #[test]
    fn a_job_without_streams_is_refused() {
        let (mut near, mut far) = UnixStream::pair().unwrap();
        near.write_all(&[1, 0, 0, 0, 0]).unwrap();
        assert!(receive(&mut far).is_err());
    }
}
