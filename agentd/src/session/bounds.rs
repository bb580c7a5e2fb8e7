//! What no sandbox can be made of, whoever asks for it: the configuration, a profile or a session. Pure.

use crate::domain::options::SandboxOptions;
use crate::domain::quantity::{cores, size, span};

/// Memory at least: the engine takes no less.
const MEMORY_BYTES_MIN: u64 = 16 << 20;
/// Processes at least: agent-init, a command, and what it runs.
const PIDS_MIN: u32 = 16;
const PIDS_MAX: u32 = 4_194_304;
/// Open files of a process at least: agent-init holds a few for each command.
const OPEN_FILES_MIN: u64 = 64;
/// Kept output of a command at most: the room that agent-init has for all of them.
const OUTPUT_BYTES_MAX: u64 = 128 << 20;
const COMMAND_MS_MIN: u64 = 1000;
const COMMAND_MS_MAX: u64 = 3_600_000;
const CPU_MILLIS_MIN: u64 = 10;
const CPU_MILLIS_MAX: u64 = 1_024_000;
const NAME_BYTES_MAX: usize = 128;
const IMAGE_BYTES_MAX: usize = 512;

/// An option that no sandbox can be made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutOfBounds {
    /// Its key in `[sandbox]`.
    pub key: &'static str,
    /// What is wrong.
    pub message: String,
}

/// The first option that no sandbox can be made of.
pub fn check(options: &SandboxOptions) -> Result<(), OutOfBounds> {
    let out = |key, message| Err(OutOfBounds { key, message });
    if !["auto", "docker", "embedded"].contains(&options.backend.as_str()) {
        return out("backend", format!("it is auto, docker or embedded, not {:?}", options.backend));
    }
    if let Err(message) = image(&options.image) {
        return out("image", message);
    }
    if !is_name(&options.network) || ["host", "default"].contains(&options.network.as_str()) {
        let message = "write \"none\", \"bridge\" or the name of a network of the engine; never the host's own";
        return out("network", message.to_owned());
    }
    if !options.runtime.is_empty() && !is_name(&options.runtime) {
        return out("runtime", "write the name of a runtime that the engine has, like \"runsc\"".to_owned());
    }
    if options.memory_bytes < MEMORY_BYTES_MIN {
        return out("memory", format!("a sandbox needs at least {}", size(MEMORY_BYTES_MIN)));
    }
    if !(CPU_MILLIS_MIN..=CPU_MILLIS_MAX).contains(&options.cpu_millis) {
        return out("cpus", format!("it must be from {} to {}", cores(CPU_MILLIS_MIN), cores(CPU_MILLIS_MAX)));
    }
    if !(PIDS_MIN..=PIDS_MAX).contains(&options.pids_max) {
        return out("pids", format!("it must be from {PIDS_MIN} to {PIDS_MAX}"));
    }
    if options.open_files_max != 0 && options.open_files_max < OPEN_FILES_MIN {
        return out("open_files", format!("it must be at least {OPEN_FILES_MIN}, or 0: as many as the engine gives"));
    }
    if !(1..=OUTPUT_BYTES_MAX).contains(&options.output_bytes_max) {
        return out("output", format!("it must be from 1b to {}", size(OUTPUT_BYTES_MAX)));
    }
    if !(COMMAND_MS_MIN..=COMMAND_MS_MAX).contains(&options.command_ms_max) {
        return out("command_timeout", format!("it must be from {} to {}", span(COMMAND_MS_MIN), span(COMMAND_MS_MAX)));
    }
    Ok(())
}

/// Whether a name can be an image's.
pub fn image(name: &str) -> Result<(), String> {
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if begins_well && name.len() <= IMAGE_BYTES_MAX && name.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(format!("{name:?} is not an image's name like \"python:3.13-slim\""))
    }
}

fn is_name(name: &str) -> bool {
    name.len() <= NAME_BYTES_MAX
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What the daemon gives where nothing is configured.
    pub(crate) fn usual() -> SandboxOptions {
        SandboxOptions {
            backend: "auto".to_owned(),
            image: "debian:12".to_owned(),
            network: "none".to_owned(),
            memory_bytes: 2 << 30,
            cpu_millis: 1000,
            pids_max: 512,
            output_bytes_max: 10 << 20,
            command_ms_max: COMMAND_MS_MAX,
            ..SandboxOptions::default()
        }
    }

    #[test]
    fn nonsense_is_told_by_its_key() {
        type Change = fn(&mut SandboxOptions);
        assert_eq!(check(&usual()), Ok(()));
        let cases: [(&str, Change); 13] = [
            ("backend", |o| o.backend = "vm".to_owned()),
            ("image", |o| o.image = "--privileged".to_owned()),
            ("network", |o| o.network = "host".to_owned()),
            ("network", |o| o.network = "container:x".to_owned()),
            ("network", |o| o.network = String::new()),
            ("runtime", |o| o.runtime = "../runc".to_owned()),
            ("memory", |o| o.memory_bytes = 1),
            ("cpus", |o| o.cpu_millis = 1),
            ("pids", |o| o.pids_max = 1),
            ("open_files", |o| o.open_files_max = 1),
            ("output", |o| o.output_bytes_max = u64::MAX),
            ("command_timeout", |o| o.command_ms_max = 0),
            ("command_timeout", |o| o.command_ms_max = 3_600_001),
        ];
        for (key, change) in cases {
            let mut options = usual();
            change(&mut options);
            assert_eq!(check(&options).unwrap_err().key, key);
        }
    }
}
