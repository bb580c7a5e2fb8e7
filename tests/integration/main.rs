//! Integration tests: one binary, real parts.
//!
//! Real processes of agentd and agentctl, a real container engine, and a model server that speaks real SSE. Tests that
//! need the engine are ignored by a plain `cargo test`; `tests/run` gives them one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that cannot go on fails
#![allow(clippy::print_stdout, clippy::print_stderr)] // and says why

mod fixtures;

mod architecture;

mod documents;

mod main_flow;

mod approvals;

mod messages;

mod memory_of_threads;

mod context;

mod skills;

mod files;

mod compaction;

mod mcp;

mod session_life;

mod subagents;

mod crash;

#[cfg(feature = "failpoints")]
mod failpoints;

mod torture;

mod journal;

mod clients;

mod provider_faults;

mod models;

mod usage;

mod streams;

mod machine;

mod malformed;

mod old_journals;

mod at_a_terminal;

mod structured;

mod exit_codes;

mod screens;

mod idle;

mod pool;

mod looking;

mod demo;

mod output;

mod event_schema;

mod sandbox_hardening;

mod limits;

mod images;

mod runtimes;

mod container_verbs;

mod engine_faults;

mod files_cp;

mod escape;

mod bad_input;
