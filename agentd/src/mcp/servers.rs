//! All servers of the configuration, and the tools they offer together.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::cache::Cache;
use super::config::McpConfig;
use super::message::RemoteTool;
use super::server::Server;

/// Looks up a variable of the daemon's environment.
pub type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Between a server's name and its tool's.
const SEPARATOR: &str = "__";

/// Characters that a tool's whole name may have, as providers have it.
const NAME_CHARS_MAX: usize = 64;

/// How long a turn waits at its beginning for lists that are not known yet. What comes later is there in the next turn.
const WAIT_AT_TURN: Duration = Duration::from_secs(5);

/// The servers.
#[derive(Default)]
pub struct Servers {
    servers: BTreeMap<String, Arc<Server>>,
}

/// A tool that a model can call.
pub struct Known {
    /// Its server.
    pub server: Arc<Server>,
    /// Its name with that of its server: `server__tool`.
    pub name: String,
    /// As its server describes it.
    pub tool: RemoteTool,
}

impl Servers {
    /// The servers of these records; none is started. Lists of tools are kept in `directory`.
    pub fn new(records: BTreeMap<String, McpConfig>, environment: &Environment, directory: &Path) -> Self {
        let servers = records.into_iter().map(|(name, config)| {
            let cache = Cache::new(directory, &name, &config);
            let server = Arc::new(Server::new(&name, config, Arc::clone(environment), cache));
            (name, server)
        });
        Self { servers: servers.collect() }
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Server>> {
        self.servers.values()
    }

    /// Whether a tool's name is one that a server may have.
    pub fn owns(&self, name: &str) -> bool {
        name.split_once(SEPARATOR).is_some_and(|(server, _)| self.servers.contains_key(server))
    }

    /// The tools that are known, by name.
    pub fn tools(&self) -> Vec<Known> {
        let mut known: Vec<Known> = Vec::new();
        for server in self.servers.values() {
            for tool in server.tools().iter().flat_map(|tools| tools.iter()) {
                let name = format!("{}{SEPARATOR}{}", server.name(), tool.name);
                if is_sendable(&name) && !known.iter().any(|other| other.name == name) {
                    known.push(Known { server: Arc::clone(server), name, tool: tool.clone() });
                }
            }
        }
        known
    }

    /// The tool of this name, if it is known.
    pub fn tool(&self, name: &str) -> Option<Known> {
        let (server, tool) = name.split_once(SEPARATOR)?;
        let server = self.servers.get(server)?;
        let tool = server.tools()?.iter().find(|known| known.name == tool).filter(|_| is_sendable(name))?.clone();
        Some(Known { server: Arc::clone(server), name: name.to_owned(), tool })
    }

    /// Asks for the lists that are missing, all at once, and waits a little for them.
    pub async fn prepare(&self) {
        let mut asked = tokio::task::JoinSet::new();
        for server in self.servers.values().filter(|server| server.is_to_be_asked()) {
            let server = Arc::clone(server);
            asked.spawn(async move { server.start().await });
        }
        let all = async { while asked.join_next().await.is_some() {} };
        if tokio::time::timeout(WAIT_AT_TURN, all).await.is_err() {
            // They go on, each within its own time.
            asked.detach_all();
        }
    }

    /// Ends every program.
    pub async fn stop(&self) {
        for server in self.servers.values() {
            server.stop().await;
        }
    }
}

fn is_sendable(name: &str) -> bool {
    name.len() <= NAME_CHARS_MAX && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}
