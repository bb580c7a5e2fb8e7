//! Sandboxes: hardened containers, and the byte stream to the agent-init in each.
//!
//! Reading order: [`spec`] (what a sandbox is made of), [`backend`] (who makes it), [`backends`] (which one does),
//! [`docker`], [`embedded`], [`live`] (a sandbox that answers), [`init_client`] (what it can be asked), [`pool`] (made ahead
//! of need), [`reconcile`] (which of them stay).
//! This room never writes the journal, never decides which tool runs, and never hands a path of the host to a sandbox
//! but the workspace, the shared directory, mounts under allowed roots, and agent-init itself.

pub mod spec;

pub mod backend;

pub mod backends;

pub mod docker;

pub mod embedded;

pub mod live;

pub mod init_client;

pub mod reconcile;

pub mod images;

pub mod pool;

pub mod workspace;

pub mod host;

pub mod workspace_file;

pub mod mounts;

pub mod loosened;

pub mod token;

pub mod error;

pub mod init_binary;

pub use init_client::InitClient;
pub use init_client::error::{InitError, InitErrorKind};
pub use init_client::exec_events::{ExecEnd, ExecEvent};
