//! `agent-init pipe`: standard input and output become a byte stream to the supervisor.
//!
//! Plain reads and writes on the raw descriptors. `std::io::copy` would turn into splice, which holds small replies back.

use std::io;
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::time::{Duration, Instant};

use rustix::io::Errno;

/// How long the supervisor may take to listen: the engine answers before the sandbox's first process runs.
const CONNECT_WAIT: Duration = Duration::from_secs(5);
/// Pause between two attempts to connect.
const CONNECT_PAUSE: Duration = Duration::from_millis(2);
const BUFFER_BYTES: usize = 64 * 1024;

/// Copies both ways until either side ends.
pub(crate) fn run(socket: &str) -> io::Result<()> {
    let stream = connect(socket)?;
    let inward = stream.try_clone()?;
    std::thread::spawn(move || {
        // However it ends, the supervisor must see the end, and its closing then ends the other direction.
        let _ = copy(std::io::stdin(), &inward);
        let _ = inward.shutdown(Shutdown::Both);
    });
    copy(&stream, std::io::stdout())
}

fn connect(socket: &str) -> io::Result<UnixStream> {
    let address = SocketAddr::from_abstract_name(socket)?;
    let give_up = Instant::now() + CONNECT_WAIT;
    loop {
        match UnixStream::connect_addr(&address) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused && Instant::now() < give_up => {
                std::thread::sleep(CONNECT_PAUSE);
            }
            done => return done,
        }
    }
}

fn copy(from: impl AsFd, to: impl AsFd) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let mut rest = match rustix::io::read(&from, &mut buffer[..]) {
            Ok(0) => return Ok(()),
            Ok(length) => &buffer[..length],
            Err(Errno::INTR) => continue,
            Err(Errno::CONNRESET) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        while !rest.is_empty() {
            match rustix::io::write(&to, rest) {
                Ok(length) => rest = &rest[length..],
                Err(Errno::INTR) => {}
                Err(Errno::PIPE) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}
