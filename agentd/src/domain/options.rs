//! What a session is made with, after profile and configuration have filled what was left out.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::approval::ApprovalPolicy;
use super::ids::{CallId, SessionId};

/// Settled options of a session; journaled once, with the session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionOptions {
    /// The host directory at /workspace.
    pub workspace: PathBuf,
    /// Whether agentd made it, and so removes it with the session.
    pub workspace_made: bool,
    /// What the user should know about that directory; empty: nothing.
    #[serde(default)]
    pub workspace_warning: String,
    /// The host directory at /shared, read-only.
    pub shared: Option<PathBuf>,
    /// The model's name in the configuration; empty where none is configured.
    pub model: String,
    /// The agent profile's name.
    pub agent: String,
    /// Which tools ask.
    pub approve: ApprovalPolicy,
    /// Token budget; 0: none.
    pub budget_tokens: u64,
    /// Cost budget in millionths of the currency of the prices; 0: none.
    #[serde(default)]
    pub budget_cost_micros: u64,
    /// Time limit of a turn in milliseconds.
    pub turn_timeout_ms: u64,
    /// Model requests a turn may make.
    pub model_calls_max: u32,
    /// What the sandbox is made of.
    pub sandbox: SandboxOptions,
    /// Of a sub-agent: whose it is, and in whose sandbox it works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
}

/// Whose sub-agent a session is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The session that started it.
    pub session: SessionId,
    /// The call that it works on.
    pub call: CallId,
    /// The agent profile of that session: its rules hold for the sub-agent too.
    pub agent: String,
}

/// What a sandbox is made of. A limit of 0 is none, where nothing else is said.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SandboxOptions {
    /// auto, docker or embedded.
    pub backend: String,
    /// The image by the name the user gave.
    pub image: String,
    /// none, bridge, or the name of an engine network.
    pub network: String,
    /// Memory limit in bytes.
    pub memory_bytes: u64,
    /// Swap beside the memory, in bytes.
    #[serde(default)]
    pub swap_bytes: u64,
    /// CPU limit in thousandths of a core.
    pub cpu_millis: u64,
    /// Process limit.
    pub pids_max: u32,
    /// Bytes of one file at most.
    #[serde(default)]
    pub file_bytes_max: u64,
    /// Open files of one process at most; 0: as many as the engine gives, and never more than 65536.
    #[serde(default)]
    pub open_files_max: u64,
    /// Bytes of a command's output that are kept; 0: 10 MiB.
    #[serde(default)]
    pub output_bytes_max: u64,
    /// How long one command may run, in milliseconds; 0: an hour.
    #[serde(default)]
    pub command_ms_max: u64,
    /// Graphics processors.
    #[serde(default)]
    pub gpus: Gpus,
    /// The engine's runtime; empty: its default.
    #[serde(default)]
    pub runtime: String,
    /// The user that everything in it runs as; none: the owner of the workspace.
    #[serde(default)]
    pub user: Option<UserIds>,
    /// Files and directories of the host beside the workspace.
    #[serde(default)]
    pub mounts: Vec<ExtraMount>,
}

/// An image that a session has or had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageVersion {
    /// By the name that the user gave.
    pub image: String,
    /// By digest, once a sandbox was made of it.
    pub digest: Option<String>,
}

/// How many graphics processors a sandbox is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gpus {
    /// None.
    #[default]
    None,
    /// So many.
    Count(u32),
    /// All there are.
    All,
}

impl std::str::FromStr for Gpus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Self::All),
            "none" | "0" => Ok(Self::None),
            number => match number.parse() {
                Ok(count @ 1..=64) => Ok(Self::Count(count)),
                _ => Err(format!("{text:?} is not \"none\", \"all\" or a number from 1 to 64")),
            },
        }
    }
}

impl std::fmt::Display for Gpus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Count(count) => write!(f, "{count}"),
            Self::All => f.write_str("all"),
        }
    }
}

/// A user and a group by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserIds {
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
}

impl std::str::FromStr for UserIds {
    type Err = String;

    /// UID or UID:GID, by number; never root.
    fn from_str(text: &str) -> Result<Self, String> {
        let (uid, gid) = text.split_once(':').unwrap_or((text, text));
        match (uid.parse(), gid.parse()) {
            (Ok(uid @ 1..=u32::MAX), Ok(gid @ 1..=u32::MAX)) => Ok(Self { uid, gid }),
            (Ok(0), _) | (_, Ok(0)) => Err("a sandbox does not run as root".to_owned()),
            _ => Err(format!("{text:?} is not a user like 1000 or 1000:1000, by number")),
        }
    }
}

impl std::fmt::Display for UserIds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.uid, self.gid)
    }
}

/// A file or directory of the host in a sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtraMount {
    /// Where it is on the host.
    pub source: PathBuf,
    /// Where it is in the sandbox.
    pub target: String,
    /// Whether it can be changed from there.
    pub writable: bool,
}

impl std::str::FromStr for ExtraMount {
    type Err = String;

    /// SOURCE:TARGET, with :rw or :ro.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(':');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(source), Some(target), access @ (None | Some("ro" | "rw")), None)
                if !source.is_empty() && !target.is_empty() =>
            {
                Ok(Self { source: source.into(), target: target.to_owned(), writable: access == Some("rw") })
            }
            _ => Err(format!("{text:?} is not a mount like /srv/data:/data or /srv/out:/out:rw")),
        }
    }
}

impl std::fmt::Display for ExtraMount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.source.display(), self.target, if self.writable { "rw" } else { "ro" })
    }
}

/// What is asked for of a sandbox, by a session or an agent profile; what is `None` was left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SandboxChoice {
    /// The backend.
    pub backend: Option<String>,
    /// The image.
    pub image: Option<String>,
    /// The network.
    pub network: Option<String>,
    /// Memory limit in bytes.
    pub memory_bytes: Option<u64>,
    /// Swap in bytes.
    pub swap_bytes: Option<u64>,
    /// CPU limit in thousandths of a core.
    pub cpu_millis: Option<u64>,
    /// Process limit.
    pub pids_max: Option<u32>,
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
    /// The engine's runtime.
    pub runtime: Option<String>,
    /// The user.
    pub user: Option<UserIds>,
    /// Files and directories of the host, beside those that are given anyway.
    pub mounts: Vec<ExtraMount>,
}

impl SandboxChoice {
    /// The options with what was chosen in the place of what was there.
    #[must_use]
    pub fn over(self, mut options: SandboxOptions) -> SandboxOptions {
        fn put<T>(place: &mut T, chosen: Option<T>) {
            if let Some(chosen) = chosen {
                *place = chosen;
            }
        }
        put(&mut options.backend, self.backend);
        put(&mut options.image, self.image);
        put(&mut options.network, self.network);
        put(&mut options.memory_bytes, self.memory_bytes);
        put(&mut options.swap_bytes, self.swap_bytes);
        put(&mut options.cpu_millis, self.cpu_millis);
        put(&mut options.pids_max, self.pids_max);
        put(&mut options.file_bytes_max, self.file_bytes_max);
        put(&mut options.open_files_max, self.open_files_max);
        put(&mut options.output_bytes_max, self.output_bytes_max);
        put(&mut options.command_ms_max, self.command_ms_max);
        put(&mut options.gpus, self.gpus);
        put(&mut options.runtime, self.runtime);
        if self.user.is_some() {
            options.user = self.user;
        }
        options.mounts.extend(self.mounts);
        options
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_read_and_shown_the_same() {
        for text in ["none", "all", "2"] {
            assert_eq!(text.parse::<Gpus>().unwrap().to_string(), text);
        }
        for wrong in ["", "-1", "65", "some"] {
            assert!(wrong.parse::<Gpus>().is_err(), "{wrong}");
        }
        assert_eq!("1000".parse::<UserIds>().unwrap().to_string(), "1000:1000");
        for wrong in ["0", "1000:0", "root", "1000:1000:1", "-1", ""] {
            assert!(wrong.parse::<UserIds>().is_err(), "{wrong}");
        }
        assert_eq!("/a:/b".parse::<ExtraMount>().unwrap().to_string(), "/a:/b:ro");
        assert!("/a:/b:rw".parse::<ExtraMount>().unwrap().writable);
        for wrong in ["/a", "/a:", ":/b", "/a:/b:z", "/a:/b:rw:rw"] {
            assert!(wrong.parse::<ExtraMount>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_choice_replaces_what_it_names_and_adds_mounts() {
        let mount: ExtraMount = "/a:/b".parse().unwrap();
        let options = SandboxOptions { image: "debian".to_owned(), pids_max: 7, ..Default::default() };
        let options = SandboxOptions { mounts: vec![mount.clone()], ..options };
        let choice = SandboxChoice { pids_max: Some(9), mounts: vec![mount.clone()], ..Default::default() };
        let chosen = choice.over(options);
        assert_eq!((chosen.image.as_str(), chosen.pids_max), ("debian", 9));
        assert_eq!(chosen.mounts, [mount.clone(), mount]);
    }

    #[test]
    fn options_of_an_older_journal_are_read() {
        let old = r#"{"backend":"auto","image":"i","network":"none","memory_bytes":1,"cpu_millis":2,"pids_max":3}"#;
        let options: SandboxOptions = serde_json::from_str(old).unwrap();
        assert_eq!((options.swap_bytes, options.gpus, options.user), (0, Gpus::None, None));
    }
}
