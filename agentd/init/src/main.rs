//! agent-init: PID 1 of a sandbox, and the byte stream to it.
//!
//! Reading order: [`command_line`] (which of the parts a process plays), [`pipe`] (the byte stream), [`confine`] (a sandbox
//! where no engine makes one), [`serve`] (the supervisor's start and end), [`preamble`] (who may speak to it), [`service`] (what it is asked), then what it does:
//! [`processes`] (starting and ending process trees), [`calls`] (remembered commands), [`interact`] (commands with
//! streams), [`files`] (file operations) and [`answers`] (results of changes, held until acknowledged).
//!
//! Everything here runs as the sandbox's own user, beside hostile code of the same user. Its memory is safe from that
//! code because the process is not dumpable; its files are not, so nothing read back from a file is trusted.

mod command_line;

mod pipe;

mod serve;

mod confine;

mod preamble;

mod service;

mod status;

mod processes;

mod calls;

mod interact;

mod process_list;

mod files;

mod answers;

mod acknowledged;

use std::io::Write as _;
use std::process::ExitCode;

use command_line::Part;

fn main() -> ExitCode {
    let done = processes::harden().map_err(|error| format!("cannot make itself untraceable: {error}")).and_then(|()| {
        match command_line::parse(std::env::args_os().skip(1))? {
            Part::Serve(options) => serve::run(&options).map_err(|error| error.to_string()),
            Part::Pipe { socket } => pipe::run(&socket).map_err(|error| format!("{socket}: {error}")),
            Part::Confine => confine::run().map_err(|error| error.to_string()),
            Part::Reap => processes::reap().map_err(|error| format!("reap: {error}")),
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // Nobody is left to tell when stderr is closed too.
            let _ = writeln!(std::io::stderr(), "agent-init: {message}");
            ExitCode::FAILURE
        }
    }
}
