//! The daemon.

/// Runs agentd.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
