//! The command line of agentd.

/// Runs agentctl.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
mod archive;
