//! One record of `[mcp.NAME]` in config.toml.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Seconds that a server has to start and list its tools, unless its record says otherwise.
const START_TIMEOUT_S: u64 = 20;

/// Seconds that a call may take, unless its record says otherwise.
const CALL_TIMEOUT_S: u64 = 120;

/// Seconds that either may be given.
const TIMEOUT_S_MAX: u64 = 3600;

/// Characters of a server's name at most: it becomes part of the names of its tools, which have 64.
const NAME_CHARS_MAX: usize = 24;

/// How to reach a server: a program of this machine, or a URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct McpConfig {
    /// The program; it runs on the host, with the daemon's rights.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub command: String,
    /// Its arguments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// Variables of its environment, which is otherwise bare.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// Variables that it gets from agentd's environment, by name: for keys, which are not written here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env_from: Vec<String>,
    /// The URL of a server that speaks streamable HTTP.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// Headers, each with the variable of agentd's environment that holds its value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers_env: BTreeMap<String, String>,
    /// Seconds that it has to start and list its tools.
    pub start_timeout_s: u64,
    /// Seconds that a call may take.
    pub call_timeout_s: u64,
}

impl Default for McpConfig {
    fn default() -> Self {
        Self {
            command: String::new(),
            args: Vec::new(),
            env: BTreeMap::new(),
            env_from: Vec::new(),
            url: String::new(),
            headers_env: BTreeMap::new(),
            start_timeout_s: START_TIMEOUT_S,
            call_timeout_s: CALL_TIMEOUT_S,
        }
    }
}

impl McpConfig {
    /// What is wrong with this record, and at which key; nothing at the empty key is about its name.
    pub fn check(&self, name: &str) -> Result<(), (&'static str, String)> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || name.len() > NAME_CHARS_MAX || !name.chars().all(plain) {
            return Err((
                "",
                format!("a server's name has 1 to {NAME_CHARS_MAX} lower-case letters, digits and dashes"),
            ));
        }
        match (self.command.is_empty(), self.url.is_empty()) {
            (true, true) => return Err(("", "set command, or url".to_owned())),
            (false, false) => return Err(("url", "a server has a command or a url, not both".to_owned())),
            (false, true) if !self.headers_env.is_empty() => {
                return Err(("headers_env", "headers go with a url".to_owned()));
            }
            (true, false) if !(self.args.is_empty() && self.env.is_empty() && self.env_from.is_empty()) => {
                return Err(("url", "args, env and env_from go with a command".to_owned()));
            }
            (true, false) if !(self.url.starts_with("http://") || self.url.starts_with("https://")) => {
                return Err(("url", "it must begin with http:// or https://".to_owned()));
            }
            _ => {}
        }
        for (key, seconds) in [("start_timeout_s", self.start_timeout_s), ("call_timeout_s", self.call_timeout_s)] {
            if !(1..=TIMEOUT_S_MAX).contains(&seconds) {
                return Err((key, format!("it must be from 1 to {TIMEOUT_S_MAX}")));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_a_program_or_a_url() {
        let of = |text: &str| toml::from_str::<McpConfig>(text).unwrap();
        assert!(of("command = \"srv\"\nargs = [\"--stdio\"]\nenv = { A = \"1\" }").check("files").is_ok());
        assert!(
            of("url = \"https://mcp.example.test/mcp\"\nheaders_env = { Authorization = \"MCP_AUTH\" }")
                .check("web")
                .is_ok()
        );
        for (text, name, key) in [
            ("", "a", ""),
            ("command = \"a\"", "A", ""),
            ("command = \"a\"", "a__b", ""),
            ("command = \"a\"\nurl = \"http://x\"", "a", "url"),
            ("url = \"ftp://x\"", "a", "url"),
            ("url = \"http://x\"\nargs = [\"b\"]", "a", "url"),
            ("command = \"a\"\nheaders_env = { A = \"B\" }", "a", "headers_env"),
            ("command = \"a\"\ncall_timeout_s = 0", "a", "call_timeout_s"),
        ] {
            assert_eq!(of(text).check(name).unwrap_err().0, key, "{text}");
        }
        assert!(toml::from_str::<McpConfig>("comand = \"a\"").is_err());
    }
}
