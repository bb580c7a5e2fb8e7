//! The daemon: sandboxes, journal, and the model's tool loop, behind gRPC on a Unix socket.
//!
//! Rooms, from the door inwards; arrows of import point only down this list (a test holds the rule):
//! `api` → `session` → `turn` → `tools` → `skills` and `mcp` → the leaves `approval`, `model`,
//! `sandbox`, `store` → `domain`.

// The process: its lock, its socket, its log.
pub mod daemon;

// The configuration file.
pub mod config;

// The gRPC surface.
pub mod api;

// One actor a session.
pub mod session;

// The turn as pure functions, and the driver that performs their effects.
pub mod turn;

// What a model can call.
pub mod tools;

// Which calls ask.
pub mod approval;

// Model endpoints.
pub mod model;

// Hardened containers.
pub mod sandbox;

// The journal on disk.
pub mod store;

// Instructions that a model reads when it needs them.
pub mod skills;

// Tools of others.
pub mod mcp;

// Plain data.
pub mod domain;

// Named points to die at, for tests.
pub mod failpoint;

pub use daemon::main;
