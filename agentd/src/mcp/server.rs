//! One server: started when it is needed, and again after it died.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::cache::Cache;
use super::config::McpConfig;
use super::connection::{Connection, Trouble};
use super::http::Http;
use super::message::{CallResult, RemoteTool};
use super::servers::Environment;
use super::stdio::Stdio;

/// After a server could not be started, its list is not asked for again for so long; a call tries at once.
const AFTER_FAILURE: Duration = Duration::from_secs(60);

/// Variables of the daemon that every program gets.
const COMMON_VARIABLES: [&str; 6] = ["PATH", "HOME", "USER", "LANG", "TMPDIR", "XDG_RUNTIME_DIR"];

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallTrouble {
    /// Nothing came of it.
    Failed(String),
    /// It was sent, and may have taken effect.
    Unknown(String),
}

/// A server of the configuration.
pub struct Server {
    name: String,
    config: McpConfig,
    environment: Environment,
    cache: Cache,
    connection: tokio::sync::Mutex<Option<Arc<Connection>>>,
    tools: Mutex<Option<Arc<Vec<RemoteTool>>>>,
    failed: Mutex<Option<Instant>>,
}

impl Server {
    pub(super) fn new(name: &str, config: McpConfig, environment: Environment, cache: Cache) -> Self {
        let tools = cache.read().map(Arc::new);
        Self {
            name: name.to_owned(),
            config,
            environment,
            cache,
            connection: tokio::sync::Mutex::default(),
            tools: Mutex::new(tools),
            failed: Mutex::default(),
        }
    }

    /// Its name in the configuration.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its tools, as far as they are known.
    pub fn tools(&self) -> Option<Arc<Vec<RemoteTool>>> {
        lock(&self.tools).clone()
    }

    /// Whether its list of tools is missing and worth asking for.
    pub(super) fn is_to_be_asked(&self) -> bool {
        let failed_lately = lock(&self.failed).is_some_and(|at| at.elapsed() < AFTER_FAILURE);
        lock(&self.tools).is_none() && !failed_lately
    }

    /// Starts it, where it does not run, and learns its tools.
    pub async fn start(&self) -> Result<(), String> {
        self.connected().await.map(drop).map_err(|trouble| trouble.words().to_owned())
    }

    async fn connected(&self) -> Result<Arc<Connection>, Trouble> {
        let mut connection = self.connection.lock().await;
        if let Some(alive) = connection.as_ref().filter(|connection| connection.is_alive()) {
            return Ok(Arc::clone(alive));
        }
        *connection = None;
        let limit = Duration::from_secs(self.config.start_timeout_s);
        let began = tokio::time::timeout(limit, self.begin()).await.unwrap_or_else(|_| {
            Err(Trouble::NotSent(format!("it did not answer within {} s", self.config.start_timeout_s)))
        });
        match began {
            Ok((new, tools)) => {
                self.cache.write(&tools);
                *lock(&self.tools) = Some(Arc::new(tools));
                *lock(&self.failed) = None;
                Ok(Arc::clone(connection.insert(Arc::new(new))))
            }
            Err(trouble) => {
                tracing::warn!(server = %self.name, why = trouble.words(), "an MCP server cannot be used");
                *lock(&self.failed) = Some(Instant::now());
                Err(trouble)
            }
        }
    }

    async fn begin(&self) -> Result<(Connection, Vec<RemoteTool>), Trouble> {
        let connection = if self.config.url.is_empty() {
            let McpConfig { command, args, .. } = &self.config;
            Connection::Stdio(Stdio::start(command, args, self.variables()?)?)
        } else {
            let pairs = self.config.headers_env.iter();
            let headers = pairs.map(|(header, variable)| Ok((header.clone(), self.variable(variable)?)));
            Connection::Http(Box::new(Http::new(&self.config.url, &headers.collect::<Result<Vec<_>, Trouble>>()?)?))
        };
        let tools = connection.begin().await?;
        Ok((connection, tools))
    }

    /// The environment of its program: not the daemon's, which holds the keys of models.
    fn variables(&self) -> Result<Vec<(String, String)>, Trouble> {
        let common = COMMON_VARIABLES.iter().filter_map(|name| Some(((*name).to_owned(), (self.environment)(name)?)));
        let mut variables: Vec<_> = common.collect();
        for name in &self.config.env_from {
            variables.push((name.clone(), self.variable(name)?));
        }
        variables.extend(self.config.env.iter().map(|(name, value)| (name.clone(), value.clone())));
        Ok(variables)
    }

    fn variable(&self, name: &str) -> Result<String, Trouble> {
        (self.environment)(name)
            .ok_or_else(|| Trouble::NotSent(format!("the variable {name} is not set in agentd's environment")))
    }

    /// Calls a tool of it, once.
    pub async fn call(&self, tool: &str, arguments: &Value) -> Result<CallResult, CallTrouble> {
        let connection = match self.connected().await {
            Ok(connection) => connection,
            Err(trouble) => return Err(CallTrouble::Failed(trouble.words().to_owned())),
        };
        let limit = Duration::from_secs(self.config.call_timeout_s);
        match tokio::time::timeout(limit, connection.call(tool, arguments)).await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(Trouble::NotSent(why) | Trouble::Refused(why))) => Err(CallTrouble::Failed(why)),
            Ok(Err(Trouble::Lost(why))) => Err(CallTrouble::Unknown(why)),
            Err(_) => Err(CallTrouble::Unknown(format!("it did not answer within {} s", self.config.call_timeout_s))),
        }
    }

    /// Lets it go: its program ends.
    pub(super) async fn stop(&self) {
        *self.connection.lock().await = None;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
