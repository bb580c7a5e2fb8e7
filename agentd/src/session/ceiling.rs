//! What no session may exceed, whoever asks for it. Pure.
//!
//! Numbers of `[sandbox]` above the ceiling are lowered to it, and so is "no limit"; what a session or a profile asks for
//! by name is refused, so that nobody is given less than they think.

use crate::domain::options::{Gpus, SandboxOptions};
use crate::domain::quantity::{cores, count, size, span};
use crate::sandbox::spec::NETWORK_NONE;

/// The ceiling; `None`: there is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ceiling {
    /// Networks that may be chosen beside none.
    pub networks: Option<Vec<String>>,
    /// Memory in bytes.
    pub memory_bytes: Option<u64>,
    /// Swap in bytes.
    pub swap_bytes: Option<u64>,
    /// CPU in thousandths of a core.
    pub cpu_millis: Option<u64>,
    /// Processes.
    pub pids_max: Option<u64>,
    /// Bytes of one file.
    pub file_bytes_max: Option<u64>,
    /// Open files of one process.
    pub open_files_max: Option<u64>,
    /// Bytes of a command's output that are kept.
    pub output_bytes_max: Option<u64>,
    /// How long one command may run, in milliseconds.
    pub command_ms_max: Option<u64>,
    /// Graphics processors.
    pub gpus: Option<Gpus>,
    /// Runtimes that may be chosen.
    pub runtimes: Option<Vec<String>>,
}

/// What goes past the ceiling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exceeded {
    /// The key of `[sandbox]` and of the option.
    pub key: &'static str,
    /// The key of `[sandbox.ceiling]`.
    pub ceiling_key: &'static str,
    /// What was asked for.
    pub asked: String,
    /// What is allowed.
    pub allowed: String,
}

/// The key of a number, what was asked for, what is allowed, and how it is written.
type Number = (&'static str, u64, Option<u64>, fn(u64) -> String);

impl std::fmt::Display for Exceeded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { key, ceiling_key, asked, allowed } = self;
        write!(f, "{key} {asked} is above this daemon's ceiling: sandbox.ceiling.{ceiling_key} is {allowed}")
    }
}

impl Ceiling {
    /// The options with every number at most as high as the ceiling, and a ceiling where there was no limit.
    #[must_use]
    pub fn lowered(&self, mut options: SandboxOptions) -> SandboxOptions {
        let lower = |number: &mut u64, ceiling: Option<u64>| {
            if let Some(ceiling) = ceiling {
                *number = (*number).min(ceiling);
            }
        };
        lower(&mut options.memory_bytes, self.memory_bytes);
        lower(&mut options.swap_bytes, self.swap_bytes);
        lower(&mut options.cpu_millis, self.cpu_millis);
        lower(&mut options.output_bytes_max, self.output_bytes_max);
        lower(&mut options.command_ms_max, self.command_ms_max);
        if let Some(ceiling) = self.pids_max {
            options.pids_max = options.pids_max.min(u32::try_from(ceiling).unwrap_or(u32::MAX));
        }
        if let Some(ceiling) = self.file_bytes_max {
            options.file_bytes_max = unless_zero(options.file_bytes_max).min(ceiling);
        }
        if let Some(ceiling) = self.open_files_max {
            options.open_files_max = unless_zero(options.open_files_max).min(ceiling);
        }
        options
    }

    /// The options with a ceiling where no limit was asked for: as much as there may be.
    #[must_use]
    pub fn limited(&self, mut options: SandboxOptions) -> SandboxOptions {
        let limit = |number: &mut u64, ceiling: Option<u64>| {
            if *number == 0 {
                *number = ceiling.unwrap_or(0);
            }
        };
        limit(&mut options.file_bytes_max, self.file_bytes_max);
        limit(&mut options.open_files_max, self.open_files_max);
        options
    }

    /// The first option that goes past the ceiling.
    pub fn exceeded(&self, options: &SandboxOptions) -> Option<Exceeded> {
        let numbers: [Number; 8] = [
            ("memory", options.memory_bytes, self.memory_bytes, size),
            ("swap", options.swap_bytes, self.swap_bytes, size),
            ("cpus", options.cpu_millis, self.cpu_millis, cores),
            ("pids", options.pids_max.into(), self.pids_max, count),
            ("file_size", options.file_bytes_max, self.file_bytes_max, size),
            ("open_files", options.open_files_max, self.open_files_max, count),
            ("output", options.output_bytes_max, self.output_bytes_max, size),
            ("command_timeout", options.command_ms_max, self.command_ms_max, span),
        ];
        let number = numbers.into_iter().find_map(|(key, asked, ceiling, show)| {
            let ceiling = ceiling.filter(|ceiling| asked > *ceiling)?;
            Some(Exceeded { key, ceiling_key: key, asked: show(asked), allowed: show(ceiling) })
        });
        number.or_else(|| self.gpus_exceeded(options.gpus)).or_else(|| {
            let network = Some(&options.network).filter(|network| *network != NETWORK_NONE);
            let runtime = Some(&options.runtime).filter(|runtime| !runtime.is_empty());
            not_among("network", "networks", network, self.networks.as_ref())
                .or_else(|| not_among("runtime", "runtimes", runtime, self.runtimes.as_ref()))
        })
    }

    fn gpus_exceeded(&self, asked: Gpus) -> Option<Exceeded> {
        let count = |gpus| match gpus {
            Gpus::None => 0,
            Gpus::Count(count) => count,
            Gpus::All => u32::MAX,
        };
        let ceiling = self.gpus.filter(|ceiling| count(asked) > count(*ceiling))?;
        Some(Exceeded { key: "gpus", ceiling_key: "gpus", asked: asked.to_string(), allowed: ceiling.to_string() })
    }
}

/// No limit is more than any.
fn unless_zero(number: u64) -> u64 {
    if number == 0 { u64::MAX } else { number }
}

fn not_among(
    key: &'static str,
    ceiling_key: &'static str,
    asked: Option<&String>,
    allowed: Option<&Vec<String>>,
) -> Option<Exceeded> {
    let (asked, allowed) = (asked?, allowed?);
    let list = if allowed.is_empty() { "empty".to_owned() } else { allowed.join(", ") };
    (!allowed.contains(asked)).then(|| Exceeded { key, ceiling_key, asked: asked.clone(), allowed: list })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> SandboxOptions {
        SandboxOptions {
            network: "none".to_owned(),
            memory_bytes: 2 << 30,
            cpu_millis: 1000,
            pids_max: 512,
            output_bytes_max: 10 << 20,
            command_ms_max: 3_600_000,
            ..SandboxOptions::default()
        }
    }

    fn told(ceiling: &Ceiling, options: &SandboxOptions) -> String {
        ceiling.exceeded(options).map(|exceeded| exceeded.to_string()).unwrap_or_default()
    }

    #[test]
    fn without_a_ceiling_everything_goes() {
        let much = SandboxOptions { network: "lan".to_owned(), memory_bytes: u64::MAX, gpus: Gpus::All, ..options() };
        assert_eq!(Ceiling::default().exceeded(&much), None);
        assert_eq!(Ceiling::default().lowered(much.clone()), much);
    }

    #[test]
    fn what_is_asked_for_above_it_is_named_with_what_is_allowed() {
        type Change = fn(&mut SandboxOptions);
        let ceiling = Ceiling {
            networks: Some(vec!["bridge".to_owned()]),
            memory_bytes: Some(2 << 30),
            swap_bytes: Some(0),
            cpu_millis: Some(1500),
            pids_max: Some(512),
            file_bytes_max: Some(1 << 20),
            open_files_max: Some(100),
            output_bytes_max: Some(10 << 20),
            command_ms_max: Some(3_600_000),
            gpus: Some(Gpus::Count(1)),
            runtimes: Some(Vec::new()),
        };
        assert_eq!(told(&ceiling, &options()), "", "what is at the ceiling is not above it");
        let cases: [(Change, &str, &str, &str); 11] = [
            (|o| o.memory_bytes += 1 << 30, "memory 3g", "memory", "2g"),
            (|o| o.swap_bytes = 512, "swap 512b", "swap", "0"),
            (|o| o.cpu_millis = 2250, "cpus 2.25", "cpus", "1.5"),
            (|o| o.pids_max = 513, "pids 513", "pids", "512"),
            (|o| o.file_bytes_max = 3 << 19, "file_size 1536k", "file_size", "1m"),
            (|o| o.open_files_max = 101, "open_files 101", "open_files", "100"),
            (|o| o.output_bytes_max += 1 << 20, "output 11m", "output", "10m"),
            (|o| o.command_ms_max = 5_400_000, "command_timeout 90m", "command_timeout", "1h"),
            (|o| o.gpus = Gpus::All, "gpus all", "gpus", "1"),
            (|o| o.network = "lan".to_owned(), "network lan", "networks", "bridge"),
            (|o| o.runtime = "runsc".to_owned(), "runtime runsc", "runtimes", "empty"),
        ];
        for (change, asked, key, allowed) in cases {
            let mut more = options();
            change(&mut more);
            let wanted = format!("{asked} is above this daemon's ceiling: sandbox.ceiling.{key} is {allowed}");
            assert_eq!(told(&ceiling, &more), wanted);
        }
    }

    #[test]
    fn defaults_are_lowered_and_no_limit_becomes_the_ceiling() {
        let ceiling = Ceiling {
            memory_bytes: Some(1 << 30),
            pids_max: Some(64),
            file_bytes_max: Some(1 << 20),
            open_files_max: Some(100),
            output_bytes_max: Some(1),
            ..Ceiling::default()
        };
        let lowered = ceiling.lowered(options());
        assert_eq!((lowered.memory_bytes, lowered.pids_max, lowered.cpu_millis), (1 << 30, 64, 1000));
        assert_eq!((lowered.file_bytes_max, lowered.open_files_max, lowered.output_bytes_max), (1 << 20, 100, 1));
        assert_eq!(ceiling.exceeded(&lowered), None);
        let limited = ceiling.limited(options());
        assert_eq!((limited.file_bytes_max, limited.open_files_max, limited.memory_bytes), (1 << 20, 100, 2 << 30));
    }
}
