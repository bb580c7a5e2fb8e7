//! MCP servers: tools of others, for a model to call.
//!
//! They come from the user's configuration and from nowhere else, start when they are first needed, and are given a time for
//! everything: a server that is dead or hangs is an error that the model is told, never a wait without end. Reading order:
//! [`config`] (a record of the configuration), [`servers`] (all of them, and their lists of tools), `connection` over `stdio`
//! and `http`, `message` (what is said). This room decides about no call: it is told to make one.

mod config;
pub use config::McpConfig;

mod servers;
pub use servers::{Environment, Known, Servers};

mod server;
pub use server::{CallTrouble, Server};

mod cache;

mod connection;

mod stdio;

mod http;

mod message;
pub use message::{CallResult, RemoteTool};
