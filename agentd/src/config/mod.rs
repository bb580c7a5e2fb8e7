//! The configuration file: `config.toml`, read once at start, by agentd only.
//!
//! Reading order: [`settings`] and [`sandbox`] (what can be set, and the defaults), [`load`] (from the file to the settings), [`check`] (what
//! TOML cannot say), [`error`] (what a user is told), [`locate`] and [`reword`] (so that it names a line and the nearest key),
//! [`mod@prompt_file`] (what stands beside it).

mod approve;
mod byte_size;
mod check;
mod cpus;
mod error;
mod load;
mod locate;
mod money;
mod print;
mod prompt_file;
mod reword;
mod sandbox;
mod settings;
mod typed;

#[cfg(test)]
mod tests;

pub use crate::domain::time_span::TimeSpan;
pub use approve::Approve;
pub use byte_size::ByteSize;
pub use cpus::Cpus;
pub use error::ConfigError;
pub use load::IMAGE_VARIABLE;
pub use money::Money;
pub use prompt_file::{prompt_file, read_prompt};
pub use sandbox::{AgentSandbox, Backend, Ceiling, Sandbox};
pub use settings::{Agent, Config, DEFAULT_AGENT, Limits};
