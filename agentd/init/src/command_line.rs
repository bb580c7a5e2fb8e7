//! Which part a process of this binary plays.

use std::ffi::OsString;
use std::path::PathBuf;

/// Abstract socket of the supervisor, in the network namespace of its sandbox.
const SOCKET: &str = "agent-init";
/// The name that means standard input.
pub(crate) const STANDARD_INPUT: &str = "-";
/// Longest name of an abstract socket, in bytes.
const SOCKET_BYTES_MAX: usize = 100;

const USAGE: &str = "usage: agent-init serve [--socket NAME] [--workspace DIR] [--spool DIR] | agent-init pipe [--socket NAME] | agent-init confine";

/// What a process of this binary does.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Supervises the sandbox.
    Serve(ServeOptions),
    /// Copies standard input and output to and from the supervisor.
    Pipe {
        /// Name of its abstract socket.
        socket: String,
    },
    /// Makes a sandbox of namespaces of this machine, as standard input says.
    Confine,
    /// Runs one command and ends whatever it leaves behind. Started by the supervisor only.
    Reap,
}

/// Where the supervisor listens and works.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ServeOptions {
    /// Name of the abstract socket; [`STANDARD_INPUT`]: standard input is the socket, and listens already.
    pub(crate) socket: String,
    /// Where commands start and relative paths begin.
    pub(crate) workspace: PathBuf,
    /// Where output of commands is kept.
    pub(crate) spool: PathBuf,
}

/// Reads the arguments that follow the program's name.
pub(crate) fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Part, String> {
    let part = arguments.next().ok_or(USAGE)?;
    let mut options = ServeOptions {
        socket: SOCKET.to_owned(),
        workspace: PathBuf::from("/workspace"),
        spool: PathBuf::from("/run/agent-init"),
    };
    let serve = part == "serve";
    if part == "confine" && arguments.next().is_none() {
        return Ok(Part::Confine);
    }
    if !serve && part != "pipe" && part != "reap" {
        return Err(USAGE.to_owned());
    }
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        match option.to_str() {
            Some("--socket") if part != "reap" => options.socket = socket_name(value)?,
            Some("--workspace") if serve => options.workspace = directory(value)?,
            Some("--spool") if serve => options.spool = directory(value)?,
            _ => return Err(USAGE.to_owned()),
        }
    }
    Ok(match part.to_str() {
        Some("serve") => Part::Serve(options),
        Some("pipe") => Part::Pipe { socket: options.socket },
        _ => Part::Reap,
    })
}

fn socket_name(value: OsString) -> Result<String, String> {
    let name = value.into_string().map_err(|_| "--socket: not UTF-8")?;
    if name.is_empty() || name.len() > SOCKET_BYTES_MAX {
        return Err(format!("--socket: 1 to {SOCKET_BYTES_MAX} bytes"));
    }
    Ok(name)
}

fn directory(value: OsString) -> Result<PathBuf, String> {
    let path = PathBuf::from(value);
    if path.is_absolute() { Ok(path) } else { Err(format!("{}: not an absolute path", path.display())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Part, String> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn serve_has_defaults_and_options() {
        let Ok(Part::Serve(options)) = parsed("serve") else { panic!() };
        assert_eq!(options.socket, "agent-init");
        assert_eq!(options.workspace, PathBuf::from("/workspace"));
        assert_eq!(options.spool, PathBuf::from("/run/agent-init"));
        let Ok(Part::Serve(options)) = parsed("serve --socket x --workspace /w --spool /s") else { panic!() };
        assert_eq!((options.socket.as_str(), options.spool.as_path()), ("x", std::path::Path::new("/s")));
    }

    #[test]
    fn each_part_takes_its_own_options_only() {
        assert_eq!(parsed("pipe --socket x"), Ok(Part::Pipe { socket: "x".into() }));
        assert_eq!(parsed("reap"), Ok(Part::Reap));
        assert_eq!(parsed("confine"), Ok(Part::Confine));
        for wrong in
            ["", "sing", "pipe --spool /s", "reap --socket x", "confine x", "serve --socket", "serve --workspace w"]
        {
            assert!(parsed(wrong).is_err(), "{wrong:?}");
        }
    }
}
