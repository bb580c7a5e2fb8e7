//! A server that is being talked to, whichever way it is reached.

use serde_json::{Value, json};

use super::http::Http;
use super::message::{self, CallResult, RemoteTool, ToolPage};
use super::stdio::Stdio;

/// Tools of one server at most.
const TOOLS_MAX: usize = 128;

/// Pages of a list of tools at most.
const PAGES_MAX: usize = 16;

/// Why a request has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The request did not leave: nothing came of it.
    NotSent(String),
    /// It left, and no answer will come: it may have taken effect.
    Lost(String),
    /// The server says no.
    Refused(String),
}

impl Trouble {
    /// What happened, in words.
    pub(super) fn words(&self) -> &str {
        match self {
            Self::NotSent(words) | Self::Lost(words) | Self::Refused(words) => words,
        }
    }
}

/// The way to a server.
pub(super) enum Connection {
    /// A program of this machine.
    Stdio(Stdio),
    /// A URL.
    Http(Box<Http>),
}

impl Connection {
    /// Whether it can be used still.
    pub(super) fn is_alive(&self) -> bool {
        match self {
            Self::Stdio(stdio) => stdio.is_alive(),
            Self::Http(http) => http.is_alive(),
        }
    }

    async fn request(&self, method: &str, params: &Value) -> Result<Value, Trouble> {
        match self {
            Self::Stdio(stdio) => stdio.request(method, params).await,
            Self::Http(http) => http.request(method, params).await,
        }
    }

    /// Greets the server, and asks for its tools.
    pub(super) async fn begin(&self) -> Result<Vec<RemoteTool>, Trouble> {
        self.request("initialize", &message::initialize()).await?;
        match self {
            Self::Stdio(stdio) => stdio.notify("notifications/initialized").await?,
            Self::Http(http) => http.notify("notifications/initialized").await?,
        }
        let mut tools = Vec::new();
        let mut params = json!({});
        for _ in 0..PAGES_MAX {
            let page = self.request("tools/list", &params).await?;
            let page: ToolPage = serde_json::from_value(page)
                .map_err(|error| Trouble::Refused(format!("its list of tools cannot be read: {error}")))?;
            tools.extend(page.tools);
            match page.next_cursor.filter(|cursor| !cursor.is_empty() && tools.len() < TOOLS_MAX) {
                Some(cursor) => params = json!({ "cursor": cursor }),
                None => break,
            }
        }
        tools.truncate(TOOLS_MAX);
        Ok(tools)
    }

    /// Calls a tool.
    pub(super) async fn call(&self, tool: &str, arguments: &Value) -> Result<CallResult, Trouble> {
        let result = self.request("tools/call", &json!({ "name": tool, "arguments": arguments })).await?;
        Ok(message::call_result(&result))
    }
}
