//! The tools a model can call, one file each.
//!
//! Reading order: [`tool`] (what a tool is), [`registry`] (which there are), `arguments` (how what the model wrote is
//! read), then one file a tool, then what several of them share. A tool asks agent-init and puts the answer into words;
//! it never touches the host (read_skill reads what the user put
//! there, mcp calls servers that the user configured) and never decides whether it may run: that is the approval room's. Every text that leaves
//! this room is bounded.

pub mod tool;

pub mod registry;

mod arguments;

mod ls;

mod read_file;

mod write_file;

mod edit_file;

mod delete;

mod glob;

mod grep;

mod execute;

mod write_todos;

mod ask_user;

mod read_skill;

mod mcp;

mod stop;

mod names;

mod numbered;

mod closest;

mod diff;

mod utf8;

mod output_caps;

mod exec_words;

pub use registry::Registry;
pub use tool::{OutputSink, SandboxGone, Tool, ToolRun};

#[cfg(test)]
mod tests;
